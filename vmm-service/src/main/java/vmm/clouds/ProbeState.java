package vmm.clouds;

import org.jspecify.annotations.Nullable;

import vmm.clouds.ProbeLook.Finding;

import java.time.Instant;
import java.util.Optional;

/**
 * What is known of a probe: its row.
 *
 * @param ok whether the last look succeeded
 * @param failures looks that failed in a row
 * @param since when the first look of this kind, good or bad, began
 * @param checkedAt when the last look began
 * @param latencyMs of the last look, null when it was not answered
 * @param detail what the last look found, in words
 */
public record ProbeState(
        String cloud,
        String name,
        boolean ok,
        int failures,
        Instant since,
        Instant checkedAt,
        @Nullable Integer latencyMs,
        String detail) {

    /** One failed look may be an accident, three in a row are not. */
    public static final int FAILURES_UNTIL_FAILING = 3;

    /** Whether it failed three times in a row, and has not succeeded since. */
    public boolean failing() {
        return failures >= FAILURES_UNTIL_FAILING;
    }

    /**
     * The state after one more look.
     *
     * @param before empty if this was the first
     */
    public static ProbeState after(
            Optional<ProbeState> before, String cloud, String name, Finding found, Instant began) {
        int failures = before.map(ProbeState::failures).orElse(0);
        return new ProbeState(
                cloud,
                name,
                found.ok(),
                found.ok() ? 0 : failures + 1,
                before.filter(b -> b.ok() == found.ok()).map(ProbeState::since).orElse(began),
                began,
                found.latencyMs(),
                found.detail());
    }
}
