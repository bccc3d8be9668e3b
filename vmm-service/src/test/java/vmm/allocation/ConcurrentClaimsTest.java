package vmm.allocation;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.datasource.SingleConnectionDataSource;

import vmm.allocation.Allocator.Outcome;
import vmm.database.TestDatabase;
import vmm.event.LoopKind;
import vmm.reconcile.Passes;
import vmm.reconcile.Store;
import vmm.simulation.Engine;
import vmm.vm.VmReason;
import vmm.vm.VmState;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Timestamp;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;

import javax.sql.DataSource;

/**
 * Two replicas, each with an object graph of its own, and thousands of claims at the same time on
 * one database.
 */
public class ConcurrentClaimsTest {
    private static final int THREADS = 32;
    private static final Duration LEASE = Duration.ofHours(1);

    private final InstantSource clock = InstantSource.system();
    private final ConcurrentLinkedQueue<String> woken = new ConcurrentLinkedQueue<>();
    private TestDatabase.Fresh database;
    private JdbcClient jdbc;
    private List<Engine> replicas;

    @BeforeEach
    public void begin() {
        database = TestDatabase.fresh();
        database.setMaximumPoolSize(THREADS + 8);
        // Nobody should ever wait as long for anybody: it fails instead.
        database.setConnectionInitSql("SET lock_timeout = '20s'");
        jdbc = JdbcClient.create(database);
        replicas = List.of(engine(1), engine(2));
        jdbc.sql(
                        "INSERT INTO cloud (name, kind, health_since) VALUES ('harwell',"
                                + " 'simulated', now())")
                .update();
    }

    @AfterEach
    public void end() {
        database.close();
    }

    private Engine engine(long seed) {
        return engine(seed, database);
    }

    private Engine engine(long seed, DataSource connections) {
        return new Engine(
                new Engine.Surroundings(
                        connections,
                        clock,
                        new SplittableRandom(seed),
                        cloud -> Optional.empty(),
                        (cloud, subject, task) -> {},
                        (kind, key) -> woken.add(kind + " " + key),
                        (address, port) -> true,
                        new Store("test", "store")));
    }

    @Test
    public void noVmIsGrantedTwiceAndNobodyWaitsWhileOneIsReady() throws Exception {
        var pools = List.of(pool("a", 50, 1000), pool("b", 50, 1000), pool("c", 50, 1000));
        var answers = new ConcurrentLinkedQueue<Outcome>();
        var given = new AtomicInteger();
        atOnce(
                n -> {
                    var replica = replicas.get(n % 2);
                    var dice = new SplittableRandom(n);
                    var mine = new ArrayList<UUID>();
                    for (int i = 0; i < 60; i++) {
                        int pool = dice.nextInt(pools.size());
                        String name = "abc".substring(pool, pool + 1);
                        switch (dice.nextInt(8)) {
                            case 0, 1, 2, 3 -> {
                                var outcome =
                                        claim(
                                                replica,
                                                pools.get(pool),
                                                name,
                                                "user-" + n,
                                                dice.nextInt(4) > 0);
                                answers.add(outcome);
                                if (outcome instanceof Outcome.Granted(UUID id)) mine.add(id);
                                if (outcome instanceof Outcome.Queued(UUID id)) mine.add(id);
                            }
                            case 4, 5 -> {
                                ready(pools.get(pool), 1 + dice.nextInt(2));
                                given.incrementAndGet();
                                replica.allocator.grant(pools.get(pool), name);
                            }
                            case 6 -> replica.allocator.grant(pools.get(pool), name);
                            default -> {
                                if (!mine.isEmpty()) end(replica, mine.removeFirst());
                            }
                        }
                    }
                });
        for (var pool : pools) replicas.getFirst().allocator.grant(pool, "a");
        assertThat(answers).hasSizeGreaterThan(800);
        eachVmHasAtMostOneClaim();
        assertThat(
                        number(
                                "SELECT count(*) FROM pool WHERE EXISTS (SELECT 1 FROM vm WHERE"
                                    + " pool_id = pool.id AND state = 'READY') AND EXISTS (SELECT 1"
                                    + " FROM allocation WHERE pool_id = pool.id AND state ="
                                    + " 'QUEUED')"))
                .isZero();
    }

    @Test
    public void manyClaimsAtOnceGetAllThatIsReadyAndTheRestIsQueued() throws Exception {
        long pool = pool("a", 50, 5000);
        ready(pool, 900);
        var answers = new ConcurrentLinkedQueue<Outcome>();
        atOnce(
                n -> {
                    for (int i = 0; i < 32; i++)
                        answers.add(claim(replicas.get(i % 2), pool, "a", "user-" + n, true));
                });
        assertThat(answers).hasSize(1024);
        assertThat(answers.stream().filter(a -> a instanceof Outcome.Granted)).hasSize(900);
        assertThat(answers.stream().filter(a -> a instanceof Outcome.Queued)).hasSize(124);
        assertThat(number("SELECT count(*) FROM vm WHERE state = 'READY'")).isZero();
        eachVmHasAtMostOneClaim();
    }

    @Test
    public void whoeverWillNotWaitIsRefusedOnlyWhenNothingIsReady() throws Exception {
        long pool = pool("a", 50, 5000);
        ready(pool, 700);
        var answers = new ConcurrentLinkedQueue<Outcome>();
        atOnce(
                n -> {
                    for (int i = 0; i < 24; i++)
                        answers.add(claim(replicas.get(i % 2), pool, "a", "user-" + n, false));
                });
        assertThat(answers.stream().filter(a -> a instanceof Outcome.Granted)).hasSize(700);
        assertThat(answers.stream().filter(a -> a instanceof Outcome.Refused)).hasSize(68);
        eachVmHasAtMostOneClaim();
    }

    @Test
    public void theQueueIsServedInItsOrderByWhoeverServesIt() throws Exception {
        long pool = pool("a", 50, 5000);
        for (int i = 0; i < 400; i++) {
            assertThat(claim(replicas.get(i % 2), pool, "a", "user", i % 7, true))
                    .isInstanceOf(Outcome.Queued.class);
        }
        for (int round = 0; round < 10; round++) {
            ready(pool, 30);
            atOnce(n -> replicas.get(n % 2).allocator.grant(pool, "a"));
            assertThat(
                            number(
                                    """
                                    SELECT count(*) FROM allocation AS waiting JOIN allocation AS granted USING (pool_id)
                                    WHERE waiting.state = 'QUEUED' AND granted.state = 'ACTIVE'
                                      AND (waiting.effective_at, waiting.requested_at, waiting.id)
                                          < (granted.effective_at, granted.requested_at, granted.id)
                                    """))
                    .as("passed over")
                    .isZero();
        }
        assertThat(number("SELECT count(*) FROM allocation WHERE state = 'ACTIVE'")).isEqualTo(300);
        eachVmHasAtMostOneClaim();
    }

    @Test
    public void aClaimDoesNotWaitForAVmThatSomebodyElseHasLocked() throws Exception {
        long pool = pool("a", 50, 5000);
        ready(pool, 2);
        try (var other = database.getConnection()) {
            lockOldest(other);
            assertThat(claim(impatient(), pool, "a", "user", false))
                    .isInstanceOf(Outcome.Granted.class);
            other.rollback();
        }
        eachVmHasAtMostOneClaim();
    }

    @Test
    public void aGrantDoesNotWaitForAVmThatSomebodyElseHasLocked() throws Exception {
        long pool = pool("a", 50, 5000);
        for (int i = 0; i < 3; i++) claim(replicas.getFirst(), pool, "a", "user", true);
        ready(pool, 3);
        try (var other = database.getConnection()) {
            lockOldest(other);
            assertThat(impatient().allocator.grant(pool, "a")).isEqualTo(2);
            other.rollback();
        }
        assertThat(replicas.getFirst().allocator.grant(pool, "a")).isEqualTo(1);
        eachVmHasAtMostOneClaim();
    }

    private static void lockOldest(Connection connection) throws SQLException {
        connection.setAutoCommit(false);
        try (var statement = connection.createStatement()) {
            statement.execute(
                    "SELECT id FROM vm WHERE state = 'READY' ORDER BY state_since, id LIMIT 1 FOR"
                            + " UPDATE");
        }
    }

    /** A replica that fails where it would have to wait for a lock. */
    private Engine impatient() throws SQLException {
        var connection = database.getConnection();
        try (var statement = connection.createStatement()) {
            statement.execute("SET lock_timeout = '500ms'");
        }
        return engine(3, new SingleConnectionDataSource(connection, true));
    }

    @Test
    public void manyRequestsUnderOneKeyMakeOneAllocation() throws Exception {
        long pool = pool("a", 50, 5000);
        ready(pool, 200);
        var ids = new ConcurrentLinkedQueue<String>();
        atOnce(
                n -> {
                    for (int i = 0; i < 12; i++) {
                        var key = new IdempotencyKeys.Key("user", "key-" + i, "same");
                        var request = request(replicas.get(n % 2), pool, "a", "user", 0);
                        var outcome =
                                replicas.get(n % 2)
                                        .allocator
                                        .allocate(
                                                request, true, Optional.of(key), Optional.empty());
                        switch (outcome) {
                            case Outcome.Granted(UUID id) -> ids.add(i + " " + id);
                            case Outcome.Repeated(UUID id) -> ids.add(i + " " + id);
                            default -> ids.add(i + " " + outcome);
                        }
                    }
                });
        assertThat(new HashSet<>(ids)).hasSize(12);
        assertThat(number("SELECT count(*) FROM allocation")).isEqualTo(12);
        assertThat(number("SELECT count(*) FROM vm WHERE state = 'ALLOCATED'")).isEqualTo(12);
    }

    @Test
    public void aQuotaHoldsHoweverManyAskAtOnce() throws Exception {
        long pool = pool("a", 50, 5000);
        ready(pool, 100);
        atOnce(
                n -> {
                    var replica = replicas.get(n % 2);
                    for (int i = 0; i < 4; i++) {
                        replica.allocator.allocate(
                                request(replica, pool, "a", "user", 0),
                                true,
                                Optional.empty(),
                                Optional.of(3));
                    }
                });
        assertThat(number("SELECT count(*) FROM allocation WHERE state <> 'ENDED'")).isEqualTo(3);
    }

    @Test
    public void refillsAtTheSameTimeLaunchNoMoreThanIsWanted() throws Exception {
        for (int round = 0; round < 5; round++) {
            String name = "pool-" + round;
            long pool = pool(name, 7, 20);
            jdbc.sql(
                            "INSERT INTO placement (pool_id, position, cloud, image, flavor,"
                                    + " weight) VALUES (?, 0, 'harwell', 'image', 'm1', 100)")
                    .param(pool)
                    .update();
            atOnce(n -> Passes.run(replicas.get(n % 2).loops.get(LoopKind.REFILL), name));
            assertThat(
                            jdbc.sql("SELECT count(*) FROM vm WHERE pool_id = ?")
                                    .param(pool)
                                    .query(Long.class)
                                    .single())
                    .isEqualTo(7);
        }
    }

    @Test
    public void aReleaseAndAVanishingOfTheSameVmDoNotLockEachOtherOut() throws Exception {
        long pool = pool("a", 50, 5000);
        ready(pool, 320);
        var claims = new ArrayList<UUID>();
        for (int i = 0; i < 320; i++) {
            if (claim(replicas.getFirst(), pool, "a", "user", true)
                    instanceof Outcome.Granted(UUID id)) claims.add(id);
        }
        atOnce(
                n -> {
                    var replica = replicas.get(n % 2);
                    for (var id : claims) {
                        if (n % 4 == 0) end(replica, id);
                        else vanish(replica, id);
                    }
                });
        assertThat(number("SELECT count(*) FROM allocation WHERE state <> 'ENDED'")).isZero();
        assertThat(number("SELECT count(*) FROM vm WHERE state <> 'DELETING'")).isZero();
        assertThat(number("SELECT count(*) FROM event WHERE to_state = 'DELETING'")).isEqualTo(320);
    }

    /** As the lifecycle does it. */
    private void vanish(Engine replica, UUID claim) {
        var vm =
                replica.allocations
                        .find(claim)
                        .map(Allocation::vmId)
                        .flatMap(replica.vms::find)
                        .filter(row -> row.state() == VmState.ALLOCATED);
        if (vm.isEmpty()) return;
        replica.transactions.execute(
                status -> {
                    replica.allocations.lockOf(vm.get().id());
                    boolean gone =
                            replica.vms.become(
                                    vm.get(),
                                    VmState.DELETING,
                                    VmReason.VANISHED,
                                    "gone",
                                    clock.instant(),
                                    "lifecycle");
                    if (gone) replica.allocations.endVanished(vm.get().id(), clock.instant());
                    return gone;
                });
    }

    private void eachVmHasAtMostOneClaim() {
        assertThat(
                        number(
                                "SELECT count(*) - count(DISTINCT vm_id) FROM allocation WHERE"
                                        + " vm_id IS NOT NULL"))
                .as("VMs granted twice")
                .isZero();
        assertThat(
                        number(
                                "SELECT count(*) FROM allocation WHERE state = 'ACTIVE' AND vm_id"
                                        + " IS NULL"))
                .isZero();
        assertThat(number("SELECT count(*) FROM vm WHERE state = 'ALLOCATED'"))
                .isEqualTo(number("SELECT count(*) FROM allocation WHERE state = 'ACTIVE'"));
        assertThat(number("SELECT count(*) FROM event WHERE to_state = 'ALLOCATED'"))
                .as("grants by the events")
                .isEqualTo(number("SELECT count(*) FROM allocation WHERE granted_at IS NOT NULL"));
    }

    private Outcome claim(Engine replica, long pool, String name, String user, boolean waits) {
        return claim(replica, pool, name, user, 0, waits);
    }

    private Outcome claim(
            Engine replica, long pool, String name, String user, int priority, boolean waits) {
        return replica.allocator.allocate(
                request(replica, pool, name, user, priority),
                waits,
                Optional.empty(),
                Optional.empty());
    }

    private static Request request(
            Engine replica, long pool, String name, String user, int priority) {
        return new Request(
                replica.ids.next(), name, pool, name, user, null, LEASE, LEASE, priority);
    }

    private static void end(Engine replica, UUID id) {
        replica.allocations
                .find(id)
                .ifPresent(a -> replica.allocator.end(a, a.user(), Allocation.EndReason.RELEASED));
    }

    private long pool(String name, int size, int max) {
        return jdbc.sql(
                        """
                        INSERT INTO pool (name, pool_size, max_size, ready_when, boot_timeout_s, lease_s, max_lifetime_s,
                                          idle_timeout_s, warning_s)
                        VALUES (?, ?, ?, 'guestReport', 600, 3600, 3600, 3600, 60) RETURNING id
                        """)
                .params(name, size, max)
                .query(Long.class)
                .single();
    }

    /** VMs that have just become READY. */
    private void ready(long pool, int count) {
        for (int i = 0; i < count; i++) {
            var now = Timestamp.from(clock.instant());
            jdbc.sql(
                            "INSERT INTO vm (id, pool_id, cloud, image, flavor, state, state_since,"
                                + " created_at) VALUES (?, ?, 'harwell', 'image', 'm1', 'READY', ?,"
                                + " ?)")
                    .params(replicas.getFirst().ids.next(), pool, now, now)
                    .update();
        }
    }

    private long number(String sql) {
        return jdbc.sql(sql).query(Long.class).single();
    }

    private interface Work {
        void run(int thread) throws Exception;
    }

    /**
     * Does something on many threads that begin at the same moment; the first failure of any fails.
     */
    private static void atOnce(Work work) throws Exception {
        var begin = new CyclicBarrier(THREADS);
        try (var threads = Executors.newFixedThreadPool(THREADS)) {
            Collection<Callable<Void>> all =
                    IntStream.range(0, THREADS)
                            .<Callable<Void>>mapToObj(
                                    n ->
                                            () -> {
                                                begin.await(30, TimeUnit.SECONDS);
                                                work.run(n);
                                                return null;
                                            })
                            .toList();
            for (Future<Void> one : threads.invokeAll(all)) one.get();
        }
    }
}
