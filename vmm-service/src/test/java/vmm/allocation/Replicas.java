package vmm.allocation;

import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.datasource.SingleConnectionDataSource;

import vmm.allocation.Allocator.Outcome;
import vmm.database.TestDatabase;
import vmm.reconcile.Store;
import vmm.simulation.Engine;
import vmm.vm.VmReason;
import vmm.vm.VmState;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Timestamp;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;

import javax.sql.DataSource;

/**
 * Two replicas, each with an object graph of its own, on one database, and threads that use them at
 * once.
 */
final class Replicas implements AutoCloseable {
    static final int THREADS = 32;
    private static final Duration LEASE = Duration.ofHours(1);

    final InstantSource clock = InstantSource.system();
    final TestDatabase.Fresh database = TestDatabase.fresh();
    final JdbcClient jdbc = JdbcClient.create(database);
    final List<Engine> both;

    Replicas() {
        database.setMaximumPoolSize(THREADS + 8);
        // Nobody should ever wait as long for anybody: it fails instead.
        database.setConnectionInitSql("SET lock_timeout = '20s'");
        both = List.of(engine(1), engine(2));
        jdbc.sql(
                        "INSERT INTO cloud (name, kind, health_since) VALUES ('harwell',"
                                + " 'simulated', now())")
                .update();
    }

    Engine get(int n) {
        return both.get(n % 2);
    }

    Engine first() {
        return both.getFirst();
    }

    Engine engine(long seed) {
        return engine(seed, database);
    }

    Engine engine(long seed, DataSource connections) {
        return new Engine(
                new Engine.Surroundings(
                        connections,
                        clock,
                        new SplittableRandom(seed),
                        cloud -> Optional.empty(),
                        (cloud, subject, task) -> {},
                        (kind, key) -> {},
                        (address, port) -> true,
                        new Store("test", "store")));
    }

    static void lockOldest(Connection connection) throws SQLException {
        connection.setAutoCommit(false);
        try (var statement = connection.createStatement()) {
            statement.execute(
                    "SELECT id FROM vm WHERE state = 'READY' ORDER BY state_since, id LIMIT 1 FOR"
                            + " UPDATE");
        }
    }

    /** A replica that fails where it would have to wait for a lock. */
    Engine impatient() throws SQLException {
        var connection = database.getConnection();
        try (var statement = connection.createStatement()) {
            statement.execute("SET lock_timeout = '500ms'");
        }
        return engine(3, new SingleConnectionDataSource(connection, true));
    }

    /** As the lifecycle does it. */
    void vanish(Engine replica, UUID claim) {
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

    Outcome claim(Engine replica, long pool, String name, String user, boolean waits) {
        return claim(replica, pool, name, user, 0, waits);
    }

    Outcome claim(
            Engine replica, long pool, String name, String user, int priority, boolean waits) {
        return replica.allocator.allocate(
                request(replica, pool, name, user, priority),
                waits,
                Optional.empty(),
                Optional.empty());
    }

    static Request request(Engine replica, long pool, String name, String user, int priority) {
        return new Request(
                replica.ids.next(), name, pool, name, user, null, LEASE, LEASE, priority);
    }

    static void end(Engine replica, UUID id) {
        replica.allocations
                .find(id)
                .ifPresent(a -> replica.allocator.end(a, a.user(), Allocation.EndReason.RELEASED));
    }

    long pool(String name, int size, int max) {
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
    void ready(long pool, int count) {
        for (int i = 0; i < count; i++) {
            var now = Timestamp.from(clock.instant());
            jdbc.sql(
                            "INSERT INTO vm (id, pool_id, cloud, image, flavor, state, state_since,"
                                + " created_at) VALUES (?, ?, 'harwell', 'image', 'm1', 'READY', ?,"
                                + " ?)")
                    .params(first().ids.next(), pool, now, now)
                    .update();
        }
    }

    long number(String sql) {
        return jdbc.sql(sql).query(Long.class).single();
    }

    /** What one of many threads does. */
    interface Work {
        void run(int thread) throws Exception;
    }

    /**
     * Does something on many threads that begin at the same moment; the first failure of any fails.
     */
    static void atOnce(Work work) throws Exception {
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

    @Override
    public void close() {
        database.close();
    }
}
