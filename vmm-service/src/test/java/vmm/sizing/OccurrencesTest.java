package vmm.sizing;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import java.time.Duration;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;

class OccurrencesTest {

    private static final Instant MONDAY = Instant.parse("2026-06-01T00:00:00Z");
    private static final List<String> ZONES =
            List.of(
                    "Europe/London",
                    "America/New_York",
                    "Australia/Lord_Howe",
                    "Pacific/Chatham",
                    "UTC",
                    "Asia/Kolkata");

    @Test
    void tellsWhatBeganBeforeAndStillRuns() {
        var mornings = daily("0 30 7 * * *", "PT3H");
        assertThat(
                        Occurrences.between(
                                mornings, at("2026-06-01T08:00:00Z"), at("2026-06-01T09:00:00Z")))
                .containsExactly(
                        new Occurrence(at("2026-06-01T07:30:00Z"), at("2026-06-01T10:30:00Z")));
        assertThat(
                        Occurrences.between(
                                mornings, at("2026-06-01T10:30:00Z"), at("2026-06-02T07:30:00Z")))
                .as("an end is exclusive, and so is `to`")
                .isEmpty();
    }

    @Test
    void overlappingAndTouchingOccurrencesAreOne() {
        assertThat(
                        Occurrences.between(
                                daily("0 0 8-11 * * *", "PT1H"),
                                MONDAY,
                                MONDAY.plus(Duration.ofDays(1))))
                .containsExactly(
                        new Occurrence(at("2026-06-01T08:00:00Z"), at("2026-06-01T12:00:00Z")));
        assertThat(
                        Occurrences.between(
                                daily("0 0/10 8-11 * * *", "PT1H"),
                                MONDAY,
                                MONDAY.plus(Duration.ofDays(1))))
                .containsExactly(
                        new Occurrence(at("2026-06-01T08:00:00Z"), at("2026-06-01T12:50:00Z")));
    }

    @Test
    @Timeout(10)
    void aCronEachSecondIsOneOccurrenceAndQuick() {
        var week =
                Occurrences.between(
                        daily("* * * * * *", "PT1H"), MONDAY, MONDAY.plus(Duration.ofDays(7)));
        assertThat(week).hasSize(1);
        assertThat(week.getFirst().end()).isAfterOrEqualTo(MONDAY.plus(Duration.ofDays(7)));
    }

    @Test
    @Timeout(20)
    void evenTheWorstIsBounded() {
        assertThat(
                        Occurrences.between(
                                daily("0/2 * * * * *", "PT1S"),
                                MONDAY,
                                MONDAY.plus(Duration.ofDays(366))))
                .hasSize(Occurrences.MOST_STEPS);
        assertThat(
                        Occurrences.between(
                                daily("* * * * * *", "PT1S"),
                                MONDAY,
                                MONDAY.plus(Duration.ofDays(366))))
                .hasSize(1);
        assertThat(
                        Occurrences.between(
                                daily("0/3 * * * * *", "P92D"),
                                MONDAY,
                                MONDAY.plus(Duration.ofDays(3660))))
                .hasSize(1);
    }

    @Test
    @Timeout(10)
    void impossibleDaysNeverCome() {
        for (var cron : List.of("0 0 0 30 2 *", "0 0 0 31 4 *", "0 0 0 31 2,4,6,9,11 *")) {
            var never = daily(cron, "PT1H");
            assertThat(Occurrences.between(never, MONDAY, MONDAY.plus(Duration.ofDays(3660))))
                    .isEmpty();
            assertThat(Occurrences.next(never, MONDAY)).isEmpty();
            assertThat(Occurrences.at(never, MONDAY)).isEmpty();
        }
    }

    @Test
    void leapDaysComeEveryFourYears() {
        assertThat(Occurrences.next(daily("0 0 9 29 2 *", "PT1H"), MONDAY))
                .contains(new Occurrence(at("2028-02-29T09:00:00Z"), at("2028-02-29T10:00:00Z")));
    }

    @Test
    void theOneThatRunsAndTheNext() {
        var mornings = daily("0 30 7 * * *", "PT3H");
        assertThat(Occurrences.at(mornings, at("2026-06-01T07:29:59Z"))).isEmpty();
        assertThat(Occurrences.at(mornings, at("2026-06-01T07:30:00Z")))
                .contains(new Occurrence(at("2026-06-01T07:30:00Z"), at("2026-06-01T10:30:00Z")));
        assertThat(Occurrences.at(mornings, at("2026-06-01T10:30:00Z"))).isEmpty();
        assertThat(Occurrences.next(mornings, at("2026-06-01T07:30:00Z")).orElseThrow().start())
                .isEqualTo(at("2026-06-02T07:30:00Z"));
    }

    /** The calendar of java.time, asked minute by minute, is the judge. */
    @Test
    void agreesWithACountOfEachMinute() {
        for (long seed = 1; seed <= 150; seed++) {
            var random = RandomGeneratorFactory.of("L64X128MixRandom").create(seed);
            var zone = ZoneId.of(ZONES.get(random.nextInt(ZONES.size())));
            int minute = random.nextInt(60);
            int hour = random.nextInt(5) == 0 ? -1 : random.nextInt(random.nextBoolean() ? 4 : 24);
            var cron = "0 " + minute + " " + (hour < 0 ? "*" : hour) + " * * *";
            var duration =
                    Duration.ofMinutes(1 + random.nextInt(random.nextBoolean() ? 90 : 3 * 1440));
            var schedule = Schedule.of("s", "p", cron, zone.getId(), duration, 1);
            var from = nearAChange(zone, random);
            var to = from.plus(Duration.ofMinutes(1 + random.nextInt(5 * 1440)));

            var found = Occurrences.between(schedule, from, to);

            assertThat(covered(found, from, to))
                    .as("seed %d: %s in %s for %s from %s", seed, cron, zone, duration, from)
                    .isEqualTo(coveredByCount(minute, hour, zone, duration, from, to));
            for (int i = 1; i < found.size(); i++)
                assertThat(found.get(i).start()).isAfter(found.get(i - 1).end());
        }
    }

    private static Instant nearAChange(ZoneId zone, RandomGenerator random) {
        var some = MONDAY.plus(Duration.ofMinutes(random.nextInt(3 * 365 * 1440)));
        var change = zone.getRules().nextTransition(some);
        if (change == null || random.nextInt(5) == 0) return some;
        return change.getInstant().minus(Duration.ofMinutes(random.nextInt(3 * 1440)));
    }

    private static List<Boolean> covered(List<Occurrence> occurrences, Instant from, Instant to) {
        var covered = new ArrayList<Boolean>();
        for (var t = from; t.isBefore(to); t = t.plusSeconds(60)) {
            var now = t;
            covered.add(occurrences.stream().anyMatch(o -> o.covers(now)));
        }
        return covered;
    }

    private static List<Boolean> coveredByCount(
            int minute, int hour, ZoneId zone, Duration duration, Instant from, Instant to) {
        var starts = new TreeSet<Instant>();
        var first =
                LocalDateTime.ofInstant(from.minus(duration), ZoneOffset.UTC)
                        .minusDays(2)
                        .withSecond(0)
                        .withNano(0);
        var last = LocalDateTime.ofInstant(to, ZoneOffset.UTC).plusDays(2);
        for (var local = first; local.isBefore(last); local = local.plusMinutes(1)) {
            if (local.getMinute() != minute || (hour >= 0 && local.getHour() != hour)) continue;
            starts.add(local.atZone(zone).toInstant());
            if (hour < 0) starts.add(local.atZone(zone).withLaterOffsetAtOverlap().toInstant());
        }
        var covered = new ArrayList<Boolean>();
        for (var t = from; t.isBefore(to); t = t.plusSeconds(60)) {
            var start = starts.floor(t);
            covered.add(start != null && start.plus(duration).isAfter(t));
        }
        return covered;
    }

    private static Schedule daily(String cron, String duration) {
        return Schedule.of("s", "p", cron, "UTC", Duration.parse(duration), 1);
    }

    private static Instant at(String text) {
        return Instant.parse(text);
    }
}
