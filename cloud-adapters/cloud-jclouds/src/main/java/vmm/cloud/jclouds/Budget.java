package vmm.cloud.jclouds;

import vmm.cloud.CloudFailure;

import java.time.Duration;

/** The time that one call of the core has: none of its requests begins when that is over. */
public final class Budget {

    private final Duration time;
    private final long began = System.nanoTime();

    /**
     * Begins now.
     *
     * @param time of the whole call
     */
    public Budget(Duration time) {
        this.time = time;
    }

    /**
     * To be asked before each request.
     *
     * @throws CloudFailure.Unreachable if the time is over
     */
    public void check() throws CloudFailure {
        if (System.nanoTime() - began > time.toNanos()) {
            throw new CloudFailure.Unreachable("the time for this call was over: " + time);
        }
    }
}
