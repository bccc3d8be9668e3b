package vmm.cloud.jclouds.aws;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import vmm.cloud.CloudConfig;
import vmm.cloud.CloudProviderFactory;

import java.net.URI;
import java.time.Duration;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.ServiceLoader;

class AwsCloudFactoryTest {

    private static final String ENDPOINT = "http://127.0.0.1:1/";

    @Test
    void factoryIsFoundByItsKind() {
        assertThat(ServiceLoader.load(CloudProviderFactory.class))
                .extracting(CloudProviderFactory::kind)
                .containsOnlyOnce("aws");
    }

    @Test
    void openingCallsNobodyAndShowsNoSecret() {
        var config = Clouds.config(ENDPOINT, "isis", Clouds.KEYS, Map.of());
        try (var cloud = new AwsCloud(config, InstantSource.system())) {
            assertThat(cloud.toString()).contains("london").doesNotContain(FakeEc2.SECRET_KEY);
        }
        assertThat(AwsOptions.parse(config).toString()).doesNotContain(FakeEc2.SECRET_KEY);
    }

    @ParameterizedTest
    @CsvSource({
        "eu-west-2, https://ec2.eu-west-2.amazonaws.com/",
        "us-gov-west-1, https://ec2.us-gov-west-1.amazonaws.com/",
        "cn-north-1, https://ec2.cn-north-1.amazonaws.com.cn/"
    })
    void endpointIsThatOfTheRegion(String region, String endpoint) {
        assertThat(AwsOptions.parse(config(Optional.empty(), Optional.of(region))).endpoint())
                .isEqualTo(URI.create(endpoint));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "eusc-de-east-1",
                "us-iso-east-1",
                "us-isob-east-1",
                "eu-isoe-west-1",
                "moon"
            })
    void regionWhoseAddressIsNotKnownNeedsIt(String region) {
        assertThatThrownBy(() -> AwsOptions.parse(config(Optional.empty(), Optional.of(region))))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(region)
                .hasMessageContaining("write endpoint");
        assertThat(AwsOptions.parse(config(Optional.of(ENDPOINT), Optional.of(region))).endpoint())
                .isEqualTo(URI.create(ENDPOINT));
    }

    @Test
    void regionWhoseAddressIsNotKnownNeedsThatOfStsForARole() {
        var role =
                Map.of(
                        "source", "web-identity",
                        "roleArn", FakeKeySources.ROLE_ARN,
                        "tokenFile", "/var/run/secrets/token");
        for (var options : List.of(Map.<String, String>of(), Map.of("stsEndpoint", ENDPOINT))) {
            var config =
                    new CloudConfig(
                            "isis",
                            "london",
                            "aws",
                            Optional.of(ENDPOINT),
                            Optional.of("eusc-de-east-1"),
                            role,
                            options,
                            Duration.ofSeconds(20));
            if (options.isEmpty()) {
                assertThatThrownBy(() -> AwsOptions.parse(config))
                        .isInstanceOf(IllegalArgumentException.class)
                        .hasMessageContaining("stsEndpoint");
            } else {
                assertThat(AwsOptions.parse(config).region()).isEqualTo("eusc-de-east-1");
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"", ",", " , "})
    void imagesAreNeverThoseOfNobodyInParticular(String owners) {
        var config = Clouds.config(ENDPOINT, "isis", Clouds.KEYS, Map.of("imageOwners", owners));

        assertThat(AwsOptions.parse(config).imageOwners()).containsExactly("self");
    }

    @ParameterizedTest
    @CsvSource({
        "http://127.0.0.1:4566, http://127.0.0.1:4566/",
        "https://cloud.example/services/compute, https://cloud.example/services/compute/"
    })
    void endpointMayBeAnother(String text, String endpoint) {
        assertThat(AwsOptions.parse(config(Optional.of(text), Optional.of("r-1"))).endpoint())
                .isEqualTo(URI.create(endpoint));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"ec2.example", "ftp://ec2.example", "http://u:secret@ec2/", "http://a b"})
    void wrongEndpointIsRefusedWithTheRemedy(String endpoint) {
        assertThatThrownBy(
                        () ->
                                AwsOptions.parse(
                                        config(Optional.of(endpoint), Optional.of("eu-west-2"))))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("https://ec2.eu-west-2.amazonaws.com")
                .satisfies(e -> assertThat(e.getMessage()).doesNotContain("secret"));
    }

    @Test
    void regionIsNeeded() {
        for (var region : new String[] {"", "London 2"}) {
            assertThatThrownBy(
                            () -> AwsOptions.parse(config(Optional.empty(), Optional.of(region))))
                    .hasMessageContaining("region is missing")
                    .hasMessageContaining("eu-west-2");
        }
        assertThatThrownBy(() -> AwsOptions.parse(config(Optional.empty(), Optional.empty())))
                .hasMessageContaining("region is missing");
    }

    @ParameterizedTest
    @CsvSource({
        "zones, a, option zones is unknown",
        "securityGroups, 'default', write ids such as sg-",
        "network, ' , ', option network names no subnet",
        "publicIp, yes, write true or false",
        "address, both, write private or public",
        "metadataHops, 0, write one from 1 to 64",
        "metadataHops, many, write one from 1 to 64",
        "vcpuQuota, -1, option vcpuQuota",
        "imdsEndpoint, 169.254.169.254, http://169.254.169.254",
        "stsEndpoint, sts, https://sts.eu-west-2.amazonaws.com"
    })
    void wrongOptionIsRefusedWithTheRemedy(String name, String value, String words) {
        var config = Clouds.config(ENDPOINT, "isis", Clouds.KEYS, Map.of(name, value));

        assertThatThrownBy(() -> AwsOptions.parse(config))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(words);
    }

    @ParameterizedTest
    @CsvSource(
            nullValues = "missing",
            value = {
                "accessKeyId, missing, credential accessKeyId is missing",
                "secretAccessKey, missing, credential secretAccessKey is missing",
                "secretAccessKey, ' ', credential secretAccessKey is missing",
                "password, x, credential password is unknown",
                "roleArn, x, credential roleArn does not go with keys",
                "source, instance-profile, does not go with instance-profile",
                "source, web-identity, does not go with web-identity",
                "source, vault, credential source is unknown"
            })
    void wrongCredentialsAreRefusedByNameAndWithoutTheirValues(
            String name, String value, String words) {
        var credentials = new HashMap<>(Clouds.KEYS);
        credentials.remove(name);
        if (value != null) credentials.put(name, value);
        var config = Clouds.config(ENDPOINT, "isis", credentials, Map.of());

        assertThatThrownBy(() -> AwsOptions.parse(config))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(words)
                .satisfies(e -> assertThat(e.getMessage()).doesNotContain(FakeEc2.SECRET_KEY));
    }

    @ParameterizedTest
    @CsvSource({
        "roleArn, vmm, arn:aws:iam::123456789012:role/vmm",
        "roleArn, '', credential roleArn is missing",
        "tokenFile, '', credential tokenFile is missing",
        "roleSessionName, 'a b', write 2 to 64"
    })
    void wrongWebIdentityIsRefusedWithTheRemedy(String name, String value, String words) {
        var credentials = new HashMap<String, String>();
        credentials.put("source", "web-identity");
        credentials.put("roleArn", FakeKeySources.ROLE_ARN);
        credentials.put("tokenFile", "/var/run/secrets/token");
        var good = Clouds.config(ENDPOINT, "isis", Map.copyOf(credentials), Map.of());
        assertThat(AwsOptions.parse(good).credentials().source()).isInstanceOf(WebIdentity.class);
        credentials.put(name, value);
        var config = Clouds.config(ENDPOINT, "isis", credentials, Map.of());

        assertThatThrownBy(() -> AwsOptions.parse(config))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(words);
    }

    @ParameterizedTest
    @CsvSource({
        "spot, true, true",
        "spot, yes, false",
        "maxPrice, 0.0345, true",
        "maxPrice, 12, true",
        "maxPrice, cheap, false",
        "maxPrice, -1, false",
        "maxPrice, 1e3, false"
    })
    void optionsOfAPlacementMustLookLikeThis(String name, String value, boolean good) {
        var options = new AwsCloudFactory().placementOptions();

        assertThat(options.get(name).matcher(value).matches()).isEqualTo(good);
        assertThat(options).containsOnlyKeys("spot", "maxPrice");
    }

    private static CloudConfig config(Optional<String> endpoint, Optional<String> region) {
        return new CloudConfig(
                "isis",
                "london",
                "aws",
                endpoint,
                region,
                Clouds.KEYS,
                Map.of(),
                Duration.ofSeconds(20));
    }
}
