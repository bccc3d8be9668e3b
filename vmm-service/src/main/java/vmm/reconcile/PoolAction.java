package vmm.reconcile;

import java.util.UUID;
import vmm.placement.Shelf;
import vmm.vm.VmReason;

/** Something refill does for a pool. */
sealed interface PoolAction {
    record Launch(Shelf where, String why) implements PoolAction {}

    record Retire(UUID vm, VmReason reason, String why) implements PoolAction {}
}
