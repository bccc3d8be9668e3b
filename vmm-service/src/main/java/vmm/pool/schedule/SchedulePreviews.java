package vmm.pool.schedule;

import io.swagger.v3.oas.annotations.media.Schema;

import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;

import vmm.pool.Pool;
import vmm.pool.Pools;
import vmm.pool.Schedules;
import vmm.sizing.Occurrences;
import vmm.sizing.SizeCurve;
import vmm.web.Problem;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/** The targets to come, by the same evaluation as the loops use. */
@Component
class SchedulePreviews {
    /** Launch times older than this say nothing about today. */
    private static final Duration HISTORY = Duration.ofDays(30);

    private final Pools pools;
    private final Schedules schedules;
    private final InstantSource clock;

    SchedulePreviews(Pools pools, Schedules schedules, InstantSource clock) {
        this.pools = pools;
        this.schedules = schedules;
        this.clock = clock;
    }

    /** Of one pool, or of all that have schedules. */
    List<SchedulePreview> over(@Nullable String pool, Instant from, Instant to) {
        if (pool != null) {
            var found =
                    pools.find(pool)
                            .filter(p -> !p.deleted())
                            .orElseThrow(() -> Problem.notFound("pool"));
            return List.of(of(found, schedules.of(pool), from, to));
        }
        var previews = new ArrayList<SchedulePreview>();
        for (var each : pools.all()) {
            var own = schedules.of(each.name());
            if (!each.deleted() && !own.isEmpty()) previews.add(of(each, own, from, to));
        }
        return previews;
    }

    private SchedulePreview of(Pool pool, List<vmm.sizing.Schedule> own, Instant from, Instant to) {
        var points =
                SizeCurve.over(pool.poolSize(), pool.maxSize(), own, lead(pool, own), from, to)
                        .stream()
                        .map(
                                step ->
                                        new TargetPoint(
                                                step.from(),
                                                step.to(),
                                                step.target(),
                                                step.reason()))
                        .toList();
        var occurrences =
                own.stream()
                        .flatMap(
                                schedule ->
                                        Occurrences.between(schedule, from, to).stream()
                                                .map(
                                                        on ->
                                                                new OccurrenceView(
                                                                        schedule.name(),
                                                                        on.start(),
                                                                        on.end(),
                                                                        schedule.target())))
                        .sorted(
                                Comparator.comparing(OccurrenceView::start)
                                        .thenComparing(OccurrenceView::schedule))
                        .toList();
        return new SchedulePreview(pool.name(), points, occurrences);
    }

    /** As refill has it: the measured p95 from launch to READY, else the boot timeout. */
    private Duration lead(Pool pool, List<vmm.sizing.Schedule> own) {
        if (own.isEmpty()) return Duration.ZERO;
        var seconds = pools.launchSeconds(pool.id(), clock.instant().minus(HISTORY));
        return Optional.of(seconds)
                .filter(measured -> !measured.isEmpty())
                .map(measured -> measured.get((int) Math.ceil(0.95 * measured.size()) - 1))
                .map(p95 -> Duration.ofMillis((long) (p95 * 1000)))
                .orElse(pool.bootTimeout());
    }

    /** A pool's targets to come; the points follow each other without a gap. */
    @Schema(name = "SchedulePreview")
    record SchedulePreview(
            String pool, List<TargetPoint> points, List<OccurrenceView> occurrences) {}

    /** A stretch of time with one target. */
    @Schema(name = "TargetPoint")
    record TargetPoint(Instant from, Instant to, int target, String reason) {}

    /** A stretch of time in which a schedule is on. */
    @Schema(name = "Occurrence")
    record OccurrenceView(String schedule, Instant start, Instant end, int target) {}
}
