package vmm.admin;

import vmm.cloud.CloudConfig;
import vmm.cloud.CloudProvider;
import vmm.cloud.CloudProviderFactory;
import vmm.cloud.simulated.SimulatedCloudFactory;

import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * The maker of clouds of kind {@code choosy}: simulated ones that want a credential, and whose
 * placements have options.
 */
public final class ChoosyCloudFactory implements CloudProviderFactory {
    private final CloudProviderFactory simulated = new SimulatedCloudFactory();

    @Override
    public String kind() {
        return "choosy";
    }

    @Override
    public Set<String> options() {
        return simulated.options();
    }

    @Override
    public Set<String> credentials() {
        return Set.of("token");
    }

    @Override
    public Map<String, Pattern> placementOptions() {
        return Map.of(
                "spot", Pattern.compile("true|false"),
                "diskGb", Pattern.compile("[1-9][0-9]{0,3}"));
    }

    @Override
    public CloudProvider open(CloudConfig config, Surroundings surroundings) {
        return simulated.open(config, surroundings);
    }
}
