package vmm.fleet;

import java.util.Set;

/**
 * What the adapter of one kind of cloud understands.
 *
 * @param options names that {@code options} may hold
 * @param credentials names that {@code credentials} may hold
 */
public record KindRules(Set<String> options, Set<String> credentials) {

    public KindRules {
        options = Set.copyOf(options);
        credentials = Set.copyOf(credentials);
    }
}
