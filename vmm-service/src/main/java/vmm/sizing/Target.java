package vmm.sizing;

/**
 * The reserve that a pool wants now.
 *
 * @param size never above the pool's max size
 * @param reason a sentence for an admin; begins with the size
 */
public record Target(int size, String reason) {}
