package vmm.lifecycle;

import vmm.vm.Vm;
import vmm.vm.VmState;

import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/** From when on a warming VM is late (ADR 0019): a pure function. */
public final class Lateness {
    /**
     * A create without an answer is late after as long, or half of what a whole launch may take.
     */
    static final Duration UNANSWERED = Duration.ofSeconds(5);

    /** The same while no launch was ever measured. */
    static final Duration UNANSWERED_AND_UNMEASURED = Duration.ofSeconds(10);

    private Lateness() {}

    /**
     * @param limit from create to READY, empty while no launch was measured
     * @return empty if it was not sent, no longer warms, is known to be late, or nothing can be
     *     said
     */
    public static Optional<Instant> since(Vm vm, Optional<Duration> limit) {
        if (!VmState.WARMING.contains(vm.state()) || vm.lateSince() != null) {
            return Optional.empty();
        }
        Instant sent = vm.createSentAt();
        if (sent == null) return Optional.empty();
        boolean unanswered = vm.state() == VmState.REQUESTED && vm.createResult() == null;
        if (unanswered) return Optional.of(sent.plus(unanswered(limit)));
        return limit.map(sent::plus);
    }

    private static Duration unanswered(Optional<Duration> limit) {
        return limit.map(whole -> whole.dividedBy(2))
                .map(half -> half.compareTo(UNANSWERED) > 0 ? half : UNANSWERED)
                .orElse(UNANSWERED_AND_UNMEASURED);
    }
}
