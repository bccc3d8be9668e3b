package vmm.cloud.simulated;

import java.time.Duration;

/** A way to let time pass within a call: really, or only in the books of a simulation. */
@FunctionalInterface
public interface Pause {

    /** Parks the calling thread; an interrupt ends the pause and stays set. */
    Pause REAL =
            duration -> {
                try {
                    Thread.sleep(duration);
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
            };

    void pause(Duration duration);
}
