package vmm.cloud.simulated;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.postgresql.ds.PGSimpleDataSource;

import vmm.cloud.CloudConfig;
import vmm.cloud.CloudFailure;
import vmm.cloud.CloudProviderFactory.Surroundings;
import vmm.cloud.CreateAnswer;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.stream.IntStream;

import javax.sql.DataSource;

/** The tables: how they come to be, what happens without them, and how large clouds use them. */
class SchemaTest {

    private final World world = new World();

    @Test
    void replicasThatStartAtOnceOnAnEmptyDatabaseMakeTheTablesOnce() throws Exception {
        var empty = emptyDatabase("replicas");
        var creates =
                IntStream.range(0, 8)
                        .<Callable<CreateAnswer>>mapToObj(
                                i -> () -> open(empty).create(World.spec("vm-" + i)))
                        .toList();
        try (var threads = Executors.newFixedThreadPool(8)) {
            for (var answer : threads.invokeAll(creates)) {
                assertThat(answer.get()).isInstanceOf(CreateAnswer.Accepted.class);
            }
        }

        assertThat(open(empty).truth()).hasSize(8);
    }

    @Test
    void deadDatabaseIsACloudOutOfReachWhoseCreatesAreUnknown() {
        var nowhere = new PGSimpleDataSource();
        nowhere.setUrl("jdbc:postgresql://127.0.0.1:1/nowhere");
        var cloud = open(nowhere);

        assertThat(cloud.create(World.spec("vm-1")))
                .isInstanceOfSatisfying(
                        CreateAnswer.Unknown.class,
                        unknown ->
                                assertThat(unknown.why())
                                        .isInstanceOf(CloudFailure.Unreachable.class));
        assertThat(org.assertj.core.api.Assertions.catchThrowable(cloud::list))
                .isInstanceOf(CloudFailure.Unreachable.class)
                .hasMessageContaining("SQL state");
    }

    @Test
    void largeCloudFindsItsDueGuestsAndItsInstancesByIndex() throws Exception {
        var database = emptyDatabase("large");
        var cloud = open(database);
        cloud.create(World.spec("vm-0"));
        run(
                database,
                """
                INSERT INTO simulated_cloud.instance (cloud, instance_id, name, installation, store, vm_id, image,
                    flavor, user_data, created_at, runs_at, next_activity_at, gone_at)
                SELECT 'cloud-' || i % 4, 'sim-' || i, 'vmm-isis-' || i, 'isis', 'store-1', i::text, 'muon', 'l3.micro',
                    repeat('x', 800), '2026-03-01T07:00Z', '2026-03-01T07:01Z',
                    CASE WHEN i % 2 = 0 THEN '2026-03-01T09:00Z'::timestamptz END,
                    CASE WHEN i % 2 = 1 THEN '2026-03-01T07:50Z'::timestamptz END
                FROM generate_series(1, 80000) i\
                """);
        run(database, "ANALYZE simulated_cloud.instance");

        assertThat(
                        plan(
                                database,
                                "SELECT instance_id FROM simulated_cloud.instance WHERE cloud ="
                                    + " 'cloud-1' AND next_activity_at <= '2026-03-01T08:00Z' ORDER"
                                    + " BY next_activity_at LIMIT 8 FOR UPDATE SKIP LOCKED"))
                .contains("instance_activity")
                .doesNotContain("Seq Scan");
        assertThat(
                        plan(
                                database,
                                "SELECT name FROM simulated_cloud.instance WHERE cloud = 'cloud-1'"
                                        + " AND instance_id = 'sim-5' AND installation = 'isis'"))
                .contains("instance_pkey");
        assertThat(
                        plan(
                                database,
                                "SELECT count(*) FROM simulated_cloud.instance WHERE cloud ="
                                        + " 'cloud-1' AND (gone_at IS NULL OR gone_at >"
                                        + " '2026-03-01T08:00Z')"))
                .contains("instance_gone");
    }

    private SimulatedCloud open(DataSource database) {
        var config =
                new CloudConfig(
                        World.INSTALLATION,
                        "demo",
                        "simulated",
                        Optional.empty(),
                        Optional.empty(),
                        Map.of(),
                        Map.of(),
                        World.CALL_TIMEOUT);
        return new SimulatedCloud(
                config,
                new Surroundings(world.clock, database),
                new SplittableRandom(1),
                Pause.REAL,
                (url, token, json) -> 204);
    }

    private static DataSource emptyDatabase(String name) throws Exception {
        run(World.database(), "CREATE DATABASE " + name);
        return World.postgres().getDatabase("postgres", name);
    }

    private static String plan(DataSource database, String sql) throws Exception {
        try (var connection = database.getConnection()) {
            List<String> lines = Sql.query(connection, "EXPLAIN " + sql, row -> row.getString(1));
            return String.join("\n", lines);
        }
    }

    private static void run(DataSource database, String sql) throws Exception {
        try (var connection = database.getConnection();
                var statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }
}
