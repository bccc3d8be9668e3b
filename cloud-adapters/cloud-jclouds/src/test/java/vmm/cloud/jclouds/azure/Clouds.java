package vmm.cloud.jclouds.azure;

import vmm.cloud.CloudConfig;
import vmm.cloud.LaunchSpec;
import vmm.cloud.ManualClock;
import vmm.cloud.Tags;

import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/** The adapter as these tests open it. */
final class Clouds {

    static final String KEY = "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABAQDYkU0qyjlGDSD9ZTzb5qRF ops";

    static final Map<String, String> APPLICATION =
            Map.of(
                    "tenantId", FakeArm.TENANT,
                    "clientId", FakeArm.CLIENT,
                    "clientSecret", FakeArm.SECRET);

    private Clouds() {}

    static ManualClock clock() {
        return new ManualClock(Instant.parse("2026-03-01T08:00:00Z"));
    }

    static AzureCloud open(FakeArm azure, String installation) {
        return open(azure, installation, Map.of());
    }

    static AzureCloud open(FakeArm azure, String installation, Map<String, String> options) {
        return new AzureCloud(
                config(azure.url(), installation, APPLICATION, options), azure.clock());
    }

    static CloudConfig config(
            String endpoint,
            String installation,
            Map<String, String> credentials,
            Map<String, String> options) {
        var all = new HashMap<String, String>();
        all.put("subscriptionId", FakeArm.SUBSCRIPTION);
        all.put("resourceGroup", FakeArm.GROUP);
        all.put("authority", endpoint);
        all.put("imdsEndpoint", endpoint);
        all.putAll(options);
        all.values().removeIf(String::isEmpty);
        return config(
                Optional.of(endpoint),
                Optional.of(FakeArm.LOCATION),
                installation,
                credentials,
                all,
                Duration.ofSeconds(20));
    }

    static CloudConfig config(
            Optional<String> endpoint,
            Optional<String> region,
            String installation,
            Map<String, String> credentials,
            Map<String, String> options,
            Duration callTimeout) {
        return new CloudConfig(
                installation,
                "cumulus",
                "azure",
                endpoint,
                region,
                credentials,
                options,
                callTimeout);
    }

    static LaunchSpec spec(String vmId) {
        return spec(vmId, Map.of());
    }

    static LaunchSpec spec(String vmId, Map<String, String> options) {
        return new LaunchSpec(
                "vmm-isis-" + vmId,
                new Tags("isis", "store-1", vmId),
                FakeArm.IMAGE,
                FakeArm.SIZE,
                FakeArm.SUBNET,
                options,
                "#cloud-config\n# s3cr3t-of-the-guest\n");
    }
}
