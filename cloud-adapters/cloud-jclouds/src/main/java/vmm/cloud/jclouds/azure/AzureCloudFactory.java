package vmm.cloud.jclouds.azure;

import vmm.cloud.CloudConfig;
import vmm.cloud.CloudProvider;
import vmm.cloud.CloudProviderFactory;

import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;

/** The maker of clouds of kind {@code azure}. */
public final class AzureCloudFactory implements CloudProviderFactory {

    @Override
    public String kind() {
        return "azure";
    }

    @Override
    public Set<String> options() {
        return AzureOptions.NAMES;
    }

    @Override
    public Set<String> credentials() {
        return AzureCredentials.NAMES;
    }

    @Override
    public Map<String, Pattern> placementOptions() {
        return PlacementOptions.PATTERNS;
    }

    @Override
    public CloudProvider open(CloudConfig config, Surroundings surroundings) {
        return new AzureCloud(config, surroundings.clock());
    }
}
