package vmm.clouds;

import org.jspecify.annotations.Nullable;

import vmm.cloud.Quota;

import java.time.Instant;

/**
 * A cloud's quota as it was last told.
 *
 * @param readAt when the call began: what was created since may not be in what is used
 */
public record QuotaState(Quota quota, Instant readAt) {

    /** What VMs of ours use of it; null where the size of one of them is not known. */
    record Ours(int instances, @Nullable Integer vcpus, @Nullable Integer ramMb) {}
}
