package vmm.cloud.jclouds.openstack;

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

    static final Map<String, String> USER =
            Map.of(
                    "username",
                    "vmm",
                    "password",
                    FakeOpenStack.PASSWORD,
                    "project",
                    "vmm",
                    "userDomain",
                    "Default",
                    "projectDomain",
                    "Default");

    private Clouds() {}

    static ManualClock clock() {
        return new ManualClock(Instant.parse("2026-03-01T08:00:00Z"));
    }

    static OpenStackCloud open(FakeOpenStack openStack, String installation) {
        return open(openStack, installation, Map.of());
    }

    static OpenStackCloud open(
            FakeOpenStack openStack, String installation, Map<String, String> options) {
        return new OpenStackCloud(
                config(openStack.keystone(), installation, USER, options), openStack.clock);
    }

    static CloudConfig config(
            String endpoint,
            String installation,
            Map<String, String> credentials,
            Map<String, String> options) {
        return new CloudConfig(
                installation,
                "rutherford",
                "openstack",
                Optional.of(endpoint),
                Optional.of("RegionOne"),
                credentials,
                options,
                Duration.ofSeconds(20));
    }

    static LaunchSpec spec(String vmId) {
        return new LaunchSpec(
                "vmm-isis-" + vmId,
                new Tags("isis", "store-1", vmId),
                "tiny",
                "m1.tiny",
                "vmm-net",
                "#cloud-config\n# s3cr3t-of-the-guest\n");
    }
}
