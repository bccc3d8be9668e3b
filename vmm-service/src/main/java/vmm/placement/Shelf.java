package vmm.placement;

import org.jspecify.annotations.Nullable;

/**
 * A pool's placement as a planner sees it.
 *
 * @param weight share among the usable ones; 0 is a last resort
 * @param counted VMs of the pool here that are warming or ready
 * @param ownRoom how many more may be launched here by the placement's own cap
 * @param cloudRoom how many more by the cap of the cloud, which its placements share
 * @param obstacle why nothing may be launched here now, null if something may
 * @param sick whether warming VMs here are no longer counted on
 */
public record Shelf(
        int position,
        String cloud,
        String image,
        String flavor,
        @Nullable String network,
        int weight,
        int counted,
        int ownRoom,
        int cloudRoom,
        @Nullable String obstacle,
        boolean sick) {

    public int room() {
        return Math.min(ownRoom, cloudRoom);
    }

    public boolean usable() {
        return obstacle == null && room() > 0;
    }

    /** As it is after one more was launched on a shelf, this or another. */
    public Shelf afterLaunchOn(Shelf chosen) {
        if (!cloud.equals(chosen.cloud)) return this;
        int here = position == chosen.position ? 1 : 0;
        return new Shelf(
                position,
                cloud,
                image,
                flavor,
                network,
                weight,
                counted + here,
                ownRoom - here,
                cloudRoom - 1,
                obstacle,
                sick);
    }
}
