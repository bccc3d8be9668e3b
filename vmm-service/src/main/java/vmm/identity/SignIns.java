package vmm.identity;

import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Everybody who can sign in, at least one. */
final class SignIns {

    private final Map<String, SignIn> byName = new LinkedHashMap<>();
    private final List<Demo.Entry> demo;

    SignIns(Collection<SignIn> all) {
        this(all, List.of());
    }

    SignIns(Collection<SignIn> all, List<Demo.Entry> demo) {
        all.forEach(signIn -> byName.put(signIn.person().name(), signIn));
        if (byName.isEmpty()) {
            throw new IllegalArgumentException("nobody can sign in");
        }
        this.demo = List.copyOf(demo);
    }

    Optional<SignIn> of(String name) {
        return Optional.ofNullable(byName.get(name));
    }

    /**
     * Some hash, to be checked in vain where a name is unknown, so that both take the same time.
     */
    String anyHash() {
        return byName.values().iterator().next().passwordHash();
    }

    /** What the demo tells everybody; empty where these are real. */
    List<Demo.Entry> demo() {
        return demo;
    }
}
