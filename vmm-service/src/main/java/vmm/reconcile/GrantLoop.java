package vmm.reconcile;

import org.springframework.stereotype.Component;

import vmm.allocation.Allocations;
import vmm.allocation.Allocator;
import vmm.event.LoopKind;
import vmm.pool.Pools;

import java.util.List;

/** Grant: READY VMs to the oldest requests of their pool. */
@Component
public class GrantLoop implements Reconciler {
    private final Allocations allocations;
    private final Allocator allocator;
    private final Pools pools;

    public GrantLoop(Allocations allocations, Allocator allocator, Pools pools) {
        this.allocations = allocations;
        this.allocator = allocator;
        this.pools = pools;
    }

    @Override
    public LoopKind kind() {
        return LoopKind.GRANT;
    }

    @Override
    public List<String> due() {
        return allocations.grantable();
    }

    @Override
    public Pass pass(String name) {
        return pools.find(name)
                .map(pool -> allocator.grant(pool.id(), pool.name()))
                .filter(granted -> granted > 0)
                .map(granted -> Pass.of(granted, granted + " granted"))
                .orElse(Pass.NOTHING);
    }
}
