package vmm.cloud;

import org.jspecify.annotations.Nullable;

import java.time.Instant;

/**
 * What a cloud runs for us, as it shows it.
 *
 * @param id the cloud's own id
 * @param tags ours, as read back; any part may be missing if somebody removed it
 * @param detail what the cloud says of an {@link Status#ERROR}, null in a listing of a cloud that
 *     tells it only of a single instance, and for every other status
 * @param noRoom it is in ERROR for want of room, by that detail: elsewhere there may be some
 * @param address where the guest can be reached, null while it has none
 * @param createdAt by the cloud's clock; only to order doubles
 */
public record Instance(
        String id,
        String name,
        Tags tags,
        Status status,
        @Nullable String detail,
        boolean noRoom,
        @Nullable String address,
        Instant createdAt) {

    /** The states of an instance that matter to us. */
    public enum Status {
        /** Accepted; not running yet. */
        BUILDING,
        /** The machine runs, whatever its guest does. */
        RUNNING,
        /** Exists, shut off. */
        STOPPED,
        /** The cloud gave up on it. It still exists and still counts. */
        ERROR,
        /** Being deleted, or a tombstone of one that was: listed, but not for long. */
        DELETING
    }
}
