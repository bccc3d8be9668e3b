package vmm.clouds;

import vmm.cloud.Quota;

import java.time.Instant;

/**
 * A cloud's quota as it was last told.
 *
 * @param readAt when the call began: what was created since may not be in what is used
 */
public record QuotaState(Quota quota, Instant readAt) {}
