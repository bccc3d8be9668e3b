package vmm.lifecycle;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

import vmm.vm.Vm;
import vmm.vm.VmState;

import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

class LatenessTest {
    private static final Instant SENT = Row.LATELY;
    private static final Optional<Duration> LIMIT = Optional.of(Duration.ofSeconds(60));

    @Test
    void whatWasAcceptedIsLateAfterTwiceWhatMostTake() {
        var vm = Row.of(VmState.PROVISIONING).sent(SENT, Vm.CreateResult.ACCEPTED).vm();
        assertThat(Lateness.since(vm, LIMIT)).contains(SENT.plusSeconds(60));
        assertThat(Lateness.since(vm, Optional.empty())).isEmpty();
    }

    @Test
    void whatIsUnansweredIsLateAfterHalfOfThatOrSomeSecondsWhereNothingWasMeasured() {
        var vm = Row.of(VmState.REQUESTED).sent(SENT, null).vm();
        assertThat(Lateness.since(vm, LIMIT)).contains(SENT.plusSeconds(30));
        assertThat(Lateness.since(vm, Optional.of(Duration.ofSeconds(6))))
                .contains(SENT.plus(Lateness.UNANSWERED));
        assertThat(Lateness.since(vm, Optional.empty()))
                .contains(SENT.plus(Lateness.UNANSWERED_AND_UNMEASURED));
    }

    @Test
    void whatTheCloudShowsWasAnsweredAfterAll() {
        var adopted = Row.of(VmState.PROVISIONING).sent(SENT, null).vm();
        assertThat(Lateness.since(adopted, LIMIT)).contains(SENT.plusSeconds(60));
    }

    @Test
    void whatDoesNotWarmIsNotLate() {
        for (var state : VmState.values()) {
            if (VmState.WARMING.contains(state)) continue;
            assertThat(Lateness.since(Row.of(state).sent(SENT, null).vm(), LIMIT)).isEmpty();
        }
    }
}
