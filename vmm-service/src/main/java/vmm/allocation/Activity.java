package vmm.allocation;

import org.jspecify.annotations.Nullable;

import vmm.guest.GuestReports;

import java.time.Duration;
import java.time.Instant;

/**
 * Whether anybody uses the VM of an allocation, as far as its guest tells. Silence is unknown,
 * never idleness.
 */
record Activity(
        State state,
        @Nullable Instant lastActiveAt,
        @Nullable Instant reportedAt,
        @Nullable String note) {
    /** Somebody who reads a plot for this long has not left. */
    static final Duration PAUSE = Duration.ofMinutes(15);

    enum State {
        ACTIVE,
        IDLE,
        UNKNOWN
    }

    /** Of a VM that is granted. What its guest saw before that is none of its owner's doing. */
    static Activity of(
            @Nullable Instant reported,
            @Nullable Instant lastActive,
            Instant granted,
            Instant now) {
        Instant used = lastActive == null || lastActive.isBefore(granted) ? null : lastActive;
        if (reported == null)
            return new Activity(State.UNKNOWN, used, null, "The machine has not reported yet");
        if (reported.isBefore(now.minus(GuestReports.SILENCE))) {
            return new Activity(
                    State.UNKNOWN,
                    used,
                    reported,
                    "The machine has not reported for " + words(reported, now));
        }
        if (used == null) return new Activity(State.IDLE, null, reported, "Nobody has used it yet");
        if (used.isBefore(now.minus(PAUSE))) {
            return new Activity(
                    State.IDLE, used, reported, "Nobody has used it for " + words(used, now));
        }
        return new Activity(State.ACTIVE, used, reported, null);
    }

    /** Of what waits, or has ended. */
    static Activity none() {
        return new Activity(State.UNKNOWN, null, null, null);
    }

    private static String words(Instant since, Instant now) {
        var time = Duration.between(since, now);
        if (time.toDays() >= 2) return time.toDays() + " d";
        if (time.toHours() >= 2) return time.toHours() + " h";
        return Math.max(1, time.toMinutes()) + " min";
    }
}
