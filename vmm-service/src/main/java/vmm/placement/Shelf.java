package vmm.placement;

import org.jspecify.annotations.Nullable;

import java.util.Map;

/**
 * A pool's placement as a planner sees it.
 *
 * @param options what only this kind of cloud understands
 * @param weight share among those offered; 0 is a last resort
 * @param counted VMs of the pool here that are warming or ready
 * @param ownRoom how many more may be launched here by the placement's own cap
 * @param cloudRoom how many more by what limits the cloud, which its placements share
 * @param atOnce how many more may be launched on the cloud now, whatever room there is: it recovers
 * @param standing whether it is offered
 * @param why why it is not simply offered, null if it is
 * @param canaryDue whether one VM is to be launched to try it
 */
public record Shelf(
        int position,
        String cloud,
        String image,
        String flavor,
        @Nullable String network,
        Map<String, String> options,
        int weight,
        int counted,
        int ownRoom,
        int cloudRoom,
        int atOnce,
        Standing standing,
        @Nullable String why,
        boolean canaryDue) {

    /** One where any number may warm at once. */
    public Shelf(
            int position,
            String cloud,
            String image,
            String flavor,
            @Nullable String network,
            Map<String, String> options,
            int weight,
            int counted,
            int ownRoom,
            int cloudRoom,
            Standing standing,
            @Nullable String why,
            boolean canaryDue) {
        this(
                position,
                cloud,
                image,
                flavor,
                network,
                options,
                weight,
                counted,
                ownRoom,
                cloudRoom,
                Integer.MAX_VALUE,
                standing,
                why,
                canaryDue);
    }

    /** What may be launched on a shelf now. */
    public enum Standing {
        /** Its share. */
        OFFERED,
        /** What has no room on any shelf that is offered. */
        LAST_RESORT,
        /** The same, after every other last resort: launches there are late. */
        SLOW,
        /** Nothing but a canary. */
        CLOSED
    }

    public int room() {
        return Math.min(Math.min(ownRoom, cloudRoom), atOnce);
    }

    public boolean usable() {
        return room() > 0 && (standing != Standing.CLOSED || canaryDue);
    }

    /** Whether it takes its share. */
    public boolean offered() {
        return standing == Standing.OFFERED && room() > 0;
    }

    /** Whether it may take one more in place of one that is late elsewhere. */
    public boolean hedges() {
        return (standing == Standing.OFFERED || standing == Standing.LAST_RESORT) && room() > 0;
    }

    /** As it is after one more was launched on a shelf, this or another. */
    public Shelf afterLaunchOn(Shelf chosen) {
        if (!cloud.equals(chosen.cloud)) return this;
        int here = position == chosen.position ? 1 : 0;
        return with(
                counted + here,
                ownRoom - here,
                cloudRoom - 1,
                atOnce - 1,
                canaryDue && !chosen.canaryDue);
    }

    /** As it would be with none of the pool's VMs on it, nor on the other shelves of its cloud. */
    Shelf emptied(int onCloud) {
        return with(0, ownRoom + counted, cloudRoom + onCloud, Integer.MAX_VALUE, canaryDue);
    }

    /** With room for so many on its cloud, where that is less. */
    public Shelf within(int more) {
        return with(counted, ownRoom, Math.min(cloudRoom, more), atOnce, canaryDue);
    }

    private Shelf with(int counted, int ownRoom, int cloudRoom, int atOnce, boolean canaryDue) {
        return new Shelf(
                position, cloud, image, flavor, network, options, weight, counted, ownRoom,
                cloudRoom, atOnce, standing, why, canaryDue);
    }
}
