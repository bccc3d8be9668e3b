package vmm.clouds;

import org.jspecify.annotations.Nullable;

import vmm.cloud.CloudFailure;

import java.time.Duration;
import java.time.Instant;
import java.util.UUID;

/**
 * A breaker of one offering, or of a whole cloud.
 *
 * @param flavor {@link #WHOLE_CLOUD} for all of the cloud's
 * @param since the first strike
 * @param openedAt the last opening, null while it is closed
 * @param until no canary before, null while it is closed
 * @param closedAt when its canary closed it, null if it was not open before
 * @param canary the VM that tries the offering, null if none does
 */
public record Breaker(
        String cloud,
        String flavor,
        Kind kind,
        int strikes,
        Instant since,
        @Nullable Instant openedAt,
        @Nullable Instant until,
        @Nullable Instant closedAt,
        String reason,
        @Nullable UUID canary) {

    public static final String WHOLE_CLOUD = "*";

    private static final Duration FIRST = Duration.ofSeconds(30);
    private static final Duration LONGEST = Duration.ofMinutes(4);

    /** The same where it takes a whole boot to find out: with that it is as long. */
    private static final Duration LONGEST_OF_BOOTS = Duration.ofMinutes(2);

    /** Karpenter forgets an offering without capacity after as long. */
    private static final Duration NO_CAPACITY_FOR = Duration.ofMinutes(3);

    private static final Duration FIRST_PAUSE = Duration.ofSeconds(5);
    private static final Duration LONGEST_PAUSE = Duration.ofMinutes(10);

    /** What it is held against. */
    public enum Kind {
        NO_CAPACITY(false, 1, false, "no capacity"),
        REJECTED(false, 1, false, "it rejects our creates"),
        QUOTA(true, 1, false, "our quota is used up"),
        THROTTLED(true, 1, false, "it throttles us"),
        /** Creates without an answer, or answered 5xx. One is an accident. */
        UNREACHABLE(true, 2, true, "creates fail"),
        UNAUTHORIZED(true, 1, true, "it does not accept our credentials, check the fleet file"),
        BOOT_FAILED(false, 2, false, "launches there failed"),
        /** Launches take too long: a last resort, but not closed. */
        LATE(false, 2, false, "launches there are late"),
        /** A maintenance window is over, and nobody has tried the cloud since. */
        WINDOW(true, 1, false, "a maintenance window is over");

        private final boolean wholeCloud;
        private final int opensAt;
        private final boolean sick;
        private final String words;

        Kind(boolean wholeCloud, int opensAt, boolean sick, String words) {
            this.wholeCloud = wholeCloud;
            this.opensAt = opensAt;
            this.sick = sick;
            this.words = words;
        }

        static Kind of(CloudFailure failure) {
            return switch (failure) {
                case CloudFailure.NoCapacity f -> NO_CAPACITY;
                case CloudFailure.Rejected f -> REJECTED;
                case CloudFailure.QuotaExceeded f -> QUOTA;
                case CloudFailure.Throttled f -> THROTTLED;
                case CloudFailure.Unreachable f -> UNREACHABLE;
                case CloudFailure.Unauthorized f -> UNAUTHORIZED;
            };
        }

        /** Whether it is the whole cloud's and not the offering's. */
        boolean wholeCloud() {
            return wholeCloud;
        }

        /** Strikes in a row at which it opens. */
        int opensAt() {
            return opensAt;
        }

        /** Whether the whole cloud is sick while it is open. */
        boolean sick() {
            return sick;
        }

        /** What to say of it, before the reason. */
        public String words() {
            return words;
        }

        /** From opening to the first canary, and twice as long after each that failed. */
        Duration wait(int strikes) {
            if (this == NO_CAPACITY) return NO_CAPACITY_FOR;
            var doubled = FIRST.multipliedBy(1L << Math.clamp(strikes - (long) opensAt, 0, 10));
            var longest = this == LATE || this == BOOT_FAILED ? LONGEST_OF_BOOTS : LONGEST;
            return doubled.compareTo(longest) > 0 ? longest : doubled;
        }
    }

    public boolean open() {
        return openedAt != null;
    }

    /** Whether it keeps everything out but its canary. */
    public boolean closesOffering() {
        return open() && kind != Kind.LATE;
    }

    /** Whether a canary may be sent, as far as the back-off goes. */
    public boolean due(Instant now) {
        return until != null && !until.isAfter(now);
    }

    public boolean ofWholeCloud() {
        return flavor.equals(WHOLE_CLOUD);
    }

    /**
     * Strikes that still count: one that was closed long enough ago begins anew, so that two clouds
     * which fail by turns do not flap.
     */
    int strikesAt(Instant now) {
        return closedAt != null && closedAt.plus(kind.wait(strikes)).isBefore(now) ? 0 : strikes;
    }

    /** Whether it was closed since a launch was sent: that launch says nothing new. */
    boolean closedAfter(@Nullable Instant sentAt) {
        return closedAt != null && sentAt != null && sentAt.isBefore(closedAt);
    }

    /** Such as {@code creates fail (since 09:12): HTTP 500}. */
    public String words() {
        return kind.words() + ": " + reason;
    }

    /** How long a cloud is left alone that throttles us: as it says, within reason. */
    static Duration pause(CloudFailure.Throttled failure) {
        var said = failure.retryAfter().orElse(FIRST_PAUSE);
        return said.compareTo(LONGEST_PAUSE) > 0 ? LONGEST_PAUSE : said;
    }
}
