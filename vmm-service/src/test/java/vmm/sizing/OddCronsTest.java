package vmm.sizing;

import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.SplittableRandom;

/** Whatever cron expression is accepted, finding its occurrences ends. */
class OddCronsTest {
    private static final Duration LONG = Duration.ofSeconds(20);
    private static final List<String> DAYS =
            List.of(
                    "*", "?", "L", "LW", "L-1", "L-27", "L-28", "L-50", "1W", "15W", "31W", "29",
                    "30", "31", "*/9", "1-5", "28-31");
    private static final List<String> MONTHS = List.of("*", "2", "FEB", "2,4,6", "*/5", "11-12");
    private static final List<String> WEEKDAYS =
            List.of("*", "?", "MON", "SUN#5", "1#1", "5L", "SUNL", "MON-FRI", "0", "7", "SAT#6");
    private static final List<String> TIMES =
            List.of("0 0 0", "0 30 1", "59 59 23", "*/7 * *", "0 */13 2-4");

    @ParameterizedTest
    @ValueSource(strings = {"0 0 0 L-28 * *", "0 0 0 L-50 * *", "0 0 0 L-99999999999 * *"})
    void daysThatSomeMonthsLackAreRefused(String cron) {
        assertThatThrownBy(() -> Schedule.requireCron(cron)).hasMessageContaining("at most L-27");
    }

    @Test
    void findingOccurrencesEnds() {
        var random = new SplittableRandom(7);
        for (int n = 0; n < 300; n++) {
            String cron =
                    any(TIMES, random)
                            + " "
                            + any(DAYS, random)
                            + " "
                            + any(MONTHS, random)
                            + " "
                            + any(WEEKDAYS, random);
            String zone =
                    any(
                            List.of(
                                    "Europe/London",
                                    "UTC",
                                    "Pacific/Chatham",
                                    "Australia/Lord_Howe"),
                            random);
            Duration duration = Duration.ofMinutes(random.nextInt(1, 6000));
            Instant now =
                    Instant.parse("2026-01-01T00:00:00Z")
                            .plusSeconds(random.nextInt(3 * 365 * 86_400));
            Schedule schedule;
            try {
                schedule = Schedule.of("s", "pool", cron, zone, duration, 3);
            } catch (IllegalArgumentException refused) {
                continue;
            }
            assertTimeoutPreemptively(
                    LONG,
                    () -> {
                        TargetSize.of(1, 5, List.of(schedule), Duration.ofMinutes(5), now);
                        Occurrences.next(schedule, now);
                        Occurrences.between(schedule, now, now.plus(Duration.ofDays(7)));
                    },
                    () -> "does not end: " + schedule + " at " + now);
        }
    }

    private static String any(List<String> some, SplittableRandom random) {
        return some.get(random.nextInt(some.size()));
    }
}
