package vmm.reconcile;

import java.time.Duration;

/**
 * How many creates may be unanswered on one cloud at once: two, one more for each that is accepted,
 * and two again after one that failed or after a quiet while. A cloud that has just begun to refuse
 * costs two creates, not dozens.
 */
final class CreateGate {
    static final int NARROW = 2;

    private static final Duration QUIET = Duration.ofSeconds(10);

    private final int widest;
    private int width = NARROW;
    private int inside;
    private long lastLeft = System.nanoTime();

    CreateGate(int widest) {
        this.widest = widest;
    }

    /** Waits for a place. */
    synchronized void enter() {
        boolean interrupted = false;
        if (inside == 0 && System.nanoTime() - lastLeft > QUIET.toNanos()) width = NARROW;
        while (inside >= width) {
            try {
                wait();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        inside++;
        if (interrupted) Thread.currentThread().interrupt();
    }

    /** One has failed that is inside still. */
    synchronized void narrow() {
        width = NARROW;
    }

    synchronized void leave(CloudCalls.Sent sent) {
        inside--;
        lastLeft = System.nanoTime();
        switch (sent) {
            case ACCEPTED -> width = Math.min(widest, width + 1);
            case FAILED -> width = NARROW;
            case NOT -> {}
        }
        notifyAll();
    }
}
