package vmm.simulation;

import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;

/** Every request that anybody made, as the people who made them remember it. */
final class Requests {
    /** One request, and what its person knows and did. */
    static final class Asked {
        final UUID id;
        final String user;
        final String pool;
        final @Nullable String key;
        final boolean wait;

        /** The service answered that it took it in. */
        boolean acknowledged;

        /** Its person gave it back, or tried to. */
        boolean ended;

        /** An operator took it away, or tried to. */
        boolean forced;

        /** Our tables went back to before it was made. */
        boolean lost;

        /** The last that was seen of its row. */
        View.@Nullable ClaimRow row;

        Asked(UUID id, String user, String pool, @Nullable String key, boolean wait) {
            this.id = id;
            this.user = user;
            this.pool = pool;
            this.key = key;
            this.wait = wait;
        }

        boolean isIn(String state) {
            return row != null && row.state().equals(state);
        }
    }

    private final Map<UUID, Asked> all = new TreeMap<>();

    Asked ask(UUID id, String user, String pool, @Nullable String key, boolean wait) {
        var asked = new Asked(id, user, pool, key, wait);
        all.put(id, asked);
        return asked;
    }

    @Nullable Asked find(UUID id) {
        return all.get(id);
    }

    List<Asked> all() {
        return new ArrayList<>(all.values());
    }

    List<Asked> in(String state) {
        return all.values().stream().filter(a -> !a.lost && a.isIn(state)).toList();
    }
}
