package vmm.reconcile;

import java.util.UUID;
import java.util.function.Supplier;

/**
 * Runs what a pass asks of a cloud beside the pass, so that one slow call delays no other VM and no
 * other cloud.
 */
public interface CloudCalls {

    /**
     * Runs a task soon, unless one for that VM or instance is still under way; a cloud has only so
     * many at a time.
     *
     * @param subject what the task is about
     */
    void submit(String cloud, String subject, Runnable task);

    /**
     * The same of a create: of those only few are under way on a cloud that has not just accepted
     * some, so that one that refuses costs few.
     */
    default void submitCreate(String cloud, UUID vm, Supplier<Sent> create) {
        submit(cloud, vm, create::get);
    }

    /** A create has just failed, what follows from that is still to be recorded: others wait. */
    default void createFailed(String cloud) {}

    /** {@link #submit(String, String, Runnable)} about a VM. */
    default void submit(String cloud, UUID vm, Runnable task) {
        submit(cloud, vm.toString(), task);
    }

    /** What came of a create. */
    enum Sent {
        ACCEPTED,
        /** Refused, or without an answer. */
        FAILED,
        /** Nothing was sent. */
        NOT
    }
}
