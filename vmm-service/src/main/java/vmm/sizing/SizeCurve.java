package vmm.sizing;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;

/**
 * The target over a time to come, as {@link TargetSize} will decide it: what an admin sees before
 * saving.
 */
public final class SizeCurve {

    private SizeCurve() {}

    /**
     * The steps from {@code from} to {@code to}, without a gap between them; neighbours differ in
     * target or reason.
     *
     * <p>Where a schedule starts many thousand times the curve ends early rather than be wrong.
     */
    public static List<Step> over(
            int poolSize,
            int maxSize,
            List<Schedule> schedules,
            Duration lead,
            Instant from,
            Instant to) {
        if (!from.isBefore(to)) return List.of();
        var ahead = TargetSize.bounded(lead);
        var tracks = new ArrayList<Track>();
        var end = to;
        for (var schedule : schedules) {
            var scan = Occurrences.scan(schedule, from, to.plus(ahead), Occurrences.MOST_STEPS);
            var known = scan.complete().minus(ahead);
            if (known.isBefore(end)) end = known;
            tracks.add(new Track(schedule, scan.occurrences()));
        }
        var steps = new ArrayList<Step>();
        for (var at : turns(tracks, ahead, from, end)) {
            var claims = new ArrayList<TargetSize.Claim>();
            tracks.forEach(track -> track.addTo(claims, at, at.plus(ahead)));
            var target = TargetSize.decide(poolSize, maxSize, claims, lead, at);
            append(steps, new Step(at, end, target.size(), target.reason()));
        }
        return List.copyOf(steps);
    }

    /** The instants at which the target may change, in order. */
    private static TreeSet<Instant> turns(
            List<Track> tracks, Duration ahead, Instant from, Instant to) {
        var turns = new TreeSet<Instant>();
        if (from.isBefore(to)) turns.add(from);
        for (var track : tracks)
            for (var occurrence : track.occurrences)
                for (var at :
                        List.of(
                                occurrence.start().minus(ahead),
                                occurrence.start(),
                                occurrence.end()))
                    if (at.isAfter(from) && at.isBefore(to)) turns.add(at);
        return turns;
    }

    private static void append(List<Step> steps, Step step) {
        if (steps.isEmpty()) {
            steps.add(step);
            return;
        }
        var before = steps.removeLast();
        if (before.target() == step.target() && before.reason().equals(step.reason())) {
            steps.add(new Step(before.from(), step.to(), before.target(), before.reason()));
        } else {
            steps.add(new Step(before.from(), step.from(), before.target(), before.reason()));
            steps.add(step);
        }
    }

    /**
     * A stretch of time with one target.
     *
     * @param from inclusive
     * @param to exclusive
     * @param reason as at {@code from}
     */
    public record Step(Instant from, Instant to, int target, String reason) {}

    /** A schedule's occurrences, read once from front to back. */
    private static final class Track {
        private final Schedule schedule;
        private final List<Occurrence> occurrences;
        private int next;

        Track(Schedule schedule, List<Occurrence> occurrences) {
            this.schedule = schedule;
            this.occurrences = occurrences;
        }

        /**
         * Adds what runs at {@code now} and what starts until {@code soon}; {@code now} never goes
         * back.
         */
        void addTo(List<TargetSize.Claim> claims, Instant now, Instant soon) {
            while (next < occurrences.size() && !occurrences.get(next).end().isAfter(now)) next++;
            for (int i = next; i < occurrences.size(); i++) {
                if (occurrences.get(i).start().isAfter(soon)) return;
                claims.add(new TargetSize.Claim(schedule, occurrences.get(i)));
            }
        }
    }
}
