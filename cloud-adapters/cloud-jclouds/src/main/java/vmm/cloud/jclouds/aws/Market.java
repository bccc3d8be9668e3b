package vmm.cloud.jclouds.aws;

import org.jspecify.annotations.Nullable;

import vmm.cloud.CloudFailure;

import java.util.Map;
import java.util.regex.Pattern;

/**
 * How an instance is paid for: on demand, or spot.
 *
 * @param maxPrice of a spot instance in USD an hour; null: up to the price on demand
 */
record Market(boolean spot, @Nullable String maxPrice) {

    private static final String SPOT = "spot";
    private static final String MAX_PRICE = "maxPrice";

    /** What a placement may say of it. */
    static final Map<String, Pattern> OPTIONS =
            Map.of(
                    SPOT,
                    Pattern.compile("true|false"),
                    MAX_PRICE,
                    Pattern.compile("\\d{1,5}(\\.\\d{1,6})?"));

    /**
     * @throws CloudFailure.Rejected if the options contradict each other
     */
    static Market of(Map<String, String> options) throws CloudFailure {
        boolean spot = "true".equals(options.get(SPOT));
        var maxPrice = options.get(MAX_PRICE);
        if (maxPrice != null && !spot) {
            throw new CloudFailure.Rejected(
                    "maxPrice goes with spot only; write spot: \"true\" beside it, or leave it"
                            + " out");
        }
        return new Market(spot, maxPrice);
    }
}
