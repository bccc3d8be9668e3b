package vmm.cloud.jclouds.openstack;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import vmm.cloud.CloudConfig;
import vmm.cloud.CloudProviderFactory;

import java.net.URI;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.ServiceLoader;
import java.util.stream.IntStream;

class OpenStackCloudFactoryTest {

    private static final String ENDPOINT = "http://127.0.0.1:1/v3";

    @Test
    void factoryIsFoundByItsKind() {
        assertThat(ServiceLoader.load(CloudProviderFactory.class))
                .extracting(CloudProviderFactory::kind)
                .containsOnlyOnce("openstack");
    }

    @Test
    void openingCallsNobodyAndShowsNoSecret() {
        var config = Clouds.config(ENDPOINT, "isis", Clouds.USER, Map.of());
        try (var cloud = new OpenStackCloud(config, java.time.InstantSource.system())) {
            assertThat(cloud.toString())
                    .contains("rutherford")
                    .doesNotContain(FakeOpenStack.PASSWORD);
        }
        assertThat(OpenStackOptions.parse(config).toString())
                .doesNotContain(FakeOpenStack.PASSWORD);
    }

    @ParameterizedTest
    @CsvSource({
        "http://cloud:5000, http://cloud:5000/v3",
        "http://cloud:5000/, http://cloud:5000/v3",
        "https://cloud/identity/v3/, https://cloud/identity/v3",
        "https://cloud/identity, https://cloud/identity/v3"
    })
    void endpointIsKeystoneWithOrWithoutItsVersion(String endpoint, String keystone) {
        var config = Clouds.config(endpoint, "isis", Clouds.USER, Map.of());

        assertThat(OpenStackOptions.parse(config).keystone()).isEqualTo(URI.create(keystone));
    }

    @ParameterizedTest
    @CsvSource(
            nullValues = "missing",
            value = {
                "username, missing, credential username is missing",
                "password, missing, credential password is missing",
                "project, ' ', credential project is missing",
                "project, a:b, use an application credential",
                "tenant, vmm, credential tenant is unknown",
                "applicationCredentialId, app-1, one of the two"
            })
    void wrongCredentialsAreRefusedByNameAndWithoutTheirValues(
            String name, String value, String words) {
        var credentials = new HashMap<>(Clouds.USER);
        credentials.remove(name);
        if (value != null) credentials.put(name, value);
        var config = Clouds.config(ENDPOINT, "isis", credentials, Map.of());

        assertThatThrownBy(() -> OpenStackOptions.parse(config))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(words)
                .satisfies(e -> assertThat(e.getMessage()).doesNotContain(FakeOpenStack.PASSWORD));
    }

    @ParameterizedTest
    @CsvSource({
        "cloud:5000",
        "ftp://cloud/v3",
        "http://user:secret@cloud/v3",
        "'http://a b'",
        "''"
    })
    void wrongEndpointIsRefusedWithTheRemedy(String endpoint) {
        var config = Clouds.config(endpoint, "isis", Clouds.USER, Map.of());

        assertThatThrownBy(() -> OpenStackOptions.parse(config))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("https://cloud.example:5000/v3")
                .satisfies(e -> assertThat(e.getMessage()).doesNotContain("secret"));
    }

    @Test
    void missingEndpointAndUnknownOptionAreRefused() {
        var nowhere =
                new CloudConfig(
                        "isis",
                        "rutherford",
                        "openstack",
                        Optional.empty(),
                        Optional.empty(),
                        Clouds.USER,
                        Map.of(),
                        Duration.ofSeconds(20));
        assertThatThrownBy(() -> OpenStackOptions.parse(nowhere))
                .hasMessageContaining("endpoint is missing");

        var config = Clouds.config(ENDPOINT, "isis", Clouds.USER, Map.of("zones", "a"));
        assertThatThrownBy(() -> OpenStackOptions.parse(config))
                .hasMessageContaining("option zones is unknown")
                .hasMessageContaining("availabilityZones");
    }

    @Test
    void sameNameAlwaysGetsTheSameZoneAndManyNamesGetAll() {
        var config =
                Clouds.config(
                        ENDPOINT, "isis", Clouds.USER, Map.of("availabilityZones", "a, b ,c"));
        var options = OpenStackOptions.parse(config);
        var names = IntStream.range(0, 60).mapToObj(i -> "vmm-isis-" + i).toList();

        assertThat(options.availabilityZones()).isEqualTo(List.of("a", "b", "c"));
        assertThat(names.stream().map(options::zoneOf).distinct()).hasSize(3);
        assertThat(names.stream().map(options::zoneOf).toList())
                .isEqualTo(names.stream().map(options::zoneOf).toList());
    }
}
