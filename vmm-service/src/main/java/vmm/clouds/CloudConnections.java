package vmm.clouds;

import vmm.cloud.CloudProvider;

import java.util.Optional;

/** The open clouds, by name: those of the fleet file that this process was started with. */
public interface CloudConnections {

    /**
     * Empty for a cloud whose row exists but that the fleet file no longer names: we have no
     * credentials for it.
     */
    Optional<CloudProvider> provider(String cloud);

    /** What is wrong with the calls of the last minute, as far as this process made them. */
    default Optional<String> trouble(String cloud) {
        return Optional.empty();
    }
}
