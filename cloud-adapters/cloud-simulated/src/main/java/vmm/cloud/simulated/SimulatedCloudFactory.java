package vmm.cloud.simulated;

import vmm.cloud.CloudConfig;
import vmm.cloud.CloudProvider;
import vmm.cloud.CloudProviderFactory;

import java.security.SecureRandom;
import java.time.Duration;
import java.util.Set;
import java.util.SplittableRandom;

/** The maker of clouds of kind {@code simulated}, whose guests speak HTTP in real time. */
public final class SimulatedCloudFactory implements CloudProviderFactory {

    private static final Duration TICK = Duration.ofMillis(200);

    @Override
    public String kind() {
        return "simulated";
    }

    @Override
    public Set<String> options() {
        return SimulatedOptions.names();
    }

    @Override
    public Set<String> credentials() {
        return Set.of();
    }

    @Override
    public CloudProvider open(CloudConfig config, Surroundings surroundings) {
        var random = new SplittableRandom(new SecureRandom().nextLong());
        return new SimulatedCloud(
                        config, surroundings, random, Pause.REAL, new HttpGuestTransport())
                .tickEvery(TICK);
    }
}
