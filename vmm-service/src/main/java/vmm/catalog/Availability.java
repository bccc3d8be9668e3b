package vmm.catalog;

import org.jspecify.annotations.Nullable;

import vmm.allocation.Estimates.Estimate;
import vmm.allocation.Outlook;

import java.time.Instant;
import java.util.Optional;

/**
 * What somebody who asks now may expect.
 *
 * @param ready that could be granted now: those that people wait for already are not counted
 * @param waitSeconds if anything is known
 * @param until when one is next likely, or when it opens
 */
record Availability(
        State state, int ready, @Nullable Estimate waitSeconds, @Nullable Instant until) {
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
        if (!pool.open()) return new Availability(State.CLOSED, 0, null, null);
        int free = pool.ready() - pool.queued();
        if (free > 0) return new Availability(State.READY_NOW, free, null, null);
        boolean comes = pool.ready() + pool.warming().size() + pool.room() > pool.queued();
        if (comes || pool.nextExpiry() == null)
            return new Availability(State.WAIT, 0, estimate.orElse(null), null);
        return new Availability(State.AT_CAPACITY, 0, estimate.orElse(null), pool.nextExpiry());
    }
}
