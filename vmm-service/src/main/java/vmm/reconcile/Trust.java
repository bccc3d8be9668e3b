package vmm.reconcile;

import vmm.clouds.CloudState;
import vmm.maintenance.WindowEffect;

/** Which VMs on a cloud are counted on. */
enum Trust {
    ALL,
    /** The cloud is sick: those that warm are as good as lost. */
    READY_ONLY,
    /** The cloud will be gone: those that nobody was granted are as good as lost. */
    NONE,
    /** It is gone as planned: they are taken back. */
    DRAINED;

    static Trust in(CloudState cloud, WindowEffect window) {
        if (window.drains()) return DRAINED;
        if (!window.counts()) return NONE;
        return cloud.sick() ? READY_ONLY : ALL;
    }
}
