package vmm.allocation;

import org.jspecify.annotations.Nullable;

import java.time.Duration;
import java.time.Instant;
import java.util.UUID;

/**
 * A claim to be.
 *
 * @param lease how long the VM is kept at first
 * @param priority each point counts as {@link #AGE_OF_A_PRIORITY} of waiting
 */
public record Request(
        UUID id,
        String vmType,
        long poolId,
        String pool,
        String user,
        @Nullable String name,
        Duration lease,
        Duration maxLifetime,
        int priority) {

    static final Duration AGE_OF_A_PRIORITY = Duration.ofMinutes(10);

    /** The order of the queue: earlier is sooner. */
    Instant effectiveAt(Instant now) {
        return now.minus(AGE_OF_A_PRIORITY.multipliedBy(priority));
    }
}
