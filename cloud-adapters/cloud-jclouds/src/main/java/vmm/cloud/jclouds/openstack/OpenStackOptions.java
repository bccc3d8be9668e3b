package vmm.cloud.jclouds.openstack;

import org.jspecify.annotations.Nullable;

import vmm.cloud.CloudConfig;
import vmm.cloud.jclouds.Settings;

import java.net.URI;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * What the fleet file says of one OpenStack.
 *
 * @param keystone identity endpoint, ending in {@code /v3}
 * @param availabilityZones instances are spread over them by name; empty: nova chooses
 * @param securityGroups names or ids; empty: the project's default
 * @param network for placements that name none; null: nova takes the only one there is
 */
record OpenStackOptions(
        URI keystone,
        Optional<String> region,
        OpenStackCredentials credentials,
        List<String> availabilityZones,
        List<String> securityGroups,
        @Nullable String keyPair,
        @Nullable String network) {

    static final Set<String> NAMES =
            Set.of("availabilityZones", "securityGroups", "keyPair", "network");

    /**
     * @throws IllegalArgumentException naming what is wrong, and the remedy
     */
    static OpenStackOptions parse(CloudConfig config) {
        var options = config.options();
        Settings.checkNames("option", options.keySet(), NAMES, "OpenStack clouds; they know");
        return new OpenStackOptions(
                keystone(config.endpoint()),
                config.region().map(String::strip).filter(region -> !region.isEmpty()),
                OpenStackCredentials.parse(config.credentials()),
                Settings.items(options.getOrDefault("availabilityZones", "")),
                Settings.items(options.getOrDefault("securityGroups", "")),
                text(options, "keyPair"),
                text(options, "network"));
    }

    /** The same for the same name, so that a row always makes the same request. */
    Optional<String> zoneOf(String name) {
        if (availabilityZones.isEmpty()) return Optional.empty();
        int index = Math.floorMod(name.hashCode(), availabilityZones.size());
        return Optional.of(availabilityZones.get(index));
    }

    private static URI keystone(Optional<String> endpoint) {
        var text =
                endpoint.map(String::strip)
                        .filter(some -> !some.isEmpty())
                        .orElseThrow(
                                () ->
                                        new IllegalArgumentException(
                                                "endpoint is missing; write keystone's address,"
                                                    + " such as https://cloud.example:5000/v3"));
        try {
            var base = text.replaceFirst("/+$", "");
            var uri = URI.create(base.endsWith("/v3") ? base : base + "/v3");
            boolean http = "http".equals(uri.getScheme()) || "https".equals(uri.getScheme());
            if (http && uri.getHost() != null && uri.getUserInfo() == null) return uri;
        } catch (IllegalArgumentException e) {
            // refused below, with the remedy
        }
        throw new IllegalArgumentException(
                "endpoint is not an address of keystone; write one such as"
                        + " https://cloud.example:5000/v3");
    }

    private static @Nullable String text(Map<String, String> options, String name) {
        var text = options.getOrDefault(name, "").strip();
        return text.isEmpty() ? null : text;
    }
}
