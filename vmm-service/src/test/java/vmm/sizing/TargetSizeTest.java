package vmm.sizing;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import java.time.Duration;
import java.time.Instant;
import java.util.List;

class TargetSizeTest {

    private static final Duration LEAD = Duration.ofSeconds(230);
    private static final Schedule MORNINGS =
            schedule("cycle-mornings", "0 30 7 * * MON-FRI", "PT3H", 15);
    private static final Schedule NIGHTS = schedule("nights", "0 0 20 * * *", "PT12H", 2);

    @Test
    void withoutSchedulesItIsThePoolSize() {
        assertThat(target(5, 30, "2026-06-01T09:00:00Z")).isEqualTo(new Target(5, "pool size"));
    }

    @Test
    void aScheduleReplacesThePoolSizeWhileItRuns() {
        assertThat(target(5, 30, "2026-06-01T08:00:00Z", MORNINGS))
                .isEqualTo(
                        new Target(
                                15,
                                "schedule cycle-mornings until 10:30 Europe/London (pool size"
                                        + " 5)"));
        assertThat(target(5, 30, "2026-06-01T09:30:00Z", MORNINGS))
                .isEqualTo(new Target(5, "pool size"));
        assertThat(target(5, 30, "2026-06-06T08:00:00Z", MORNINGS).size())
                .as("not on a Saturday")
                .isEqualTo(5);
    }

    @Test
    void itIsLaunchedAheadByTheTimeThatBootsTake() {
        assertThat(target(5, 30, "2026-06-01T06:26:09Z", MORNINGS).size()).isEqualTo(5);
        assertThat(target(5, 30, "2026-06-01T06:26:10Z", MORNINGS))
                .isEqualTo(
                        new Target(
                                15,
                                "launching ahead for cycle-mornings at 07:30 Europe/London,"
                                        + " boots take up to 4 min (pool size 5)"));
    }

    @Test
    void butAtMostAnHourAhead() {
        var days = Duration.ofDays(3);
        assertThat(TargetSize.of(5, 30, List.of(MORNINGS), days, at("2026-06-01T05:29:59Z")).size())
                .isEqualTo(5);
        assertThat(TargetSize.of(5, 30, List.of(MORNINGS), days, at("2026-06-01T05:30:00Z")).size())
                .isEqualTo(15);
    }

    @Test
    void withoutALeadNothingIsLaunchedAhead() {
        for (var lead : List.of(Duration.ZERO, Duration.ofMinutes(-5)))
            assertThat(
                            TargetSize.of(
                                            5,
                                            30,
                                            List.of(MORNINGS),
                                            lead,
                                            at("2026-06-01T06:29:59.999Z"))
                                    .size())
                    .isEqualTo(5);
    }

    @Test
    void aScheduleThatLowersWaitsForItsStart() {
        assertThat(target(5, 30, "2026-06-01T18:59:59Z", NIGHTS))
                .isEqualTo(new Target(5, "pool size"));
        assertThat(target(5, 30, "2026-06-01T19:00:00Z", NIGHTS))
                .isEqualTo(
                        new Target(
                                2,
                                "schedule nights until Tue 2 Jun 08:00 Europe/London (pool size"
                                        + " 5)"));
    }

    @Test
    void theLargestThatRunsWins() {
        assertThat(target(5, 30, "2026-06-02T06:25:00Z", MORNINGS, NIGHTS).size()).isEqualTo(2);
        assertThat(target(5, 30, "2026-06-02T06:28:00Z", MORNINGS, NIGHTS).size())
                .as("ahead, out of the night")
                .isEqualTo(15);
        assertThat(target(5, 30, "2026-06-02T06:45:00Z", NIGHTS, MORNINGS).size())
                .as("both run")
                .isEqualTo(15);
        assertThat(target(5, 30, "2026-06-02T09:30:00Z", NIGHTS, MORNINGS).size()).isEqualTo(5);
    }

    @Test
    void aSmallerOneToComeDoesNotDisturbALargerThatRuns() {
        var late = schedule("late", "0 30 10 * * *", "PT1H", 8);
        assertThat(target(5, 30, "2026-06-01T09:29:00Z", MORNINGS, late).size()).isEqualTo(15);
        assertThat(target(5, 30, "2026-06-01T09:30:00Z", MORNINGS, late).size()).isEqualTo(8);
    }

    @Test
    void maxSizeCapsAndSaysSo() {
        assertThat(target(5, 10, "2026-06-01T08:00:00Z", MORNINGS))
                .isEqualTo(
                        new Target(
                                10,
                                "schedule cycle-mornings until 10:30 Europe/London, which wants 15"
                                        + " but max size is 10 (pool size 5)"));
        assertThat(target(5, 3, "2026-06-01T12:00:00Z"))
                .isEqualTo(new Target(3, "max size (the pool size is 5)"));
    }

    @Test
    void anUnbrokenRowHasNoEnd() {
        var always = schedule("always", "0 0 * * * *", "PT1H", 9);
        assertThat(target(5, 30, "2026-06-01T08:20:00Z", always))
                .isEqualTo(new Target(9, "schedule always (pool size 5)"));
        var cycle = schedule("cycle", "0 0 8 1 6 *", "P40D", 9);
        assertThat(target(5, 30, "2026-06-01T08:20:00Z", cycle))
                .isEqualTo(
                        new Target(
                                9,
                                "schedule cycle until Sat 11 Jul 08:00 Europe/London (pool size"
                                        + " 5)"));
    }

    @Test
    @Timeout(10)
    void aCronEachSecondDoesNotHoldUpAPass() {
        var dense = schedule("dense", "* * * * * *", "PT1S", 9);
        assertThat(target(5, 30, "2026-06-01T08:20:00Z", dense).size()).isEqualTo(9);
        var never = schedule("never", "0 0 0 30 2 *", "PT1H", 9);
        assertThat(target(5, 30, "2026-06-01T08:20:00Z", never).size()).isEqualTo(5);
    }

    private static Target target(int poolSize, int maxSize, String now, Schedule... schedules) {
        return TargetSize.of(poolSize, maxSize, List.of(schedules), LEAD, at(now));
    }

    private static Schedule schedule(String name, String cron, String duration, int target) {
        return Schedule.of(name, "muon", cron, "Europe/London", Duration.parse(duration), target);
    }

    private static Instant at(String text) {
        return Instant.parse(text);
    }
}
