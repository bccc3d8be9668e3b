package vmm.cloud;

/**
 * Something that an instance left behind when it went, and that still uses the account.
 *
 * @param kind what it is, such as {@code port}
 * @param id the cloud's own id of it
 * @param owner id of the instance that is gone, or of its VM where only our tag tells; whose it
 *     was, only the core's rows can tell
 */
public record Leftover(String kind, String id, String owner) {}
