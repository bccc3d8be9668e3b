package vmm.vm;

import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Repository;

import vmm.event.Instants;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Timestamp;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;

/**
 * The VM table. Every change of state is a compare-and-set on the version that was read, with its
 * event.
 */
@Repository
public class Vms {
    private static final String SELECT =
            """
            SELECT vm.*, pool.name AS pool FROM vm JOIN pool ON pool.id = vm.pool_id
            """;
    private static final String EVENT =
            """
            INSERT INTO event (at, type, vm_id, allocation_id, pool, cloud, user_name, from_state, to_state, reason, detail, actor)
            SELECT :now, 'vm', changed.id, allocation.id, pool.name, changed.cloud, allocation.user_name, :from, changed.state,
                   changed.reason, COALESCE(:detail, changed.detail), :actor
            FROM changed JOIN pool ON pool.id = changed.pool_id
            LEFT JOIN allocation ON allocation.vm_id = changed.id
            """;

    private final JdbcClient jdbc;

    public Vms(JdbcClient jdbc) {
        this.jdbc = jdbc;
    }

    /** Every row of a cloud that is not DELETED, in a fixed order. */
    public List<Vm> liveOn(String cloud) {
        return jdbc.sql(SELECT + "WHERE vm.cloud = :cloud AND vm.state <> 'DELETED' ORDER BY vm.id")
                .param("cloud", cloud)
                .query(Vms::read)
                .list();
    }

    public Optional<Vm> find(UUID id) {
        return jdbc.sql(SELECT + "WHERE vm.id = :id").param("id", id).query(Vms::read).optional();
    }

    /**
     * Which of some owners of leftovers are VMs that have been DELETED since before an instant.
     *
     * @param owners ids of instances or of VMs
     */
    public Set<String> deletedOwners(String cloud, Set<String> owners, Instant before) {
        if (owners.isEmpty()) return Set.of();
        return jdbc.sql(
                        """
                        SELECT owner FROM unnest(:owners) AS owner
                        WHERE EXISTS (SELECT 1 FROM vm
                                      WHERE (vm.instance_id = owner OR vm.id::text = owner)
                                        AND cloud = :cloud AND state = 'DELETED' AND state_since <= :before)
                        """)
                .param("cloud", cloud)
                .param("before", Instants.sql(before))
                .param("owners", owners.toArray(String[]::new))
                .query((row, n) -> Objects.requireNonNull(row.getString("owner")))
                .set();
    }

    /** Records the intent to have one more VM. */
    public void request(NewVm vm, Instant now, String detail) {
        jdbc.sql(
                        """
                        WITH changed AS (
                            INSERT INTO vm (id, pool_id, cloud, image, flavor, network, options, state, state_since, detail, created_at)
                            VALUES (:id, :pool, :cloud, :image, :flavor, :network, CAST(:options AS jsonb), 'REQUESTED', :now, :detail, :now)
                            RETURNING *)
                        """
                                + EVENT)
                .param("id", vm.id())
                .param("pool", vm.poolId())
                .param("cloud", vm.cloud())
                .param("image", vm.image())
                .param("flavor", vm.flavor())
                .param("network", vm.network())
                .param("options", Options.sql(vm.options()))
                .param("now", Instants.sql(now))
                .param("detail", detail)
                .param("from", null)
                .param("actor", "refill")
                .update();
    }

    /**
     * Changes the state, if the row is still as it was read. A VM vanishes only if nobody saw it
     * since the first look that missed it: that look is no part of the version. One that is DELETED
     * keeps the words of why it went.
     *
     * @return the row as it is after that, empty if it no longer was as it was read
     * @throws IllegalArgumentException if the transition table does not know the change
     */
    public Optional<Vm> change(
            Vm vm,
            VmState next,
            @Nullable VmReason reason,
            @Nullable String detail,
            Instant now,
            String actor) {
        if (!vm.state().canBecome(next)) {
            throw new IllegalArgumentException(
                    vm.state() + " cannot become " + next + ": VM " + vm.id());
        }
        return jdbc.sql(
                        """
                        WITH changed AS (
                            UPDATE vm SET state = :next, state_since = :now, version = version + 1, absent_since = NULL,
                                   reason = COALESCE(:reason, reason),
                                   detail = CASE WHEN :next = 'DELETED' AND reason IS NOT NULL THEN detail ELSE COALESCE(:detail, detail) END,
                                   ready_at = CASE WHEN :next = 'READY' THEN :now ELSE ready_at END
                            WHERE id = :id AND version = :version AND state = :from
                              AND (absent_since = :absent OR CAST(:reason AS text) IS DISTINCT FROM 'VANISHED')
                            RETURNING *),
                        logged AS (
                        """
                                + EVENT
                                + """
                                )
                                SELECT changed.*, pool.name AS pool FROM changed JOIN pool ON pool.id = changed.pool_id
                                """)
                .param(
                        "absent",
                        vm.absentSince() == null ? null : Instants.sql(vm.absentSince()),
                        java.sql.Types.TIMESTAMP_WITH_TIMEZONE)
                .param("next", next.name())
                .param("now", Instants.sql(now))
                .param("reason", reason == null ? null : reason.name(), java.sql.Types.VARCHAR)
                .param("detail", detail, java.sql.Types.VARCHAR)
                .param("id", vm.id())
                .param("version", vm.version())
                .param("from", vm.state().name())
                .param("actor", actor)
                .query(Vms::read)
                .optional();
    }

    /** As {@link #change}; whether the row still was as it was read. */
    public boolean become(
            Vm vm,
            VmState next,
            @Nullable VmReason reason,
            @Nullable String detail,
            Instant now,
            String actor) {
        return change(vm, next, reason, detail, now, actor).isPresent();
    }

    /**
     * Claims the right to send the create of a REQUESTED row, once: committed before the request
     * goes out. Nothing is sent to a cloud that is paused or sick, or whose breaker is open, but
     * the breaker's canary.
     *
     * @return the row as it is after that, or empty if it is no longer as it was read, or may not
     *     be sent now
     */
    public Optional<Vm> startCreate(Vm vm, Instant now) {
        return jdbc.sql(
                        """
                        UPDATE vm SET create_sent_at = :now, create_attempts = create_attempts + 1, create_answer = NULL,
                               version = vm.version + 1
                        FROM pool, cloud
                        WHERE vm.id = :id AND vm.version = :version AND vm.state = 'REQUESTED' AND pool.id = vm.pool_id
                          AND cloud.name = vm.cloud AND NOT cloud.paused AND cloud.maintenance IS NULL
                          AND (cloud.health <> 'UNHEALTHY' OR EXISTS (SELECT 1 FROM breaker WHERE canary = vm.id))
                          AND NOT EXISTS (SELECT 1 FROM breaker WHERE breaker.cloud = vm.cloud AND breaker.flavor IN (vm.flavor, '*')
                                          AND breaker.image IN (vm.image, '*') AND opened_at IS NOT NULL AND kind <> 'LATE' AND canary IS DISTINCT FROM vm.id)
                          AND NOT EXISTS (SELECT 1 FROM maintenance_window AS w WHERE w.cloud = vm.cloud AND cancelled_at IS NULL
                                          AND w.kind <> 'AT_RISK' AND starts <= :now AND ends > :now)
                        RETURNING vm.*, pool.name AS pool
                        """)
                .param("now", Instants.sql(now))
                .param("id", vm.id())
                .param("version", vm.version())
                .query(Vms::read)
                .optional();
    }

    /**
     * Takes back the right to send a create that was not sent: it is claimed again. One that was
     * sent before may have been answered since.
     */
    public void recordUnsent(Vm vm) {
        if (vm.createAttempts() > 1) {
            recordAnswer(vm.id(), Vm.CreateResult.UNKNOWN, null);
            return;
        }
        jdbc.sql(
                        """
                        UPDATE vm SET create_sent_at = NULL, create_attempts = 0, version = version + 1
                        WHERE id = :id AND version = :version
                        """)
                .param("id", vm.id())
                .param("version", vm.version())
                .update();
    }

    /**
     * Records that a create made nothing: the first one proves that there is no instance, a
     * repeated one says nothing of what was sent before it.
     */
    public void recordRefused(Vm vm) {
        boolean proof = vm.createAttempts() == 1;
        recordAnswer(vm.id(), proof ? Vm.CreateResult.REFUSED : Vm.CreateResult.UNKNOWN, null);
    }

    /** Records what the cloud answered to a create; a refusal proves that there is no instance. */
    public void recordAnswer(UUID id, Vm.CreateResult answer, @Nullable String instanceId) {
        jdbc.sql(
                        """
                        UPDATE vm SET create_answer = :answer, instance_id = COALESCE(instance_id, :instance) WHERE id = :id
                        """)
                .param("answer", answer.name())
                .param("instance", instanceId, java.sql.Types.VARCHAR)
                .param("id", id)
                .update();
    }

    /** Records how the cloud shows the instance. No change of state, so the version stays. */
    public void recordSeen(
            UUID id, String instanceId, String status, @Nullable String address, Instant now) {
        jdbc.sql(
                        """
                        UPDATE vm SET seen_at = :now, absent_since = NULL, instance_status = :status,
                               address = COALESCE(:address, address), instance_id = COALESCE(instance_id, :instance),
                               restart_asked_at = CASE WHEN :status = 'RUNNING' THEN NULL ELSE restart_asked_at END
                        WHERE id = :id AND state <> 'DELETED'
                        """)
                .param("now", Instants.sql(now))
                .param("status", status)
                .param("address", address, java.sql.Types.VARCHAR)
                .param("instance", instanceId)
                .param("id", id)
                .update();
    }

    /** Records the first direct look that did not find the instance. */
    public void recordAbsent(UUID id, Instant now) {
        jdbc.sql("UPDATE vm SET absent_since = COALESCE(absent_since, :now) WHERE id = :id")
                .param("now", Instants.sql(now))
                .param("id", id)
                .update();
    }

    /**
     * Records that a VM should have been READY by now; {@code false} if that is known, or it is no
     * longer warming as it was read.
     */
    public boolean recordLate(Vm vm, Instant now) {
        return jdbc.sql(
                                """
                                UPDATE vm SET late_since = :now
                                WHERE id = :id AND late_since IS NULL AND state IN ('REQUESTED', 'PROVISIONING', 'BOOTSTRAPPING')
                                  AND version = :version AND create_answer IS NOT DISTINCT FROM :answer
                                """)
                        .param("now", Instants.sql(now))
                        .param("id", vm.id())
                        .param("version", vm.version())
                        .param(
                                "answer",
                                vm.createResult() == null ? null : vm.createResult().name(),
                                java.sql.Types.VARCHAR)
                        .update()
                == 1;
    }

    /** Whether a launch of the same image there became READY that was sent after this one. */
    public boolean provedSince(Vm vm) {
        return jdbc.sql(
                        """
                        SELECT EXISTS (SELECT 1 FROM vm WHERE cloud = :cloud AND flavor = :flavor AND image = :image
                                       AND ready_at IS NOT NULL AND create_sent_at > :sent AND state <> 'DELETED')
                        """)
                .param("cloud", vm.cloud())
                .param("flavor", vm.flavor())
                .param("image", vm.image())
                .param(
                        "sent",
                        Instants.sql(Objects.requireNonNullElse(vm.createSentAt(), vm.createdAt())))
                .query(Boolean.class)
                .single();
    }

    public void recordDeleteSent(UUID id, Instant now) {
        jdbc.sql("UPDATE vm SET delete_sent_at = :now WHERE id = :id")
                .param("now", Instants.sql(now))
                .param("id", id)
                .update();
    }

    /**
     * Keeps a VM from being granted or deleted until it is let go; {@code false} if there is no
     * such live VM.
     */
    public boolean hold(UUID id, boolean held, @Nullable String why) {
        return hold(id, held, why, null);
    }

    /**
     * The same, until an instant at the latest.
     *
     * @param until when {@link Holds} lets it go; null: not before somebody does
     */
    public boolean hold(UUID id, boolean held, @Nullable String why, @Nullable Instant until) {
        return jdbc.sql(
                                """
                                UPDATE vm SET held = :held, held_reason = :why, held_until = :until, version = version + 1
                                WHERE id = :id AND state <> 'DELETED'
                                """)
                        .param("held", held)
                        .param("why", held ? why : null, java.sql.Types.VARCHAR)
                        .param(
                                "until",
                                held && until != null ? Instants.sql(until) : null,
                                java.sql.Types.TIMESTAMP_WITH_TIMEZONE)
                        .param("id", id)
                        .update()
                == 1;
    }

    private static Vm read(ResultSet row, int n) throws SQLException {
        String answer = row.getString("create_answer");
        String reason = row.getString("reason");
        return new Vm(
                row.getObject("id", UUID.class),
                row.getLong("pool_id"),
                row.getString("pool"),
                row.getString("cloud"),
                row.getString("image"),
                row.getString("flavor"),
                row.getString("network"),
                Options.read(row),
                VmState.valueOf(row.getString("state")),
                row.getTimestamp("state_since").toInstant(),
                reason == null ? null : VmReason.valueOf(reason),
                row.getTimestamp("created_at").toInstant(),
                row.getLong("version"),
                instant(row, "create_sent_at"),
                row.getInt("create_attempts"),
                answer == null ? null : Vm.CreateResult.valueOf(answer),
                row.getString("instance_id"),
                row.getString("instance_status"),
                row.getString("address"),
                instant(row, "seen_at"),
                instant(row, "absent_since"),
                instant(row, "delete_sent_at"),
                instant(row, "guest_ready_at"),
                instant(row, "restart_asked_at"),
                instant(row, "late_since"),
                row.getBoolean("held"));
    }

    private static @Nullable Instant instant(ResultSet row, String column) throws SQLException {
        Timestamp at = row.getTimestamp(column);
        return at == null ? null : at.toInstant();
    }

    /** A row to be. */
    public record NewVm(
            UUID id,
            long poolId,
            String cloud,
            String image,
            String flavor,
            @Nullable String network,
            Map<String, String> options) {}
}
