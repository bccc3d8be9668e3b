package vmm.allocation;

import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Repository;

import vmm.event.Instants;

import java.sql.Types;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/** The allocation table: what is contended is one statement each, with its events. */
@Repository
public class Allocations {
    static final String SELECT =
            """
            SELECT allocation.*, pool.name AS pool FROM allocation JOIN pool ON pool.id = allocation.pool_id
            """;

    /**
     * Grants the VM that has been READY longest to a new request, if nobody of its pool is waiting;
     * one that failed its last check, or of a cloud that is sick or will be away, only where there
     * is no other. Rows that others are granting are skipped, so that claims do not queue behind
     * each other.
     */
    static final String CLAIM =
            """
            WITH well AS (
                SELECT id FROM vm
                WHERE pool_id = :pool AND state = 'READY' AND NOT held AND check_failed_since IS NULL
                  AND COALESCE(instance_status, 'RUNNING') NOT IN ('ERROR', 'STOPPED')
                  AND cloud NOT IN (SELECT name FROM cloud WHERE health = 'UNHEALTHY' OR maintenance IS NOT NULL)
                  AND NOT EXISTS (SELECT 1 FROM allocation WHERE pool_id = :pool AND state = 'QUEUED')
                ORDER BY state_since, id LIMIT 1 FOR UPDATE SKIP LOCKED),
            doubtful AS (
                SELECT id FROM vm
                WHERE pool_id = :pool AND state = 'READY' AND NOT held AND NOT EXISTS (SELECT 1 FROM well)
                  AND NOT EXISTS (SELECT 1 FROM allocation WHERE pool_id = :pool AND state = 'QUEUED')
                ORDER BY check_failed_since IS NULL DESC, instance_status = 'RUNNING' DESC NULLS LAST, checked_at DESC NULLS LAST, state_since, id
                LIMIT 1 FOR UPDATE SKIP LOCKED),
            candidate AS (SELECT id FROM well UNION ALL SELECT id FROM doubtful),
            claimed AS (
                UPDATE vm SET state = 'ALLOCATED', state_since = :now, version = version + 1, absent_since = NULL
                FROM candidate WHERE vm.id = candidate.id
                RETURNING vm.id, vm.cloud),
            granted AS (
                INSERT INTO allocation (id, vm_type, pool_id, user_name, name, state, priority, requested_at, effective_at,
                                        lease_s, max_lifetime_s, granted_at, expires_at, vm_id)
                SELECT :id, :type, :pool, :user, :name, 'ACTIVE', :priority, :now, :effective, :lease, :lifetime, :now, :expires,
                       claimed.id FROM claimed)
            INSERT INTO event (at, type, vm_id, allocation_id, pool, cloud, user_name, from_state, to_state, reason, actor)
            SELECT :now, 'allocation', claimed.id, :id, :poolName, claimed.cloud, :user, 'READY', 'ALLOCATED', 'GRANTED', :user
            FROM claimed
            """;

    /**
     * Gives READY VMs, longest ready first, to the requests of a pool in the order of the queue.
     */
    static final String GRANT =
            """
            WITH request AS (
                SELECT id, user_name, lease_s, row_number() OVER (ORDER BY effective_at, requested_at, id) AS n
                FROM (SELECT * FROM allocation WHERE pool_id = :pool AND state = 'QUEUED'
                      ORDER BY effective_at, requested_at, id LIMIT :limit FOR UPDATE) AS waiting),
            candidate AS (
                SELECT id, cloud, row_number() OVER (ORDER BY state_since, id) AS n
                FROM (SELECT * FROM vm WHERE pool_id = :pool AND state = 'READY' AND NOT held
                      ORDER BY check_failed_since IS NOT NULL OR COALESCE(instance_status, 'RUNNING') IN ('ERROR', 'STOPPED')
                                   OR cloud IN (SELECT name FROM cloud WHERE health = 'UNHEALTHY' OR maintenance IS NOT NULL),
                               state_since, id
                      LIMIT :limit FOR UPDATE SKIP LOCKED) AS ready),
            pair AS (
                SELECT request.id AS allocation, candidate.id AS vm, cloud, user_name, lease_s
                FROM request JOIN candidate USING (n)),
            claimed AS (
                UPDATE vm SET state = 'ALLOCATED', state_since = :now, version = version + 1, absent_since = NULL
                FROM pair WHERE vm.id = pair.vm),
            granted AS (
                UPDATE allocation SET state = 'ACTIVE', granted_at = :now, vm_id = pair.vm,
                       expires_at = CAST(:now AS timestamptz) + pair.lease_s * interval '1 second'
                FROM pair WHERE allocation.id = pair.allocation)
            INSERT INTO event (at, type, vm_id, allocation_id, pool, cloud, user_name, from_state, to_state, reason, actor)
            SELECT :now, 'allocation', pair.vm, pair.allocation, :poolName, pair.cloud, pair.user_name, 'READY', 'ALLOCATED',
                   'GRANTED', 'grant'
            FROM pair
            """;

    /**
     * Ends active allocations and lets their VMs go, in one statement; {@code %s} is the condition.
     */
    private static final String END =
            """
            WITH ended AS (
                UPDATE allocation SET state = 'ENDED', ended_at = :now, end_reason = %s
                FROM vm, pool
                WHERE vm.id = allocation.vm_id AND pool.id = allocation.pool_id AND allocation.state = 'ACTIVE'
                  AND vm.state = 'ALLOCATED' AND %s
                RETURNING allocation.id, allocation.vm_id, allocation.user_name, allocation.end_reason, pool.name AS pool),
            changed AS (
                UPDATE vm SET state = 'DELETING', state_since = :now, version = version + 1, absent_since = NULL,
                       reason = CASE ended.end_reason WHEN 'MAX_LIFETIME' THEN 'EXPIRED' ELSE ended.end_reason END,
                       detail = :detail
                FROM ended WHERE vm.id = ended.vm_id AND vm.state = 'ALLOCATED'
                RETURNING vm.id, vm.cloud)
            INSERT INTO event (at, type, vm_id, allocation_id, pool, cloud, user_name, from_state, to_state, reason, detail, actor)
            SELECT :now, 'allocation', ended.vm_id, ended.id, ended.pool, changed.cloud, ended.user_name, 'ALLOCATED', 'DELETING',
                   ended.end_reason, :detail, :actor
            FROM ended JOIN changed ON changed.id = ended.vm_id
            """;

    /**
     * Nobody used it for the idle timeout, by a guest that reported all the while and still does.
     * Whoever extends a lease says that it is still wanted, and that counts like use.
     */
    private static final String UNUSED =
            """
            vm.reported_at >= :fresh
            AND greatest(vm.reporting_since, vm.last_active_at, allocation.granted_at, allocation.extended_at)
                <= CAST(:now AS timestamptz) - pool.idle_timeout_s * interval '1 second'
            """;

    /**
     * How long before a reclaim the warning goes out: the pool's, at most half its idle timeout.
     */
    private static final String WARNING =
            "least(pool.warning_s, pool.idle_timeout_s / 2) * interval '1 second'";

    /** An instant in an event's words: whoever reads them knows their own time zone. */
    private static final String RFC_3339 =
            "to_char(%s AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"')";

    private final JdbcClient jdbc;

    public Allocations(JdbcClient jdbc) {
        this.jdbc = jdbc;
    }

    /**
     * Grants at once; {@code false} if nothing was READY, or others wait already, or rows were
     * locked.
     */
    boolean claim(Request request, Instant now) {
        return bind(CLAIM, request, now)
                        .param("expires", Instants.sql(now.plus(request.lease())))
                        .update()
                == 1;
    }

    void enqueue(Request request, Instant now) {
        bind(
                        """
                        WITH queued AS (
                            INSERT INTO allocation (id, vm_type, pool_id, user_name, name, state, priority, requested_at,
                                                    effective_at, lease_s, max_lifetime_s)
                            VALUES (:id, :type, :pool, :user, :name, 'QUEUED', :priority, :now, :effective, :lease, :lifetime))
                        INSERT INTO event (at, type, allocation_id, pool, user_name, reason, actor)
                        VALUES (:now, 'allocation', :id, :poolName, :user, 'QUEUED', :user)
                        """,
                        request,
                        now)
                .update();
    }

    /** Records a request that was not granted and would not wait: demand all the same. */
    void refuse(Request request, Instant now) {
        bind(
                        """
                        WITH refused AS (
                            INSERT INTO allocation (id, vm_type, pool_id, user_name, name, state, priority, requested_at,
                                                    effective_at, lease_s, max_lifetime_s, ended_at, end_reason)
                            VALUES (:id, :type, :pool, :user, :name, 'ENDED', :priority, :now, :effective, :lease, :lifetime,
                                    :now, 'REFUSED'))
                        INSERT INTO event (at, type, allocation_id, pool, user_name, reason, actor)
                        VALUES (:now, 'allocation', :id, :poolName, :user, 'REFUSED', :user)
                        """,
                        request,
                        now)
                .update();
    }

    /** One grant pass at a time for a pool, to the end of the transaction: order needs it. */
    void lockQueue(long pool) {
        jdbc.sql("SELECT pg_advisory_xact_lock(hashtext('vmm.grant'), :pool)")
                .param("pool", (int) pool)
                .query((row, n) -> 0)
                .list();
    }

    /** Under {@link #lockQueue}: how many were granted. */
    int grant(long pool, String poolName, int limit, Instant now) {
        return jdbc.sql(GRANT)
                .param("pool", pool)
                .param("poolName", poolName)
                .param("limit", limit)
                .param("now", Instants.sql(now))
                .update();
    }

    /** Ends an active allocation; {@code false} if it no longer was. */
    boolean end(
            UUID id,
            Allocation.EndReason reason,
            @Nullable String detail,
            String actor,
            Instant now) {
        return jdbc.sql(END.formatted(":reason", "allocation.id = :id"))
                        .param("reason", reason.name())
                        .param("id", id)
                        .param("detail", detail, Types.VARCHAR)
                        .param("actor", actor)
                        .param("now", Instants.sql(now))
                        .update()
                == 1;
    }

    /** Locks the allocation of a VM, to the end of the transaction. */
    public void lockOf(UUID vm) {
        jdbc.sql("SELECT 1 FROM allocation WHERE vm_id = :vm FOR NO KEY UPDATE")
                .param("vm", vm)
                .query((row, n) -> 0)
                .list();
    }

    /**
     * Asks for the shut-off VM of an active allocation to be started; {@code false} if it is not
     * shut off.
     */
    boolean askRestart(UUID id, String actor, Instant now) {
        return jdbc.sql(
                                """
                                WITH asked AS (
                                    UPDATE vm SET restart_asked_at = :now FROM allocation
                                    WHERE allocation.id = :id AND allocation.state = 'ACTIVE' AND vm.id = allocation.vm_id
                                      AND vm.state = 'ALLOCATED' AND vm.instance_status = 'STOPPED'
                                    RETURNING vm.id, vm.pool_id, vm.cloud, allocation.user_name)
                                INSERT INTO event (at, type, vm_id, allocation_id, pool, cloud, user_name, reason, actor)
                                SELECT :now, 'allocation', asked.id, :id, pool.name, asked.cloud, asked.user_name, 'RESTART_ASKED', :actor
                                FROM asked JOIN pool ON pool.id = asked.pool_id
                                """)
                        .param("id", id)
                        .param("actor", actor)
                        .param("now", Instants.sql(now))
                        .update()
                == 1;
    }

    /**
     * Ends the allocation of a VM that left ALLOCATED by itself. To be called in the transaction of
     * that change.
     */
    public void endVanished(UUID vm, Instant now) {
        jdbc.sql(
                        """
                        UPDATE allocation SET state = 'ENDED', ended_at = :now, end_reason = 'VANISHED'
                        WHERE vm_id = :vm AND state = 'ACTIVE'
                        """)
                .param("vm", vm)
                .param("now", Instants.sql(now))
                .update();
    }

    boolean cancel(UUID id, String actor, Instant now) {
        return jdbc.sql(
                                """
                                WITH ended AS (
                                    UPDATE allocation SET state = 'ENDED', ended_at = :now, end_reason = 'CANCELLED'
                                    WHERE id = :id AND state = 'QUEUED' RETURNING *)
                                INSERT INTO event (at, type, allocation_id, pool, user_name, reason, actor)
                                SELECT :now, 'allocation', ended.id, pool.name, ended.user_name, 'CANCELLED', :actor
                                FROM ended JOIN pool ON pool.id = ended.pool_id
                                """)
                        .param("id", id)
                        .param("actor", actor)
                        .param("now", Instants.sql(now))
                        .update()
                == 1;
    }

    /** Ends what is over; the condition stands in the UPDATE itself. */
    public int expire(Instant now) {
        return jdbc.sql(
                        END.formatted(
                                "CASE WHEN allocation.expires_at >= allocation.granted_at +"
                                        + " allocation.max_lifetime_s * interval '1 second' THEN"
                                        + " 'MAX_LIFETIME' ELSE 'EXPIRED' END",
                                "allocation.expires_at <= :now"))
                .param("detail", "its time was over")
                .param("actor", "reclaim")
                .param("now", Instants.sql(now))
                .update();
    }

    /**
     * Ends what is abandoned and was warned of in time. Silence is unknown, never idleness: only a
     * guest that reports counts.
     *
     * @param fresh reports older than this are silence
     */
    public int abandon(Instant fresh, Instant now) {
        return jdbc.sql(
                        END.formatted(
                                "CASE WHEN vm.last_active_at >= allocation.granted_at THEN"
                                        + " 'ABANDONED' ELSE 'NEVER_CONNECTED' END",
                                "NOT vm.held AND allocation.warned_at <= CAST(:now AS timestamptz)"
                                        + " - "
                                        + WARNING
                                        + " AND "
                                        + UNUSED))
                .param("fresh", Instants.sql(fresh))
                .param(
                        "detail",
                        "its guest reported that nobody used it for the pool's idle timeout")
                .param("actor", "reclaim")
                .param("now", Instants.sql(now))
                .update();
    }

    /** Warns owners of what will be abandoned soon, once each time. */
    public int warn(Instant fresh, Instant now) {
        return jdbc.sql(
                        """
                        WITH warned AS (
                            UPDATE allocation SET warned_at = :now,
                                   warning = CASE WHEN vm.last_active_at >= allocation.granted_at THEN 'ABANDONED'
                                                  ELSE 'NEVER_CONNECTED' END,
                                   reclaim_at = greatest(CAST(:now AS timestamptz) + %1$s, greatest(vm.reporting_since, vm.last_active_at,
                                   allocation.granted_at, allocation.extended_at) + pool.idle_timeout_s * interval '1 second')
                            FROM vm, pool
                            WHERE vm.id = allocation.vm_id AND pool.id = allocation.pool_id AND allocation.state = 'ACTIVE'
                              AND vm.state = 'ALLOCATED' AND allocation.warned_at IS NULL AND NOT vm.held AND vm.reported_at >= :fresh
                              AND greatest(vm.reporting_since, vm.last_active_at, allocation.granted_at, allocation.extended_at)
                                  <= CAST(:now AS timestamptz) - pool.idle_timeout_s * interval '1 second' + %1$s
                            RETURNING allocation.*, vm.cloud, pool.name AS pool)
                        INSERT INTO event (at, type, vm_id, allocation_id, pool, cloud, user_name, reason, detail, actor)
                        SELECT :now, 'allocation', vm_id, id, pool, cloud, user_name, 'WARNED',
                               warning || ' at ' || %2$s, 'reclaim' FROM warned
                        """
                                .formatted(WARNING, RFC_3339.formatted("reclaim_at")))
                .param("fresh", Instants.sql(fresh))
                .param("now", Instants.sql(now))
                .update();
    }

    /** Takes warnings back where somebody came, or where the guest fell silent since. */
    public int unwarn(Instant fresh, Instant now) {
        return jdbc.sql(
                        """
                        WITH unwarned AS (
                            UPDATE allocation SET warned_at = NULL, warning = NULL, reclaim_at = NULL
                            FROM vm, pool
                            WHERE vm.id = allocation.vm_id AND pool.id = allocation.pool_id AND allocation.state = 'ACTIVE'
                              AND vm.state = 'ALLOCATED' AND allocation.warned_at IS NOT NULL
                              AND (vm.reported_at < :fresh OR greatest(vm.reporting_since, vm.last_active_at, allocation.extended_at)
                                   > allocation.warned_at - pool.idle_timeout_s * interval '1 second' + %s)
                            RETURNING allocation.*, vm.cloud, pool.name AS pool)
                        INSERT INTO event (at, type, vm_id, allocation_id, pool, cloud, user_name, reason, detail, actor)
                        SELECT :now, 'allocation', vm_id, id, pool, cloud, user_name, 'WARNING_WITHDRAWN', NULL, 'reclaim'
                        FROM unwarned
                        """
                                .formatted(WARNING))
                .param("fresh", Instants.sql(fresh))
                .param("now", Instants.sql(now))
                .update();
    }

    /**
     * Extends a lease by some time, never beyond the maximum lifetime; {@code false} if that is
     * what it would be, or it ended.
     */
    boolean extend(UUID id, Duration by, String actor, Instant now) {
        return jdbc.sql(
                                """
                                WITH extended AS (
                                    UPDATE allocation SET expires_at = expires_at + :by * interval '1 second', extended_at = :now
                                    WHERE id = :id AND state = 'ACTIVE' AND expires_at > :now
                                      AND expires_at + :by * interval '1 second' <= granted_at + max_lifetime_s * interval '1 second'
                                    RETURNING *)
                                INSERT INTO event (at, type, vm_id, allocation_id, pool, user_name, reason, detail, actor)
                                SELECT :now, 'allocation', extended.vm_id, extended.id, pool.name, extended.user_name, 'EXTENDED',
                                       'until ' || %s, :actor
                                FROM extended JOIN pool ON pool.id = extended.pool_id
                                """
                                        .formatted(RFC_3339.formatted("extended.expires_at")))
                        .param("id", id)
                        .param("by", by.toSeconds())
                        .param("actor", actor)
                        .param("now", Instants.sql(now))
                        .update()
                == 1;
    }

    public Optional<Allocation> find(UUID id) {
        return jdbc.sql(SELECT + "WHERE allocation.id = :id")
                .param("id", id)
                .query(Allocation::read)
                .optional();
    }

    /** How many of a person's claims are queued or active. */
    int countOpen(String user) {
        return jdbc.sql(
                        "SELECT count(*) FROM allocation WHERE user_name = :user AND state <>"
                                + " 'ENDED'")
                .param("user", user)
                .query(Integer.class)
                .single();
    }

    /** Names of the pools that have both somebody waiting and something READY. */
    public List<String> grantable() {
        return jdbc.sql(
                        """
                        SELECT name FROM pool
                        WHERE EXISTS (SELECT 1 FROM allocation WHERE pool_id = pool.id AND state = 'QUEUED')
                          AND EXISTS (SELECT 1 FROM vm WHERE pool_id = pool.id AND state = 'READY' AND NOT held)
                        ORDER BY name
                        """)
                .query((row, n) -> row.getString("name"))
                .list();
    }

    private JdbcClient.StatementSpec bind(String sql, Request request, Instant now) {
        return jdbc.sql(sql)
                .param("id", request.id())
                .param("type", request.vmType())
                .param("pool", request.poolId())
                .param("poolName", request.pool())
                .param("user", request.user())
                .param("name", request.name(), Types.VARCHAR)
                .param("priority", request.priority())
                .param("effective", Instants.sql(request.effectiveAt(now)))
                .param("lease", request.lease().toSeconds())
                .param("lifetime", request.maxLifetime().toSeconds())
                .param("now", Instants.sql(now));
    }
}
