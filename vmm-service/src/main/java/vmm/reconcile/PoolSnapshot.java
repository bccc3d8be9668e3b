package vmm.reconcile;

import vmm.placement.Shelf;
import vmm.vm.VmState;

import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.UUID;

/**
 * All that a plan for one pool depends on, read under the pool's lock.
 *
 * @param target the reserve wanted now
 * @param queued requests that wait
 * @param live VMs that count for the maximum: REQUESTED to ALLOCATED, and held ones
 * @param allocated of those, the ones that cannot be taken back: allocated, or held
 * @param launchLimit launches in one pass
 * @param surplusDue whether a surplus has lasted long enough to be retired
 * @param vms those that are warming or READY and not held
 * @param trust by cloud, of those where the pool has any VM or placement
 */
record PoolSnapshot(
        int target,
        String targetReason,
        int maxSize,
        int queued,
        int live,
        int allocated,
        int launchLimit,
        boolean surplusDue,
        List<Candidate> vms,
        Map<String, Trust> trust,
        List<Shelf> shelves) {

    PoolSnapshot with(List<Shelf> other) {
        return new PoolSnapshot(
                target,
                targetReason,
                maxSize,
                queued,
                live,
                allocated,
                launchLimit,
                surplusDue,
                vms,
                trust,
                other);
    }

    /**
     * @param sent whether its create was sent
     * @param late whether it should have been READY by now, or sent if it is a canary
     * @param canary whether it tries an offering whose breaker is open
     * @param broken whether it looks broken while it waits, and is kept because many do
     */
    record Candidate(
            UUID id,
            String cloud,
            String flavor,
            Map<String, String> options,
            VmState state,
            Instant since,
            boolean sent,
            boolean late,
            boolean canary,
            boolean broken) {

        boolean ready() {
            return state == VmState.READY;
        }

        boolean on(Shelf shelf) {
            return cloud.equals(shelf.cloud())
                    && flavor.equals(shelf.flavor())
                    && options.equals(shelf.options());
        }
    }
}
