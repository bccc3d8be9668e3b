package vmm.reconcile;

import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.stereotype.Component;
import org.springframework.transaction.support.TransactionOperations;

import vmm.allocation.Allocations;
import vmm.event.LoopKind;
import vmm.event.Wakes;
import vmm.guest.GuestReports;
import vmm.vm.Holds;

import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;

/**
 * Reclaim: leases that are over, and VMs that nobody uses, warned of first. VMs whose hold is over
 * are let go.
 */
@Component
public class ReclaimLoop implements Reconciler {
    private final Allocations allocations;
    private final Optional<Holds> holds;
    private final TransactionOperations transactions;
    private final InstantSource clock;
    private final Wakes wakes;

    @Autowired
    public ReclaimLoop(
            Allocations allocations,
            Holds holds,
            TransactionOperations transactions,
            InstantSource clock,
            Wakes wakes) {
        this(allocations, Optional.of(holds), transactions, clock, wakes);
    }

    /** One that leaves VMs held until somebody lets them go. */
    public ReclaimLoop(
            Allocations allocations,
            TransactionOperations transactions,
            InstantSource clock,
            Wakes wakes) {
        this(allocations, Optional.empty(), transactions, clock, wakes);
    }

    private ReclaimLoop(
            Allocations allocations,
            Optional<Holds> holds,
            TransactionOperations transactions,
            InstantSource clock,
            Wakes wakes) {
        this.allocations = allocations;
        this.holds = holds;
        this.transactions = transactions;
        this.clock = clock;
        this.wakes = wakes;
    }

    @Override
    public LoopKind kind() {
        return LoopKind.RECLAIM;
    }

    @Override
    public List<String> due() {
        return List.of(Wakes.ALL);
    }

    @Override
    public Pass pass(String key) {
        var pass =
                transactions.execute(
                        status -> {
                            Instant now = clock.instant();
                            Instant fresh = now.minus(GuestReports.SILENCE);
                            int expired = allocations.expire(now);
                            int unwarned = allocations.unwarn(fresh, now);
                            int abandoned = allocations.abandon(fresh, now);
                            int warned = allocations.warn(fresh, now);
                            int letGo = letGo(now);
                            if (expired + abandoned > 0) wakes.wake(LoopKind.REFILL, Wakes.ALL);
                            int changed = expired + unwarned + abandoned + warned + letGo;
                            return changed == 0
                                    ? Pass.NOTHING
                                    : Pass.of(
                                            changed,
                                            expired
                                                    + " over, "
                                                    + abandoned
                                                    + " abandoned, "
                                                    + warned
                                                    + " warned, "
                                                    + unwarned
                                                    + " warnings withdrawn, "
                                                    + letGo
                                                    + " let go");
                        });
        return pass == null ? Pass.NOTHING : pass;
    }

    /** VMs whose hold is over: what may become of them now, the other loops find out. */
    private int letGo(Instant now) {
        var letGo = holds.map(some -> some.letGoOverdue(now, "reclaim")).orElse(List.of());
        for (var vm : letGo) {
            wakes.wake(LoopKind.GRANT, vm.pool());
            wakes.wake(LoopKind.LIFECYCLE, vm.cloud());
            wakes.wake(LoopKind.REFILL, vm.pool());
        }
        return letGo.size();
    }
}
