package vmm.sizing;

/**
 * The reserve that a pool wants now.
 *
 * @param size never above the pool's max size
 * @param reason what makes it that, in words for an admin; without the size
 */
public record Target(int size, String reason) {}
