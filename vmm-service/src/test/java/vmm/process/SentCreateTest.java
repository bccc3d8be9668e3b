package vmm.process;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

class SentCreateTest {
    private static final Instant SENT = Instant.parse("2026-11-21T12:00:00Z");
    private static final Duration LATE = Duration.ofSeconds(12);

    /** Seconds after it was sent; what has not happened is empty. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            nullValues = "-",
            textBlock =
                    """
                    # received | answered | status | ready | given up | reason        | now | sign | wasted
                    0          | 0        | 202    | 6     | -        | -             | 60  | -    | false
                    0          | 0        | 202    | 6     | 8        | RELEASED      | 60  | -    | false
                    0          | 0        | 202    | -     | -        | -             | 11  | -    | false
                    0          | 0        | 202    | -     | -        | -             | 60  | 12   | true
                    0          | 0        | 202    | 50    | -        | -             | 60  | 12   | true
                    0          | 0        | 202    | -     | 3        | UNHEALTHY     | 60  | 3    | true
                    0          | 0        | 202    | -     | 3        | SURPLUS       | 60  | -    | false
                    0          | 0        | 202    | -     | 30       | SURPLUS       | 60  | 12   | true
                    0          | 1        | 500    | -     | 1        | LAUNCH_FAILED | 60  | 1    | true
                    0          | 1        | 504    | 6     | -        | -             | 60  | 1    | false
                    0          | -        | 0      | -     | -        | -             | 4   | -    | false
                    0          | -        | 0      | -     | 10       | LAUNCH_FAILED | 60  | 5    | true
                    0          | 7        | 202    | 10    | -        | -             | 60  | 5    | false
                    -          | -        | 0      | -     | 1        | LAUNCH_FAILED | 60  | 1    | true
                    """)
    void isJudgedByWhatBecameOfIt(
            Integer received,
            Integer answered,
            int status,
            Integer ready,
            Integer givenUp,
            String reason,
            int now,
            Integer sign,
            boolean wasted) {
        var create =
                new SentCreate(
                        "vm",
                        SENT,
                        after(received),
                        after(answered),
                        status,
                        after(ready),
                        after(givenUp),
                        reason == null ? "" : reason);
        assertThat(create.sign(LATE, SENT.plusSeconds(now)).orElse(Instant.MAX))
                .isEqualTo(after(sign));
        assertThat(create.wasted(LATE, SENT.plusSeconds(now))).isEqualTo(wasted);
    }

    /** Seconds after it was sent, as above. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            nullValues = "-",
            textBlock =
                    """
                    # answer | accepted | ready | given up | reason        | sign | wasted
                    ACCEPTED | 1        | 6     | -        | -             | -    | false
                    ACCEPTED | 1        | -     | 4        | LAUNCH_FAILED | 4    | true
                    REFUSED  | -        | -     | 1        | LAUNCH_FAILED | 1    | true
                    UNKNOWN  | -        | -     | -        | -             | 5    | true
                    UNKNOWN  | 8        | 11    | -        | -             | 5    | false
                    -        | -        | -     | -        | -             | 5    | true
                    """)
    void isJudgedByTheTableWhereTheCloudKeepsNoAccount(
            String answer,
            Integer accepted,
            Integer ready,
            Integer givenUp,
            String reason,
            Integer sign,
            boolean wasted) {
        var create =
                SentCreate.recorded(
                        "vm",
                        SENT,
                        answer == null ? "" : answer,
                        after(accepted),
                        after(ready),
                        after(givenUp),
                        reason == null ? "" : reason);
        var now = SENT.plusSeconds(60);
        assertThat(create.sign(LATE, now).orElse(Instant.MAX)).isEqualTo(after(sign));
        assertThat(create.wasted(LATE, now)).isEqualTo(wasted);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            nullValues = "-",
            textBlock =
                    """
                    # claimed | sign | full | from
                    0         | -    | 8    | 0
                    0         | 5    | 12   | 5
                    9         | 5    | 12   | 9
                    0         | 60   | 40   | 0
                    0         | 60   | -    | 60
                    """)
    void onlyASignBeforeThePoolWasFullGivesItMoreTime(
            Integer claimed, Integer sign, Integer full, Integer from) {
        assertThat(
                        SentCreate.countsFrom(
                                after(claimed),
                                Optional.ofNullable(sign).map(SENT::plusSeconds),
                                Optional.ofNullable(full).map(SENT::plusSeconds)))
                .isEqualTo(after(from));
    }

    @Test
    void onlyWhatWasSentAfterTheFirstSignIsCounted() {
        var first = refused("first", 0);
        var second = refused("second", 2);
        var late = SENT.plusSeconds(60);
        var sign = SentCreate.firstSign(List.of(second, first), LATE, late);
        assertThat(sign).contains(SENT.plusSeconds(1));
        assertThat(SentCreate.wastedAfter(sign, List.of(first, second), LATE, late)).isEqualTo(1);
        assertThat(SentCreate.wastedAfter(Optional.empty(), List.of(second), LATE, late)).isZero();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            nullValues = "-",
            textBlock =
                    """
                    # first READY | second sent | canary
                    6             | 6           | true
                    6             | 5           | false
                    -             | 40          | false
                    """)
    void aCanaryIsAloneUntilItIsReady(Integer ready, int second, boolean canary) {
        var first =
                SentCreate.recorded(
                        "first", SENT, "ACCEPTED", after(1), after(ready), Instant.MAX, "");
        assertThat(SentCreate.beginsWithCanary(List.of(first, refused("second", second))))
                .isEqualTo(canary);
    }

    private static SentCreate refused(String vm, int sent) {
        return SentCreate.recorded(
                vm,
                SENT.plusSeconds(sent),
                "REFUSED",
                Instant.MAX,
                Instant.MAX,
                SENT.plusSeconds(sent + 1),
                "LAUNCH_FAILED");
    }

    @Test
    void isLateAfterTwiceTheUsualTimeAndFiveSeconds() {
        assertThat(SentCreate.late(Duration.ofSeconds(2))).isEqualTo(Duration.ofSeconds(7));
        assertThat(SentCreate.late(Duration.ofSeconds(6))).isEqualTo(Duration.ofSeconds(12));
    }

    @ParameterizedTest
    @CsvSource({"0, 2", "29, 2", "30, 3", "60, 3", "120, 4", "210, 5", "600, 5", "36000, 5"})
    void mayCostFewCreates(int seconds, int creates) {
        assertThat(SentCreate.allowed(Duration.ofSeconds(seconds))).isEqualTo(creates);
    }

    private static Instant after(Integer seconds) {
        return seconds == null ? Instant.MAX : SENT.plusSeconds(seconds);
    }
}
