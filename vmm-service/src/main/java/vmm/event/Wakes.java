package vmm.event;

/**
 * Wakes loops earlier than their tick. A wake carries no work and may be lost: the tick repairs
 * that.
 */
public interface Wakes {

    /** For loops that are one for all. */
    String ALL = "all";

    /**
     * Wakes a loop here and on other replicas; inside a transaction, after its commit.
     *
     * @param key name of the pool or cloud, or {@link #ALL}
     */
    void wake(LoopKind loop, String key);
}
