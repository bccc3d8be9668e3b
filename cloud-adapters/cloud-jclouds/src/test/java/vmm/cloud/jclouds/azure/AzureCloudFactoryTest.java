package vmm.cloud.jclouds.azure;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import vmm.cloud.CloudConfig;
import vmm.cloud.CloudProviderFactory;

import java.net.URI;
import java.time.Duration;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.ServiceLoader;

class AzureCloudFactoryTest {

    private static final String NOWHERE = "http://127.0.0.1:1";
    private static final Map<String, String> REQUIRED =
            Map.of("subscriptionId", FakeArm.SUBSCRIPTION, "resourceGroup", "vmm");

    @Test
    void factoryIsFoundByItsKindAndKnowsItsNames() {
        var factory =
                ServiceLoader.load(CloudProviderFactory.class).stream()
                        .map(ServiceLoader.Provider::get)
                        .filter(some -> some.kind().equals("azure"))
                        .toList();
        assertThat(factory).hasSize(1);
        assertThat(factory.getFirst().options()).contains("resourceGroup", "userIdentity");
        assertThat(factory.getFirst().credentials()).contains("clientSecret", "source");
        assertThat(factory.getFirst().placementOptions())
                .containsOnlyKeys("spot", "maxPrice", "zone");
    }

    @ParameterizedTest
    @CsvSource({
        "spot, true, true",
        "spot, yes, false",
        "maxPrice, 0.25, true",
        "maxPrice, -1, true",
        "maxPrice, -2, false",
        "maxPrice, 1e3, false",
        "zone, 3, true",
        "zone, 4, false"
    })
    void placementOptionsHaveTheirForms(String name, String value, boolean fits) {
        var pattern = new AzureCloudFactory().placementOptions().get(name);
        assertThat(pattern.matcher(value).matches()).isEqualTo(fits);
    }

    @Test
    void openingCallsNobodyAndShowsNoSecret() {
        var config = Clouds.config(NOWHERE, "isis", Clouds.APPLICATION, Map.of());
        try (var cloud = new AzureCloud(config, InstantSource.system())) {
            assertThat(cloud.toString()).contains("cumulus").doesNotContain(FakeArm.SECRET);
        }
        assertThat(AzureOptions.parse(config).toString()).doesNotContain(FakeArm.SECRET);
    }

    @ParameterizedTest
    @CsvSource({
        "'', https://management.azure.com, https://login.microsoftonline.com",
        "https://management.azure.com/, https://management.azure.com,"
                + " https://login.microsoftonline.com",
        "https://management.usgovcloudapi.net, https://management.usgovcloudapi.net,"
                + " https://login.microsoftonline.us",
        "https://management.chinacloudapi.cn/, https://management.chinacloudapi.cn,"
                + " https://login.chinacloudapi.cn",
        "http://127.0.0.1:8080, http://127.0.0.1:8080, http://127.0.0.1:8080",
        "https://management.stack.example/, https://management.stack.example,"
                + " https://management.stack.example"
    })
    void authorityGoesWithTheEndpoint(String written, String endpoint, String authority) {
        var options =
                AzureOptions.parse(
                        config(Optional.of(written), Optional.of("UK South"), REQUIRED, "isis"));

        assertThat(options.endpoint()).isEqualTo(URI.create(endpoint));
        assertThat(options.authority()).isEqualTo(URI.create(authority));
        assertThat(options.audience()).isEqualTo(endpoint + "/");
        assertThat(options.paths().location()).isEqualTo("uksouth");
    }

    @ParameterizedTest
    @CsvSource({
        "subscriptionId, '', option subscriptionId is missing; write the id",
        "subscriptionId, a/b, option subscriptionId is not of the right form",
        "resourceGroup, '', option resourceGroup is missing; write the name",
        "resourceGroup, a/b, option resourceGroup is not of the right form",
        "imagesFrom, a b, option imagesFrom is not of the right form",
        "network, vms, write vnet/subnet",
        "network, /subscriptions/x/subnets/y, write vnet/subnet",
        "securityGroup, a/b, write the name of one",
        "publicIp, yes, neither true nor false",
        "bootDiagnostics, on, neither true nor false",
        "address, both, neither private nor public",
        "address, public, 'write publicIp: true'",
        "adminUsername, Root!, 'write a name of small letters'",
        "adminUsername, root, a name that Azure does not allow",
        "sshPublicKey, AAAA, begins with ssh-rsa",
        "osDiskType, Premium LRS, write Premium_LRS",
        "userIdentity, guests, write it in full",
        "authority, login.example, write one such as https://login.microsoftonline.com",
        "authority, http://user:secret@login, write one such as",
        "imdsEndpoint, ftp://x, write one such as http://169.254.169.254",
        "tokenVersion, v3, write v1",
        "authority, http://login.microsoftonline.com, 'write https://login.microsoftonline.com'",
        "authority, http://Login.PartNER.microsoftonline.cn:80, is not encrypted",
        "computeApiVersion, latest, write a version of the compute API such as 2025-04-01",
        "zone, 1, option zone is unknown to Azure clouds"
    })
    void wrongOptionIsRefusedWithTheRemedy(String name, String value, String words) {
        var options = new HashMap<>(REQUIRED);
        options.put(name, value);

        assertThatThrownBy(() -> parse(options))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(words)
                .hasMessageNotContaining("secret");
    }

    @Test
    void wrongRegionEndpointAndInstallationAreRefusedWithTheRemedy() {
        var endpoint = Optional.<String>empty();
        for (var region : new String[] {"", "uk/south", "ü"}) {
            assertThatThrownBy(
                            () ->
                                    AzureOptions.parse(
                                            config(
                                                    endpoint,
                                                    Optional.of(region),
                                                    REQUIRED,
                                                    "isis")))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("write one such as uksouth");
        }
        var uk = Optional.of("uksouth");
        assertThatThrownBy(() -> AzureOptions.parse(config(endpoint, uk, REQUIRED, "i".repeat(24))))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("longer than 23 characters");
        assertThat(AzureOptions.parse(config(endpoint, uk, REQUIRED, "i".repeat(23)))).isNotNull();
        assertThatThrownBy(
                        () ->
                                AzureOptions.parse(
                                        config(Optional.of("cloud"), uk, REQUIRED, "isis")))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("https://management.azure.com");
        for (var host : new String[] {"management.azure.com", "uksouth.management.azure.com"}) {
            var plain = Optional.of("http://" + host + "/");
            assertThatThrownBy(() -> AzureOptions.parse(config(plain, uk, REQUIRED, "isis")))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("endpoint is not encrypted")
                    .hasMessageContaining("https://" + host);
        }
    }

    @ParameterizedTest
    @CsvSource(
            nullValues = "missing",
            value = {
                "tenantId, missing, credential tenantId is missing",
                "tenantId, a/b, az account show",
                "clientId, ' ', credential clientId is missing",
                "clientSecret, missing, credential clientSecret is missing",
                "tokenFile, /tmp/x, 'tokenFile does not belong to the source client-secret'",
                "source, managed-identity, does not belong to the source managed-identity",
                "source, workload-identity, does not belong to the source workload-identity",
                "source, certificate, credential source is not known",
                "password, x, credential password is unknown"
            })
    void wrongCredentialsAreRefusedByNameAndWithoutTheirValues(
            String name, String value, String words) {
        var credentials = new HashMap<>(Clouds.APPLICATION);
        credentials.remove(name);
        if (value != null) credentials.put(name, value);

        assertThatThrownBy(() -> AzureCredentials.parse(credentials))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(words)
                .satisfies(e -> assertThat(e.getMessage()).doesNotContain(FakeArm.SECRET));
    }

    private static void parse(Map<String, String> options) {
        AzureOptions.parse(config(Optional.empty(), Optional.of("uksouth"), options, "isis"));
    }

    private static CloudConfig config(
            Optional<String> endpoint,
            Optional<String> region,
            Map<String, String> options,
            String installation) {
        return Clouds.config(
                endpoint,
                region,
                installation,
                Clouds.APPLICATION,
                options,
                Duration.ofSeconds(20));
    }
}
