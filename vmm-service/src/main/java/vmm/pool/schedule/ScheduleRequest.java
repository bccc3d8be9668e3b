package vmm.pool.schedule;

import io.swagger.v3.oas.annotations.media.Schema;

import jakarta.validation.constraints.Max;
import jakarta.validation.constraints.Min;
import jakarta.validation.constraints.NotNull;
import jakarta.validation.constraints.Pattern;
import jakarta.validation.constraints.Size;

import org.jspecify.annotations.Nullable;

import vmm.sizing.Schedule;
import vmm.web.MaybeAbsent;
import vmm.web.Names;

import java.time.Duration;

/** A schedule to be. */
@Schema(name = "ScheduleRequest")
record ScheduleRequest(
        @NotNull @Pattern(regexp = Names.PATTERN, message = Names.MESSAGE) String name,
        @NotNull @Pattern(regexp = Names.PATTERN, message = Names.MESSAGE) String pool,
        @NotNull @Size(max = 200) String cron,
        @NotNull @Size(max = 64) String zone,
        @NotNull Duration duration,
        @NotNull @Min(0) @Max(Schedule.LARGEST_TARGET) Integer target) {

    ScheduleRules.Wanted wanted() {
        return new ScheduleRules.Wanted(name, pool, cron, zone, duration, target);
    }

    /** A change of a schedule as a merge patch: what is absent stays, null is refused. */
    @Schema(name = "SchedulePatch")
    record SchedulePatch(
            @MaybeAbsent @Nullable @Pattern(regexp = Names.PATTERN, message = Names.MESSAGE)
                    String pool,
            @MaybeAbsent @Nullable @Size(max = 200) String cron,
            @MaybeAbsent @Nullable @Size(max = 64) String zone,
            @MaybeAbsent @Nullable Duration duration,
            @MaybeAbsent @Nullable @Min(0) @Max(Schedule.LARGEST_TARGET) Integer target) {

        ScheduleRules.Wanted appliedTo(Schedule schedule) {
            return new ScheduleRules.Wanted(
                    schedule.name(),
                    pool == null ? schedule.pool() : pool,
                    cron == null ? schedule.cron() : cron,
                    zone == null ? schedule.zone().getId() : zone,
                    duration == null ? schedule.duration() : duration,
                    target == null ? schedule.target() : target);
        }
    }
}
