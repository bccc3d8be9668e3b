package vmm.allocation;

import org.jspecify.annotations.Nullable;

import vmm.event.Instants;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.Objects;
import java.util.UUID;

/**
 * A person's claim: QUEUED, then ACTIVE with a VM, then ENDED with a reason.
 *
 * @param warning the kind of reclaim that it was warned of
 * @param reclaimAt when that will be
 */
public record Allocation(
        UUID id,
        String vmType,
        long poolId,
        String pool,
        String user,
        @Nullable String name,
        State state,
        int priority,
        Instant requestedAt,
        Instant effectiveAt,
        Duration lease,
        Duration maxLifetime,
        @Nullable Instant grantedAt,
        @Nullable Instant expiresAt,
        @Nullable Instant endedAt,
        @Nullable EndReason endReason,
        @Nullable UUID vmId,
        @Nullable Instant warnedAt,
        @Nullable String warning,
        @Nullable Instant reclaimAt) {

    /** Where a claim stands. */
    public enum State {
        QUEUED,
        ACTIVE,
        ENDED
    }

    /** How a claim ended. */
    public enum EndReason {
        /** Its owner gave the VM back. */
        RELEASED,
        /** Its owner gave up waiting. */
        CANCELLED,
        /** Nothing was ready, and it would not wait. */
        REFUSED,
        /** Its lease was over. */
        EXPIRED,
        /** It reached its maximum lifetime. */
        MAX_LIFETIME,
        /** The guest reported that nobody used it. */
        ABANDONED,
        /** The guest reported that nobody ever came. */
        NEVER_CONNECTED,
        /** The cloud lost the instance. */
        VANISHED,
        /** An operator ended it. */
        FORCED
    }

    static Allocation read(ResultSet row, int n) throws SQLException {
        String end = row.getString("end_reason");
        return new Allocation(
                row.getObject("id", UUID.class),
                row.getString("vm_type"),
                row.getLong("pool_id"),
                row.getString("pool"),
                row.getString("user_name"),
                row.getString("name"),
                State.valueOf(row.getString("state")),
                row.getInt("priority"),
                Objects.requireNonNull(Instants.read(row, "requested_at")),
                Objects.requireNonNull(Instants.read(row, "effective_at")),
                Duration.ofSeconds(row.getLong("lease_s")),
                Duration.ofSeconds(row.getLong("max_lifetime_s")),
                Instants.read(row, "granted_at"),
                Instants.read(row, "expires_at"),
                Instants.read(row, "ended_at"),
                end == null ? null : EndReason.valueOf(end),
                row.getObject("vm_id", UUID.class),
                Instants.read(row, "warned_at"),
                row.getString("warning"),
                Instants.read(row, "reclaim_at"));
    }
}
