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
                   (SELECT percentile_disc(0.95) WITHIN GROUP (ORDER BY last.seconds)
                    FROM (SELECT DISTINCT cloud, flavor FROM placement WHERE pool_id = pool.id AND cloud <> :cloud) AS place
                    CROSS JOIN LATERAL (
                        SELECT extract(epoch FROM ready_at - create_sent_at)::float8 AS seconds FROM vm
                        WHERE vm.pool_id = pool.id AND vm.cloud = place.cloud AND vm.flavor = place.flavor
                          AND ready_at > :since AND create_sent_at IS NOT NULL
                        ORDER BY late_since IS NOT NULL, ready_at DESC LIMIT 100) AS last) AS p95,
                   (SELECT percentile_disc(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM event.at - last.create_sent_at)::float8)
                    FROM (SELECT DISTINCT cloud, flavor FROM placement WHERE pool_id = pool.id AND cloud <> :cloud) AS place
                    CROSS JOIN LATERAL (
                        SELECT id, create_sent_at FROM vm
                        WHERE vm.pool_id = pool.id AND vm.cloud = place.cloud AND vm.flavor = place.flavor
                          AND ready_at > :since AND create_sent_at IS NOT NULL
                        ORDER BY late_since IS NOT NULL, ready_at DESC LIMIT 20) AS last
                    JOIN event ON event.vm_id = last.id AND event.to_state = 'PROVISIONING' AND event.detail = 'accepted') AS create_p50
            FROM pool CROSS JOIN there
            WHERE NOT pool.deleted AND pool.id IN (SELECT pool_id FROM placement WHERE cloud = :cloud)
            """;

    private final JdbcClient jdbc;

    public WindowLeads(JdbcClient jdbc) {
        this.jdbc = jdbc;
    }

    /** How long before the start of a window of this cloud all pools begin: as the slowest must. */
    public Duration longest(String cloud, Instant now) {
        return ofPools(cloud, now).values().stream()
                .max(Duration::compareTo)
                .orElse(WindowLead.SHORTEST);
    }

    /** Of all pools that are placed on the cloud, by their ids. */
    Map<Long, Duration> ofPools(String cloud, Instant now) {
        record Row(long pool, Duration lead) {}
        return jdbc
                .sql(SELECT)
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
