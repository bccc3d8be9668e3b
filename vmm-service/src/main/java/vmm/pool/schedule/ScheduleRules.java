package vmm.pool.schedule;

import org.jspecify.annotations.Nullable;

import vmm.sizing.Schedule;
import vmm.web.Problem;

import java.time.Duration;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;

/** What must hold for a schedule: the rules of {@link Schedule}, told by field. */
final class ScheduleRules {
    /** Path of the preview, and so no schedule's name. */
    private static final String PREVIEW = "preview";

    private ScheduleRules() {}

    /** The schedule that is wanted; throws 422 with all that is wrong. */
    static Schedule require(Wanted wanted) {
        var broken = new ArrayList<Problem.Field>();
        if (wanted.name().equals(PREVIEW)) {
            broken.add(new Problem.Field("name", "'preview' is taken: give it another name"));
        }
        check(
                "cron",
                broken,
                () -> {
                    Schedule.requireCron(wanted.cron());
                    return wanted.cron();
                });
        check(
                "zone",
                broken,
                () -> {
                    var zone = Schedule.requireZone(wanted.zone());
                    if (!ZoneId.getAvailableZoneIds().contains(zone.getId()))
                        throw new IllegalArgumentException(
                                "zone '"
                                        + wanted.zone()
                                        + "' is an offset: write an IANA name such as"
                                        + " Europe/London");
                    return zone;
                });
        if (wanted.duration().getNano() != 0)
            broken.add(new Problem.Field("duration", "must be whole seconds"));
        // Cron and zone are told above, so the only other thing to be wrong is the duration:
        // targets are bounded by shape.
        var schedule = broken.isEmpty() ? check("duration", broken, wanted::schedule) : null;
        if (schedule == null) throw Problem.unprocessable(broken);
        return schedule;
    }

    private static <T> @Nullable T check(
            String field, List<Problem.Field> broken, Supplier<T> value) {
        try {
            return value.get();
        } catch (IllegalArgumentException e) {
            broken.add(new Problem.Field(field, String.valueOf(e.getMessage())));
            return null;
        }
    }

    /** A schedule as somebody asks for it, right or wrong. */
    record Wanted(
            String name, String pool, String cron, String zone, Duration duration, int target) {
        Schedule schedule() {
            return Schedule.of(name, pool, cron, zone, duration, target);
        }
    }
}
