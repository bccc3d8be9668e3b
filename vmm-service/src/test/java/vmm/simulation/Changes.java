package vmm.simulation;

import org.jspecify.annotations.Nullable;

import vmm.simulation.View.EventRow;
import vmm.simulation.View.VmRow;
import vmm.vm.VmState;

import java.sql.SQLException;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;

/** Whether VMs change as the transition table allows, and go only for reasons that are true. */
final class Changes {
    private static final Duration TOLERANCE = Duration.ofSeconds(3);
    private static final Duration CREATE_GRACE = Duration.ofMinutes(2);

    /** For what a VM that somebody has may go. */
    private static final Set<String> ENDS_A_CLAIM =
            Set.of(
                    "RELEASED",
                    "EXPIRED",
                    "MAX_LIFETIME",
                    "ABANDONED",
                    "NEVER_CONNECTED",
                    "VANISHED",
                    "FORCED");

    private final Limits limits;
    private final Witness witness;
    private final GuestMemory guests;
    private final Closures closures;
    private final Tally tally;
    private final Map<UUID, VmState> chain = new HashMap<>();
    private final Set<UUID> operatorTook = new HashSet<>();

    Changes(Limits limits, Witness witness, GuestMemory guests, Closures closures, Tally tally) {
        this.limits = limits;
        this.witness = witness;
        this.guests = guests;
        this.closures = closures;
        this.tally = tally;
    }

    void operatorTakes(UUID vm) {
        operatorTook.add(vm);
    }

    void check(Act act, EventRow event, View before, View now) throws SQLException {
        if ("WARNED".equals(event.reason()))
            guests.warned(Oracle.required(event.claim()), event.at());
        if ("WARNING_WITHDRAWN".equals(event.reason()))
            guests.withdrawn(Oracle.required(event.claim()));
        if (event.to() == null || event.vm() == null) return;
        var vm = event.vm();
        var from = event.from() == null ? null : VmState.valueOf(event.from());
        var to = VmState.valueOf(event.to());
        var was = chain.put(vm, to);
        if (was != from)
            throw new Violation("6", vm + " was " + was + " and goes from " + from + " to " + to);
        if (from == null) {
            if (to != VmState.REQUESTED) throw new Violation("6", vm + " begins as " + to);
            closures.planned(event, Oracle.required(now.vms().get(vm)).cloud());
            return;
        }
        if (!from.canBecome(to)) throw new Violation("6", vm + " goes from " + from + " to " + to);
        tally.count(Tally.Kind.TRANSITION, from + " to " + to);
        if (to == VmState.DELETING)
            going(act, event, before.vms().get(vm), now.vms().get(vm), from);
        if (to == VmState.DELETED && act.lifecyclePass) unseen(act, event, before.vms().get(vm));
        if (to == VmState.DELETED) chain.remove(vm);
    }

    /** Whether a VM may go, for the reason that is given. */
    private void going(
            Act act, EventRow event, @Nullable VmRow before, @Nullable VmRow now, VmState from)
            throws SQLException {
        var vm = Oracle.required(event.vm());
        var reason = String.valueOf(event.reason());
        String instance = now == null ? before == null ? null : before.instance() : now.instance();
        if (reason.equals("VANISHED")) witness.vanished(vm, instance, limits.truth());
        if (before != null) closures.going(act, event, before.cloud());
        if (from == VmState.ALLOCATED && !ENDS_A_CLAIM.contains(reason)) {
            throw new Violation("2", vm + " was somebody's and goes: " + reason);
        }
        if (reason.equals("FORCED") && from != VmState.ALLOCATED && !operatorTook.contains(vm)) {
            throw new Violation("2", vm + " was taken by no operator");
        }
        if (from != VmState.ALLOCATED
                && before != null
                && before.held()
                && !List.of("VANISHED", "FORCED").contains(reason)) {
            throw new Violation("2", vm + " is held and goes: " + reason);
        }
        if (from == VmState.REQUESTED) tooEarly(act, before);
        boolean nothingThere =
                before != null
                        && (before.createSentAt() == null
                                || "REFUSED".equals(before.createAnswer()));
        if (act.lifecyclePass
                && Boolean.FALSE.equals(act.listed)
                && !nothingThere
                && !reason.equals("VANISHED")) {
            throw new Violation("5", vm + " goes for " + reason + " in a pass that could not list");
        }
    }

    /**
     * A create without an answer is given up on a listing that was made when its grace was over,
     * and on no other.
     */
    private void tooEarly(Act act, @Nullable VmRow before) {
        if (!act.lifecyclePass || before == null) return;
        if (before.createSentAt() == null
                || "REFUSED".equals(before.createAnswer())
                || act.listedAt == null) return;
        if (act.listedAt.isBefore(before.createSentAt().plus(CREATE_GRACE).minus(TOLERANCE))
                && !limits.deduplicates(before.cloud())) {
            throw new Violation("5", before.id() + " is given up on a listing of " + act.listedAt);
        }
    }

    /**
     * In a pass that could not list, nothing is confirmed gone but what was looked at, or never
     * made.
     */
    private static void unseen(Act act, EventRow event, @Nullable VmRow before) {
        if (!Boolean.FALSE.equals(act.listed) || before == null) return;
        boolean known =
                before.createSentAt() == null
                        || "REFUSED".equals(before.createAnswer())
                        || "VANISHED".equals(before.reason());
        if (!known && event.detail() != null && event.detail().contains("never showed")) {
            throw new Violation("5", before.id() + " is called gone in a pass that could not list");
        }
    }

    /** Every row is what its events say. */
    void checkStates(View now) {
        for (var vm : now.vms().values()) {
            if (chain.get(vm.id()) != vm.state()) {
                throw new Violation(
                        "6",
                        vm.id() + " is " + vm.state() + ", by its events " + chain.get(vm.id()));
            }
        }
        if (chain.size() != now.vms().size()) {
            var lost =
                    chain.keySet().stream()
                            .filter(id -> !now.vms().containsKey(id))
                            .sorted()
                            .toList();
            throw new Violation("6", "live by their events, and not in the table: " + lost);
        }
    }

    void restored(View view) {
        chain.clear();
        for (var vm : view.vms().values()) chain.put(vm.id(), vm.state());
    }
}
