package vmm.sizing;

import java.time.Instant;

/**
 * One stretch of time in which a schedule is on.
 *
 * @param start inclusive
 * @param end exclusive
 */
public record Occurrence(Instant start, Instant end) {

    boolean covers(Instant instant) {
        return !instant.isBefore(start) && instant.isBefore(end);
    }
}
