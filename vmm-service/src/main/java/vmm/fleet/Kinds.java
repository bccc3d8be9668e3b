package vmm.fleet;

import java.util.Map;
import java.util.Optional;

/** The kinds of clouds that this build has adapters for, with what each understands. */
public record Kinds(Map<String, KindRules> byName) {

    public Kinds {
        byName = Map.copyOf(byName);
    }

    /** Empty for a kind without an adapter. */
    public Optional<KindRules> rules(String kind) {
        return Optional.ofNullable(byName.get(kind));
    }
}
