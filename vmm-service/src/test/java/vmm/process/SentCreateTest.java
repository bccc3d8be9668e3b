package vmm.process;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import java.time.Duration;
import java.time.Instant;

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
