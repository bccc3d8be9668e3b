package vmm.allocation;

import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Repository;

import vmm.event.Instants;

import java.sql.Array;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Timestamp;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** What pools have, are making and could make, in one statement for any number of them. */
@Repository
public class Outlooks {
    /** As {@code vmm.clouds.QuotaRoom}: one that was read before says nothing any more. */
    private static final Duration OLDEST_QUOTA = Duration.ofMinutes(5);

    /** No window is prepared for longer before it begins. */
    private static final Duration LONGEST_LEAD = Duration.ofHours(1);

    /**
     * Quotas as {@code vmm.clouds.QuotaRoom} reads them, and what counts as {@code
     * vmm.reconcile.PoolPlanner} counts it. A quota is shared by the placements on its cloud, so
     * that the most that one of them could have bounds them all.
     */
    static final String SELECT =
            """
            WITH used AS (
                SELECT cloud, count(*) AS n,
                       count(*) FILTER (WHERE state IN ('REQUESTED', 'PROVISIONING', 'BOOTSTRAPPING') AND late_since IS NULL AND NOT held)
                           AS warming
                FROM vm WHERE state <> 'DELETED' GROUP BY cloud),
            quota AS (
                SELECT told.cloud, told.max_instances - told.used_instances - count(vm.id) AS instances,
                       told.max_vcpus - told.used_vcpus - COALESCE(sum(offering.vcpus), 0) AS vcpus,
                       told.max_ram_mb - told.used_ram_mb - COALESCE(sum(offering.ram_mb), 0) AS ram_mb,
                       count(vm.id) FILTER (WHERE offering.flavor IS NULL) AS unsized
                FROM cloud_quota AS told
                LEFT JOIN vm ON vm.cloud = told.cloud AND vm.state <> 'DELETED' AND vm.create_answer IS DISTINCT FROM 'REFUSED'
                    AND (vm.create_sent_at >= told.read_at OR (vm.create_sent_at IS NULL AND vm.state = 'REQUESTED'))
                LEFT JOIN offering ON offering.cloud = vm.cloud AND offering.flavor = vm.flavor
                WHERE told.read_at >= :quotasSince GROUP BY told.cloud),
            shelf AS (
                SELECT placement.pool_id, placement.position, cloud.name AS cloud, rooms.own, rooms.quota, rooms.cap, rooms.at_once,
                       CASE WHEN cloud.maintenance IS NOT NULL THEN 'MAINTENANCE'
                            WHEN cloud.paused THEN 'PAUSED'
                            WHEN cloud.health = 'UNHEALTHY' OR broken.trouble THEN 'TROUBLE'
                            WHEN broken.returning THEN 'RETURNING'
                            WHEN broken.no_room OR least(rooms.own, rooms.quota, rooms.cap) <= 0 THEN 'FULL'
                            WHEN rooms.at_once <= 0 THEN 'RETURNING' END AS obstacle,
                       least(CASE WHEN cloud.health = 'UNHEALTHY' THEN cloud.health_since END, broken.since) AS since,
                       CASE WHEN cloud.maintenance IS NOT NULL THEN
                           (SELECT max(ends) FROM maintenance_window AS w
                            WHERE w.cloud = cloud.name AND cancelled_at IS NULL AND ends > :now
                              AND (kind = 'UNAVAILABLE' AND starts <= :soon OR kind = 'NO_NEW' AND starts <= :now)) END AS until
                FROM placement JOIN cloud ON cloud.name = placement.cloud
                LEFT JOIN used ON used.cloud = cloud.name
                LEFT JOIN quota ON quota.cloud = cloud.name
                LEFT JOIN offering ON offering.cloud = cloud.name AND offering.flavor = placement.flavor
                CROSS JOIN LATERAL (
                    SELECT CASE WHEN placement.max_vms IS NULL THEN :unlimited ELSE placement.max_vms - (
                               SELECT count(*) FROM vm WHERE vm.pool_id = placement.pool_id AND vm.cloud = placement.cloud
                                 AND vm.flavor = placement.flavor AND vm.options = placement.options AND vm.state <> 'DELETED') END AS own,
                           least(:unlimited, quota.instances, (quota.vcpus - quota.unsized * offering.vcpus) / NULLIF(offering.vcpus, 0),
                                 (quota.ram_mb - quota.unsized * offering.ram_mb) / NULLIF(offering.ram_mb, 0)) AS quota,
                           COALESCE(cloud.max_vms - COALESCE(used.n, 0), :unlimited) AS cap,
                           COALESCE(cloud.width - COALESCE(used.warming, 0), :unlimited) AS at_once) AS rooms
                CROSS JOIN LATERAL (
                    SELECT bool_or(kind NOT IN ('QUOTA', 'NO_CAPACITY', 'WINDOW')) AS trouble, bool_or(kind = 'WINDOW') AS returning,
                           bool_or(kind IN ('QUOTA', 'NO_CAPACITY')) AS no_room,
                           min(since) FILTER (WHERE kind NOT IN ('QUOTA', 'NO_CAPACITY', 'WINDOW')) AS since
                    FROM breaker WHERE breaker.cloud = cloud.name AND opened_at IS NOT NULL
                      AND breaker.flavor IN (placement.flavor, '*') AND breaker.image IN (placement.image, '*')) AS broken
                WHERE placement.pool_id = ANY (:pools))
            SELECT pool.id, NOT pool.deleted AND pool.max_size > 0 AS open, pool.max_size, fleet.ready, fleet.in_use, waiting.queued,
                   fleet.warming, fleet.late, fleet.late_since, greatest(0, least(pool.max_size - fleet.live, rooms.n)) AS room,
                   leases.next_expiry, places.*
            FROM pool
            CROSS JOIN LATERAL (
                SELECT count(*) FILTER (WHERE state = 'READY' AND NOT held)::int AS ready,
                       count(*) FILTER (WHERE state = 'ALLOCATED' OR held)::int AS in_use,
                       count(*) FILTER (WHERE state <> 'DELETING' OR held) AS live,
                       array_agg(COALESCE(extract(epoch FROM CAST(:now AS timestamptz) - create_sent_at), 0)::float8)
                           FILTER (WHERE warms AND late_since IS NULL) AS warming,
                       count(*) FILTER (WHERE warms AND late_since IS NOT NULL)::int AS late,
                       min(late_since) FILTER (WHERE warms) AS late_since
                FROM (SELECT vm.state, vm.held, vm.create_sent_at, COALESCE(vm.late_since, (
                                 SELECT opened_at FROM breaker WHERE breaker.cloud = vm.cloud AND breaker.flavor = vm.flavor
                                   AND breaker.image = vm.image AND kind = 'LATE')) AS late_since,
                             vm.state IN ('REQUESTED', 'PROVISIONING', 'BOOTSTRAPPING') AND NOT vm.held AND cloud.health <> 'UNHEALTHY'
                                 AND cloud.maintenance IS NULL AND tries.canary IS NULL AS warms
                      FROM vm JOIN cloud ON cloud.name = vm.cloud
                      LEFT JOIN (SELECT DISTINCT canary FROM breaker WHERE canary IS NOT NULL) AS tries ON tries.canary = vm.id
                      WHERE vm.pool_id = pool.id AND vm.state <> 'DELETED') AS own) AS fleet
            CROSS JOIN LATERAL (
                SELECT count(*)::int AS queued FROM allocation WHERE pool_id = pool.id AND state = 'QUEUED') AS waiting
            CROSS JOIN LATERAL (
                SELECT min(allocation.expires_at) AS next_expiry FROM vm JOIN allocation ON allocation.vm_id = vm.id
                WHERE vm.pool_id = pool.id AND vm.state = 'ALLOCATED' AND allocation.state = 'ACTIVE') AS leases
            CROSS JOIN LATERAL (
                SELECT array_agg(cloud ORDER BY position) AS clouds, array_agg(obstacle ORDER BY position) AS obstacles,
                       array_agg(since ORDER BY position) AS sinces, array_agg(until ORDER BY position) AS untils
                FROM shelf WHERE pool_id = pool.id) AS places
            CROSS JOIN LATERAL (
                SELECT COALESCE(sum(room), 0) AS n FROM (
                    SELECT least(cap, at_once, max(quota), sum(least(own, quota))) AS room
                    FROM shelf WHERE pool_id = pool.id AND obstacle IS NULL GROUP BY cloud, cap, at_once) AS by_cloud) AS rooms
            WHERE pool.id = ANY (:pools)
            """;

    private static final int UNLIMITED = 1_000_000;

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
                .param("soon", Instants.sql(now.plus(LONGEST_LEAD)))
                .param("quotasSince", Instants.sql(now.minus(OLDEST_QUOTA)))
                .param("unlimited", UNLIMITED)
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
                row.getInt("max_size"),
                row.getInt("ready"),
                row.getInt("in_use"),
                row.getInt("queued"),
                list(row.getArray("warming"), Double[].class),
                row.getInt("late"),
                Instants.read(row, "late_since"),
                row.getInt("room"),
                Instants.read(row, "next_expiry"),
                places(row));
    }

    private static List<Outlook.Place> places(ResultSet row) throws SQLException {
        var clouds = list(row.getArray("clouds"), String[].class);
        var obstacles = list(row.getArray("obstacles"), String[].class);
        var sinces = list(row.getArray("sinces"), Timestamp[].class);
        var untils = list(row.getArray("untils"), Timestamp[].class);
        return IntStream.range(0, clouds.size())
                .mapToObj(
                        i ->
                                new Outlook.Place(
                                        clouds.get(i),
                                        orNull(obstacles.get(i), Outlook.Obstacle::valueOf),
                                        orNull(sinces.get(i), Timestamp::toInstant),
                                        orNull(untils.get(i), Timestamp::toInstant)))
                .toList();
    }

    private static <T, R> @Nullable R orNull(@Nullable T value, Function<T, R> made) {
        return value == null ? null : made.apply(value);
    }

    private static <T> List<T> list(@Nullable Array array, Class<T[]> type) throws SQLException {
        return array == null ? List.of() : Arrays.asList(type.cast(array.getArray()));
    }
}
