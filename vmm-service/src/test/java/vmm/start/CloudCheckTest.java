package vmm.start;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import vmm.cloud.jclouds.openstack.TroubledOpenStack;
import vmm.cloud.jclouds.openstack.TroubledOpenStack.Trouble;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** What a check says of an OpenStack that is well, and of some that are not. */
class CloudCheckTest {
    private static final String FLEET =
            """
            installation: isis
            clouds:
              - name: rutherford
                kind: openstack
                endpoint: "%s"
                region: RegionOne
                credentials: {project: vmm, username: vmm, password: "${PASSWORD}"}
                callTimeout: %s
              - {name: pretend, kind: simulated}
            pools:
              - name: muon
                poolSize: 1
                maxSize: 2
                placements:
                  - {cloud: rutherford, image: tiny, flavor: m1.tiny, network: vmm-net}
                  - {cloud: pretend, image: i, flavor: f}
            """;

    @TempDir Path directory;
    private final TroubledOpenStack openStack =
            new TroubledOpenStack(InstantSource.system(), Duration.ZERO, Duration.ZERO, 1);
    private String said = "";

    @AfterEach
    void close() {
        openStack.close();
    }

    private int check(String fleet, String... more) throws IOException {
        var file = directory.resolve("fleet.yaml");
        Files.writeString(file, fleet);
        var arguments = new ArrayList<>(List.of(file.toString()));
        arguments.addAll(List.of(more));
        return run(arguments, TroubledOpenStack.PASSWORD);
    }

    private int run(List<String> arguments, String password) {
        var bytes = new ByteArrayOutputStream();
        var environment = Map.of("PASSWORD", password);
        var out = new PrintStream(bytes, true, StandardCharsets.UTF_8);
        int code =
                new CloudCheck(name -> Optional.ofNullable(environment.get(name)), out)
                        .run(arguments);
        said = bytes.toString(StandardCharsets.UTF_8);
        assertThat(said).doesNotContain(password);
        return code;
    }

    private String fleet() {
        return FLEET.formatted(openStack.keystone(), "PT20S");
    }

    @Test
    void aCloudThatIsWellIsShownLineByLineAndNothingIsMade() throws IOException {
        assertThat(check(fleet())).as(said).isZero();
        assertThat(said.lines())
                .containsExactly(
                        "rutherford  openstack  RegionOne  " + openStack.keystone(),
                        "  sign-in    ok",
                        "  instances  0 of installation isis",
                        "  quota      instances 0 of 5000, cores 0 (no limit told), memory 0 GiB"
                                + " (no limit told)",
                        "  flavors    3",
                        "  images     1",
                        "  networks   1",
                        "  console    not tested: it takes an instance",
                        "  pool muon: tiny on m1.tiny in vmm-net",
                        "    names      ok",
                        "    rehearsal  ok",
                        "pretend  simulated",
                        "  simulated: there is nothing to check",
                        "All is well.");
        assertThat(openStack.everMade()).isEmpty();
        assertThat(openStack.creates()).isEmpty();
    }

    @Test
    void aNameThatIsWrongIsToldWithWhatMayHaveBeenMeant() throws IOException {
        assertThat(check(fleet().replace("m1.tiny", "m1.tinny"))).isEqualTo(CloudCheck.FAILED);
        assertThat(said)
                .contains(
                        "    names      FAILED rejected: there is no flavor 'm1.tinny'; did you"
                                + " mean 'm1.tiny'?\n")
                .doesNotContain("rehearsal")
                .endsWith(
                        "To do: pool muon on rutherford: there is no flavor 'm1.tinny'; did you"
                                + " mean 'm1.tiny'?\n");
    }

    @Test
    void credentialsThatAreNotAcceptedEndTheCheckOfThatCloud() throws IOException {
        var file = directory.resolve("fleet.yaml");
        Files.writeString(file, fleet());
        assertThat(run(List.of(file.toString()), "wr0ng-password")).isEqualTo(CloudCheck.FAILED);
        assertThat(said)
                .contains("  sign-in    FAILED unauthorized: ")
                .contains("  the rest was not tried\n")
                .contains("pretend  simulated")
                .doesNotContain("flavors")
                .endsWith(
                        "To do: rutherford sign-in: correct its credentials, or give them the right"
                                + " to do this\n");
    }

    @Test
    void aListingThatFailsIsFoundThoughTheSignInIsWell() throws IOException {
        openStack.suffer(Trouble.LIST_FAILS);
        assertThat(check(fleet())).isEqualTo(CloudCheck.FAILED);
        assertThat(said)
                .contains("  sign-in    ok\n  instances  FAILED unreachable: ")
                .contains("  quota      not tried\n");
    }

    @Test
    void aCloudThatHangsEndsWithTheDeadlineOfItsCalls() throws IOException {
        try (var silent = new ServerSocket(0, 50, InetAddress.getLoopbackAddress())) {
            var endpoint = "http://127.0.0.1:" + silent.getLocalPort() + "/v3";
            assertThat(check(FLEET.formatted(endpoint, "PT1S"))).isEqualTo(CloudCheck.FAILED);
        }
        assertThat(said)
                .contains("  sign-in    FAILED unreachable: ")
                .contains("To do: rutherford sign-in: it does not answer: look at its endpoint");
    }

    @Test
    void onlyTheCloudThatIsNamedIsChecked() throws IOException {
        assertThat(check(fleet(), "pretend")).isEqualTo(CloudCheck.WELL);
        assertThat(said)
                .isEqualTo(
                        "pretend  simulated\n  simulated: there is nothing to check\n"
                                + "No cloud of it is real.\n");
        assertThat(check(fleet(), "ruterford")).isEqualTo(CloudCheck.WRONG);
        assertThat(said)
                .isEqualTo(
                        "The fleet file cannot be used: there is no cloud 'ruterford' in it; did"
                                + " you mean 'rutherford'?\n");
    }

    @Test
    void aWrongFileIsALineForEachThingThatIsWrong() throws IOException {
        assertThat(check(fleet().replace("poolSize: 1", "poolSize: 9").replace("m1.tiny", "''")))
                .isEqualTo(CloudCheck.WRONG);
        assertThat(said.lines()).hasSize(2);
        assertThat(said)
                .contains("fleet.yaml:12: poolSize 9 is above maxSize 2")
                .contains("flavor");
        assertThat(run(List.of(directory.resolve("none.yaml").toString()), "secret"))
                .isEqualTo(CloudCheck.WRONG);
        assertThat(said).contains("none.yaml: does not exist");
        assertThat(run(List.of(), "secret")).isEqualTo(CloudCheck.WRONG);
        assertThat(said).contains("cloud-check <fleet.yaml> [<cloud>]");
        assertThat(check(fleet().replace("http", "gopher"))).isEqualTo(CloudCheck.WRONG);
    }
}
