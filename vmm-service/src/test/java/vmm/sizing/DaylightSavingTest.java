package vmm.sizing;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneId;
import java.util.Arrays;
import java.util.List;

/** When schedules start on the days on which the clocks change. */
class DaylightSavingTest {

    /** Each row: three local days around a change, and the starts in UTC. */
    @ParameterizedTest(name = "{0} {1} {2}")
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
                    # gap: the hour that is left out moves by the length of the gap, the days around it stay
                    0 30 1 * * * | Europe/London       | 2026-03-28 | 2026-03-28T01:30Z 2026-03-29T01:30Z 2026-03-30T00:30Z
                    0 0 1 * * *  | Europe/London       | 2026-03-28 | 2026-03-28T01:00Z 2026-03-29T01:00Z 2026-03-30T00:00Z
                    0 0 2 * * *  | Europe/London       | 2026-03-28 | 2026-03-28T02:00Z 2026-03-29T01:00Z 2026-03-30T01:00Z
                    0 30 2 * * * | America/New_York    | 2026-03-07 | 2026-03-07T07:30Z 2026-03-08T07:30Z 2026-03-09T06:30Z
                    0 15 2 * * * | Australia/Lord_Howe | 2026-10-03 | 2026-10-02T15:45Z 2026-10-03T15:45Z 2026-10-04T15:15Z
                    0 50 2 * * * | Pacific/Chatham     | 2026-09-26 | 2026-09-25T14:05Z 2026-09-26T14:05Z 2026-09-27T13:05Z
                    0 0 0 * * *  | America/Sao_Paulo   | 2018-11-03 | 2018-11-03T03:00Z 2018-11-04T03:00Z 2018-11-05T02:00Z
                    # overlap: the first of the two, once
                    0 30 1 * * * | Europe/London       | 2026-10-24 | 2026-10-24T00:30Z 2026-10-25T00:30Z 2026-10-26T01:30Z
                    0 0 1 * * *  | Europe/London       | 2026-10-24 | 2026-10-24T00:00Z 2026-10-25T00:00Z 2026-10-26T01:00Z
                    0 0 2 * * *  | Europe/London       | 2026-10-24 | 2026-10-24T01:00Z 2026-10-25T02:00Z 2026-10-26T02:00Z
                    0 30 1 * * * | America/New_York    | 2026-10-31 | 2026-10-31T05:30Z 2026-11-01T05:30Z 2026-11-02T06:30Z
                    0 45 1 * * * | Australia/Lord_Howe | 2026-04-04 | 2026-04-03T14:45Z 2026-04-04T14:45Z 2026-04-05T15:15Z
                    0 50 2 * * * | Pacific/Chatham     | 2026-04-04 | 2026-04-03T13:05Z 2026-04-04T13:05Z 2026-04-05T14:05Z
                    # far from the change, and where there is none
                    0 30 7 * * * | Europe/London       | 2026-03-28 | 2026-03-28T07:30Z 2026-03-29T06:30Z 2026-03-30T06:30Z
                    0 30 7 * * * | Europe/London       | 2026-10-24 | 2026-10-24T06:30Z 2026-10-25T07:30Z 2026-10-26T07:30Z
                    0 30 1 * * * | UTC                 | 2026-03-28 | 2026-03-28T01:30Z 2026-03-29T01:30Z 2026-03-30T01:30Z
                    """)
    void aNamedHourStartsOnceEachDay(String cron, String zone, LocalDate day, String starts) {
        assertThat(starts(cron, zone, day, 3)).isEqualTo(instants(starts));
    }

    @Test
    void aStarInTheHourCountsRepeatedHoursToo() {
        assertThat(starts("0 30 * * * *", "Europe/London", LocalDate.parse("2026-10-25"), 1))
                .hasSize(25)
                .startsWith(
                        instants(
                                        "2026-10-24T23:30Z 2026-10-25T00:30Z 2026-10-25T01:30Z"
                                                + " 2026-10-25T02:30Z")
                                .toArray(Instant[]::new));
        assertThat(starts("0 30 * * * *", "Europe/London", LocalDate.parse("2026-03-29"), 1))
                .hasSize(23);
    }

    @Test
    void aDurationIsElapsedTime() {
        var night = Schedule.of("s", "p", "0 0 22 * * *", "Europe/London", Duration.ofHours(8), 1);
        assertThat(
                        Occurrences.between(
                                night,
                                Instant.parse("2026-10-24T12:00:00Z"),
                                Instant.parse("2026-10-25T12:00:00Z")))
                .containsExactly(
                        new Occurrence(
                                Instant.parse("2026-10-24T21:00:00Z"),
                                Instant.parse("2026-10-25T05:00:00Z")));
        assertThat(
                        Occurrences.between(
                                night,
                                Instant.parse("2026-03-28T12:00:00Z"),
                                Instant.parse("2026-03-29T12:00:00Z")))
                .containsExactly(
                        new Occurrence(
                                Instant.parse("2026-03-28T22:00:00Z"),
                                Instant.parse("2026-03-29T06:00:00Z")));
    }

    private static List<Instant> starts(String cron, String zone, LocalDate day, int days) {
        var schedule = Schedule.of("s", "p", cron, zone, Duration.ofSeconds(1), 1);
        var id = ZoneId.of(zone);
        return Occurrences.between(
                        schedule,
                        day.atStartOfDay(id).toInstant(),
                        day.plusDays(days).atStartOfDay(id).toInstant())
                .stream()
                .map(Occurrence::start)
                .toList();
    }

    private static List<Instant> instants(String text) {
        return Arrays.stream(text.split(" "))
                .map(s -> Instant.parse(s.replace("Z", ":00Z")))
                .toList();
    }
}
