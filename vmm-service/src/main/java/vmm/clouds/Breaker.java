package vmm.clouds;

import org.jspecify.annotations.Nullable;

import vmm.cloud.CloudFailure;

import java.time.Duration;
import java.time.Instant;
import java.util.UUID;

/**
 * A breaker of one offering, or of a whole cloud.
 *
 * @param flavor {@link #ANY} for all of the cloud's
 * @param image {@link #ANY} for all
 * @param since the first strike
 * @param openedAt the last opening, null while it is closed
 * @param until no canary before, null while it is closed
 * @param closedAt when its canary closed it, null if it was not open before
 * @param canary the VM that tries the offering, null if none does
 */
public record Breaker(
        String cloud,
        String flavor,
        String image,
        Kind kind,
        int strikes,
        Instant since,
        @Nullable Instant openedAt,
        @Nullable Instant until,
        @Nullable Instant closedAt,
        String reason,
        @Nullable UUID canary) {

    public static final String ANY = "*";

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
        NO_CAPACITY(Scope.FLAVOR, 1, false, "no capacity"),
        REJECTED(Scope.IMAGE, 1, false, "it rejects our creates"),
        QUOTA(Scope.FLAVOR, 1, false, "our quota is used up"),
        THROTTLED(Scope.CLOUD, 1, false, "it throttles us"),
        /** Creates without an answer, or answered 5xx. One is an accident. */
        UNREACHABLE(Scope.CLOUD, 2, true, "creates fail"),
        UNAUTHORIZED(
                Scope.CLOUD, 1, true, "it does not accept our credentials, check the fleet file"),
        BOOT_FAILED(Scope.IMAGE, 2, false, "launches there failed"),
        /** Launches take too long: a last resort, but not closed. */
        LATE(Scope.IMAGE, 2, false, "launches there are late"),
        /** A maintenance window is over, and nobody has tried the cloud since. */
        WINDOW(Scope.CLOUD, 1, false, "a maintenance window is over");

        private final Scope scope;
        private final int opensAt;
        private final boolean sick;
        private final String words;

        Kind(Scope scope, int opensAt, boolean sick, String words) {
            this.scope = scope;
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
                case CloudFailure.HeldBack f ->
                        throw new IllegalArgumentException("nothing was sent: " + f.detail());
                case CloudFailure.Unreachable f -> UNREACHABLE;
                case CloudFailure.Unauthorized f -> UNAUTHORIZED;
            };
        }

        /** The flavor that it is held against, of a launch of this one. */
        String flavor(String launched) {
            return scope == Scope.CLOUD ? ANY : launched;
        }

        /** The image that it is held against, of a launch of this one. */
        String image(String launched) {
            return scope == Scope.IMAGE ? launched : ANY;
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

    private enum Scope {
        CLOUD,
        FLAVOR,
        /** One image on one flavor. */
        IMAGE
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
        return flavor.equals(ANY);
    }

    /** Whether it is held against launches of an image on a flavor of its cloud. */
    public boolean concerns(String otherFlavor, String otherImage) {
        return (ofWholeCloud() || flavor.equals(otherFlavor))
                && (image.equals(ANY) || image.equals(otherImage));
    }

    /** What it is held against, such as {@code m1: }; empty for the whole cloud. */
    String where() {
        if (ofWholeCloud()) return "";
        return (image.equals(ANY) ? flavor : flavor + " with " + image) + ": ";
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
