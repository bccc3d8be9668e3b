package vmm.sizing;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** When a schedule is on; overlapping and touching occurrences are told as one. */
public final class Occurrences {

    /**
     * Enough for a week of anything that runs a minute or more; a cron each second must not hold up
     * a pass.
     */
    static final int MOST_STEPS = 20_000;

    private static final Duration FORESEEABLE = Duration.ofDays(8);
    private static final int FORESEEABLE_STEPS = 50;
    private static final Duration HORIZON = Duration.ofDays(5 * 366);

    private Occurrences() {}

    /**
     * The occurrences that touch the time from {@code from} to before {@code to}, in order and
     * apart from each other.
     *
     * <p>One that began before is included while it still runs; of a long unbroken row of them the
     * start is then at most one duration before {@code from}, and the end is told as far as {@code
     * to}. Of schedules that start many thousand times the list ends early.
     */
    public static List<Occurrence> between(Schedule schedule, Instant from, Instant to) {
        return scan(schedule, from, to, MOST_STEPS).occurrences();
    }

    /** The occurrence that runs at that instant; joined with those after it for about a week. */
    public static Optional<Occurrence> at(Schedule schedule, Instant now) {
        return running(schedule, now).map(row -> new Occurrence(row.start(), row.end()));
    }

    /**
     * The next occurrence that starts after that instant, within five years, not joined with those
     * after it.
     */
    public static Optional<Occurrence> next(Schedule schedule, Instant now) {
        var start = new Starts(schedule).next(now, now.plus(HORIZON));
        return start == null
                ? Optional.empty()
                : Optional.of(new Occurrence(start, start.plus(schedule.duration())));
    }

    /**
     * When the occurrence that runs at {@code now} is over; empty if others join on for more than a
     * week.
     */
    static Optional<Instant> endOfRunning(Schedule schedule, Instant now) {
        return running(schedule, now).filter(Row::whole).map(Row::end);
    }

    private static Optional<Row> running(Schedule schedule, Instant now) {
        var starts = new Starts(schedule);
        var start = starts.next(now.minus(schedule.duration()), now);
        return start == null
                ? Optional.empty()
                : Optional.of(
                        row(
                                starts,
                                start,
                                schedule.duration(),
                                now.plus(FORESEEABLE),
                                FORESEEABLE_STEPS));
    }

    /** The occurrences from {@code from} to {@code to}, told after at most so many steps. */
    static Scan scan(Schedule schedule, Instant from, Instant to, int steps) {
        var starts = new Starts(schedule);
        var limit = to.minusNanos(1);
        var found = new ArrayList<Occurrence>();
        var after = from.minus(schedule.duration());
        int left = steps;
        while (left > 0) {
            var start = starts.next(after, limit);
            if (start == null) return new Scan(List.copyOf(found), to);
            var row = row(starts, start, schedule.duration(), limit, left);
            left -= row.steps();
            found.add(new Occurrence(start, row.end()));
            after = row.end();
        }
        return new Scan(List.copyOf(found), after);
    }

    /** Follows an occurrence to where none that starts until {@code limit} joins on. */
    private static Row row(
            Starts starts, Instant start, Duration duration, Instant limit, int steps) {
        var last = start;
        for (int step = 1; ; step++) {
            var end = last.plus(duration);
            var later = starts.last(last, end.isBefore(limit) ? end : limit);
            if (later.equals(last))
                return new Row(start, end, step, starts.next(limit, end) == null);
            if (step >= steps) return new Row(start, end, step, false);
            last = later;
        }
    }

    /**
     * An unbroken row of occurrences.
     *
     * @param steps what it took to follow it
     * @param whole whether it was followed to its end
     */
    private record Row(Instant start, Instant end, int steps, boolean whole) {}

    /**
     * What a scan found.
     *
     * @param complete until when nothing is missing
     */
    record Scan(List<Occurrence> occurrences, Instant complete) {}
}
