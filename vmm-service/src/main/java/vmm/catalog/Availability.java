package vmm.catalog;

import org.jspecify.annotations.Nullable;

import vmm.allocation.Estimates.Estimate;
import vmm.allocation.Outlook;
import vmm.allocation.WaitReason;

import java.time.Instant;
import java.util.Optional;

/**
 * What somebody who asks now may expect.
 *
 * @param ready that could be granted now: those that people wait for already are not counted
 * @param waitSeconds if anything is known
 * @param until when one is next likely, or when it opens
 * @param reason why there is none now; null if there is
 */
record Availability(
        State state,
        int ready,
        @Nullable Estimate waitSeconds,
        @Nullable Instant until,
        @Nullable WaitReason reason) {
    enum State {
        READY_NOW,
        WAIT,
        AT_CAPACITY,
        CLOSED
    }

    /**
     * @param estimate of somebody who joined the queue now
     */
    static Availability of(Outlook pool, Optional<Estimate> estimate) {
        int free = pool.ready() - pool.queued();
        if (pool.open() && free > 0) {
            return new Availability(State.READY_NOW, free, null, null, null);
        }
        var why = WaitReason.of(pool, pool.queued() + 1);
        return switch (why.code()) {
            case CLOSED -> closed(why);
            case ALL_IN_USE, NO_ROOM ->
                    new Availability(
                            why.until() == null ? State.WAIT : State.AT_CAPACITY,
                            0,
                            estimate.orElse(null),
                            why.until(),
                            why);
            case READY, STARTING, LATE, MAINTENANCE, PAUSED, TROUBLE, RETURNING ->
                    new Availability(State.WAIT, 0, estimate.orElse(null), null, why);
        };
    }

    static Availability closed(@Nullable WaitReason why) {
        return new Availability(State.CLOSED, 0, null, null, why);
    }
}
