package vmm.reconcile;

import org.springframework.stereotype.Component;
import org.springframework.transaction.support.TransactionOperations;

import vmm.allocation.Allocations;
import vmm.event.LoopKind;
import vmm.event.Wakes;
import vmm.guest.GuestReports;

import java.time.Instant;
import java.time.InstantSource;
import java.util.List;

/** Reclaim: leases that are over, and VMs that nobody uses, warned of first. */
@Component
public class ReclaimLoop implements Reconciler {
    private final Allocations allocations;
    private final TransactionOperations transactions;
    private final InstantSource clock;
    private final Wakes wakes;

    public ReclaimLoop(
            Allocations allocations,
            TransactionOperations transactions,
            InstantSource clock,
            Wakes wakes) {
        this.allocations = allocations;
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
                            if (expired + abandoned > 0) wakes.wake(LoopKind.REFILL, Wakes.ALL);
                            int changed = expired + unwarned + abandoned + warned;
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
                                                    + " warnings withdrawn");
                        });
        return pass == null ? Pass.NOTHING : pass;
    }
}
