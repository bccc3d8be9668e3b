package vmm.clouds;

import vmm.fleet.Prices;

import java.util.List;
import java.util.Map;
import java.util.Optional;

/** What the fleet file and the adapters say of clouds, beside their connections. No secrets. */
public interface CloudSettings {
    /** Of a cloud that the fleet file does not name. */
    Setting NONE = new Setting(List.of(), Map.of(), Optional.empty());

    Setting of(String cloud);

    /**
     * What is set for one cloud.
     *
     * @param credentials the names of those that are given, not what they are
     * @param placementOptions options that placements there may have, with the pattern that their
     *     values match
     * @param prices of its flavors, empty where the fleet file names none
     */
    record Setting(
            List<String> credentials,
            Map<String, String> placementOptions,
            Optional<Prices> prices) {}
}
