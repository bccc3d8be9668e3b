package vmm.maintenance;

import static org.assertj.core.api.Assertions.assertThat;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import vmm.maintenance.MaintenanceWindow.Kind;
import vmm.maintenance.MaintenanceWindow.State;
import vmm.maintenance.WindowEffect.Strength;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

class WindowEffectTest {
    private static final Duration LEAD = Duration.ofMinutes(10);

    static Instant at(String time) {
        return Instant.parse("2026-11-22T" + time + ":00Z");
    }

    static MaintenanceWindow window(Kind kind, String from, String to) {
        return window("harwell", kind, from, to, null);
    }

    static MaintenanceWindow window(
            String cloud, Kind kind, String from, String to, @Nullable Instant cancelledAt) {
        return new MaintenanceWindow(
                new UUID(1, kind.ordinal()),
                cloud,
                at(from),
                at(to),
                kind,
                "Harwell patching",
                0,
                at("00:00"),
                "admin",
                cancelledAt,
                at(from).minus(LEAD));
    }

    private static WindowEffect effect(String now, MaintenanceWindow... windows) {
        return WindowEffect.of(List.of(windows), at(now))
                .getOrDefault("harwell", WindowEffect.NONE);
    }

    @ParameterizedTest
    @CsvSource(
            textBlock =
                    """
                    AT_RISK,     07:49, NONE,        08:00
                    AT_RISK,     07:55, NONE,        08:00
                    AT_RISK,     08:00, LAST_RESORT, 18:00
                    AT_RISK,     18:00, NONE,
                    NO_NEW,      07:55, NONE,        08:00
                    NO_NEW,      08:00, NO_LAUNCHES, 18:00
                    NO_NEW,      17:59, NO_LAUNCHES, 18:00
                    NO_NEW,      18:00, NONE,
                    UNAVAILABLE, 07:49, NONE,        07:50
                    UNAVAILABLE, 07:50, LEAVING,     08:00
                    UNAVAILABLE, 07:59, LEAVING,     08:00
                    UNAVAILABLE, 08:00, GONE,        18:00
                    UNAVAILABLE, 17:59, GONE,        18:00
                    UNAVAILABLE, 18:00, NONE,
                    """)
    void oneWindow(Kind kind, String now, Strength strength, @Nullable String changes) {
        var effect = effect(now, window(kind, "08:00", "18:00"));
        assertThat(effect.strength()).isEqualTo(strength);
        assertThat(effect.changesAt()).isEqualTo(changes == null ? null : at(changes));
        assertThat(effect.reason() == null).isEqualTo(strength == Strength.NONE);
    }

    @ParameterizedTest
    @CsvSource(
            textBlock =
                    """
                    NONE,        true,  true,  false
                    LAST_RESORT, true,  true,  false
                    NO_LAUNCHES, false, true,  false
                    LEAVING,     false, false, false
                    GONE,        false, false, true
                    """)
    void whatAStrengthMeans(Strength strength, boolean mayLaunch, boolean counts, boolean drains) {
        var effect = new WindowEffect(strength, null, null);
        assertThat(effect.mayLaunch()).isEqualTo(mayLaunch);
        assertThat(effect.counts()).isEqualTo(counts);
        assertThat(effect.drains()).isEqualTo(drains);
    }

    @Test
    void theReasonNamesTheWindow() {
        assertThat(effect("09:00", window(Kind.NO_NEW, "08:00", "18:00")).reason())
                .isEqualTo(
                        "maintenance window 'Harwell patching' from 2026-11-22 08:00 to 18:00 UTC");
        assertThat(effect("07:55", window(Kind.UNAVAILABLE, "08:00", "18:00")).reason())
                .isEqualTo(
                        "ahead of maintenance window 'Harwell patching' from 2026-11-22 08:00 to"
                                + " 18:00 UTC");
    }

    @Test
    void aNoteIsQuotedByItsFirstLineAndNotWhole() {
        var long1 =
                new MaintenanceWindow(
                        new UUID(1, 1),
                        "harwell",
                        at("08:00"),
                        at("18:00").plus(Duration.ofDays(2)),
                        Kind.NO_NEW,
                        "x".repeat(100) + "\nsecond",
                        0,
                        at("00:00"),
                        "admin",
                        null,
                        null);
        assertThat(long1.words())
                .isEqualTo(
                        "maintenance window '"
                                + "x".repeat(79)
                                + "…' from 2026-11-22 08:00 to 2026-11-24 18:00 UTC");
    }

    @Test
    void theStrongestOfOverlappingWindowsRules() {
        var risk = window(Kind.AT_RISK, "06:00", "20:00");
        var shut = window(Kind.NO_NEW, "07:00", "12:00");
        var gone = window(Kind.UNAVAILABLE, "08:00", "10:00");
        assertThat(effect("06:30", risk, shut, gone).strength()).isEqualTo(Strength.LAST_RESORT);
        assertThat(effect("07:30", risk, shut, gone).strength()).isEqualTo(Strength.NO_LAUNCHES);
        assertThat(effect("07:55", risk, shut, gone).strength()).isEqualTo(Strength.LEAVING);
        assertThat(effect("08:30", gone, shut, risk).strength()).isEqualTo(Strength.GONE);
        assertThat(effect("10:00", gone, shut, risk).strength()).isEqualTo(Strength.NO_LAUNCHES);
        assertThat(effect("10:00", gone, shut, risk).changesAt()).isEqualTo(at("12:00"));
        assertThat(effect("12:00", gone, shut, risk).strength()).isEqualTo(Strength.LAST_RESORT);
    }

    @Test
    void windowsThatFollowEachOtherAreOneChange() {
        var first = window(Kind.NO_NEW, "08:00", "10:00");
        var second = window(Kind.NO_NEW, "09:00", "12:00");
        assertThat(effect("08:30", first, second).changesAt()).isEqualTo(at("12:00"));
        assertThat(effect("09:30", first, second).reason()).contains("09:00 to 12:00");
    }

    @Test
    void aCancelledWindowAndAnotherCloudsDoNothing() {
        assertThat(
                        effect(
                                "09:00",
                                window("harwell", Kind.UNAVAILABLE, "08:00", "18:00", at("07:00"))))
                .isEqualTo(WindowEffect.NONE);
        var effects =
                WindowEffect.of(
                        List.of(
                                window("didcot", Kind.NO_NEW, "08:00", "18:00", null),
                                window("harwell", Kind.UNAVAILABLE, "08:00", "18:00", null)),
                        at("09:00"));
        assertThat(effects.get("didcot")).extracting("strength").isEqualTo(Strength.NO_LAUNCHES);
        assertThat(effects.get("harwell")).extracting("strength").isEqualTo(Strength.GONE);
    }

    /** Seconds; an empty p95 is none measured. */
    @ParameterizedTest
    @CsvSource(
            textBlock =
                    """
                    40,   600, 300
                    240,  600, 300
                    241,  600, 301
                    3540, 600, 3600
                    3541, 600, 3600
                    ,     600, 660
                    ,     86400, 3600
                    """)
    void theLeadIsTheP95AndAMinuteWithinBounds(
            @Nullable Long p95, long bootTimeout, long expected) {
        assertThat(
                        WindowLead.of(
                                Optional.ofNullable(p95).map(Duration::ofSeconds),
                                Duration.ofSeconds(bootTimeout),
                                2,
                                Optional.empty()))
                .isEqualTo(Duration.ofSeconds(expected));
    }

    @ParameterizedTest
    @CsvSource(
            textBlock =
                    """
                    UNAVAILABLE, 07:49, PLANNED
                    UNAVAILABLE, 07:50, PREPARING
                    UNAVAILABLE, 08:00, ACTIVE
                    UNAVAILABLE, 18:00, OVER
                    NO_NEW,      07:55, PLANNED
                    AT_RISK,     08:00, ACTIVE
                    """)
    void stateFollowsTheClock(Kind kind, String now, State state) {
        assertThat(window(kind, "08:00", "18:00").state(at(now))).isEqualTo(state);
    }

    @Test
    void preparationDoesNotBeginBeforeTheWindowWasEntered() {
        assertThat(window(Kind.UNAVAILABLE, "00:05", "01:00").preparationBegins())
                .isEqualTo(at("00:00"));
        assertThat(window(Kind.UNAVAILABLE, "08:00", "18:00").preparationBegins())
                .isEqualTo(at("07:50"));
        assertThat(window(Kind.NO_NEW, "08:00", "18:00").preparationBegins())
                .isEqualTo(at("08:00"));
    }
}
