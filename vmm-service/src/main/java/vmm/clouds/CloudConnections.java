package vmm.clouds;

import java.util.Optional;
import vmm.cloud.CloudProvider;

/** The open clouds, by name: those of the fleet file that this process was started with. */
public interface CloudConnections {

    /** Empty for a cloud whose row exists but that the fleet file no longer names: we have no credentials for it. */
    Optional<CloudProvider> provider(String cloud);
}
