package vmm.vm;

import org.jspecify.annotations.Nullable;

import java.time.Instant;
import java.util.Map;
import java.util.UUID;

/**
 * One row of the table as a pass read it.
 *
 * @param options of the placement that it was asked for with
 * @param version what a change of state must find unchanged
 * @param createSentAt when the create was sent (recorded before sending), null if it never was
 * @param absentSince when a direct look first did not find the instance, null if the last look did
 * @param guestReadyAt when the guest reported ready, null if it has not
 * @param restartAskedAt when its owner asked for it to be started again, null if nobody did or it
 *     runs
 * @param lateSince when it was found to take too long to become READY, null if it was not
 */
public record Vm(
        UUID id,
        long poolId,
        String pool,
        String cloud,
        String image,
        String flavor,
        @Nullable String network,
        Map<String, String> options,
        VmState state,
        Instant stateSince,
        @Nullable VmReason reason,
        Instant createdAt,
        long version,
        @Nullable Instant createSentAt,
        int createAttempts,
        @Nullable CreateResult createResult,
        @Nullable String instanceId,
        @Nullable String instanceStatus,
        @Nullable String address,
        @Nullable Instant seenAt,
        @Nullable Instant absentSince,
        @Nullable Instant deleteSentAt,
        @Nullable Instant guestReadyAt,
        @Nullable Instant restartAskedAt,
        @Nullable Instant lateSince,
        boolean held) {

    /** What is known of the create; absent until an answer is recorded. */
    public enum CreateResult {
        ACCEPTED,
        REFUSED,
        UNKNOWN
    }
}
