package vmm.start;

import io.micrometer.core.instrument.MeterRegistry;

import vmm.cloud.CloudConfig;
import vmm.cloud.CloudProvider;
import vmm.cloud.CloudProviderFactory;
import vmm.clouds.CloudConnections;
import vmm.clouds.GuardedCloud;
import vmm.database.StartRefused;
import vmm.fleet.CloudEntry;
import vmm.fleet.Fleet;

import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/** The clouds of the fleet file, opened at the start; none is called for that. */
final class OpenClouds implements CloudConnections, AutoCloseable {
    /**
     * Calls a second where the fleet file names no {@code rateLimit}; each replica makes as many. A
     * simulated cloud is our own database.
     *
     * <p>EC2 refills the bucket of RunInstances by 2 requests a second and those of most reads by
     * 10 to 20, each action by itself (<a
     * href="https://docs.aws.amazon.com/ec2/latest/devguide/ec2-api-throttling.html">Request
     * throttling for the Amazon EC2 API</a>): ten of all together leave room for others in the
     * account, and what is above the 2 creates is held back by the gate of creates. Azure Resource
     * Manager refills by 10 writes, 10 deletes and 25 reads a second for a subscription and a
     * service principal (<a
     * href="https://learn.microsoft.com/azure/azure-resource-manager/management/request-limits-and-throttling">Understand
     * how Azure Resource Manager throttles requests</a>).
     */
    private static final Map<String, Double> RATE_LIMITS =
            Map.of("simulated", 1000.0, "aws", 10.0, "azure", 10.0);

    private static final double RATE_LIMIT = 20;

    private final Map<String, GuardedCloud> providers = new HashMap<>();

    /**
     * @throws StartRefused if a cloud's settings are wrong
     */
    OpenClouds(
            Fleet fleet,
            Map<String, CloudProviderFactory> factories,
            CloudProviderFactory.Surroundings around,
            MeterRegistry meters) {
        for (var cloud : fleet.clouds()) {
            var factory = factories.get(cloud.kind());
            if (factory == null)
                throw new StartRefused("no adapter for kind '" + cloud.kind() + "' in this build");
            try {
                var provider = factory.open(config(fleet.installation(), cloud), around);
                double rate =
                        cloud.rateLimit()
                                .orElseGet(
                                        () -> RATE_LIMITS.getOrDefault(cloud.kind(), RATE_LIMIT));
                providers.put(
                        cloud.name(),
                        new GuardedCloud(
                                cloud.name(), provider, cloud.callTimeout(), rate, meters));
            } catch (IllegalArgumentException wrong) {
                close();
                throw new StartRefused(
                        "cloud '" + cloud.name() + "' of the fleet file: " + wrong.getMessage());
            }
        }
    }

    private static CloudConfig config(String installation, CloudEntry cloud) {
        return new CloudConfig(
                installation,
                cloud.name(),
                cloud.kind(),
                cloud.endpoint(),
                cloud.region(),
                cloud.credentials(),
                cloud.options(),
                cloud.callTimeout());
    }

    @Override
    public Optional<CloudProvider> provider(String cloud) {
        return Optional.ofNullable(providers.get(cloud));
    }

    @Override
    public Optional<String> trouble(String cloud) {
        return Optional.ofNullable(providers.get(cloud)).flatMap(GuardedCloud::trouble);
    }

    @Override
    public void close() {
        providers.values().forEach(CloudProvider::close);
    }
}
