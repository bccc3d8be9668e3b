package vmm.maintenance;

import java.time.Duration;
import java.util.Optional;

/**
 * How long before an UNAVAILABLE window its preparation begins: as long as it takes to launch what
 * is replaced, and a minute.
 *
 * <p>Creates on a cloud begin two at once, with one more for each that is accepted, up to 16 (ADR
 * 0018). Where each takes {@code c}, they go out in rounds of 2, 4, 8, 16, 16 …, of which the last
 * begins {@code (rounds − 1) · c} after the first; its VMs are READY after a launch more:
 *
 * <pre>  lead = (rounds(n) − 1) · c + p95 + 1 min, at least 5 minutes, at most an hour</pre>
 *
 * <p>As if one cloud took them all: where several do, it is faster.
 */
final class WindowLead {
    static final Duration SHORTEST = Duration.ofMinutes(5);
    static final Duration LONGEST = Duration.ofHours(1);
    private static final Duration MARGIN = Duration.ofMinutes(1);

    /** Where no create was measured: one that takes longer is late (ADR 0019). */
    private static final Duration CREATE = Duration.ofSeconds(5);

    private static final int FIRST_ROUND = 2;
    private static final int WIDEST = 16;

    private WindowLead() {}

    /**
     * @param p95 of the pool's launches on other clouds, from create to READY
     * @param bootTimeout the only honest bound where nothing was measured
     * @param launches how many are to be launched elsewhere, for all pools of the cloud
     * @param create how long a create takes to be accepted, if that was measured
     */
    static Duration of(
            Optional<Duration> p95, Duration bootTimeout, int launches, Optional<Duration> create) {
        var filling = create.orElse(CREATE).multipliedBy(Math.max(0, rounds(launches) - 1));
        var lead = filling.plus(p95.orElse(bootTimeout)).plus(MARGIN);
        if (lead.compareTo(SHORTEST) < 0) return SHORTEST;
        return lead.compareTo(LONGEST) > 0 ? LONGEST : lead;
    }

    /** In how many rounds so many creates go out. */
    private static int rounds(int launches) {
        int rounds = 0;
        int width = FIRST_ROUND;
        int sent = 0;
        while (sent < launches) {
            sent += width;
            width = Math.min(WIDEST, 2 * width);
            rounds++;
        }
        return rounds;
    }
}
