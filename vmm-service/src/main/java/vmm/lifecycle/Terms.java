package vmm.lifecycle;

import java.time.Duration;

/**
 * What a VM is measured by.
 *
 * @param bootTimeout from sending the create to READY
 * @param createGrace how long a create without an answer may still bear an instance
 * @param deduplicates whether the provider de-duplicates creates, so that one may be sent again
 * @param betweenLooks between the two direct looks that must both miss an instance
 * @param brake whether so many look broken at once that none is taken back for it
 * @param down whether the cloud is away as planned: then nothing vanishes
 */
public record Terms(
        Duration bootTimeout,
        ReadyWhen readyWhen,
        Duration createGrace,
        boolean deduplicates,
        Duration betweenLooks,
        boolean brake,
        boolean down) {

    /** Between the two direct looks that must both miss an instance before it counts as absent. */
    public static final Duration BETWEEN_LOOKS = Duration.ofSeconds(30);

    /** The same where a listing lacks more than a fifth at once: it is doubted for some minutes. */
    public static final Duration BETWEEN_DOUBTFUL_LOOKS = Duration.ofMinutes(5);

    /** Between two requests to delete, or two of a de-duplicated create, for the same instance. */
    public static final Duration BEFORE_ASKING_AGAIN = Duration.ofSeconds(15);

    public Terms(
            Duration bootTimeout, ReadyWhen readyWhen, Duration createGrace, boolean deduplicates) {
        this(bootTimeout, readyWhen, createGrace, deduplicates, BETWEEN_LOOKS, false, false);
    }

    /**
     * The same in front of a listing that is doubted, or that shows many broken at once, or of a
     * cloud that is down as planned: then nothing vanishes.
     */
    public Terms with(boolean doubted, boolean braked, boolean away) {
        return new Terms(
                bootTimeout,
                readyWhen,
                createGrace,
                deduplicates,
                doubted ? BETWEEN_DOUBTFUL_LOOKS : betweenLooks,
                braked,
                away);
    }

    /** Whether some of many are more than a fifth, and more than a few. */
    public static boolean many(long some, long all) {
        return some > Math.max(3, all / 5);
    }
}
