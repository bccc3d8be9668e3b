package vmm.pool.schedule;

import io.swagger.v3.oas.annotations.media.Schema;

import org.jspecify.annotations.Nullable;

import vmm.sizing.Occurrence;
import vmm.sizing.Occurrences;

import java.time.Duration;
import java.time.Instant;
import java.util.List;

/**
 * A schedule as administrators see it.
 *
 * @param activeUntil end of the occurrence that is now, null between occurrences
 * @param nextStart the next start to come, null when there is none
 * @param notes what will not be as one may expect
 */
@Schema(name = "Schedule")
record ScheduleView(
        String name,
        long version,
        String pool,
        String cron,
        String zone,
        Duration duration,
        int target,
        @Nullable Instant activeUntil,
        @Nullable Instant nextStart,
        @Nullable Instant nextEnd,
        List<String> notes) {

    /**
     * @param maxSize of its pool
     */
    static ScheduleView of(vmm.sizing.Schedule schedule, long version, int maxSize, Instant now) {
        var next = Occurrences.next(schedule, now);
        return new ScheduleView(
                schedule.name(),
                version,
                schedule.pool(),
                schedule.cron(),
                schedule.zone().getId(),
                schedule.duration(),
                schedule.target(),
                Occurrences.at(schedule, now).map(Occurrence::end).orElse(null),
                next.map(Occurrence::start).orElse(null),
                next.map(Occurrence::end).orElse(null),
                schedule.target() > maxSize
                        ? List.of(
                                "target "
                                        + schedule.target()
                                        + " is above max size "
                                        + maxSize
                                        + ": "
                                        + maxSize
                                        + " will be kept")
                        : List.of());
    }
}
