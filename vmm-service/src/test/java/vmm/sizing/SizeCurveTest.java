package vmm.sizing;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;

class SizeCurveTest {

    private static final List<String> ZONES =
            List.of(
                    "Europe/London",
                    "America/New_York",
                    "Australia/Lord_Howe",
                    "Pacific/Chatham",
                    "UTC");
    private static final List<String> HOURS =
            List.of("*", "1", "2", "7", "0-4", "22", "*/6", "1,13");
    private static final List<String> DAYS = List.of("*", "MON-FRI", "SUN", "SAT,SUN");

    @Test
    void drawsAMorning() {
        var mornings =
                Schedule.of(
                        "mornings",
                        "muon",
                        "0 30 7 * * *",
                        "Europe/London",
                        Duration.ofHours(3),
                        15);
        var day = Instant.parse("2026-06-01T00:00:00Z");
        var steps =
                SizeCurve.over(
                        5,
                        30,
                        List.of(mornings),
                        Duration.ofMinutes(4),
                        day,
                        day.plus(Duration.ofDays(1)));
        assertThat(steps)
                .extracting(SizeCurve.Step::from, SizeCurve.Step::target)
                .map(t -> t.toList().toString())
                .containsExactly(
                        "[2026-06-01T00:00:00Z, 5]",
                        "[2026-06-01T06:26:00Z, 15]",
                        "[2026-06-01T06:30:00Z, 15]",
                        "[2026-06-01T09:30:00Z, 5]");
        assertThat(steps.get(1).reason()).contains("launching ahead");
        assertThat(steps.get(2).reason()).contains("until 10:30");
    }

    @Test
    void withoutSchedulesItIsOneStep() {
        var from = Instant.parse("2026-06-01T00:00:00Z");
        assertThat(SizeCurve.over(5, 30, List.of(), Duration.ZERO, from, from.plusSeconds(60)))
                .containsExactly(new SizeCurve.Step(from, from.plusSeconds(60), 5, "pool size"));
        assertThat(SizeCurve.over(5, 30, List.of(), Duration.ZERO, from, from)).isEmpty();
    }

    @Test
    @Timeout(20)
    void aCurveThatIsTooLongEndsEarlyAndIsRightAsFarAsItGoes() {
        var dense = Schedule.of("dense", "muon", "0/2 * * * * *", "UTC", Duration.ofSeconds(1), 9);
        var from = Instant.parse("2026-06-01T00:00:00Z");
        var steps =
                SizeCurve.over(
                        5, 30, List.of(dense), Duration.ZERO, from, from.plus(Duration.ofDays(62)));
        assertThat(steps.getLast().to()).isBefore(from.plus(Duration.ofDays(1)));
        assertThat(steps).hasSizeLessThanOrEqualTo(2 * Occurrences.MOST_STEPS + 1);
    }

    /**
     * What is drawn is what will be done, at any instant, with any schedules, through any change of
     * clocks.
     */
    @Test
    void agreesWithTheTargetAtEveryInstant() {
        for (long seed = 1; seed <= 200; seed++) {
            var random = RandomGeneratorFactory.of("L64X128MixRandom").create(seed);
            var schedules = schedules(random);
            int maxSize = random.nextInt(40);
            int poolSize = random.nextInt(maxSize + 1);
            var lead = Duration.ofSeconds(random.nextInt(-10, 5000));
            var from =
                    Instant.parse("2026-01-01T00:00:00Z").plusSeconds(random.nextInt(365 * 86400));
            var to = from.plusSeconds(1 + random.nextInt(10 * 86400));

            var steps = SizeCurve.over(poolSize, maxSize, schedules, lead, from, to);

            var as =
                    "seed " + seed + ": " + poolSize + "/" + maxSize + " " + lead + " " + schedules;
            assertThat(steps.getFirst().from()).as(as).isEqualTo(from);
            assertThat(steps.getLast().to()).as(as).isEqualTo(to);
            for (int i = 0; i < steps.size(); i++) {
                var step = steps.get(i);
                assertThat(step.from()).as(as).isBefore(step.to());
                if (i > 0) assertThat(step.from()).as(as).isEqualTo(steps.get(i - 1).to());
                assertThat(step.target()).as(as).isBetween(0, maxSize);
                assertThat(TargetSize.of(poolSize, maxSize, schedules, lead, step.from()))
                        .as(as)
                        .isEqualTo(new Target(step.target(), step.reason()));
                long length = Duration.between(step.from(), step.to()).toMillis();
                for (var within : List.of(random.nextLong(length), length - 1))
                    assertThat(
                                    TargetSize.of(
                                                    poolSize,
                                                    maxSize,
                                                    schedules,
                                                    lead,
                                                    step.from().plusMillis(within))
                                            .size())
                            .as(as + " at " + step.from() + " + " + within + " ms")
                            .isEqualTo(step.target());
            }
        }
    }

    private static List<Schedule> schedules(RandomGenerator random) {
        var schedules = new ArrayList<Schedule>();
        for (int i = random.nextInt(5); i > 0; i--)
            schedules.add(
                    Schedule.of(
                            "s" + i,
                            "muon",
                            "0 "
                                    + random.nextInt(60)
                                    + " "
                                    + any(HOURS, random)
                                    + " * * "
                                    + any(DAYS, random),
                            any(ZONES, random),
                            Duration.ofMinutes(
                                    1 + random.nextInt(random.nextBoolean() ? 240 : 6000)),
                            random.nextInt(50)));
        return schedules;
    }

    private static <T> T any(List<T> list, RandomGenerator random) {
        return list.get(random.nextInt(list.size()));
    }
}
