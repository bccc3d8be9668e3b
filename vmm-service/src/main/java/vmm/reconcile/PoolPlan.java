package vmm.reconcile;

import java.util.List;

/**
 * What refill will do and why.
 *
 * @param missing VMs still wanted after these actions, and not possible now
 * @param surplus VMs above what is wanted
 * @param reasons how many are launched where, and why
 * @param standing how many are where after that, and why
 */
record PoolPlan(
        List<PoolAction> actions,
        int missing,
        int surplus,
        String summary,
        List<String> reasons,
        List<String> standing) {}
