package vmm.maintenance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import vmm.maintenance.MaintenanceWindow.Kind;
import vmm.maintenance.WindowRules.Wanted;
import vmm.web.Problem;

import java.time.Instant;
import java.util.List;

class WindowRulesTest {
    private static final Instant NOW = Instant.parse("2026-11-22T12:00:00Z");

    private static Wanted wanted(String from, String to, Kind kind) {
        return Wanted.of(Instant.parse(from), Instant.parse(to), kind, "");
    }

    private static List<String> problems(Runnable check) {
        var problem = catchThrowableOfType(Problem.class, check::run);
        if (problem == null) return List.of();
        assertThat(problem.status()).isEqualTo(422);
        return problem.errors().stream()
                .map(error -> error.field() + ": " + error.message())
                .toList();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
                    2026-11-22T11:00:00Z | 2026-11-22T12:00:01Z |
                    2026-11-23T08:00:00Z | 2027-02-21T08:00:00Z |
                    2026-11-23T08:00:00Z | 2027-02-21T08:00:01Z | to: must be at most 90 days after from
                    2026-11-23T08:00:00Z | 2026-11-23T08:00:00Z | to: must be after from
                    2026-11-23T08:00:00Z | 2026-11-23T08:00:00.9Z | to: must be after from
                    2026-11-23T08:00:00Z | 2026-11-22T08:00:00Z | to: must be after from
                    2026-11-21T08:00:00Z | 2026-11-22T12:00:00Z | to: has passed: it is 2026-11-22T12:00:00Z
                    2031-11-22T12:00:00Z | 2031-11-22T13:00:00Z |
                    2031-11-22T12:00:01Z | 2031-11-22T13:00:00Z | from: must be within the next five years
                    """)
    void whatMustHoldForAWindow(String from, String to, @Nullable String problem) {
        assertThat(problems(() -> WindowRules.require(wanted(from, to, Kind.NO_NEW), NOW)))
                .isEqualTo(problem == null ? List.of() : List.of(problem));
    }

    @Test
    void whatHasBegunKeepsItsStart() {
        var begun = WindowEffectTest.window(Kind.NO_NEW, "08:00", "18:00");
        var later = wanted("2026-11-22T13:00:00Z", "2026-11-22T18:00:00Z", Kind.UNAVAILABLE);
        assertThat(problems(() -> WindowRules.requireChange(begun, later, NOW)))
                .containsExactly("from: has passed: it stays 2026-11-22T08:00:00Z");
        var longer = wanted("2026-11-22T08:00:00Z", "2026-11-23T18:00:00Z", Kind.UNAVAILABLE);
        assertThat(problems(() -> WindowRules.requireChange(begun, longer, NOW))).isEmpty();
    }

    @Test
    void whatIsDrainedIsNotMadeHarmless() {
        var gone = WindowEffectTest.window(Kind.UNAVAILABLE, "08:00", "18:00");
        var milder = wanted("2026-11-22T08:00:00Z", "2026-11-22T18:00:00Z", Kind.AT_RISK);
        assertThat(problems(() -> WindowRules.requireChange(gone, milder, NOW)))
                .containsExactly(
                        "kind: it has begun and its VMs are drained: end it, and enter another");
        assertThat(
                        problems(
                                () ->
                                        WindowRules.requireChange(
                                                gone, milder, WindowEffectTest.at("07:00"))))
                .isEmpty();
    }
}
