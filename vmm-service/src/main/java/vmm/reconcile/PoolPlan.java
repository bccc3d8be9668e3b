package vmm.reconcile;

import java.util.List;

/**
 * What refill will do and why.
 *
 * @param missing VMs still wanted after these actions, and not possible now
 * @param surplus VMs above what is wanted
 */
record PoolPlan(
        List<PoolAction> actions, int missing, int surplus, String summary, List<String> reasons) {}
