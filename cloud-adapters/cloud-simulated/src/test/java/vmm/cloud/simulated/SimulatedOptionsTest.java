package vmm.cloud.simulated;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import java.time.Duration;
import java.util.Map;
import java.util.OptionalInt;

class SimulatedOptionsTest {

    @Test
    void noOptionsMeanCalmWeatherOfEightSeconds() {
        var options = SimulatedOptions.parse(Map.of());

        assertThat(options.weather()).isEqualTo(Weather.CALM);
        assertThat(options.weather().bootTime()).isEqualTo(Duration.ofSeconds(8));
        assertThat(options.flavors()).isEmpty();
        assertThat(options.idleRatio()).isEqualTo(0.3);
        assertThat(options.activityEvery()).isEqualTo(Duration.ofMinutes(1));
        assertThat(options.deduplicates()).isFalse();
    }

    @Test
    void optionsSetTheWeatherAndTheGuests() {
        var options =
                SimulatedOptions.parse(
                        Map.of(
                                "bootTime",
                                "PT3S",
                                "capacity",
                                "40",
                                "quota",
                                "50",
                                "lostReply",
                                "0.1",
                                "outage",
                                "true",
                                "flavors",
                                "l3.micro, l3.large",
                                "idleRatio",
                                "1",
                                "activityEvery",
                                "PT10S",
                                "deduplicates",
                                "true"));

        assertThat(options.weather())
                .isEqualTo(
                        Weather.CALM
                                .with("bootTime", Duration.ofSeconds(3))
                                .with("capacity", OptionalInt.of(40))
                                .with("quota", 50)
                                .with("lostReply", 0.1)
                                .with("outage", true));
        assertThat(options.flavors()).containsExactly("l3.micro", "l3.large");
        assertThat(options.idleRatio()).isEqualTo(1);
        assertThat(options.activityEvery()).isEqualTo(Duration.ofSeconds(10));
        assertThat(options.deduplicates()).isTrue();
    }

    @ParameterizedTest
    @CsvSource({
        "bootTime, 8s, PT8S",
        "bootTime, -PT8S, PT8S",
        "bootTime, P2D, at most a day",
        "bootJitter, PT1S, 0.05",
        "capacity, many, 100",
        "capacity, -1, 100",
        "lostReply, 1.5, between 0 and 1",
        "lostReply, NaN, between 0 and 1",
        "slowBootFactor, 0.5, from 1 to 1000",
        "listLag, PT11M, up to PT10M",
        "outage, yes, true or false",
        "idleRatio, 30%, 0.3",
        "idleRatio, 2, 0.3",
        "activityEvery, PT0S, PT1M",
        "activityEvery, often, PT1M",
        "deduplicates, 1, true or false",
        "bootime, PT8S, bootTime"
    })
    void wrongOptionIsRefusedByNameWithTheRemedy(String option, String value, String remedy) {
        assertThatThrownBy(() -> SimulatedOptions.parse(Map.of(option, value)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("option " + option + " ")
                .hasMessageContaining(remedy);
    }

    @Test
    void weatherSurvivesItsRowAndForgetsWhatThisVersionDoesNotKnow() {
        var weather =
                Weather.CALM
                        .with("capacity", 7)
                        .with("quota", "")
                        .with("hang", 0.25)
                        .with("lateBy", Duration.ofMillis(1_500))
                        .with("outage", true);

        assertThat(WeatherReport.read(WeatherReport.write(weather))).isEqualTo(weather);
        assertThat(WeatherReport.read("hail=0.5\n" + WeatherReport.write(weather)))
                .isEqualTo(weather);
        assertThat(WeatherReport.read("hang=0.25")).isEqualTo(Weather.CALM.with("hang", 0.25));
    }

    @Test
    void weatherHasNoOtherComponents() {
        assertThatThrownBy(() -> Weather.CALM.with("hail", 0.5))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("hail");
    }
}
