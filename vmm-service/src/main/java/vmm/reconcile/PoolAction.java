package vmm.reconcile;

import vmm.placement.Shelf;
import vmm.vm.VmReason;

import java.util.UUID;

/** Something refill does for a pool. */
sealed interface PoolAction {
    record Launch(Shelf where, String why) implements PoolAction {}

    /**
     * @param sent whether its create was sent: if it is since, it stays
     */
    record Retire(UUID vm, VmReason reason, String why, boolean sent) implements PoolAction {}
}
