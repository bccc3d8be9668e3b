package vmm.maintenance;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import java.time.Duration;
import java.util.Optional;

class WindowLeadTest {
    /** Launches take ten minutes, creates twenty seconds. */
    @ParameterizedTest
    @CsvSource({
        "0, PT11M",
        "2, PT11M",
        "3, PT11M20S",
        "6, PT11M20S",
        "7, PT11M40S",
        "14, PT11M40S",
        "30, PT12M",
        "31, PT12M20S",
        "46, PT12M20S",
        "1000, PT32M20S",
        "9000, PT1H"
    })
    void itGrowsWithWhatMustBeLaunched(int launches, Duration lead) {
        assertThat(
                        WindowLead.of(
                                Optional.of(Duration.ofMinutes(10)),
                                Duration.ofMinutes(30),
                                launches,
                                Optional.of(Duration.ofSeconds(20))))
                .isEqualTo(lead);
    }

    @ParameterizedTest
    @CsvSource({"2, PT31M", "30, PT31M15S"})
    void whatWasNotMeasuredIsBounded(int launches, Duration lead) {
        assertThat(
                        WindowLead.of(
                                Optional.empty(),
                                Duration.ofMinutes(30),
                                launches,
                                Optional.empty()))
                .isEqualTo(lead);
    }

    @ParameterizedTest
    @CsvSource({"2, PT5M", "14, PT5M"})
    void itIsNotShorterThanFiveMinutes(int launches, Duration lead) {
        assertThat(
                        WindowLead.of(
                                Optional.of(Duration.ofSeconds(30)),
                                Duration.ofMinutes(30),
                                launches,
                                Optional.empty()))
                .isEqualTo(lead);
    }
}
