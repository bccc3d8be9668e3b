package vmm.process;

import static org.assertj.core.api.Assertions.assertThat;

import com.zaxxer.hikari.HikariDataSource;

import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.jdbc.core.simple.JdbcClient;

import vmm.allocation.ClaimStatements;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.function.IntFunction;

/**
 * The figures of docs/benchmarks.md: the real service with its embedded PostgreSQL as {@code make
 * run} has it. Nothing here asserts a speed.
 */
@Tag("bench")
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class BenchTest {
    private static final String FLEET =
            """
            installation: bench
            clouds:
              - {name: quick, kind: simulated, options: {bootTime: PT0.1S, activityEvery: P1D}}
              - {name: slow, kind: simulated, options: {bootTime: PT5S, activityEvery: P1D}}
            pools:
              - {name: warm, poolSize: 0, maxSize: 20000, readyWhen: instanceActive, maxLifetime: P10D, placements: [{cloud: quick, image: i, flavor: s}]}
              - {name: fifty, poolSize: 0, maxSize: 50, readyWhen: instanceActive, placements: [{cloud: slow, image: i, flavor: s}]}
            vmTypes:
              - {name: warm, title: Warm, description: Warm, pool: warm, vcpus: 1, ramGb: 1, gpus: 0}
            """;

    /** Everything but what a claim itself needs. */
    private static final List<String> LOOPS =
            List.of("refill", "lifecycle-quick", "lifecycle-slow", "orphan-quick", "orphan-slow");

    private static final String CLAIM = "{\"vmType\": \"warm\"}";
    private static final int CLAIMS = 2000;
    private static final int LARGE = Integer.getInteger("vmm.large", 10_000);

    @TempDir Path directory;

    @Test
    @Order(1)
    void startClaimsAndFills() throws Exception {
        long began = System.nanoTime();
        start("first").close();
        Bench.figure("first start with an empty data directory, and stop", since(began), "≤ 2 min");
        began = System.nanoTime();
        try (var service = start("second");
                var connections = connections()) {
            Bench.figure("start → ready", since(began), "–");
            var jdbc = JdbcClient.create(connections);
            fills(service, jdbc);
            claims(service, connections, jdbc);
        }
    }

    @Test
    @Order(2)
    void manyAtRest() throws Exception {
        try (var service = start("large");
                var connections = connections()) {
            var jdbc = JdbcClient.create(connections);
            var admin = service.api("admin");
            String took = fill(admin, jdbc, "warm", LARGE);
            Bench.figure("fill " + LARGE + " at 0.1 s boot", took, "–");
            TimeUnit.SECONDS.sleep(60); // the figures are those of rest
            double calls = calls(service);
            var before = service.usage();
            long t = System.nanoTime();
            TimeUnit.SECONDS.sleep(Integer.getInteger("vmm.rest", 120));
            double seconds = (System.nanoTime() - t) / 1e9;
            var after = service.usage();
            Bench.figure(
                    LARGE + " VMs at rest: CPU of the service",
                    Bench.format(
                            "%.1f %% of a core",
                            100 * (after.cpuSeconds() - before.cpuSeconds()) / seconds),
                    "≤ 5 %");
            Bench.figure(
                    LARGE + " VMs at rest: CPU of its PostgreSQL",
                    Bench.format(
                            "%.1f %% of a core",
                            100
                                    * (after.databaseCpuSeconds() - before.databaseCpuSeconds())
                                    / seconds),
                    "–");
            Bench.figure(
                    LARGE + " VMs at rest: memory of the service (RSS, -Xmx512m)",
                    after.megabytes() + " MB",
                    "≤ 600 MB");
            Bench.figure(
                    LARGE + " VMs at rest: cloud calls",
                    Bench.format("%.1f a minute", 60 * (calls(service) - calls) / seconds),
                    "two clouds: 4 lifecycle listings and 2 orphan listings a minute");
        }
    }

    private void fills(ServiceProcess service, JdbcClient jdbc) throws Exception {
        var admin = service.api("admin");
        String fifty = fill(admin, jdbc, "fifty", 50);
        long creates = count(jdbc, "SELECT count(*) FROM simulated_cloud.instance");
        assertThat(creates).isEqualTo(50);
        Bench.figure("fill 50 at 5 s boot", fifty + ", 50 creates", "≤ 7 s");
        Bench.figure("fill 1,000 at 0.1 s boot", fill(admin, jdbc, "warm", 1000), "≤ 5 s");
        fill(admin, jdbc, "warm", CLAIMS + 150);
    }

    private void claims(ServiceProcess service, HikariDataSource connections, JdbcClient jdbc)
            throws Exception {
        var admin = service.api("admin");
        for (String loop : LOOPS) {
            admin.post("/api/v1/reconcilers/" + loop + "/pause", "{\"paused\": true}");
        }
        long pool = count(jdbc, "SELECT id FROM pool WHERE name = 'warm'");
        Bench.figure(
                "claim latency, 50 at once right after the start",
                percentiles(rest(service, jdbc, 50, 50, 1)),
                "–");
        for (int round = 0; round < 20; round++) { // until the compilers are done
            rest(service, jdbc, 32, CLAIMS, 1);
            sql(connections, jdbc, pool, 32, CLAIMS);
        }
        for (int clients : List.of(1, 8, 32)) {
            int claims = clients == 1 ? CLAIMS / 2 : CLAIMS;
            // In turns, so that a noisy moment meets both.
            var rest = rest(service, jdbc, clients, claims, 1);
            var sql = sql(connections, jdbc, pool, clients, claims);
            rest = rest.and(rest(service, jdbc, clients, claims, 1));
            sql = sql.and(sql(connections, jdbc, pool, clients, claims));
            Bench.figure(
                    "claims through REST, " + clients + (clients == 1 ? " client" : " clients"),
                    Bench.format("%.0f/s", rest.perSecond()),
                    Bench.format(
                            "same SQL by plain JDBC %.0f/s: ratio %.2f%s",
                            sql.perSecond(),
                            rest.perSecond() / sql.perSecond(),
                            clients == 32 ? " (≥ 0.7)" : ""));
        }
        for (int atOnce : List.of(1, 50, 150)) {
            var all = rest(service, jdbc, atOnce, atOnce, atOnce == 1 ? 500 : CLAIMS / atOnce);
            Bench.figure(
                    "claim latency, " + atOnce + " at once",
                    percentiles(all),
                    atOnce == 50 ? "p99 ≤ 50 ms" : atOnce == 150 ? "p99 ≤ 150 ms" : "–");
        }
    }

    /**
     * Some claims by some clients who begin at once, so many times one after the other. Each claims
     * once before, as PostgreSQL plans anew after {@link #makeReady}.
     */
    private static Bench.Run rest(
            ServiceProcess service, JdbcClient jdbc, int clients, int claims, int times)
            throws Exception {
        makeReady(jdbc);
        var wires = new ArrayList<Wire>();
        try {
            for (int n = 0; n < clients; n++) {
                wires.add(service.wire("scientist", "POST", "/api/v1/allocations", CLAIM));
            }
            Bench.run(clients, clients, client -> () -> claim(wires.get(client)));
            var all = Bench.Run.NONE;
            for (int n = 0; n < times; n++) {
                all = all.and(Bench.run(clients, claims, client -> () -> claim(wires.get(client))));
            }
            return all;
        } finally {
            for (var wire : wires) wire.close();
        }
    }

    private static String percentiles(Bench.Run run) {
        return Bench.format("p50 %.1f ms, p99 %.1f ms", run.millis(0.5), run.millis(0.99));
    }

    private static int claim(Wire wire) throws IOException {
        int status = wire.send();
        if (status != 201) throw new AssertionError("claim: " + status);
        return status;
    }

    private static Bench.Run sql(
            HikariDataSource connections, JdbcClient jdbc, long pool, int clients, int claims)
            throws Exception {
        makeReady(jdbc);
        IntFunction<Callable<?>> claim =
                client ->
                        () -> {
                            try (var connection = connections.getConnection()) {
                                if (!ClaimStatements.claim(connection, "warm", pool, "warm"))
                                    throw new AssertionError("nothing READY");
                                return connection;
                            }
                        };
        Bench.run(clients, clients, claim);
        return Bench.run(clients, claims, claim);
    }

    /**
     * As before the claims, which become history, as in a service that has run for a while; without
     * their dead rows, which PostgreSQL would clear away later.
     */
    private static void makeReady(JdbcClient jdbc) {
        jdbc.sql("UPDATE vm SET state = 'READY' WHERE state = 'ALLOCATED'").update();
        jdbc.sql(
                        "UPDATE allocation SET state = 'ENDED', ended_at = now(), end_reason ="
                                + " 'RELEASED', vm_id = NULL WHERE state = 'ACTIVE'")
                .update();
        for (String table : List.of("vm", "allocation", "event")) {
            jdbc.sql("VACUUM ANALYZE " + table).update();
        }
    }

    /** From the change of the pool's size to its last VM READY. */
    private static String fill(Api admin, JdbcClient jdbc, String pool, int size) throws Exception {
        String path = "/api/v1/pools/" + pool;
        long began = System.nanoTime();
        var changed =
                admin.patch(path, admin.get(path).etag(), "{\"poolSize\": %d}".formatted(size));
        if (changed.status() != 200) throw new AssertionError(changed);
        ServiceProcess.await(
                pool + " full",
                Duration.ofMinutes(10),
                () ->
                        count(
                                                jdbc,
                                                "SELECT count(*) FROM vm JOIN pool ON pool.id ="
                                                        + " pool_id WHERE state = 'READY' AND name"
                                                        + " = '"
                                                        + pool
                                                        + "'")
                                        >= size
                                ? true
                                : null);
        return since(began);
    }

    private static double calls(ServiceProcess service) throws Exception {
        return service.metrics()
                .lines()
                .filter(line -> line.startsWith("vmm_cloud_call_duration_seconds_count{"))
                .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' '))))
                .sum();
    }

    private static long count(JdbcClient jdbc, String sql) {
        return jdbc.sql(sql).query(Long.class).single();
    }

    private static String since(long began) {
        return Bench.format("%.1f s", (System.nanoTime() - began) / 1e9);
    }

    private ServiceProcess start(String name) throws Exception {
        Files.writeString(directory.resolve("fleet.yaml"), FLEET);
        return ServiceProcess.start(
                directory,
                name,
                Map.of(
                        "VMM_FLEET", directory.resolve("fleet.yaml").toString(),
                        "VMM_DATA_DIR", directory.resolve("data").toString(),
                        "VMM_DEMO", "true"));
    }

    /** To the embedded PostgreSQL of the service. */
    private HikariDataSource connections() throws Exception {
        var connections = new HikariDataSource();
        connections.setDataSource(Truth.embedded(directory.resolve("data")));
        connections.setMaximumPoolSize(32);
        return connections;
    }
}
