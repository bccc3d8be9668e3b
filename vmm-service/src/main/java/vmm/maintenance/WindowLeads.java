package vmm.maintenance;

import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Repository;

import vmm.event.Instants;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * The leads of pools, from what their launches took. How many are to be launched is taken from the
 * targets and weights of all pools of the cloud, and not from what is there: that is less with each
 * one that is granted, and a preparation that has begun would end.
 */
@Repository
public class WindowLeads {
    /** Launch times older than this say nothing about today. */
    private static final Duration HISTORY = Duration.ofDays(30);

    private static final String SELECT =
            """
            WITH there AS (
                SELECT COALESCE(sum(ceil(pool.target * CASE WHEN shares.total = 0 THEN 1 ELSE shares.here::float8 / shares.total END)), 0)
                           ::int AS n
                FROM pool JOIN (SELECT pool_id, sum(weight) FILTER (WHERE cloud = :cloud) AS here, sum(weight) AS total
                                FROM placement GROUP BY pool_id) AS shares ON shares.pool_id = pool.id
                WHERE shares.here IS NOT NULL AND NOT pool.deleted)
            SELECT pool.id, pool.boot_timeout_s, there.n AS launches,
                   (SELECT percentile_disc(0.95) WITHIN GROUP (ORDER BY last.seconds) FROM (
                        SELECT extract(epoch FROM ready_at - create_sent_at)::float8 AS seconds FROM vm
                        WHERE vm.pool_id = pool.id AND vm.cloud <> :cloud AND ready_at > :since AND create_sent_at IS NOT NULL
                        ORDER BY ready_at DESC LIMIT 100) AS last) AS p95,
                   (SELECT percentile_disc(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM event.at - last.create_sent_at)::float8) FROM (
                        SELECT id, create_sent_at FROM vm
                        WHERE vm.pool_id = pool.id AND vm.cloud <> :cloud AND ready_at > :since AND create_sent_at IS NOT NULL
                        ORDER BY ready_at DESC LIMIT 20) AS last
                    JOIN event ON event.vm_id = last.id AND event.to_state = 'PROVISIONING' AND event.detail = 'accepted') AS create_p50
            FROM pool CROSS JOIN there WHERE NOT pool.deleted AND
            """;

    private final JdbcClient jdbc;

    public WindowLeads(JdbcClient jdbc) {
        this.jdbc = jdbc;
    }

    /** How long before a window of this cloud the pool begins to replace what it has there. */
    public Duration of(long pool, String cloud, Instant now) {
        return leads("pool.id = :pool", pool, cloud, now).getOrDefault(pool, WindowLead.SHORTEST);
    }

    /** Of all pools that are placed on the cloud, by their ids. */
    Map<Long, Duration> ofPools(String cloud, Instant now) {
        return leads(
                "pool.id IN (SELECT pool_id FROM placement WHERE cloud = :cloud) AND :pool = 0",
                0,
                cloud,
                now);
    }

    /** When the first pool begins, before the start of a window of this cloud. */
    public Duration longest(String cloud, Instant now) {
        return ofPools(cloud, now).values().stream()
                .max(Duration::compareTo)
                .orElse(WindowLead.SHORTEST);
    }

    private Map<Long, Duration> leads(String where, long pool, String cloud, Instant now) {
        record Row(long pool, Duration lead) {}
        return jdbc
                .sql(SELECT + where)
                .param("pool", pool)
                .param("cloud", cloud)
                .param("since", Instants.sql(now.minus(HISTORY)))
                .query(
                        (row, n) ->
                                new Row(
                                        row.getLong("id"),
                                        WindowLead.of(
                                                seconds(row, "p95"),
                                                Duration.ofSeconds(row.getLong("boot_timeout_s")),
                                                row.getInt("launches"),
                                                seconds(row, "create_p50"))))
                .list()
                .stream()
                .collect(Collectors.toMap(Row::pool, Row::lead));
    }

    private static Optional<Duration> seconds(ResultSet row, String column) throws SQLException {
        return Optional.ofNullable(row.getObject(column, Double.class))
                .map(seconds -> Duration.ofMillis((long) (Math.max(0, seconds) * 1000)));
    }
}
