package vmm.usage;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.context.SmartLifecycle;
import org.springframework.stereotype.Component;

import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * The thread that has the meters of fleet and clouds read every few seconds, while the service
 * runs.
 */
@Component
class MeterClock implements SmartLifecycle {
    private static final Duration PERIOD = Duration.ofSeconds(5);
    private static final Logger log = LoggerFactory.getLogger(MeterClock.class);

    private final FleetMeters fleet;
    private final CloudMeters clouds;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition stopped = lock.newCondition();
    private volatile boolean running;

    MeterClock(FleetMeters fleet, CloudMeters clouds) {
        this.fleet = fleet;
        this.clouds = clouds;
    }

    @Override
    public void start() {
        running = true;
        Thread.ofVirtual().name("fleet meters").start(this::run);
    }

    private void run() {
        boolean failing = false;
        while (running) {
            try {
                fleet.refresh();
                clouds.refresh();
                failing = false;
            } catch (RuntimeException e) {
                if (!failing && running)
                    log.warn("the fleet's meters cannot be read just now: {}", e.toString());
                failing = true;
            }
            if (!await()) return;
        }
    }

    private boolean await() {
        lock.lock();
        try {
            return !stopped.await(PERIOD.toNanos(), TimeUnit.NANOSECONDS);
        } catch (InterruptedException e) {
            return false;
        } finally {
            lock.unlock();
        }
    }

    @Override
    public void stop() {
        running = false;
        lock.lock();
        try {
            stopped.signalAll();
        } finally {
            lock.unlock();
        }
    }

    @Override
    public boolean isRunning() {
        return running;
    }
}
