package vmm.sizing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import java.time.Duration;
import java.time.ZoneId;

class ScheduleTest {

    @Test
    void keepsWhatItIsGiven() {
        var schedule =
                Schedule.of(
                        "mornings",
                        "muon",
                        "0 30 7 * * MON-FRI",
                        "Europe/London",
                        Duration.ofHours(3),
                        15);
        assertThat(schedule.zone()).isEqualTo(ZoneId.of("Europe/London"));
        assertThat(schedule.cron()).isEqualTo("0 30 7 * * MON-FRI");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                " ",
                "nonsense",
                "30 7 * * 1-5",
                "0 30 7 * * MON-FRI 2026",
                "0 61 * * * *",
                "0 0 25 * * *",
                "0 0 0 * * MON-XXX",
                "0 */0 * * * *",
                "@never"
            })
    void aWrongCronSaysWhatToWrite(String cron) {
        assertThatThrownBy(() -> with(cron, "UTC", "PT1H", 1))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith("cron '" + cron + "'")
                .hasMessageContaining("write six fields")
                .hasMessageContaining("0 30 7 * * MON-FRI");
    }

    @Test
    void anOverlongCronIsNotEvenRead() {
        assertThatThrownBy(() -> with("0".repeat(1_000_000), "UTC", "PT1H", 1))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("cron is 1000000 characters long: at most 200");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "Mars/Olympus", "europe", "Europe/", "+25:00"})
    void aWrongZoneSaysWhatToWrite(String zone) {
        assertThatThrownBy(() -> with("0 0 0 * * *", zone, "PT1H", 1))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("zone '" + zone + "' is unknown: write an IANA name");
    }

    @Test
    void aZoneInWrongCaseIsToldTheRightOne() {
        assertThatThrownBy(() -> with("0 0 0 * * *", "america/new_york", "PT1H", 1))
                .hasMessageEndingWith("such as America/New_York");
    }

    @ParameterizedTest
    @CsvSource({
        "PT0S,too short",
        "PT-1H,too short",
        "PT0.5S,too short",
        "P92DT1S,too long",
        "P3650D,too long"
    })
    void aWrongDurationIsRefused(String duration, String why) {
        assertThatThrownBy(() -> with("0 0 0 * * *", "UTC", duration, 1))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(why);
    }

    @ParameterizedTest
    @ValueSource(ints = {-1, Integer.MIN_VALUE, 100_001, Integer.MAX_VALUE})
    void aWrongTargetIsRefused(int target) {
        assertThatThrownBy(() -> with("0 0 0 * * *", "UTC", "PT1H", target))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("target " + target + " is out of range: give 0 to 100000 VMs");
    }

    private static Schedule with(String cron, String zone, String duration, int target) {
        return Schedule.of("s", "muon", cron, zone, Duration.parse(duration), target);
    }
}
