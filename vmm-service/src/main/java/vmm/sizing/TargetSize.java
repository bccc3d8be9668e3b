package vmm.sizing;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/**
 * The rule from a pool's sizes and schedules to its target.
 *
 * <p>The largest schedule that is on replaces the pool size, also downwards. A schedule that raises
 * what is in force is launched ahead, by as long as boots take and at most an hour, so that its VMs
 * are READY by its start; one that lowers waits for its start. Nothing is remembered between two
 * calls: a service that was down is right at once.
 */
public final class TargetSize {

    /** Nothing is launched earlier than this before a schedule starts. */
    public static final Duration LONGEST_LEAD = Duration.ofHours(1);

    private TargetSize() {}

    /**
     * The target of one pool.
     *
     * @param schedules those of this pool
     * @param lead the pool's measured p95 from launch to ready; not positive means that nothing is
     *     launched ahead
     */
    public static Target of(
            int poolSize, int maxSize, List<Schedule> schedules, Duration lead, Instant now) {
        var ahead = bounded(lead);
        var claims = new ArrayList<Claim>();
        for (var schedule : schedules)
            Occurrences.between(schedule, now, now.plus(ahead).plusNanos(1))
                    .forEach(occurrence -> claims.add(new Claim(schedule, occurrence)));
        return decide(poolSize, maxSize, claims, lead, now);
    }

    /** How much earlier than its start a schedule may raise the target. */
    static Duration bounded(Duration lead) {
        if (lead.isNegative()) return Duration.ZERO;
        return lead.compareTo(LONGEST_LEAD) > 0 ? LONGEST_LEAD : lead;
    }

    /**
     * The target, given every occurrence that runs at {@code now} or starts within the lead; others
     * do not matter.
     */
    static Target decide(
            int poolSize, int maxSize, List<Claim> claims, Duration lead, Instant now) {
        var soon = now.plus(bounded(lead));
        var running =
                claims.stream().filter(c -> c.occurrence().covers(now)).min(Claim.LARGEST_FIRST);
        int inForce = running.map(c -> c.schedule().target()).orElse(poolSize);
        var coming =
                claims.stream()
                        .filter(c -> c.occurrence().start().isAfter(now))
                        .filter(c -> !c.occurrence().start().isAfter(soon))
                        .filter(c -> c.schedule().target() > inForce)
                        .min(Claim.LARGEST_FIRST);
        if (coming.isPresent()) return ahead(coming.get(), poolSize, maxSize, lead, now);
        return running.map(c -> running(c, poolSize, maxSize, now))
                .orElseGet(() -> plain(poolSize, maxSize));
    }

    private static Target plain(int poolSize, int maxSize) {
        return poolSize > maxSize
                ? new Target(maxSize, "max size (the pool size is " + poolSize + ")")
                : new Target(poolSize, "pool size");
    }

    private static Target running(Claim claim, int poolSize, int maxSize, Instant now) {
        var schedule = claim.schedule();
        var until =
                Occurrences.endOfRunning(schedule, now)
                        .map(end -> " until " + Wording.at(end, schedule.zone(), now))
                        .orElse("");
        return capped(schedule, maxSize, "schedule " + schedule.name() + until, poolSize);
    }

    private static Target ahead(
            Claim claim, int poolSize, int maxSize, Duration lead, Instant now) {
        var schedule = claim.schedule();
        var what =
                "launching ahead for "
                        + schedule.name()
                        + " at "
                        + Wording.at(claim.occurrence().start(), schedule.zone(), now)
                        + ", boots take up to "
                        + Wording.length(lead);
        return capped(schedule, maxSize, what, poolSize);
    }

    private static Target capped(Schedule schedule, int maxSize, String what, int poolSize) {
        int size = Math.min(schedule.target(), maxSize);
        var wanted =
                Optional.of(schedule.target())
                        .filter(target -> target > maxSize)
                        .map(target -> ", which wants " + target + " but max size is " + maxSize)
                        .orElse("");
        return new Target(size, what + wanted + " (pool size " + poolSize + ")");
    }

    /** A schedule's wish to set the target during one occurrence. */
    record Claim(Schedule schedule, Occurrence occurrence) {

        static final Comparator<Claim> LARGEST_FIRST =
                Comparator.<Claim>comparingInt(c -> -c.schedule().target())
                        .thenComparing(c -> c.occurrence().start())
                        .thenComparing(c -> c.schedule().name());
    }
}
