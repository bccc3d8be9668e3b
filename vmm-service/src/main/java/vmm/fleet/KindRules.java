package vmm.fleet;

import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * What the adapter of one kind of cloud understands.
 *
 * @param options names that {@code options} may hold
 * @param credentials names that {@code credentials} may hold
 * @param placementOptions options that a placement there may hold, with what their values must
 *     match
 */
public record KindRules(
        Set<String> options, Set<String> credentials, Map<String, Pattern> placementOptions) {

    public KindRules {
        options = Set.copyOf(options);
        credentials = Set.copyOf(credentials);
        placementOptions = Map.copyOf(placementOptions);
    }

    /** Of a kind whose placements have no options. */
    public KindRules(Set<String> options, Set<String> credentials) {
        this(options, credentials, Map.of());
    }

    /**
     * What is wrong with an option of a placement, for a person; empty if nothing is. The value is
     * not repeated.
     */
    public Optional<String> wrongOption(String name, String value) {
        var pattern = placementOptions.get(name);
        if (pattern == null) {
            return Optional.of(
                    "unknown option '"
                            + name
                            + "'"
                            + (placementOptions.isEmpty()
                                    ? ": placements on this kind of cloud have none"
                                    : Nearest.hint(name, placementOptions.keySet())));
        }
        return pattern.matcher(value).matches()
                ? Optional.empty()
                : Optional.of("option '" + name + "' must match " + pattern);
    }
}
