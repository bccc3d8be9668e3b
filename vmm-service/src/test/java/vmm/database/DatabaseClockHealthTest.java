package vmm.database;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.springframework.boot.health.contributor.Status;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;

class DatabaseClockHealthTest {

    private static final Instant NOON = Instant.parse("2026-11-20T12:00:00Z");

    @Test
    void aClockThatAgreesIsUp() {
        assertThat(statusWithClockAhead(Duration.ZERO)).isEqualTo(Status.UP);
        assertThat(statusWithClockAhead(Duration.ofMillis(1500))).isEqualTo(Status.UP);
    }

    @Test
    void aClockMoreThanTwoSecondsOffIsDownEitherWay() {
        assertThat(statusWithClockAhead(Duration.ofSeconds(3))).isEqualTo(Status.DOWN);
        assertThat(statusWithClockAhead(Duration.ofSeconds(-3))).isEqualTo(Status.DOWN);
    }

    @Test
    void aDatabaseThatIsGoneIsDown() {
        var gone = TestDatabase.empty();
        gone.close();

        assertThat(new DatabaseClockHealth(gone, InstantSource.system()).health().getStatus())
                .isEqualTo(Status.DOWN);
    }

    @Test
    void aSlowAnswerIsNoSkew() {
        Instant later = NOON.plusSeconds(10);

        assertThat(DatabaseClockHealth.skew(NOON, NOON.plusSeconds(1), later)).isZero();
        assertThat(DatabaseClockHealth.skew(NOON, NOON.minusSeconds(1), later))
                .isEqualTo(Duration.ofSeconds(-1));
        assertThat(DatabaseClockHealth.skew(NOON, NOON.plusSeconds(13), later))
                .isEqualTo(Duration.ofSeconds(3));
    }

    private static Status statusWithClockAhead(Duration ahead) {
        try (var database = TestDatabase.empty()) {
            InstantSource clock = () -> InstantSource.system().instant().plus(ahead);
            return new DatabaseClockHealth(database, clock).health().getStatus();
        }
    }
}
