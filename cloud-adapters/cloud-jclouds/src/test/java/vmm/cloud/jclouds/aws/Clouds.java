package vmm.cloud.jclouds.aws;

import vmm.cloud.CloudConfig;
import vmm.cloud.LaunchSpec;
import vmm.cloud.ManualClock;
import vmm.cloud.Tags;

import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;

/** The adapter as these tests open it. */
final class Clouds {

    static final Map<String, String> KEYS =
            Map.of(
                    "accessKeyId", FakeEc2.ACCESS_KEY,
                    "secretAccessKey", FakeEc2.SECRET_KEY);

    private Clouds() {}

    static ManualClock clock() {
        return new ManualClock(Instant.parse("2026-03-01T08:00:00Z"));
    }

    static AwsCloud open(FakeEc2 ec2, String installation) {
        return open(ec2, installation, Map.of());
    }

    static AwsCloud open(FakeEc2 ec2, String installation, Map<String, String> options) {
        return new AwsCloud(config(ec2.url(), installation, KEYS, options), ec2.clock);
    }

    static CloudConfig config(
            String endpoint,
            String installation,
            Map<String, String> credentials,
            Map<String, String> options) {
        return new CloudConfig(
                installation,
                "london",
                "aws",
                Optional.of(endpoint),
                Optional.of(FakeEc2.REGION),
                credentials,
                options,
                Duration.ofSeconds(20));
    }

    static LaunchSpec spec(String vmId) {
        return spec(vmId, FakeEc2.SUBNET, Map.of());
    }

    static LaunchSpec spec(String vmId, String network, Map<String, String> options) {
        return new LaunchSpec(
                "vmm-isis-" + vmId,
                new Tags("isis", "store-1", vmId),
                FakeEc2.IMAGE_NAME,
                FakeEc2.FLAVOR,
                network,
                options,
                "#cloud-config\n# s3cr3t-of-the-guest\n");
    }
}
