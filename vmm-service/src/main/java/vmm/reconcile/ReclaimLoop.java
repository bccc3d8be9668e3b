package vmm.reconcile;

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

/**
 * Reclaim: leases that are over, and VMs that nobody uses, warned of first; holds that are over;
 * what maintenance windows tell.
 */
@Component
public class ReclaimLoop implements Reconciler {
    private final Allocations allocations;
    private final Holds holds;
    private final WindowTurns windows;
    private final TransactionOperations transactions;
    private final InstantSource clock;
    private final Wakes wakes;

    public ReclaimLoop(
            Allocations allocations,
            Holds holds,
            WindowTurns windows,
            TransactionOperations transactions,
            InstantSource clock,
            Wakes wakes) {
        this.allocations = allocations;
        this.holds = holds;
        this.windows = windows;
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

    /** Leases first: nothing that is wrong with a window keeps one from ending. */
    @Override
    public Pass pass(String key) {
        Pass reclaimed = transactions.execute(status -> leases());
        Pass leases = reclaimed == null ? Pass.NOTHING : reclaimed;
        var told = transactions.execute(status -> windows.turn(clock.instant()));
        if (told == null || told == 0) return leases;
        String words = told + " told of maintenance";
        return Pass.of(
                leases.changed() + told,
                leases.changed() == 0 ? words : leases.report() + ", " + words);
    }

    private Pass leases() {
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
    }

    /** VMs whose hold is over: what may become of them now, the other loops find out. */
    private int letGo(Instant now) {
        var letGo = holds.letGoOverdue(now, "reclaim");
        for (var vm : letGo) {
            wakes.wake(LoopKind.GRANT, vm.pool());
            wakes.wake(LoopKind.LIFECYCLE, vm.cloud());
            wakes.wake(LoopKind.REFILL, vm.pool());
        }
        return letGo.size();
    }
}
