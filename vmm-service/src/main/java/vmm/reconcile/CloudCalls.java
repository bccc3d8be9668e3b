package vmm.reconcile;

import java.util.UUID;

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

    /** {@link #submit(String, String, Runnable)} about a VM. */
    default void submit(String cloud, UUID vm, Runnable task) {
        submit(cloud, vm.toString(), task);
    }
}
