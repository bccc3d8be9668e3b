package vmm.simulation;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

class SwingsTest {
    private static final Duration WITHIN = Duration.ofMinutes(10);
    private static final Instant START = Instant.parse("2026-11-22T12:00:00Z");

    private final List<Swings.Turn> turns = new ArrayList<>();

    @Test
    void eachOpeningAfterTheOtherWasClosedIsASwing() {
        for (int n = 0; n < 4; n++) {
            opens("harwell", "m1", 60 * n);
            closes("harwell", "m1", 60 * n + 20);
            opens("didcot", "*", 60 * n + 30);
            closes("didcot", "*", 60 * n + 50);
        }
        assertThat(most()).isEqualTo(new Swings.Most("didcot * LATE / harwell m1 LATE", 7));
    }

    @Test
    void whatIsOpenAtOnceOrOfOneCloudDoesNotSwing() {
        opens("harwell", "m1", 0);
        opens("didcot", "m1", 10);
        opens("harwell", "m1", 40);
        opens("didcot", "m1", 50);
        closes("harwell", "m1", 60);
        opens("harwell", "m2", 70);
        assertThat(most().times()).isEqualTo(0);
    }

    @Test
    void aSwingIsForgottenAfterAWhile() {
        opens("harwell", "m1", 0);
        closes("harwell", "m1", 20);
        opens("didcot", "m1", 30);
        closes("didcot", "m1", 50);
        opens("harwell", "m1", 631);
        assertThat(most().times()).isEqualTo(1);
    }

    private void opens(String cloud, String offering, int second) {
        turns.add(new Swings.Turn(START.plusSeconds(second), cloud, offering, "LATE", true));
    }

    private void closes(String cloud, String offering, int second) {
        turns.add(new Swings.Turn(START.plusSeconds(second), cloud, offering, "", false));
    }

    private Swings.Most most() {
        return Swings.most(turns, WITHIN);
    }
}
