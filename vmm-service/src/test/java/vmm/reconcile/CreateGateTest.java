package vmm.reconcile;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

import vmm.reconcile.CloudCalls.Sent;

import java.time.Duration;

class CreateGateTest {
    private static final Duration QUICK = Duration.ofMillis(900);

    private long now;
    private final CreateGate gate = new CreateGate(16, () -> now);

    @Test
    void eachAcceptedCreateLetsOneMoreIn() {
        for (int i = 0; i < 5; i++) pass(QUICK, Sent.ACCEPTED);

        assertThat(gate.width()).isEqualTo(CreateGate.NARROW + 5);
        for (int i = 0; i < 50; i++) pass(QUICK, Sent.ACCEPTED);
        assertThat(gate.width()).isEqualTo(16);
    }

    @Test
    void failureNarrowsAtOnceAndWhatWasNotSentSaysNothing() {
        for (int i = 0; i < 5; i++) pass(QUICK, Sent.ACCEPTED);
        pass(QUICK, Sent.NOT);
        assertThat(gate.width()).isEqualTo(CreateGate.NARROW + 5);
        pass(QUICK, Sent.FAILED);

        assertThat(gate.width()).isEqualTo(CreateGate.NARROW);
    }

    @Test
    void answersThatSlowDownHalveItOnceForAllThatWereInside() {
        for (int i = 0; i < 8; i++) pass(QUICK, Sent.ACCEPTED);
        var inside = new long[10];
        for (int i = 0; i < inside.length; i++) inside[i] = gate.enter();
        now += QUICK.multipliedBy(3).toNanos();
        for (long entered : inside) gate.leave(entered, Sent.ACCEPTED);

        assertThat(gate.width()).isEqualTo(5);
        pass(QUICK.multipliedBy(3), Sent.ACCEPTED);
        assertThat(gate.width()).isEqualTo(CreateGate.NARROW);
        pass(QUICK, Sent.ACCEPTED);
        assertThat(gate.width()).isEqualTo(CreateGate.NARROW + 1);
    }

    @Test
    void cloudThatIsAlwaysSlowIsNotHeldBackForIt() {
        for (int i = 0; i < 30; i++) pass(Duration.ofSeconds(4), Sent.ACCEPTED);

        assertThat(gate.width()).isEqualTo(16);
    }

    @Test
    void promptAnswersAreNeverSlow() {
        pass(Duration.ofMillis(10), Sent.ACCEPTED);
        for (int i = 0; i < 30; i++) pass(CreateGate.PROMPT, Sent.ACCEPTED);

        assertThat(gate.width()).isEqualTo(16);
    }

    @Test
    void quietWhileMakesItNarrowAndForgetsHowFastItWas() {
        for (int i = 0; i < 8; i++) pass(QUICK, Sent.ACCEPTED);
        now += Duration.ofSeconds(11).toNanos();
        pass(QUICK.multipliedBy(3), Sent.ACCEPTED);

        assertThat(gate.width()).isEqualTo(CreateGate.NARROW + 1);
    }

    private void pass(Duration answer, Sent sent) {
        long entered = gate.enter();
        now += answer.toNanos();
        gate.leave(entered, sent);
    }
}
