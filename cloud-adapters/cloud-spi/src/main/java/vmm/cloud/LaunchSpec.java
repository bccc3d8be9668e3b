package vmm.cloud;

import org.jspecify.annotations.Nullable;

import java.util.Map;

/**
 * All that a cloud needs to launch one instance. Made from the row alone, so that the same row
 * makes the same request to the letter.
 *
 * @param name {@code vmm-<installation>-<VM id>}, unique
 * @param image name or id
 * @param flavor name or id
 * @param network name or id; null: the cloud's default
 * @param options of the placement, which only this kind of cloud understands ({@link
 *     CloudProviderFactory#placementOptions()})
 * @param userData cloud-init document, not encoded; holds the guest's secrets, never log it
 */
public record LaunchSpec(
        String name,
        Tags tags,
        String image,
        String flavor,
        @Nullable String network,
        Map<String, String> options,
        String userData) {

    public LaunchSpec {
        options = Map.copyOf(options);
    }

    /** Without options. */
    public LaunchSpec(
            String name,
            Tags tags,
            String image,
            String flavor,
            @Nullable String network,
            String userData) {
        this(name, tags, image, flavor, network, Map.of(), userData);
    }

    @Override
    public String toString() {
        return "LaunchSpec["
                + name
                + ", image "
                + image
                + ", flavor "
                + flavor
                + ", network "
                + network
                + ", options "
                + options
                + "]";
    }
}
