package vmm.cloud.jclouds.openstack;

import vmm.cloud.CloudConfig;
import vmm.cloud.CloudProvider;
import vmm.cloud.CloudProviderFactory;

import java.util.Set;

/** The maker of clouds of kind {@code openstack}. */
public final class OpenStackCloudFactory implements CloudProviderFactory {

    @Override
    public String kind() {
        return "openstack";
    }

    @Override
    public Set<String> options() {
        return OpenStackOptions.NAMES;
    }

    @Override
    public Set<String> credentials() {
        return OpenStackCredentials.NAMES;
    }

    @Override
    public CloudProvider open(CloudConfig config, Surroundings surroundings) {
        return new OpenStackCloud(config, surroundings.clock());
    }
}
