package vmm.maintenance;

import java.time.Duration;
import java.util.Optional;

/**
 * How long before an UNAVAILABLE window its preparation begins: as long as launches take, and a
 * minute.
 */
final class WindowLead {
    static final Duration SHORTEST = Duration.ofMinutes(5);
    static final Duration LONGEST = Duration.ofHours(1);
    private static final Duration MARGIN = Duration.ofMinutes(1);

    private WindowLead() {}

    /**
     * @param p95 of the pool's launches on other clouds, from create to READY
     * @param bootTimeout the only honest bound where nothing was measured
     */
    static Duration of(Optional<Duration> p95, Duration bootTimeout) {
        var lead = p95.orElse(bootTimeout).plus(MARGIN);
        if (lead.compareTo(SHORTEST) < 0) return SHORTEST;
        return lead.compareTo(LONGEST) > 0 ? LONGEST : lead;
    }
}
