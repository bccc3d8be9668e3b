package vmm.allocation;

import org.jspecify.annotations.Nullable;

import java.time.Instant;
import java.util.List;

/**
 * What somebody who asks a pool for a VM may expect: counts of one moment.
 *
 * @param open false if it is being emptied or may have no VM at all
 * @param ready READY and not held
 * @param inUse allocated or held
 * @param warming for each VM on its way that is counted on, seconds since its create was sent; 0 if
 *     it was not yet. As in refill, these do not count: canaries, what warms on clouds that are
 *     UNHEALTHY or kept away from by maintenance, and what is late, or would be by what others show
 * @param late VMs on their way that do not count for being late only
 * @param lateSince when the first of them was late, null if none is
 * @param room how many more could be launched now, by the pool's maximum and what limits the clouds
 *     that take launches: caps, those of its placements, quotas, and widths of clouds that recover
 * @param nextExpiry the first end of a lease, null if nothing is leased
 * @param places its placements, in order
 */
public record Outlook(
        long poolId,
        boolean open,
        int maxSize,
        int ready,
        int inUse,
        int queued,
        List<Double> warming,
        int late,
        @Nullable Instant lateSince,
        int room,
        @Nullable Instant nextExpiry,
        List<Place> places) {

    /** Each once. */
    List<String> clouds() {
        return places.stream().map(Place::cloud).distinct().toList();
    }

    /**
     * A placement.
     *
     * @param obstacle why nothing is launched there now, null if something may be
     * @param since when TROUBLE began
     * @param until when MAINTENANCE ends, by the windows that are known
     */
    public record Place(
            String cloud,
            @Nullable Obstacle obstacle,
            @Nullable Instant since,
            @Nullable Instant until) {}

    /** What keeps launches away from a placement, the first of these that does. */
    public enum Obstacle {
        MAINTENANCE,
        PAUSED,
        /** The cloud is UNHEALTHY, or a breaker keeps it closed. */
        TROUBLE,
        /** It was away or sick, and is tried with few VMs first. */
        RETURNING,
        /** By a cap, the quota, or for want of capacity. */
        FULL
    }
}
