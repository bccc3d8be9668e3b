package vmm.allocation;

import org.jspecify.annotations.Nullable;

import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.UUID;

/** An allocation as it is shown: what the row says, and what follows from it at that moment. */
record AllocationView(
        UUID id,
        String vmType,
        String pool,
        String user,
        @Nullable String name,
        int priority,
        Allocation.State state,
        Instant requestedAt,
        @Nullable Instant grantedAt,
        Duration lifetime,
        @Nullable Instant expiresAt,
        @Nullable Instant maxExpiresAt,
        @Nullable Instant endedAt,
        Allocation.@Nullable EndReason endReason,
        @Nullable Integer position,
        @Nullable Wait estimate,
        @Nullable WaitReason waiting,
        @Nullable Instant warnedAt,
        @Nullable String warning,
        @Nullable Reclaim reclaim,
        Activity activity,
        @Nullable Notice notice,
        @Nullable Machine vm) {

    /** How long it will wait from now. */
    record Wait(double p50Seconds, double p90Seconds) {}

    /**
     * That it will be taken back soon for want of use.
     *
     * @param kind ABANDONED if somebody used it once, else NEVER_CONNECTED
     */
    record Reclaim(Allocation.EndReason kind, Instant at, Instant unusedSince) {
        static @Nullable Reclaim of(
                Allocation allocation, @Nullable Instant granted, @Nullable Instant lastActive) {
            Instant at = allocation.reclaimAt();
            if (granted == null || at == null) return null;
            return lastActive == null || lastActive.isBefore(granted)
                    ? new Reclaim(Allocation.EndReason.NEVER_CONNECTED, at, granted)
                    : new Reclaim(Allocation.EndReason.ABANDONED, at, lastActive);
        }

        String words() {
            return "Nobody has used it since "
                    + unusedSince.truncatedTo(ChronoUnit.SECONDS)
                    + "; it will be taken back at "
                    + at.truncatedTo(ChronoUnit.SECONDS)
                    + " unless somebody uses or extends it";
        }
    }

    /**
     * A window of the cloud of its VM, of which its owner was told.
     *
     * @param kind UNAVAILABLE or AT_RISK
     */
    record Notice(String text, Instant from, Instant to, String kind) {}

    /**
     * Its VM, and how to reach it.
     *
     * @param image name and version of its image, if its guest said so
     * @param hostKeys fingerprints of its SSH host keys, as ssh shows them
     */
    record Machine(
            UUID id,
            String cloud,
            @Nullable String instanceId,
            @Nullable String address,
            List<Connect> connect,
            InstanceStatus instanceStatus,
            @Nullable String image,
            List<String> hostKeys) {}

    /** What the cloud last said of the instance. */
    enum InstanceStatus {
        RUNNING,
        STOPPED,
        ERROR,
        UNKNOWN;

        static InstanceStatus of(@Nullable String status) {
            for (var known : values()) {
                if (known.name().equals(status)) return known;
            }
            return UNKNOWN;
        }
    }
}
