package vmm.process;

import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.datasource.DriverManagerDataSource;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

import javax.sql.DataSource;

/** What tables and clouds really hold, looked at behind the service. */
final class Truth {
    /** Instances of the simulated clouds that exist, ours, with the VM they stand for. */
    private static final String INSTANCES =
            """
            SELECT vm_id FROM simulated_cloud.instance WHERE gone_at IS NULL OR gone_at > now()
            """;

    private final JdbcClient jdbc;

    Truth(JdbcClient jdbc) {
        this.jdbc = jdbc;
    }

    /** The embedded database of a service, by what its data directory says. */
    static DataSource embedded(Path data) throws IOException {
        return new DriverManagerDataSource(
                "jdbc:postgresql://127.0.0.1:" + line(data, "postgresql.port") + "/vmm",
                "vmm",
                line(data, "postgresql.password"));
    }

    private static String line(Path data, String file) throws IOException {
        return Files.readString(data.resolve(file)).strip();
    }

    /** Every VM that was ever launched. */
    List<Row> rows() {
        return jdbc.sql(
                        "SELECT id::text, cloud, state, coalesce(reason, ''), coalesce(instance_id,"
                                + " ''), coalesce(detail, '') FROM vm")
                .query(
                        (row, n) ->
                                new Row(
                                        row.getString(1),
                                        row.getString(2),
                                        row.getString(3),
                                        row.getString(4),
                                        row.getString(5),
                                        row.getString(6)))
                .list();
    }

    /** A VM; reason, instance and detail are empty when there is none. */
    record Row(
            String id, String cloud, String state, String reason, String instance, String detail) {
        boolean live() {
            return !state.equals("DELETED");
        }

        boolean serves() {
            return state.equals("READY") || state.equals("ALLOCATED");
        }
    }

    /** Pools whose live VMs are above their maximum, ever: by the table's own count now. */
    List<String> poolsAboveMaximum() {
        return names(
                """
                SELECT pool.name FROM pool JOIN vm ON vm.pool_id = pool.id
                WHERE vm.state NOT IN ('DELETING', 'DELETED') GROUP BY pool.id HAVING count(*) > pool.max_size
                """);
    }

    List<String> cloudsAboveCap() {
        return names(
                """
                SELECT cloud.name FROM cloud JOIN vm ON vm.cloud = cloud.name
                WHERE vm.state <> 'DELETED' GROUP BY cloud.name HAVING count(*) > cloud.max_vms
                """);
    }

    List<String> vmsWithSeveralInstances() {
        return names(
                "SELECT vm_id AS name FROM ("
                        + INSTANCES
                        + ") AS i GROUP BY vm_id HAVING count(*) > 1");
    }

    List<String> instancesWithoutLiveRow() {
        return names(
                "SELECT vm_id AS name FROM ("
                        + INSTANCES
                        + ") AS i WHERE NOT EXISTS (SELECT 1 FROM vm WHERE vm.id::text = i.vm_id"
                        + " AND vm.state <> 'DELETED')");
    }

    List<String> readyOrAllocatedWithoutInstance() {
        return names(
                "SELECT id::text AS name FROM vm WHERE state IN ('READY', 'ALLOCATED') AND NOT"
                        + " EXISTS (SELECT 1 FROM ("
                        + INSTANCES
                        + ") AS i WHERE i.vm_id = vm.id::text)");
    }

    List<String> vmsOfSeveralAllocations() {
        return names(
                "SELECT vm_id::text AS name FROM allocation WHERE vm_id IS NOT NULL"
                        + " GROUP BY vm_id HAVING count(*) > 1");
    }

    /** Pools where the reserve is not what is wanted, or something still moves. */
    List<String> poolsNotAtRest() {
        return names(
                """
                SELECT pool.name || ' ' || (SELECT string_agg(state || ' ' || n, ', ') FROM
                    (SELECT state, count(*) AS n FROM vm WHERE vm.pool_id = pool.id GROUP BY state) AS counts) AS name
                FROM pool WHERE
                    EXISTS (SELECT 1 FROM vm WHERE vm.pool_id = pool.id
                            AND state IN ('REQUESTED', 'PROVISIONING', 'BOOTSTRAPPING', 'DELETING'))
                    OR (SELECT count(*) FROM vm WHERE vm.pool_id = pool.id AND state = 'READY') <> least(pool.pool_size,
                        pool.max_size - (SELECT count(*) FROM vm WHERE vm.pool_id = pool.id AND state = 'ALLOCATED'))
                """);
    }

    /** Creates recorded as sent to a cloud since an instant, by the table alone. */
    List<SentCreate> sentTo(String cloud, Instant since) {
        return jdbc.sql(
                        """
                        SELECT id::text, create_sent_at, ready_at, coalesce(reason, '') AS reason, coalesce(create_answer, '') AS answer,
                               (SELECT min(at) FROM event WHERE event.vm_id = vm.id AND to_state = 'PROVISIONING') AS accepted_at,
                               (SELECT min(at) FROM event WHERE event.vm_id = vm.id AND to_state = 'DELETING') AS given_up_at
                        FROM vm WHERE cloud = :cloud AND create_sent_at >= CAST(:since AS timestamptz)
                        ORDER BY create_sent_at, id
                        """)
                .param("cloud", cloud)
                .param("since", since.toString())
                .query(
                        (row, n) ->
                                SentCreate.recorded(
                                        row.getString("id"),
                                        instant(row, "create_sent_at"),
                                        row.getString("answer"),
                                        instant(row, "accepted_at"),
                                        instant(row, "ready_at"),
                                        instant(row, "given_up_at"),
                                        row.getString("reason")))
                .list();
    }

    /** What 95 % of the launches on a cloud took at most so far, from create to READY. */
    Duration p95On(String cloud) {
        double seconds =
                jdbc.sql(
                                """
                                SELECT percentile_cont(0.95) WITHIN GROUP (ORDER BY extract(epoch FROM ready_at - create_sent_at))
                                FROM vm WHERE cloud = :cloud AND ready_at IS NOT NULL
                                """)
                        .param("cloud", cloud)
                        .query(Double.class)
                        .single();
        return Duration.ofMillis((long) (seconds * 1000));
    }

    /** {@link Instant#MAX} for one that has not come. */
    static Instant instant(ResultSet row, String column) throws SQLException {
        var at = row.getTimestamp(column);
        return at == null ? Instant.MAX : at.toInstant();
    }

    long ready() {
        return count("SELECT count(*) FROM vm WHERE state = 'READY'");
    }

    long readyOn(String cloud) {
        return readyVmsOn(cloud).size();
    }

    Set<String> readyVmsOn(String cloud) {
        return rows().stream()
                .filter(row -> row.cloud().equals(cloud) && row.state().equals("READY"))
                .map(Row::id)
                .collect(Collectors.toSet());
    }

    long count(String sql) {
        return jdbc.sql(sql).query(Long.class).single();
    }

    private List<String> names(String sql) {
        return jdbc.sql(sql).query((row, n) -> row.getString("name")).list();
    }
}
