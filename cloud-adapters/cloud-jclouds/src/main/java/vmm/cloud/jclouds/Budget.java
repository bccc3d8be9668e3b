package vmm.cloud.jclouds;

import vmm.cloud.CloudFailure;

import java.time.Duration;
import java.util.function.LongSupplier;

/** The time that one call of the core has: none of its requests begins when that is over. */
public final class Budget {

    private final Duration time;
    private final LongSupplier nanos;
    private final long began;

    /**
     * Begins now.
     *
     * @param time of the whole call
     */
    public Budget(Duration time) {
        this(time, System::nanoTime);
    }

    /**
     * Begins now.
     *
     * @param nanos what time it is, from any beginning
     */
    public Budget(Duration time, LongSupplier nanos) {
        this.time = time;
        this.nanos = nanos;
        this.began = nanos.getAsLong();
    }

    /**
     * To be asked before each request.
     *
     * @throws CloudFailure.Unreachable if the time is over
     */
    public void check() throws CloudFailure {
        if (spent() > time.toNanos()) {
            throw new CloudFailure.Unreachable("the time for this call was over: " + time);
        }
    }

    /** Whether more than half of the time is over: nothing new should be tried. */
    public boolean isHalfOver() {
        return spent() > time.toNanos() / 2;
    }

    private long spent() {
        return nanos.getAsLong() - began;
    }
}
