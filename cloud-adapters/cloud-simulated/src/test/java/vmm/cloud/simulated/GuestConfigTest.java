package vmm.cloud.simulated;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class GuestConfigTest {

    private static final GuestConfig EXPECTED =
            new GuestConfig("vm-1", "http://vmm:8080", "t/k+n=");

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"vmId\":\"vm-1\",\"url\":\"http://vmm:8080\",\"token\":\"t/k+n=\",\"secret\":\"s\"}",
                "#cloud-config\n"
                    + "write_files:\n"
                    + "  - content:"
                    + " '{\"vmId\":\"vm-1\",\"url\":\"http://vmm:8080/\",\"token\":\"t/k+n=\"}'\n",
                "content: |\n"
                        + "  {\n"
                        + "    \"vmId\" : \"vm-1\",\n"
                        + "    \"url\" : \"http:\\/\\/vmm:8080\",\n"
                        + "    \"token\" : \"t\\u002fk+n=\",\n"
                        + "    \"port\" : 22, \"gpu\": null\n"
                        + "  }\n",
                "## template: jinja\nname: {{ ds.name }} {}\n{\"other\": \"x\"}\n"
                        + "{\"token\":\"t/k+n=\",\"url\":\"http://vmm:8080//\",\"vmId\":\"vm-1\"}"
            })
    void guestFileIsFoundInItsDocument(String userData) {
        assertThat(GuestConfig.in(userData)).contains(EXPECTED);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "#cloud-config\n",
                "{",
                "{\"vmId",
                "{\"vmId\":\"vm-1\"",
                "{\"vmId\":\"vm-1\",",
                "{\"vmId\":\"vm-1\\",
                "{\"vmId\":\"vm-1\\u00",
                "{\"vmId\":\"vm-1\",\"token\":\"t\"}",
                "{\"vmId\":\"vm-1\",\"url\":\"\"}"
            })
    void documentWithoutAGuestFileOrAnUrlHasNoGuest(String userData) {
        assertThat(GuestConfig.in(userData)).isEmpty();
    }

    @Test
    void tokenIsNotShown() {
        assertThat(EXPECTED.toString()).contains("vm-1").doesNotContain("t/k+n=");
    }
}
