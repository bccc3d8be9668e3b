package vmm.allocation;

import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Repository;

import vmm.event.Instants;

import java.sql.Array;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;

/** What pools have, are making and could make, in one statement for any number of them. */
@Repository
public class Outlooks {
    static final String SELECT =
            """
            WITH used AS (SELECT cloud, count(*) AS n FROM vm WHERE state <> 'DELETED' GROUP BY cloud)
            SELECT pool.id, NOT pool.deleted AND pool.max_size > 0 AS open, fleet.ready, waiting.queued, fleet.warming,
                   greatest(0, least(pool.max_size - fleet.live, shelves.room)) AS room, leases.next_expiry, places.clouds
            FROM pool
            CROSS JOIN LATERAL (
                SELECT count(*) FILTER (WHERE state = 'READY' AND NOT held)::int AS ready,
                       count(*) FILTER (WHERE state <> 'DELETING' OR held) AS live,
                       array_agg(COALESCE(extract(epoch FROM CAST(:now AS timestamptz) - create_sent_at), 0)::float8)
                           FILTER (WHERE state IN ('REQUESTED', 'PROVISIONING', 'BOOTSTRAPPING') AND NOT held) AS warming
                FROM vm WHERE pool_id = pool.id AND state <> 'DELETED') AS fleet
            CROSS JOIN LATERAL (
                SELECT count(*)::int AS queued FROM allocation WHERE pool_id = pool.id AND state = 'QUEUED') AS waiting
            CROSS JOIN LATERAL (
                SELECT min(allocation.expires_at) AS next_expiry FROM vm JOIN allocation ON allocation.vm_id = vm.id
                WHERE vm.pool_id = pool.id AND vm.state = 'ALLOCATED' AND allocation.state = 'ACTIVE') AS leases
            CROSS JOIN LATERAL (
                SELECT array_agg(DISTINCT cloud) AS clouds FROM placement WHERE pool_id = pool.id) AS places
            CROSS JOIN LATERAL (
                SELECT COALESCE(sum(n), 0) AS room FROM (
                    SELECT DISTINCT cloud.name, greatest(0, COALESCE(cloud.max_vms, 1000000) - COALESCE(used.n, 0)) AS n
                    FROM placement JOIN cloud ON cloud.name = placement.cloud LEFT JOIN used ON used.cloud = cloud.name
                    WHERE placement.pool_id = pool.id AND placement.weight > 0 AND NOT cloud.paused
                      AND cloud.health <> 'UNHEALTHY'
                      AND NOT EXISTS (SELECT 1 FROM breaker WHERE breaker.cloud = cloud.name AND opened_at IS NOT NULL
                                      AND kind <> 'LATE' AND breaker.flavor IN (placement.flavor, '*')
                                      AND breaker.image IN (placement.image, '*'))) AS shelf) AS shelves
            WHERE pool.id = ANY (:pools)
            """;

    private final JdbcClient jdbc;
    private final LaunchSamples samples;

    public Outlooks(JdbcClient jdbc, LaunchSamples samples) {
        this.jdbc = jdbc;
        this.samples = samples;
    }

    /** By pool. */
    public Map<Long, Outlook> of(Collection<Long> pools, Instant now) {
        if (pools.isEmpty()) return Map.of();
        return jdbc
                .sql(SELECT)
                .param("pools", pools.stream().distinct().toArray(Long[]::new))
                .param("now", Instants.sql(now))
                .query(Outlooks::read)
                .list()
                .stream()
                .collect(Collectors.toMap(Outlook::poolId, Function.identity()));
    }

    /** How long the n-th of the queue will wait, if anything is known. */
    public Optional<Estimates.Estimate> estimate(Outlook pool, int n) {
        return Estimates.of(
                n, pool.warming(), samples.of(pool.poolId(), pool.clouds()), pool.room());
    }

    private static Outlook read(ResultSet row, int n) throws SQLException {
        return new Outlook(
                row.getLong("id"),
                row.getBoolean("open"),
                row.getInt("ready"),
                row.getInt("queued"),
                list(row.getArray("warming"), Double[].class),
                row.getInt("room"),
                Instants.read(row, "next_expiry"),
                list(row.getArray("clouds"), String[].class));
    }

    private static <T> List<T> list(@Nullable Array array, Class<T[]> type) throws SQLException {
        return array == null ? List.of() : Arrays.asList(type.cast(array.getArray()));
    }
}
