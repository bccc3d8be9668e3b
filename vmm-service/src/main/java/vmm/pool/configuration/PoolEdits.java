package vmm.pool.configuration;

import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Service;
import org.springframework.transaction.support.TransactionOperations;

import vmm.cloud.Misnomer;
import vmm.clouds.NameChecks;
import vmm.clouds.NameChecks.Asked;
import vmm.clouds.NameChecks.Finding;
import vmm.event.Events;
import vmm.event.Events.NewEvent;
import vmm.event.LoopKind;
import vmm.event.Wakes;
import vmm.fleet.KindRules;
import vmm.fleet.Kinds;
import vmm.fleet.PoolEntry;
import vmm.pool.PlacementNames;
import vmm.web.IfMatch;
import vmm.web.Problem;

import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * What administrators change about pools. Each change is one transaction, with an event that says
 * who changed what.
 */
@Service
class PoolEdits {
    private final PoolConfigurations configurations;
    private final PoolViews views;
    private final Kinds kinds;
    private final NameChecks checks;
    private final PlacementNames names;
    private final JdbcClient jdbc;
    private final Events events;
    private final TransactionOperations transactions;
    private final InstantSource clock;
    private final Wakes wakes;

    PoolEdits(
            PoolConfigurations configurations,
            PoolViews views,
            Kinds kinds,
            NameChecks checks,
            PlacementNames names,
            JdbcClient jdbc,
            Events events,
            TransactionOperations transactions,
            InstantSource clock,
            Wakes wakes) {
        this.configurations = configurations;
        this.views = views;
        this.kinds = kinds;
        this.checks = checks;
        this.names = names;
        this.jdbc = jdbc;
        this.events = events;
        this.transactions = transactions;
        this.clock = clock;
        this.wakes = wakes;
    }

    /**
     * A name that was deleted comes back on its old row, with a version that nobody has read yet.
     *
     * @param unchecked whether clouds are not asked if they know what its placements name
     */
    PoolView create(PoolEntry wanted, boolean unchecked, String actor) {
        if (!unchecked) inTransaction(() -> free(wanted)); // before any cloud is asked
        var found = unchecked ? Map.<Asked, Finding>of() : check(wanted, List.of());
        return inTransaction(
                () -> {
                    var known = free(wanted);
                    var pool = known.orElseGet(() -> PoolConfiguration.of(wanted));
                    pool.revive();
                    pool.take(wanted);
                    configurations.saveAndFlush(pool);
                    note(pool.id(), found);
                    String sizes =
                            "poolSize " + wanted.poolSize() + ", maxSize " + wanted.maxSize();
                    return changed(wanted.name(), "CREATED", sizes, actor);
                });
    }

    /** Wrong, or taken by a pool that is there: a problem. Else the row that it had before. */
    private Optional<PoolConfiguration> free(PoolEntry wanted) {
        PoolRules.require(wanted, null, clouds());
        var known = configurations.findByName(wanted.name());
        if (known.filter(pool -> !pool.deleted()).isPresent()) {
            throw Problem.conflict(
                    "There is a pool '" + wanted.name() + "' already: take another name.");
        }
        return known;
    }

    /**
     * @param unchecked whether clouds are not asked if they know what new placements name
     */
    PoolView change(
            String name,
            @Nullable String ifMatch,
            PoolPatch patch,
            boolean unchecked,
            String actor) {
        var found = unchecked ? Map.<Asked, Finding>of() : checkChange(name, ifMatch, patch);
        return inTransaction(
                () -> {
                    var pool = existing(name, ifMatch);
                    PoolEntry before = pool.entry();
                    PoolEntry after = patch.appliedTo(before);
                    PoolRules.require(after, before, clouds());
                    if (after.equals(before)) return view(name);
                    pool.take(after);
                    configurations.saveAndFlush(pool);
                    if (!after.placements().equals(before.placements())) note(pool.id(), found);
                    return changed(name, "CHANGED", PoolChange.words(before, after), actor);
                });
    }

    private Map<Asked, Finding> checkChange(
            String name, @Nullable String ifMatch, PoolPatch patch) {
        if (patch.placements() == null) return Map.of();
        record Change(PoolEntry before, PoolEntry after) {}
        var change =
                inTransaction(
                        () -> {
                            PoolEntry before = existing(name, ifMatch).entry();
                            PoolEntry after = patch.appliedTo(before);
                            PoolRules.require(after, before, clouds());
                            return new Change(before, after);
                        });
        return check(change.after(), asked(change.before()));
    }

    /**
     * Asks the clouds about what is new, outside of any transaction.
     *
     * @throws Problem if one of them answers that it does not know a name
     */
    private Map<Asked, Finding> check(PoolEntry pool, List<Asked> before) {
        var places = asked(pool);
        var found = checks.check(places.stream().filter(p -> !before.contains(p)).toList());
        var wrong = new ArrayList<Problem.Field>();
        for (int i = 0; i < places.size(); i++) {
            if (found.get(places.get(i)) instanceof Finding.Answered(var misnomers)) {
                for (var misnomer : misnomers) wrong.add(field(i, places.get(i), misnomer));
            }
        }
        if (!wrong.isEmpty()) throw Problem.placementUnknown(wrong);
        return found;
    }

    private static Problem.Field field(int i, Asked place, Misnomer wrong) {
        return new Problem.Field(
                "placements[" + i + "]." + wrong.what(),
                "on " + place.cloud() + " " + NameChecks.words(wrong),
                NameChecks.near(wrong));
    }

    private static List<Asked> asked(PoolEntry pool) {
        return pool.placements().stream()
                .map(p -> new Asked(p.cloud(), p.image(), p.flavor(), p.network().orElse(null)))
                .toList();
    }

    /** What was not asked about is asked about by the loop of health, soon. */
    private void note(long pool, Map<Asked, Finding> found) {
        names.forget(pool);
        found.forEach((place, finding) -> names.record(place, finding.note(), clock.instant()));
    }

    void delete(String name, @Nullable String ifMatch, String actor) {
        inTransaction(
                () -> {
                    var pool = existing(name, ifMatch);
                    whatIsInIt(pool.id())
                            .ifPresent(
                                    what -> {
                                        throw Problem.conflict(
                                                "It has "
                                                        + what
                                                        + ": a pool must be empty to be deleted."
                                                        + " Set poolSize to 0 and wait, and take"
                                                        + " its schedules and VM types away.");
                                    });
                    pool.delete();
                    configurations.saveAndFlush(pool);
                    append(name, "DELETED", "", actor);
                    return name;
                });
    }

    private PoolConfiguration existing(String name, @Nullable String ifMatch) {
        var pool =
                configurations
                        .findByName(name)
                        .filter(row -> !row.deleted())
                        .orElseThrow(() -> Problem.notFound("pool"));
        IfMatch.of(ifMatch).require(pool.version());
        return pool;
    }

    /** By name, with the rules of their kind. */
    private Map<String, Optional<KindRules>> clouds() {
        var clouds = new HashMap<String, Optional<KindRules>>();
        jdbc.sql("SELECT name, kind FROM cloud")
                .query(
                        row -> {
                            clouds.put(row.getString("name"), kinds.rules(row.getString("kind")));
                        });
        return clouds;
    }

    private Optional<String> whatIsInIt(long pool) {
        return jdbc.sql(
                        """
                        SELECT concat_ws(', ',
                            (SELECT count(*) || ' VMs' FROM vm WHERE pool_id = :pool AND state <> 'DELETED' HAVING count(*) > 0),
                            (SELECT count(*) || ' waiting requests' FROM allocation
                             WHERE pool_id = :pool AND state = 'QUEUED' HAVING count(*) > 0),
                            (SELECT count(*) || ' VM types' FROM vm_type WHERE pool_id = :pool HAVING count(*) > 0),
                            (SELECT count(*) || ' schedules' FROM schedule WHERE pool_id = :pool HAVING count(*) > 0))
                        """)
                .param("pool", pool)
                .query(String.class)
                .optional()
                .filter(what -> !what.isEmpty());
    }

    private PoolView changed(String name, String what, String detail, String actor) {
        append(name, what, detail, actor);
        return view(name);
    }

    private void append(String name, String what, String detail, String actor) {
        events.append(NewEvent.ofPool(name, what, detail, actor), clock.instant());
        wakes.wake(LoopKind.REFILL, name);
    }

    private PoolView view(String name) {
        return views.find(name).orElseThrow(() -> Problem.notFound("pool"));
    }

    private <T> T inTransaction(Supplier<T> work) {
        return Objects.requireNonNull(transactions.execute(status -> work.get()));
    }
}
