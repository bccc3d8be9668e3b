package vmm.vm;

import com.fasterxml.jackson.annotation.JsonUnwrapped;

import io.swagger.v3.oas.annotations.media.Schema;

import org.jspecify.annotations.Nullable;

import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.UUID;

/**
 * A VM as operators see it.
 *
 * @param name of its instance on the cloud
 * @param options of the placement that it was asked for with
 * @param allocationId the claim it was granted to, also after that ended
 * @param late whether it warms for longer than its offering usually takes
 * @param launchReason why it was launched, and there
 * @param why why it goes or went
 * @param heldUntil when it is let go of itself, null: not before somebody does
 * @param guest what its guest reported, null before it did
 */
@Schema(name = "Vm")
record VmView(
        UUID id,
        String pool,
        String cloud,
        String image,
        String flavor,
        Map<String, String> options,
        @Nullable String instanceId,
        String name,
        VmState state,
        @Nullable String reason,
        @Nullable String address,
        Instant createdAt,
        Instant stateSince,
        @Nullable UUID allocationId,
        @Nullable String user,
        boolean held,
        @Nullable String holdReason,
        @Nullable Instant heldUntil,
        InstanceStatus instanceStatus,
        boolean late,
        @Nullable Instant lateSince,
        @Nullable String launchReason,
        @Nullable String why,
        @Nullable Guest guest) {

    /** What the cloud last said of the instance. */
    enum InstanceStatus {
        RUNNING,
        STOPPED,
        ERROR,
        UNKNOWN;

        static InstanceStatus of(@Nullable String recorded) {
            return switch (recorded) {
                case "RUNNING" -> RUNNING;
                case "STOPPED" -> STOPPED;
                case "ERROR" -> ERROR;
                case null, default -> UNKNOWN;
            };
        }
    }

    /**
     * What a VM's guest reported.
     *
     * @param image name and version of the image that it says it was made from
     * @param readyAt when it first reported ready
     * @param reportedAt when it last reported its use
     * @param lastActiveAt when it was last used by what it saw
     * @param hostKeys fingerprints of its SSH host keys, as ssh shows them
     */
    @Schema(name = "VmGuest")
    record Guest(
            @Nullable String image,
            @Nullable Instant readyAt,
            @Nullable Instant reportedAt,
            @Nullable Instant lastActiveAt,
            List<String> hostKeys) {}

    /** A VM and what happened to it, oldest first. */
    @Schema(name = "VmWithTimeline")
    record WithTimeline(@JsonUnwrapped VmView vm, List<TimelineEntry> timeline) {}

    /**
     * One thing that happened to a VM.
     *
     * @param from state before, null at the beginning
     * @param to state after; that before, for a note such as a hold
     * @param actor a person's name or a loop's
     */
    @Schema(name = "TimelineEntry")
    record TimelineEntry(
            Instant at,
            @Nullable String from,
            String to,
            @Nullable String reason,
            @Nullable String detail,
            String actor) {}
}
