package vmm.cloud.jclouds.azure;

import java.util.Optional;
import java.util.regex.Pattern;

/** How subnets are written. */
final class Subnets {

    private static final Pattern FULL =
            Pattern.compile(
                    "(?i)/subscriptions/[^/\\s]+/resourceGroups/[^/\\s]+/providers"
                            + "/Microsoft\\.Network/virtualNetworks/[^/\\s]+/subnets/[^/\\s]+");

    private static final Pattern SHORT =
            Pattern.compile("([A-Za-z0-9][\\w.-]{0,79})/([A-Za-z0-9][\\w.-]{0,79})");

    private Subnets() {}

    /**
     * @param text a full id, or {@code vnet/subnet} of our resource group
     * @return empty if it is neither
     */
    static Optional<String> idOf(Paths paths, String text) {
        if (FULL.matcher(text).matches()) return Optional.of(text);
        var name = SHORT.matcher(text);
        return name.matches()
                ? Optional.of(paths.subnetId(name.group(1), name.group(2)))
                : Optional.empty();
    }
}
