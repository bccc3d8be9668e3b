package vmm.clouds;

import org.jspecify.annotations.Nullable;

import java.time.Instant;

/**
 * A cloud's row.
 *
 * @param maxVms our own cap, null for none
 * @param listedAt when the last complete listing began
 */
public record CloudState(
        String name,
        String kind,
        @Nullable String region,
        @Nullable Integer maxVms,
        boolean paused,
        @Nullable String pauseReason,
        Health health,
        @Nullable String healthReason,
        Instant healthSince,
        @Nullable Instant listedAt,
        int live) {

    /** How a cloud is. */
    public enum Health {
        HEALTHY,
        DEGRADED,
        UNHEALTHY,
        RECOVERING,
        MAINTENANCE,
        PAUSED
    }

    /** Whether its warming VMs are worth waiting for. */
    public boolean sick() {
        return health == Health.UNHEALTHY;
    }
}
