package vmm.cloud.simulated;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.IntUnaryOperator;

/** A thread that ticks for the guests of one cloud in real time, until closed. */
final class GuestLoop implements AutoCloseable {

    private static final Logger log = LoggerFactory.getLogger(GuestLoop.class);
    private static final int GUESTS_A_TICK = 64;
    private static final Duration LAST_WORDS = Duration.ofSeconds(2);

    private final String cloud;
    private final IntUnaryOperator tick;
    private final CountDownLatch closed = new CountDownLatch(1);
    private final Thread thread;

    /** Starts at once. */
    GuestLoop(String cloud, Duration period, IntUnaryOperator tick) {
        this.cloud = cloud;
        this.tick = tick;
        this.thread = Thread.ofVirtual().name("guests of " + cloud).start(() -> run(period));
    }

    /** Never by interrupt, which would break the connection that the thread is using. */
    @Override
    public void close() {
        closed.countDown();
        try {
            thread.join(LAST_WORDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void run(Duration period) {
        boolean failing = false;
        try {
            while (!closed.await(period.toMillis(), TimeUnit.MILLISECONDS))
                failing = !succeeds(failing);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private boolean succeeds(boolean failedBefore) {
        try {
            int served = GUESTS_A_TICK;
            while (closed.getCount() > 0 && served == GUESTS_A_TICK)
                served = tick.applyAsInt(GUESTS_A_TICK);
            return true;
        } catch (RuntimeException e) {
            if (!failedBefore && closed.getCount() > 0) {
                log.warn(
                        "guests of a simulated cloud cannot report: cloud={} reason={}",
                        cloud,
                        e.toString());
            }
            return false;
        }
    }
}
