package vmm.sizing;

import org.jspecify.annotations.Nullable;
import org.springframework.scheduling.support.CronExpression;

import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.time.zone.ZoneOffsetTransition;
import java.time.zone.ZoneRules;

/**
 * The instants at which a schedule starts.
 *
 * <p>Spring's {@link CronExpression} on zoned times leaves out the day of the gap, starts twice in
 * the overlap, and in zones of odd offsets (Pacific/Chatham) answers the same instant for ever. So
 * here it only ever sees the clock on the wall, one stretch of constant offset after the other.
 */
final class Starts {

    private final CronExpression cron;
    private final ZoneRules rules;
    private final boolean everyHour;

    Starts(Schedule schedule) {
        cron = CronExpression.parse(schedule.cron());
        rules = schedule.zone().getRules();
        everyHour = schedule.everyHour();
    }

    /** The first start after {@code after} and not after {@code limit}. */
    @Nullable Instant next(Instant after, Instant limit) {
        var from = after;
        while (from.isBefore(limit)) {
            var first = from.plusNanos(1);
            var entered = rules.previousTransition(first.plusNanos(1));
            var leaving = rules.nextTransition(first);
            var found = earlier(onTheWall(from, first, entered), skipped(from, entered));
            if (found != null && (leaving == null || found.isBefore(leaving.getInstant())))
                return found.isAfter(limit) ? null : found;
            if (leaving == null) return null;
            from = leaving.getInstant().minusNanos(1);
        }
        return null;
    }

    /**
     * The last start not after {@code limit}, given one; few steps, however many starts lie
     * between.
     */
    Instant last(Instant start, Instant limit) {
        long sure = start.getEpochSecond();
        long most = limit.getEpochSecond();
        var next = next(start, limit);
        if (next == null) return start;
        sure = next.getEpochSecond();
        while (sure < most) {
            long middle = sure + (most - sure + 1) / 2;
            var found = next(Instant.ofEpochSecond(middle).minusNanos(1), limit);
            if (found == null) most = middle - 1;
            else sure = found.getEpochSecond();
        }
        return Instant.ofEpochSecond(sure);
    }

    /** The next match while the offset stays; those of a repeated hour were had the first time. */
    private @Nullable Instant onTheWall(
            Instant from, Instant first, @Nullable ZoneOffsetTransition entered) {
        var offset = rules.getOffset(first);
        var local = LocalDateTime.ofInstant(from, offset);
        if (!everyHour
                && entered != null
                && entered.isOverlap()
                && local.isBefore(entered.getDateTimeBefore()))
            local = entered.getDateTimeBefore().minusNanos(1);
        return match(local, offset);
    }

    /**
     * The next match among the local times that the gap before this stretch left out, moved by its
     * length.
     */
    private @Nullable Instant skipped(Instant from, @Nullable ZoneOffsetTransition entered) {
        if (entered == null || !entered.isGap()) return null;
        var local = LocalDateTime.ofInstant(from, entered.getOffsetBefore());
        if (!local.isBefore(entered.getDateTimeAfter())) return null;
        var beforeGap = entered.getDateTimeBefore().minusNanos(1);
        var found = match(local.isBefore(beforeGap) ? beforeGap : local, entered.getOffsetBefore());
        return found != null
                        && found.isBefore(
                                entered.getDateTimeAfter().toInstant(entered.getOffsetBefore()))
                ? found
                : null;
    }

    private @Nullable Instant match(LocalDateTime after, ZoneOffset offset) {
        var match = cron.next(after);
        // One that stands still would be looked for without end.
        return match == null || !match.isAfter(after) ? null : match.toInstant(offset);
    }

    private static @Nullable Instant earlier(@Nullable Instant one, @Nullable Instant other) {
        if (one == null) return other;
        return other == null || one.isBefore(other) ? one : other;
    }
}
