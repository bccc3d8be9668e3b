package vmm.reconcile;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.springframework.jdbc.core.simple.JdbcClient;

import vmm.allocation.Allocation.EndReason;
import vmm.allocation.LaunchSamples;
import vmm.allocation.Outlooks;
import vmm.allocation.Request;
import vmm.database.TestDatabase;
import vmm.event.LoopKind;
import vmm.simulation.Engine;

import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.UUID;
import java.util.regex.Pattern;
import java.util.stream.LongStream;

/** What runs often finds its rows by an index, also when the tables are years old. */
class HotStatementsTest {
    private static final Pattern SCAN =
            Pattern.compile(
                    "\"Seq Scan\",(?s:.{0,200}?)\"Relation Name\": \"(vm|allocation|event)\"");
    private static final Instant NOW = Instant.parse("2026-03-02T12:00:00Z");
    private static final String FILL =
            """
            INSERT INTO cloud (name, kind, health_since, listed_at)
              SELECT 'cloud-' || n, 'simulated', '2026-01-01Z', '2026-03-02 11:59:59Z' FROM generate_series(0, 9) AS n;
            INSERT INTO pool (name, pool_size, max_size, ready_when, boot_timeout_s, lease_s, max_lifetime_s, idle_timeout_s, warning_s)
              SELECT 'pool-' || n, 100, 2000, 'guestReport', 600, 36000, 720000, 86400, 3600 FROM generate_series(1, 36) AS n;
            INSERT INTO placement (pool_id, position, cloud, image, flavor, weight)
              SELECT pool.id, n, 'cloud-' || n, 'image', 'm1', 10 FROM pool, generate_series(0, 2) AS n;
            INSERT INTO vm (id, pool_id, cloud, image, flavor, state, state_since, created_at, reason, ready_at, instance_id, create_sent_at)
              SELECT lpad(to_hex(n), 32, '0')::uuid, 1 + n % 36, 'cloud-' || n % 10, 'image', 'm1', 'DELETED',
                     timestamptz '2026-02-28Z' - n * interval '1 minute', timestamptz '2026-02-27Z' - n * interval '1 minute',
                     'RELEASED', timestamptz '2026-02-27Z' - n * interval '1 minute', 'i-' || n,
                     timestamptz '2026-02-27Z' - n * interval '1 minute'
              FROM generate_series(1, 200000) AS n;
            INSERT INTO vm (id, pool_id, cloud, image, flavor, state, state_since, created_at, ready_at, instance_id, create_sent_at,
                            reported_at, reporting_since)
              SELECT lpad(to_hex(n), 32, '0')::uuid, 1 + n % 36, 'cloud-' || n % 10, 'image', 'm1',
                     CASE WHEN n % 2 = 0 THEN 'ALLOCATED' WHEN n % 40 = 1 THEN 'BOOTSTRAPPING' ELSE 'READY' END,
                     timestamptz '2026-03-01Z', timestamptz '2026-03-01Z', timestamptz '2026-03-01Z', 'i-' || n, timestamptz '2026-03-01Z',
                     timestamptz '2026-03-02 11:59:00Z', timestamptz '2026-03-01Z'
              FROM generate_series(200001, 210000) AS n;
            INSERT INTO allocation (id, vm_type, pool_id, user_name, state, requested_at, effective_at, lease_s, max_lifetime_s,
                                    granted_at, expires_at, ended_at, end_reason, vm_id)
              SELECT lpad(to_hex(n), 32, '0')::uuid, 'type', 1 + n % 36, 'user-' || n % 2000, 'ENDED',
                     timestamptz '2026-02-27Z' - n * interval '1 minute', timestamptz '2026-02-27Z' - n * interval '1 minute', 36000, 720000,
                     timestamptz '2026-02-27Z' - n * interval '1 minute', timestamptz '2026-02-28Z' - n * interval '1 minute',
                     timestamptz '2026-02-28Z' - n * interval '1 minute', 'RELEASED', lpad(to_hex(n), 32, '0')::uuid
              FROM generate_series(1, 200000) AS n;
            INSERT INTO allocation (id, vm_type, pool_id, user_name, state, requested_at, effective_at, lease_s, max_lifetime_s,
                                    granted_at, expires_at, vm_id)
              SELECT lpad(to_hex(n), 32, '0')::uuid, 'type', 1 + n % 36, 'user-' || n % 2000, 'ACTIVE',
                     timestamptz '2026-03-01Z', timestamptz '2026-03-01Z', 36000, 720000, timestamptz '2026-03-01Z',
                     timestamptz '2026-03-03Z' + n * interval '1 second', lpad(to_hex(n), 32, '0')::uuid
              FROM generate_series(200002, 210000, 2) AS n;
            INSERT INTO allocation (id, vm_type, pool_id, user_name, state, requested_at, effective_at, lease_s, max_lifetime_s)
              SELECT lpad(to_hex(n), 32, '0')::uuid, 'type', 7, 'user-' || n % 2000, 'QUEUED',
                     timestamptz '2026-03-02Z', timestamptz '2026-03-02Z', 36000, 720000
              FROM generate_series(300001, 300040) AS n;
            INSERT INTO event (seq, at, type, vm_id, pool, cloud, from_state, to_state, reason, actor)
              SELECT n, timestamptz '2026-03-01Z' - (500000 - n) * interval '20 seconds', 'vm', lpad(to_hex(1 + n % 200000), 32, '0')::uuid,
                     'pool-1', 'cloud-1', 'READY', 'ALLOCATED', 'GRANTED', 'grant'
              FROM generate_series(1, 500000) AS n;
            INSERT INTO event (at, type, actor) SELECT timestamptz '2026-03-02Z', 'vm', 'test' FROM generate_series(1, 50);
            SELECT setval('event_seq', 500000);
            VACUUM ANALYZE;
            """;

    private static TestDatabase.Fresh database;
    private static ExplainedDataSource explained;
    private static Engine engine;

    @BeforeAll
    static void fill() throws Exception {
        database = TestDatabase.fresh();
        try (var connection = database.getConnection();
                var statement = connection.createStatement()) {
            for (var part : FILL.split(";\n")) if (!part.isBlank()) statement.execute(part);
        }
        explained = new ExplainedDataSource(database);
        engine =
                new Engine(
                        new Engine.Surroundings(
                                explained,
                                () -> NOW,
                                new SplittableRandom(1),
                                cloud -> Optional.empty(),
                                (cloud, subject, task) -> {},
                                (kind, key) -> {},
                                (address, port) -> false,
                                new Store("test", "store")));
    }

    @AfterAll
    static void end() {
        database.close();
    }

    @BeforeEach
    void forget() {
        explained.take();
    }

    private static void nothingWasReadWhole(int statements) {
        var plans = explained.take();
        assertThat(plans).hasSizeGreaterThanOrEqualTo(statements);
        for (var plan : plans) {
            assertThat(SCAN.matcher(plan.plan()).find())
                    .as("%s%n%s", plan.sql(), plan.plan())
                    .isFalse();
        }
    }

    @ParameterizedTest
    @EnumSource(value = LoopKind.class, mode = EnumSource.Mode.EXCLUDE, names = "HEALTH")
    void aTickFindsWhatIsDue(LoopKind kind) {
        engine.loops.get(kind).due();
        nothingWasReadWhole(0);
    }

    @ParameterizedTest
    @EnumSource(
            value = LoopKind.class,
            mode = EnumSource.Mode.EXCLUDE,
            names = {"HOUSEKEEPING", "HEALTH"})
    void aPassFindsItsRows(LoopKind kind) {
        String key =
                switch (kind) {
                    case GRANT, REFILL -> "pool-7";
                    case LIFECYCLE, ORPHAN, HEALTH -> "cloud-3";
                    case RECLAIM, PUBLISH, HOUSEKEEPING -> "all";
                };
        Passes.run(engine.loops.get(kind), key);
        nothingWasReadWhole(kind == LoopKind.ORPHAN ? 0 : 1);
    }

    @Test
    void aLifecyclePassFindsTheRowsOfItsCloud() {
        assertThat(engine.vms.liveOn("cloud-3")).hasSizeGreaterThan(900);
        nothingWasReadWhole(1);
    }

    private static UUID ask(String pool, boolean waits) {
        long id =
                JdbcClient.create(database)
                        .sql("SELECT id FROM pool WHERE name = ?")
                        .param(pool)
                        .query(Long.class)
                        .single();
        var request =
                new Request(
                        engine.ids.next(),
                        "type",
                        id,
                        pool,
                        "user-5",
                        null,
                        Duration.ofHours(1),
                        Duration.ofHours(2),
                        0);
        engine.allocator.allocate(request, waits, Optional.empty(), Optional.of(50));
        return request.id();
    }

    @Test
    void aClaimFindsItsVmAndItsPersonsOtherClaims() {
        ask("pool-3", true);
        nothingWasReadWhole(4);
    }

    @Test
    void aClaimThatMustWaitFindsTheQueue() {
        ask("pool-7", true);
        ask("pool-7", false);
        nothingWasReadWhole(8);
    }

    @Test
    void aReleaseFindsItsVm() {
        var claim = engine.allocations.find(ask("pool-4", true)).orElseThrow();
        engine.allocator.extend(claim.id(), Duration.ofMinutes(1), "user-5");
        engine.allocator.end(claim, "user-5", EndReason.RELEASED);
        nothingWasReadWhole(6);
    }

    @Test
    void theCatalogueFindsWhatItCounts() {
        var jdbc = JdbcClient.create(explained);
        var pools = LongStream.rangeClosed(1, 36).boxed().toList();
        assertThat(new Outlooks(jdbc, new LaunchSamples(jdbc, () -> NOW)).of(pools, NOW))
                .hasSize(36);
        nothingWasReadWhole(1);
    }

    @Test
    void theStreamAndTimelinesFindTheirEvents() {
        engine.events.after(499_000, 500);
        engine.events.last();
        engine.events.ofVm(new UUID(0, 77));
        nothingWasReadWhole(3);
    }
}
