package vmm.lifecycle;

import java.time.Duration;

/**
 * What a VM is measured by.
 *
 * @param bootTimeout from sending the create to READY
 * @param createGrace how long a create without an answer may still bear an instance
 * @param deduplicates whether the provider de-duplicates creates, so that one may be sent again
 */
public record Terms(
        Duration bootTimeout, ReadyWhen readyWhen, Duration createGrace, boolean deduplicates) {

    /** Between the two direct looks that must both miss an instance before it counts as absent. */
    public static final Duration BETWEEN_LOOKS = Duration.ofSeconds(30);

    /** Between two requests to delete, or two of a de-duplicated create, for the same instance. */
    public static final Duration BEFORE_ASKING_AGAIN = Duration.ofSeconds(15);
}
