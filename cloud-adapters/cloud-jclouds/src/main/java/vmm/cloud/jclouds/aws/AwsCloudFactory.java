package vmm.cloud.jclouds.aws;

import vmm.cloud.CloudConfig;
import vmm.cloud.CloudProvider;
import vmm.cloud.CloudProviderFactory;

import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;

/** The maker of clouds of kind {@code aws}. */
public final class AwsCloudFactory implements CloudProviderFactory {

    @Override
    public String kind() {
        return "aws";
    }

    @Override
    public Set<String> options() {
        return AwsOptions.NAMES;
    }

    @Override
    public Set<String> credentials() {
        return AwsCredentials.NAMES;
    }

    @Override
    public Map<String, Pattern> placementOptions() {
        return Market.OPTIONS;
    }

    @Override
    public CloudProvider open(CloudConfig config, Surroundings surroundings) {
        return new AwsCloud(config, surroundings.clock());
    }
}
