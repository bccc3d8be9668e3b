package vmm.cloud.jclouds;

import java.time.Instant;

/**
 * An instance that a cloud of the tests made, as far as it is known now.
 *
 * @param vmId its tag, empty if it has none
 * @param deletedAt when it was first asked to go, {@link Instant#MAX} if it was not
 * @param goneAt {@link Instant#MAX} if nobody took it away
 */
public record Life(String id, String vmId, Instant createdAt, Instant deletedAt, Instant goneAt) {}
