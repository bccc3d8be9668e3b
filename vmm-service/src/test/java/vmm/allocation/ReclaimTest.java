package vmm.allocation;

import static org.assertj.core.api.Assertions.assertThat;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.jdbc.core.simple.JdbcClient;

import vmm.allocation.Allocation.EndReason;
import vmm.allocation.Allocation.State;
import vmm.allocation.Allocator.Outcome;
import vmm.database.TestDatabase;
import vmm.event.LoopKind;
import vmm.reconcile.Passes;
import vmm.reconcile.Store;
import vmm.simulation.Engine;

import java.sql.Timestamp;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.UUID;

/**
 * Leases, idleness and its warnings, the queue's order, holds: one replica, a clock that is moved
 * by hand.
 */
class ReclaimTest {
    private static final Duration IDLE = Duration.ofMinutes(60);
    private static final Duration LEASE = Duration.ofHours(10);

    private Instant now = Instant.parse("2026-03-02T12:00:00Z");
    private TestDatabase.Fresh database;
    private JdbcClient jdbc;
    private Engine engine;
    private long pool;

    @BeforeEach
    void begin() {
        database = TestDatabase.fresh();
        jdbc = JdbcClient.create(database);
        engine =
                new Engine(
                        new Engine.Surroundings(
                                database,
                                () -> now,
                                new SplittableRandom(1),
                                cloud -> Optional.empty(),
                                (cloud, subject, task) -> {},
                                (kind, key) -> {},
                                (address, port) -> false,
                                new Store("test", "store")));
        jdbc.sql(
                        "INSERT INTO cloud (name, kind, health_since) VALUES ('harwell',"
                                + " 'simulated', now())")
                .update();
        pool =
                jdbc.sql(
                                """
                                INSERT INTO pool (name, pool_size, max_size, ready_when, boot_timeout_s, lease_s, max_lifetime_s,
                                                  idle_timeout_s, warning_s)
                                VALUES ('muon', 5, 50, 'guestReport', 600, 36000, 72000, ?, 600) RETURNING id
                                """)
                        .param(IDLE.toSeconds())
                        .query(Long.class)
                        .single();
    }

    @AfterEach
    void end() {
        database.close();
    }

    private UUID ready() {
        var id = engine.ids.next();
        jdbc.sql(
                        "INSERT INTO vm (id, pool_id, cloud, image, flavor, state, state_since,"
                            + " created_at) VALUES (?, ?, 'harwell', 'image', 'm1', 'READY', ?, ?)")
                .params(id, pool, Timestamp.from(now), Timestamp.from(now))
                .update();
        return id;
    }

    private Outcome ask(int priority, boolean waits) {
        var request =
                new Request(
                        engine.ids.next(),
                        "muon",
                        pool,
                        "muon",
                        "user",
                        null,
                        LEASE,
                        LEASE.multipliedBy(2),
                        priority);
        return engine.allocator.allocate(request, waits, Optional.empty(), Optional.empty());
    }

    private Allocation granted() {
        ready();
        if (!(ask(0, true) instanceof Outcome.Granted(UUID id)))
            throw new AssertionError("not granted");
        return claim(id);
    }

    private Allocation claim(UUID id) {
        return engine.allocations.find(id).orElseThrow();
    }

    /** The guest reports each minute, and the loop runs as often; somebody uses it until then. */
    private void live(Allocation claim, Duration some, @Nullable Instant usedUntil) {
        var end = now.plus(some);
        while (now.isBefore(end)) {
            now = now.plusSeconds(60);
            Instant use = usedUntil == null ? null : usedUntil.isAfter(now) ? now : usedUntil;
            engine.reports.activity(claim.vmId(), use, now);
            reclaim();
        }
    }

    private void reclaim() {
        Passes.run(engine.loops.get(LoopKind.RECLAIM), "all");
    }

    private long events(String reason) {
        return jdbc.sql("SELECT count(*) FROM event WHERE reason = ?")
                .param(reason)
                .query(Long.class)
                .single();
    }

    private String vmState(Allocation claim) {
        return jdbc.sql("SELECT state || ' ' || COALESCE(reason, '-') FROM vm WHERE id = ?")
                .param(claim.vmId())
                .query(String.class)
                .single();
    }

    @Test
    void aLeaseThatIsOverEndsAndOneThatRunsDoesNot() {
        var over = granted();
        now = now.plus(Duration.ofHours(1));
        var runs = granted();
        now = over.expiresAt();
        reclaim();
        assertThat(claim(over.id()).endReason()).isEqualTo(EndReason.EXPIRED);
        assertThat(vmState(over)).isEqualTo("DELETING EXPIRED");
        assertThat(claim(runs.id()).state()).isEqualTo(State.ACTIVE);
    }

    @Test
    void anExtensionMovesTheEndUpToTheMaximumLifetime() {
        var claim = granted();
        assertThat(engine.allocator.extend(claim.id(), LEASE, "user")).isTrue();
        assertThat(engine.allocator.extend(claim.id(), Duration.ofSeconds(1), "user")).isFalse();
        now = claim.expiresAt();
        reclaim();
        assertThat(claim(claim.id()).state()).isEqualTo(State.ACTIVE);
        now = now.plus(LEASE);
        reclaim();
        assertThat(claim(claim.id()).endReason()).isEqualTo(EndReason.MAX_LIFETIME);
    }

    @Test
    void whatNobodyCameToIsWarnedOfAndThenTakenBack() {
        var claim = granted();
        live(claim, Duration.ofMinutes(49), null);
        assertThat(events("WARNED")).isZero();
        live(claim, Duration.ofMinutes(3), null);
        assertThat(events("WARNED")).isEqualTo(1);
        var warned = claim(claim.id());
        assertThat(warned.warning()).isEqualTo("NEVER_CONNECTED");
        assertThat(warned.reclaimAt())
                .isBetween(
                        claim.grantedAt().plus(IDLE),
                        claim.grantedAt().plus(IDLE).plusSeconds(120));
        assertThat(
                        jdbc.sql("SELECT detail FROM event WHERE reason = 'WARNED'")
                                .query(String.class)
                                .single())
                .matches("NEVER_CONNECTED at 2026-03-02T13:0\\d:00Z");
        assertThat(claim(claim.id()).state()).isEqualTo(State.ACTIVE);
        live(claim, Duration.ofMinutes(12), null);
        assertThat(claim(claim.id()).endReason()).isEqualTo(EndReason.NEVER_CONNECTED);
        assertThat(vmState(claim)).isEqualTo("DELETING NEVER_CONNECTED");
    }

    @Test
    void whatWasLeftIsAbandonedAndWhatIsUsedIsNot() {
        var left = granted();
        var used = granted();
        var until = now.plus(Duration.ofMinutes(20));
        var end = now.plus(Duration.ofMinutes(85));
        while (now.isBefore(end)) {
            live(left, Duration.ofMinutes(1), until);
            engine.reports.activity(used.vmId(), now, now);
        }
        assertThat(claim(left.id()).endReason()).isEqualTo(EndReason.ABANDONED);
        assertThat(claim(used.id()).state()).isEqualTo(State.ACTIVE);
    }

    @Test
    void aWarningIsTakenBackWhenSomebodyComes() {
        var claim = granted();
        live(claim, Duration.ofMinutes(55), null);
        assertThat(events("WARNED")).isEqualTo(1);
        live(claim, Duration.ofMinutes(40), now.plusSeconds(60));
        assertThat(events("WARNING_WITHDRAWN")).isEqualTo(1);
        assertThat(claim(claim.id()).state()).isEqualTo(State.ACTIVE);
    }

    @Test
    void silenceIsUnknownAndNeverIdleness() {
        var never = granted();
        now = now.plus(Duration.ofHours(9));
        reclaim();
        assertThat(claim(never.id()).state()).isEqualTo(State.ACTIVE);
        var fellSilent = granted();
        live(fellSilent, Duration.ofMinutes(55), null);
        now = now.plus(Duration.ofMinutes(30));
        reclaim();
        assertThat(claim(fellSilent.id()).state()).isEqualTo(State.ACTIVE);
        live(fellSilent, Duration.ofMinutes(49), null);
        assertThat(claim(fellSilent.id()).state())
                .as("what happened in the silence is unknown")
                .isEqualTo(State.ACTIVE);
    }

    @Test
    void whatIsHeldIsNotAbandoned() {
        var claim = granted();
        engine.vms.hold(claim.vmId(), true, "looking into it");
        live(claim, Duration.ofMinutes(90), null);
        assertThat(claim(claim.id()).state()).isEqualTo(State.ACTIVE);
    }

    @Test
    void aHeldVmIsGrantedToNobodyUntilItIsLetGo() {
        var vm = ready();
        engine.vms.hold(vm, true, "looking into it");
        assertThat(ask(0, true)).isInstanceOf(Outcome.Queued.class);
        assertThat(engine.allocator.grant(pool, "muon")).isZero();
        engine.vms.hold(vm, false, null);
        assertThat(engine.allocator.grant(pool, "muon")).isEqualTo(1);
    }

    @Test
    void aPriorityCountsAsTenMinutesOfWaiting() {
        var early = queued(0);
        now = now.plus(Duration.ofMinutes(9));
        var urgent = queued(1);
        now = now.plus(Duration.ofMinutes(2));
        var late = queued(1);
        ready();
        engine.allocator.grant(pool, "muon");
        assertThat(claim(urgent).state()).isEqualTo(State.ACTIVE);
        assertThat(claim(early).state()).isEqualTo(State.QUEUED);
        ready();
        engine.allocator.grant(pool, "muon");
        assertThat(claim(early).state()).isEqualTo(State.ACTIVE);
        assertThat(claim(late).state()).isEqualTo(State.QUEUED);
    }

    private UUID queued(int priority) {
        if (!(ask(priority, true) instanceof Outcome.Queued(UUID id)))
            throw new AssertionError("not queued");
        return id;
    }

    @Test
    void aClaimDoesNotOvertakeWhoIsWaiting() {
        var first = queued(0);
        ready();
        ready();
        assertThat(ask(0, false))
                .as("there is one more than people wait")
                .isInstanceOf(Outcome.Granted.class);
        engine.allocator.grant(pool, "muon");
        assertThat(claim(first).state()).isEqualTo(State.ACTIVE);
    }

    @Test
    void aReleaseIsDoneOnce() {
        var claim = granted();
        assertThat(engine.allocator.end(claim, "user", EndReason.RELEASED)).isTrue();
        assertThat(engine.allocator.end(claim, "user", EndReason.RELEASED)).isFalse();
        assertThat(events("RELEASED")).isEqualTo(1);
    }
}
