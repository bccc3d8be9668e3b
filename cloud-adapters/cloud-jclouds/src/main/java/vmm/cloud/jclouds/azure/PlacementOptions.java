package vmm.cloud.jclouds.azure;

import org.jspecify.annotations.Nullable;

import vmm.cloud.CloudFailure;

import java.math.BigDecimal;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * What a placement on Azure may ask for beside image, flavor and network.
 *
 * @param spot may be taken away by Azure at any time, for less money
 * @param maxPrice of a spot VM an hour, in US dollars; -1: up to the price of an ordinary one
 * @param zone availability zone; null: Azure chooses none
 */
record PlacementOptions(boolean spot, BigDecimal maxPrice, @Nullable String zone) {

    static final Map<String, Pattern> PATTERNS =
            Map.of(
                    "spot", Pattern.compile("true|false"),
                    "maxPrice", Pattern.compile("-1|\\d{1,4}(\\.\\d{1,5})?"),
                    "zone", Pattern.compile("[123]"));

    /**
     * @throws CloudFailure.Rejected naming what is wrong, and the remedy
     */
    static PlacementOptions parse(Map<String, String> options) throws CloudFailure {
        for (var option : options.entrySet()) {
            var pattern = PATTERNS.get(option.getKey());
            if (pattern == null || !pattern.matcher(option.getValue()).matches()) {
                throw new CloudFailure.Rejected(
                        "the option %s of the placement is not one of Azure's, or its value is"
                                        .formatted(option.getKey())
                                + " wrong: write spot (true or false), maxPrice (US dollars an hour"
                                + " or -1), zone (1, 2 or 3)");
            }
        }
        boolean spot = Boolean.parseBoolean(options.get("spot"));
        if (options.containsKey("maxPrice") && !spot) {
            throw new CloudFailure.Rejected(
                    "the placement names a maxPrice, which only spot VMs have; write spot: true");
        }
        return new PlacementOptions(
                spot, new BigDecimal(options.getOrDefault("maxPrice", "-1")), options.get("zone"));
    }
}
