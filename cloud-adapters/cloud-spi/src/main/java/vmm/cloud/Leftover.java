package vmm.cloud;

/**
 * Something that an instance left behind when it went, and that still uses the account.
 *
 * @param kind what it is, such as {@code port}
 * @param id the cloud's own id of it
 * @param instanceId of the instance that is gone; whose it was, only the core's rows can tell
 */
public record Leftover(String kind, String id, String instanceId) {}
