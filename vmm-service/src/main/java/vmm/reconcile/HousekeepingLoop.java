package vmm.reconcile;

import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;

import vmm.allocation.IdempotencyKeys;
import vmm.event.Events;
import vmm.event.Instants;
import vmm.event.LoopKind;
import vmm.event.Wakes;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;

/** Housekeeping: deletes what is past its retention, some at a time. */
@Component
public class HousekeepingLoop implements Reconciler {
    /** Rows deleted by one pass of each kind. */
    static final int LIMIT = 5000;

    /** How long an Idempotency-Key is kept. */
    static final Duration KEYS = Duration.ofHours(24);

    private final JdbcClient jdbc;
    private final Events events;
    private final Decisions decisions;
    private final IdempotencyKeys keys;
    private final Retention retention;
    private final InstantSource clock;

    public HousekeepingLoop(
            JdbcClient jdbc,
            Events events,
            Decisions decisions,
            IdempotencyKeys keys,
            Retention retention,
            InstantSource clock) {
        this.jdbc = jdbc;
        this.events = events;
        this.decisions = decisions;
        this.keys = keys;
        this.retention = retention;
        this.clock = clock;
    }

    @Override
    public LoopKind kind() {
        return LoopKind.HOUSEKEEPING;
    }

    @Override
    public List<String> due() {
        return List.of(Wakes.ALL);
    }

    @Override
    public Pass pass(String key) {
        Instant now = clock.instant();
        int purged = events.purge(now.minus(retention.events()), LIMIT);
        int decided = decisions.purge(now.minus(retention.events()));
        int forgotten = keys.purge(now.minus(KEYS));
        int requests = purgeAllocations(now.minus(retention.allocations()));
        int rows = purgeVms(now.minus(retention.vms()));
        boolean again = purged == LIMIT || requests == LIMIT || rows == LIMIT;
        return new Pass(
                purged + decided + forgotten + requests + rows,
                again,
                purged
                        + " events, "
                        + decided
                        + " decisions, "
                        + forgotten
                        + " keys, "
                        + requests
                        + " requests, "
                        + rows
                        + " deleted VMs were past their retention");
    }

    private int purgeAllocations(Instant before) {
        return jdbc.sql(
                        """
                        DELETE FROM allocation WHERE id IN (
                            SELECT id FROM allocation WHERE state = 'ENDED' AND ended_at < :before LIMIT :limit)
                        """)
                .param("before", Instants.sql(before))
                .param("limit", LIMIT)
                .update();
    }

    /** A VM that an allocation still names stays as long as that. */
    private int purgeVms(Instant before) {
        return jdbc.sql(
                        """
                        DELETE FROM vm WHERE id IN (
                            SELECT id FROM vm WHERE state = 'DELETED' AND state_since < :before
                              AND NOT EXISTS (SELECT 1 FROM allocation WHERE vm_id = vm.id)
                            LIMIT :limit)
                        """)
                .param("before", Instants.sql(before))
                .param("limit", LIMIT)
                .update();
    }

    /**
     * How long things are kept.
     *
     * @param events timeline and decisions
     * @param vms rows of deleted VMs that no kept request names
     * @param allocations the log of use
     */
    public record Retention(Duration events, Duration vms, Duration allocations) {}
}
