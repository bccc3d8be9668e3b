package vmm.vm;

import java.util.EnumMap;
import java.util.EnumSet;
import java.util.Map;
import java.util.Set;

/**
 * The states of a VM and the one transition table. Failures are {@linkplain VmReason reasons}, not
 * states.
 */
public enum VmState {
    /** Intent is recorded; the cloud has not acknowledged it. */
    REQUESTED,
    /** The cloud acknowledged the create and is building the instance. */
    PROVISIONING,
    /** The instance runs; its guest is not ready yet. */
    BOOTSTRAPPING,
    /** Warm and claimable. The only state that a grant may start from. */
    READY,
    /** Granted to an allocation, until that ends. */
    ALLOCATED,
    /** Must not exist any more; the cloud has not confirmed that. */
    DELETING,
    /** The cloud confirmed absence, or nothing was ever made. Terminal. */
    DELETED;

    /** What may follow what. VMs are single-use: never from ALLOCATED back to READY. */
    public static final Map<VmState, Set<VmState>> TRANSITIONS = table();

    /** On the way to being claimable. */
    public static final Set<VmState> WARMING =
            Set.copyOf(EnumSet.of(REQUESTED, PROVISIONING, BOOTSTRAPPING));

    private static Map<VmState, Set<VmState>> table() {
        var table = new EnumMap<VmState, Set<VmState>>(VmState.class);
        table.put(REQUESTED, Set.of(PROVISIONING, DELETING));
        table.put(PROVISIONING, Set.of(BOOTSTRAPPING, DELETING));
        table.put(BOOTSTRAPPING, Set.of(READY, DELETING));
        table.put(READY, Set.of(ALLOCATED, DELETING));
        table.put(ALLOCATED, Set.of(DELETING));
        table.put(DELETING, Set.of(DELETED));
        table.put(DELETED, Set.of());
        return Map.copyOf(table);
    }

    public boolean canBecome(VmState next) {
        return TRANSITIONS.getOrDefault(this, Set.of()).contains(next);
    }
}
