package vmm.event;

import vmm.identity.Person;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * The events that wait for one stream, as many as a client may lag behind: beyond that it is
 * dropped and comes again.
 */
final class Subscription implements AutoCloseable {
    private static final int MOST_BATCHES = 100;

    private final Person person;
    private final long start;
    private final Consumer<Subscription> remove;
    private final Thread thread = Thread.currentThread();
    private final BlockingQueue<List<Event>> batches = new ArrayBlockingQueue<>(MOST_BATCHES);
    private volatile boolean over;
    private boolean closed;

    Subscription(Person person, long start, Consumer<Subscription> remove) {
        this.person = person;
        this.start = start;
        this.remove = remove;
    }

    boolean isOf(Person other) {
        return person.name().equals(other.name());
    }

    /** The number of the last event before it. */
    long start() {
        return start;
    }

    void offer(List<Event> batch) {
        if (!over && !batches.offer(batch)) end();
    }

    /** The next events; none if none came in time. */
    List<Event> next(Duration patience) throws InterruptedException {
        var batch = batches.poll(Math.max(0, patience.toNanos()), TimeUnit.NANOSECONDS);
        return batch == null ? List.of() : batch;
    }

    boolean isOver() {
        return over;
    }

    /** Ends the stream, also where it waits for a client that does not read. */
    synchronized void end() {
        over = true;
        if (!closed) thread.interrupt();
    }

    @Override
    public void close() {
        remove.accept(this);
        synchronized (this) {
            closed = true;
        }
        Thread.interrupted(); // it was meant for the stream, and that is over
    }
}
