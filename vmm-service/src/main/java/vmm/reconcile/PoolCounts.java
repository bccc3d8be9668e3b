package vmm.reconcile;

import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Repository;

import vmm.event.Instants;
import vmm.pool.Pool;
import vmm.reconcile.PoolSnapshot.Candidate;
import vmm.vm.Options;
import vmm.vm.VmState;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Collectors;

/** What refill counts. */
@Repository
public class PoolCounts {
    /** A canary that could not be sent for as long makes room for another. */
    private static final Duration CANARY_WITHIN = Duration.ofSeconds(30);

    /** A look at a waiting VM that failed for as long was no accident: it failed twice. */
    private static final Duration BROKEN_AFTER = ReserveChecks.AGAIN.plusSeconds(10);

    /** What is being deleted for longer makes no room soon. */
    private static final Duration GOES_WITHIN = Duration.ofMinutes(2);

    private final JdbcClient jdbc;

    public PoolCounts(JdbcClient jdbc) {
        this.jdbc = jdbc;
    }

    /** A pool's rows and queue as one statement each sees them; under the pool's lock. */
    Seen of(long pool, Instant now) {
        var rows =
                jdbc.sql(
                                """
                                SELECT id, cloud, flavor, image, options, state, state_since, create_sent_at, held,
                                       state <> 'READY' AND late_since IS NOT NULL
                                           OR create_sent_at IS NULL AND state_since < :unsent AND tries.canary IS NOT NULL AS late,
                                       tries.canary IS NOT NULL AS canary,
                                       state = 'READY' AND (instance_status IN ('ERROR', 'STOPPED') OR check_failed_since < :failing) IS TRUE AS broken
                                FROM vm LEFT JOIN (SELECT DISTINCT canary FROM breaker WHERE canary IS NOT NULL) AS tries ON tries.canary = vm.id
                                WHERE pool_id = :pool AND state <> 'DELETED' ORDER BY id
                                """)
                        .param("pool", pool)
                        .param("unsent", Instants.sql(now.minus(CANARY_WITHIN)))
                        .param("failing", Instants.sql(now.minus(BROKEN_AFTER)))
                        .query(
                                (row, n) ->
                                        new Row(
                                                new Candidate(
                                                        row.getObject("id", UUID.class),
                                                        row.getString("cloud"),
                                                        row.getString("flavor"),
                                                        Options.read(row),
                                                        VmState.valueOf(row.getString("state")),
                                                        Objects.requireNonNull(
                                                                Instants.read(row, "state_since")),
                                                        row.getObject("create_sent_at") != null,
                                                        row.getBoolean("late"),
                                                        row.getBoolean("canary"),
                                                        row.getBoolean("broken")),
                                                row.getBoolean("held")))
                        .list();
        int queued =
                jdbc.sql(
                                "SELECT count(*) FROM allocation WHERE pool_id = :pool AND state ="
                                        + " 'QUEUED'")
                        .param("pool", pool)
                        .query(Integer.class)
                        .single();
        return new Seen(rows, queued);
    }

    /** Pools with people waiting first, then by how little of their target is ready or warming. */
    List<String> neediestFirst() {
        return jdbc.sql(
                        """
                        SELECT pool.name FROM pool
                        LEFT JOIN (SELECT pool_id, count(*) AS n FROM vm
                                   WHERE state IN ('REQUESTED', 'PROVISIONING', 'BOOTSTRAPPING', 'READY') GROUP BY pool_id)
                            AS reserve ON reserve.pool_id = pool.id
                        LEFT JOIN (SELECT pool_id, count(*) AS n FROM allocation WHERE state = 'QUEUED' GROUP BY pool_id)
                            AS waiting ON waiting.pool_id = pool.id
                        ORDER BY COALESCE(waiting.n, 0) > COALESCE(reserve.n, 0) DESC,
                                 COALESCE(reserve.n, 0)::float8 / greatest(pool.target, 1), pool.name
                        """)
                .query((row, n) -> row.getString("name"))
                .list();
    }

    /**
     * By cloud, how many launches are owed to people who wait for other pools there: a reserve must
     * not take their room.
     */
    Map<String, Integer> roomForPeopleElsewhere(long pool) {
        record Owed(String cloud, int n) {}
        return jdbc
                .sql(
                        """
                        SELECT placement.cloud, sum(short.n)::int AS n
                        FROM (SELECT waiting.pool_id,
                                     waiting.n - (SELECT count(*) FROM vm WHERE vm.pool_id = waiting.pool_id
                                                  AND state IN ('REQUESTED', 'PROVISIONING', 'BOOTSTRAPPING', 'READY')) AS n
                              FROM (SELECT pool_id, count(*) AS n FROM allocation WHERE state = 'QUEUED' AND pool_id <> :pool
                                    GROUP BY pool_id) AS waiting) AS short
                        JOIN (SELECT DISTINCT pool_id, cloud.name AS cloud FROM placement JOIN cloud ON cloud.name = placement.cloud
                              WHERE NOT paused AND maintenance IS NULL AND health <> 'UNHEALTHY' AND NOT EXISTS (
                                  SELECT 1 FROM breaker WHERE breaker.cloud = cloud.name AND flavor IN (placement.flavor, '*')
                                    AND image IN (placement.image, '*') AND opened_at IS NOT NULL AND kind NOT IN ('LATE', 'QUOTA')))
                            AS placement USING (pool_id)
                        WHERE short.n > 0
                          AND (SELECT count(*) FROM vm WHERE vm.pool_id = short.pool_id
                               AND (state NOT IN ('DELETING', 'DELETED') OR (held AND state <> 'DELETED')))
                              < (SELECT max_size FROM pool WHERE id = short.pool_id)
                        GROUP BY placement.cloud
                        """)
                .param("pool", pool)
                .query((row, n) -> new Owed(row.getString("cloud"), row.getInt("n")))
                .list()
                .stream()
                .collect(Collectors.toMap(Owed::cloud, Owed::n));
    }

    /**
     * READY VMs on some clouds of pools for which nobody waits, the fullest reserve first.
     *
     * @param people who wait: as many, less what is going there already
     */
    List<UUID> dispensableElsewhere(long pool, Set<String> clouds, int people, Instant now) {
        return jdbc.sql(
                        """
                        SELECT vm.id FROM vm JOIN pool ON pool.id = vm.pool_id
                        CROSS JOIN LATERAL (SELECT count(*) AS n FROM vm AS own WHERE own.pool_id = pool.id AND own.state = 'READY') AS ready
                        WHERE vm.cloud = ANY (:clouds) AND vm.state = 'READY' AND NOT vm.held AND vm.pool_id <> :pool
                          AND NOT EXISTS (SELECT 1 FROM allocation WHERE pool_id = vm.pool_id AND state = 'QUEUED')
                        ORDER BY ready.n::float8 / greatest(pool.target, 1) DESC, vm.state_since, vm.id
                        LIMIT greatest(0, :people - (SELECT count(*) FROM vm WHERE cloud = ANY (:clouds) AND state = 'DELETING'
                                               AND NOT held AND state_since > :stuck))
                        """)
                .param("clouds", clouds.toArray(String[]::new))
                .param("pool", pool)
                .param("people", people)
                .param("stuck", Instants.sql(now.minus(GOES_WITHIN)))
                .query((row, n) -> Objects.requireNonNull(row.getObject("id", UUID.class)))
                .list();
    }

    /** VMs that warm on a cloud and are not late, whatever their pool. */
    int warmingOn(String cloud) {
        return jdbc.sql(
                        """
                        SELECT count(*) FROM vm WHERE cloud = :cloud AND state IN ('REQUESTED', 'PROVISIONING', 'BOOTSTRAPPING')
                          AND late_since IS NULL AND NOT held
                        """)
                .param("cloud", cloud)
                .query(Integer.class)
                .single();
    }

    /** Canaries that are under way. */
    Set<UUID> canaries() {
        return jdbc.sql(
                        """
                        SELECT canary FROM breaker JOIN vm ON vm.id = canary
                        WHERE state IN ('REQUESTED', 'PROVISIONING', 'BOOTSTRAPPING') AND NOT held AND late_since IS NULL
                        """)
                .query((row, n) -> Objects.requireNonNull(row.getObject("canary", UUID.class)))
                .set();
    }

    record Row(Candidate vm, boolean held) {}

    /** A pool's rows that are not DELETED, and how many wait. */
    record Seen(List<Row> rows, int queued) {
        private static boolean counts(Row row) {
            return row.vm().state() == VmState.READY || VmState.WARMING.contains(row.vm().state());
        }

        /** For the maximum: REQUESTED to ALLOCATED, and held ones. */
        int live() {
            return (int)
                    rows.stream()
                            .filter(r -> r.vm().state() != VmState.DELETING || r.held())
                            .count();
        }

        /** Allocated, or held: not to be taken back. */
        int inUse() {
            return (int)
                    rows.stream()
                            .filter(r -> r.vm().state() == VmState.ALLOCATED || r.held())
                            .count();
        }

        List<Candidate> candidates() {
            return rows.stream().filter(r -> counts(r) && !r.held()).map(Row::vm).toList();
        }

        int countedAt(Pool.Place place) {
            return (int) rows.stream().filter(r -> counts(r) && at(r, place)).count();
        }

        int liveAt(Pool.Place place) {
            return (int) rows.stream().filter(r -> at(r, place)).count();
        }

        private static boolean at(Row row, Pool.Place place) {
            return row.vm().cloud().equals(place.cloud())
                    && row.vm().flavor().equals(place.flavor())
                    && row.vm().options().equals(place.options());
        }
    }
}
