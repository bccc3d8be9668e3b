package vmm.allocation;

import org.jspecify.annotations.Nullable;

import java.time.Instant;
import java.util.List;

/**
 * What somebody who asks a pool for a VM may expect: counts of one moment.
 *
 * @param open false if it is being emptied or may have no VM at all
 * @param ready READY and not held
 * @param warming for each VM on its way, seconds since its create was sent; 0 if it was not yet
 * @param room how many more could be launched now, by the pool's maximum and the caps of clouds
 *     that take launches
 * @param nextExpiry the first end of a lease, null if nothing is leased
 * @param clouds of its placements
 */
public record Outlook(
        long poolId,
        boolean open,
        int ready,
        int queued,
        List<Double> warming,
        int room,
        @Nullable Instant nextExpiry,
        List<String> clouds) {}
