package vmm.event;

import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.context.SmartLifecycle;
import org.springframework.stereotype.Component;

import vmm.identity.Person;
import vmm.web.Problem;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Hands published events to the streams of this process. One thread reads the table, however many
 * streams there are, and none while there is no stream.
 */
@Component
class EventHub implements SmartLifecycle {
    /** Streams that one person may have open: a browser needs one, a few of them some. */
    static final int MOST_A_PERSON = 20;

    private static final Duration PERIOD = Duration.ofMillis(250);
    private static final int BATCH = 500;
    private static final Logger log = LoggerFactory.getLogger(EventHub.class);

    private final Events events;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition stopped = lock.newCondition();
    private final List<Subscription> subscriptions = new ArrayList<>();
    private @Nullable Thread poller;
    private long position;
    private boolean running;

    EventHub(Events events) {
        this.events = events;
    }

    /** Begins after the newest event. To be closed by the thread that opened it. */
    Subscription open(Person person) {
        lock.lock();
        try {
            if (!running)
                throw Problem.unavailable(
                        "The service is about to stop: try again.", Duration.ofSeconds(2));
            long own = subscriptions.stream().filter(s -> s.isOf(person)).count();
            if (own >= MOST_A_PERSON) {
                throw Problem.unavailable(
                        "You have " + own + " streams open already: close one first.",
                        Duration.ofSeconds(30));
            }
            if (poller == null) {
                position = events.last();
                poller = Thread.ofVirtual().name("events").start(this::poll);
            }
            var subscription = new Subscription(person, position, this::remove);
            subscriptions.add(subscription);
            return subscription;
        } finally {
            lock.unlock();
        }
    }

    private void remove(Subscription subscription) {
        lock.lock();
        try {
            subscriptions.remove(subscription);
        } finally {
            lock.unlock();
        }
    }

    private void poll() {
        boolean failing = false;
        while (goesOn()) {
            try {
                fanOut(events.after(position, BATCH));
                failing = false;
            } catch (RuntimeException e) {
                if (!failing) log.warn("events cannot be read just now: {}", e.toString());
                failing = true;
            }
        }
    }

    /** Waits for the next turn; {@code false} if nobody listens any more. */
    private boolean goesOn() {
        lock.lock();
        try {
            boolean over =
                    stopped.await(PERIOD.toNanos(), TimeUnit.NANOSECONDS)
                            || !running
                            || subscriptions.isEmpty();
            if (over) poller = null;
            return !over;
        } catch (InterruptedException e) {
            poller = null;
            return false;
        } finally {
            lock.unlock();
        }
    }

    private void fanOut(List<Event> batch) {
        if (batch.isEmpty()) return;
        lock.lock();
        try {
            position = EventView.number(batch.getLast());
            subscriptions.forEach(subscription -> subscription.offer(batch));
        } finally {
            lock.unlock();
        }
    }

    @Override
    public void start() {
        lock.lock();
        try {
            running = true;
        } finally {
            lock.unlock();
        }
    }

    /** Before the server waits for its requests: streams would not end by themselves. */
    @Override
    public void stop() {
        lock.lock();
        try {
            running = false;
            stopped.signalAll();
            subscriptions.forEach(Subscription::end);
        } finally {
            lock.unlock();
        }
    }

    @Override
    public boolean isRunning() {
        lock.lock();
        try {
            return running;
        } finally {
            lock.unlock();
        }
    }
}
