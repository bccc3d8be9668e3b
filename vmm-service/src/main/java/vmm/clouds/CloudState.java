package vmm.clouds;

import org.jspecify.annotations.Nullable;

import java.time.Instant;

/**
 * A cloud's row.
 *
 * @param maxVms our own cap, null for none
 * @param listedAt when the last complete listing began
 * @param reachable whether the last listing succeeded and no probe fails: what makes it sick
 *     otherwise, a canary can disprove
 * @param callTrouble what is wrong with the calls of the last minute, null if nothing is
 * @param maintenance the window that keeps launches away now, in words, null if none does
 * @param width while it recovers: VMs that may warm there at once; null for any number
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
        @Nullable Integer width,
        boolean reachable,
        @Nullable String callTrouble,
        @Nullable String maintenance,
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

    /** Whether its warming VMs are not worth waiting for. */
    public boolean sick() {
        return health == Health.UNHEALTHY;
    }
}
