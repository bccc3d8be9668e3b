package vmm.reconcile;

import java.time.Duration;
import java.util.function.LongSupplier;

/**
 * How many creates may be unanswered on one cloud at once: two, one more for each that is accepted,
 * and two again after one that failed or after a quiet while. A cloud that has just begun to refuse
 * costs two creates, not dozens.
 *
 * <p>Where answers slow down it is half as many: so many at once are more than the cloud can do,
 * and creates that nobody answers for seconds would be taken for its trouble. As TCP does it
 * (additive increase, multiplicative decrease; RFC 5681), with answers as slow as {@link #SLOWER}
 * times the fastest for lost packets.
 */
final class CreateGate {
    static final int NARROW = 2;

    /** Answers that take less are never slow. */
    static final Duration PROMPT = Duration.ofSeconds(2);

    static final int SLOWER = 2;

    private static final Duration QUIET = Duration.ofSeconds(10);

    private final int widest;
    private final LongSupplier nanos;
    private int width = NARROW;
    private int inside;
    private long lastLeft;
    private long narrowedAt;
    private long fastest = Long.MAX_VALUE;

    CreateGate(int widest) {
        this(widest, System::nanoTime);
    }

    /**
     * @param nanos a clock like {@link System#nanoTime()}
     */
    CreateGate(int widest, LongSupplier nanos) {
        this.widest = widest;
        this.nanos = nanos;
        this.lastLeft = nanos.getAsLong();
        this.narrowedAt = lastLeft;
    }

    /**
     * Waits for a place.
     *
     * @return when it was got, for {@link #leave}
     */
    synchronized long enter() {
        boolean interrupted = false;
        if (inside == 0 && nanos.getAsLong() - lastLeft > QUIET.toNanos()) {
            width = NARROW;
            fastest = Long.MAX_VALUE;
        }
        while (inside >= width) {
            try {
                wait();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        inside++;
        if (interrupted) Thread.currentThread().interrupt();
        return nanos.getAsLong();
    }

    /** How many may be inside now. */
    synchronized int width() {
        return width;
    }

    /** One has failed that is inside still. */
    synchronized void narrow() {
        width = NARROW;
    }

    /**
     * @param entered what {@link #enter} gave
     */
    synchronized void leave(long entered, CloudCalls.Sent sent) {
        inside--;
        lastLeft = nanos.getAsLong();
        switch (sent) {
            case ACCEPTED -> accepted(entered, lastLeft - entered);
            case FAILED -> width = NARROW;
            case NOT -> {}
        }
        notifyAll();
    }

    /** Those that were inside when it was last narrowed say nothing of the width since. */
    private void accepted(long entered, long took) {
        boolean slow = took > PROMPT.toNanos() && took / SLOWER > fastest;
        fastest = Math.min(fastest, took);
        if (!slow) {
            width = Math.min(widest, width + 1);
        } else if (entered - narrowedAt >= 0) {
            width = Math.max(NARROW, width / 2);
            narrowedAt = lastLeft;
        }
    }
}
