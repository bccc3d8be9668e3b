package vmm.cloud.simulated;

import java.time.DateTimeException;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * What the fleet file says of one simulated cloud.
 *
 * @param weather at the start; it may change while the cloud runs
 * @param flavors that can be launched; empty: any
 * @param images that can be launched; empty: any
 * @param idleRatio the share of guests that nobody uses
 * @param activityEvery how often a guest reports its use
 * @param deduplicates whether creating the same name again yields the same instance
 */
public record SimulatedOptions(
        Weather weather,
        Set<String> flavors,
        Set<String> images,
        double idleRatio,
        Duration activityEvery,
        boolean deduplicates) {

    private static final List<String> OWN =
            List.of("flavors", "images", "idleRatio", "activityEvery", "deduplicates");

    /** Every option there is: those of the weather and our own. */
    public static Set<String> names() {
        var names = new HashSet<>(WeatherReport.names());
        names.addAll(OWN);
        return Set.copyOf(names);
    }

    /**
     * Reads the {@code options} of a cloud in the fleet file.
     *
     * @throws IllegalArgumentException naming the option that is wrong, and the remedy
     */
    public static SimulatedOptions parse(Map<String, String> options) {
        for (var name : options.keySet()) {
            if (!names().contains(name)) {
                throw new IllegalArgumentException(
                        "option "
                                + name
                                + " is unknown to simulated clouds; they know "
                                + names().stream().sorted().collect(Collectors.joining(", ")));
            }
        }
        var weather = new HashMap<>(options);
        weather.keySet().removeAll(OWN);
        return new SimulatedOptions(
                WeatherReport.read(Weather.CALM, weather),
                names(options.getOrDefault("flavors", "")),
                names(options.getOrDefault("images", "")),
                ratio("idleRatio", options.getOrDefault("idleRatio", "0.3")),
                period("activityEvery", options.getOrDefault("activityEvery", "PT1M")),
                truth("deduplicates", options.getOrDefault("deduplicates", "false")));
    }

    private static Set<String> names(String list) {
        return Arrays.stream(list.split(","))
                .map(String::strip)
                .filter(name -> !name.isEmpty())
                .collect(Collectors.toCollection(LinkedHashSet::new));
    }

    private static double ratio(String option, String text) {
        try {
            double ratio = Double.parseDouble(text);
            if (ratio >= 0 && ratio <= 1) return ratio;
        } catch (NumberFormatException e) {
            // refused below, with the remedy
        }
        throw wrong(option, text, "a ratio between 0 and 1, such as 0.3");
    }

    private static Duration period(String option, String text) {
        try {
            var period = Duration.parse(text);
            if (period.compareTo(Duration.ofSeconds(1)) >= 0) return period;
        } catch (DateTimeException e) {
            // refused below, with the remedy
        }
        throw wrong(option, text, "an ISO 8601 duration of at least a second, such as PT1M");
    }

    private static boolean truth(String option, String text) {
        if (text.equals("true") || text.equals("false")) return Boolean.parseBoolean(text);
        throw wrong(option, text, "true or false");
    }

    private static IllegalArgumentException wrong(String option, String text, String remedy) {
        return new IllegalArgumentException(
                "option " + option + " is '" + text + "'; write " + remedy);
    }
}
