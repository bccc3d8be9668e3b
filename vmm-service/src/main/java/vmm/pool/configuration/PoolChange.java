package vmm.pool.configuration;

import vmm.fleet.PoolEntry;
import vmm.vm.Options;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.stream.Collectors;

/** What differs between two configurations of a pool, in words: {@code poolSize 5 → 8}. */
final class PoolChange {
    private final List<String> changes = new ArrayList<>();

    private PoolChange() {}

    static String words(PoolEntry before, PoolEntry after) {
        var change = new PoolChange();
        change.of("poolSize", before.poolSize(), after.poolSize());
        change.of("maxSize", before.maxSize(), after.maxSize());
        change.of("readyWhen", before.readyWhen().text(), after.readyWhen().text());
        change.of("bootTimeout", before.bootTimeout(), after.bootTimeout());
        change.of("lease", before.lease(), after.lease());
        change.of("maxLifetime", before.maxLifetime(), after.maxLifetime());
        change.of("idleTimeout", before.idleTimeout(), after.idleTimeout());
        change.of("warning", before.warning(), after.warning());
        change.of("placements", places(before), places(after));
        change.of("connect", ways(before), ways(after));
        return String.join(", ", change.changes);
    }

    private void of(String field, Object before, Object after) {
        if (!Objects.equals(before, after)) changes.add(field + " " + before + " → " + after);
    }

    private static String places(PoolEntry pool) {
        return pool.placements().stream()
                .map(
                        p ->
                                p.cloud()
                                        + " "
                                        + p.flavor()
                                        + " "
                                        + p.image()
                                        + p.network().map(network -> " on " + network).orElse("")
                                        + options(p)
                                        + " weight "
                                        + p.weight()
                                        + p.maxVms().map(most -> " at most " + most).orElse(""))
                .collect(Collectors.joining("; ", "[", "]"));
    }

    private static String options(PoolEntry.Placement place) {
        return place.options().isEmpty() ? "" : " with " + Options.words(place.options());
    }

    private static String ways(PoolEntry pool) {
        return pool.connect().stream()
                .map(way -> way.kind() + " " + way.url().or(way::command).orElse(""))
                .collect(Collectors.joining("; ", "[", "]"));
    }
}
