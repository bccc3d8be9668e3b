package vmm.pool.configuration;

import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Service;
import org.springframework.transaction.support.TransactionOperations;

import vmm.event.Events;
import vmm.event.Events.NewEvent;
import vmm.event.LoopKind;
import vmm.event.Wakes;
import vmm.fleet.PoolEntry;
import vmm.web.IfMatch;
import vmm.web.Problem;

import java.time.InstantSource;
import java.util.HashSet;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;

/**
 * What administrators change about pools. Each change is one transaction, with an event that says
 * who changed what.
 */
@Service
class PoolEdits {
    private final PoolConfigurations configurations;
    private final PoolViews views;
    private final JdbcClient jdbc;
    private final Events events;
    private final TransactionOperations transactions;
    private final InstantSource clock;
    private final Wakes wakes;

    PoolEdits(
            PoolConfigurations configurations,
            PoolViews views,
            JdbcClient jdbc,
            Events events,
            TransactionOperations transactions,
            InstantSource clock,
            Wakes wakes) {
        this.configurations = configurations;
        this.views = views;
        this.jdbc = jdbc;
        this.events = events;
        this.transactions = transactions;
        this.clock = clock;
        this.wakes = wakes;
    }

    /**
     * A name that was deleted comes back on its old row, with a version that nobody has read yet.
     */
    PoolView create(PoolEntry wanted, String actor) {
        return inTransaction(
                () -> {
                    PoolRules.require(wanted, null, clouds());
                    var known = configurations.findByName(wanted.name());
                    if (known.filter(pool -> !pool.deleted()).isPresent()) {
                        throw Problem.conflict(
                                "There is a pool '"
                                        + wanted.name()
                                        + "' already: take another name.");
                    }
                    var pool = known.orElseGet(() -> PoolConfiguration.of(wanted));
                    pool.revive();
                    pool.take(wanted);
                    configurations.saveAndFlush(pool);
                    String sizes =
                            "poolSize " + wanted.poolSize() + ", maxSize " + wanted.maxSize();
                    return changed(wanted.name(), "CREATED", sizes, actor);
                });
    }

    PoolView change(String name, @Nullable String ifMatch, PoolPatch patch, String actor) {
        return inTransaction(
                () -> {
                    var pool = existing(name, ifMatch);
                    PoolEntry before = pool.entry();
                    PoolEntry after = patch.appliedTo(before);
                    PoolRules.require(after, before, clouds());
                    if (after.equals(before)) return view(name);
                    pool.take(after);
                    configurations.saveAndFlush(pool);
                    return changed(name, "CHANGED", PoolChange.words(before, after), actor);
                });
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

    private Set<String> clouds() {
        return new HashSet<>(jdbc.sql("SELECT name FROM cloud").query(String.class).list());
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
