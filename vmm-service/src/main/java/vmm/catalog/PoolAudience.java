package vmm.catalog;

import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;

import vmm.event.Audience;
import vmm.identity.Person;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** Who may use a pool, by the groups of its types, as they were some seconds ago. */
@Component
class PoolAudience implements Audience {
    private static final Duration FRESH = Duration.ofSeconds(10);

    private final VmTypes types;
    private final InstantSource clock;
    private @Nullable Known known;

    PoolAudience(VmTypes types, InstantSource clock) {
        this.types = types;
        this.clock = clock;
    }

    @Override
    public boolean mayUse(Person person, String pool) {
        return known().byPool().getOrDefault(pool, List.of()).stream()
                .anyMatch(s -> person.mayUse(s.groups()));
    }

    private synchronized Known known() {
        Instant now = clock.instant();
        var last = known;
        if (last == null || last.at().plus(FRESH).isBefore(now)) {
            last =
                    new Known(
                            now,
                            types.serving().stream()
                                    .collect(Collectors.groupingBy(VmTypes.Serves::pool)));
            known = last;
        }
        return last;
    }

    private record Known(Instant at, Map<String, List<VmTypes.Serves>> byPool) {}
}
