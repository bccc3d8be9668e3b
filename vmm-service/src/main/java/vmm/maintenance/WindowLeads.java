package vmm.maintenance;

import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Repository;

import vmm.event.Instants;

import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/** The leads of pools, from what their launches took. */
@Repository
public class WindowLeads {
    /** Launch times older than this say nothing about today. */
    private static final Duration HISTORY = Duration.ofDays(30);

    private static final String SELECT =
            """
            SELECT pool.id, pool.boot_timeout_s,
                   (SELECT percentile_disc(0.95) WITHIN GROUP (ORDER BY last.seconds) FROM (
                        SELECT extract(epoch FROM ready_at - create_sent_at)::float8 AS seconds FROM vm
                        WHERE vm.pool_id = pool.id AND vm.cloud <> :cloud AND ready_at > :since AND create_sent_at IS NOT NULL
                        ORDER BY ready_at DESC LIMIT 100) AS last) AS p95
            FROM pool WHERE NOT pool.deleted AND
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
                                                Optional.ofNullable(
                                                                row.getObject("p95", Double.class))
                                                        .map(WindowLeads::duration),
                                                Duration.ofSeconds(row.getLong("boot_timeout_s")))))
                .list()
                .stream()
                .collect(Collectors.toMap(Row::pool, Row::lead));
    }

    private static Duration duration(double seconds) {
        return Duration.ofMillis((long) (seconds * 1000));
    }
}
