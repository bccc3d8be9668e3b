package vmm.pool;

import org.jspecify.annotations.Nullable;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;

/**
 * A pool as the loops read it.
 *
 * @param readyWhen {@code guestReport}, {@code portOpen:<port>} or {@code instanceActive}
 * @param bootTimeout from sending a create to READY
 * @param warning how long before a reclaim its owner is warned
 * @param surplusSince when more than wanted was first seen, null if it is not so
 * @param deleted being emptied; its target is 0 and its types are closed
 */
public record Pool(
        long id,
        String name,
        int poolSize,
        int maxSize,
        String readyWhen,
        Duration bootTimeout,
        Duration lease,
        Duration maxLifetime,
        Duration idleTimeout,
        Duration warning,
        int target,
        String targetReason,
        @Nullable Instant surplusSince,
        boolean deleted,
        List<Place> placements) {

    /**
     * @param options what only this kind of cloud understands
     * @param maxVms the placement's own cap, null for none
     */
    public record Place(
            int position,
            String cloud,
            String image,
            String flavor,
            @Nullable String network,
            Map<String, String> options,
            int weight,
            @Nullable Integer maxVms) {}
}
