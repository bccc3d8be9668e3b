package vmm.simulation;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Comparator;
import java.util.PriorityQueue;

/**
 * The clock of a simulated world, and what is to happen in it. Time passes only from one event to
 * the next.
 */
final class VirtualTime implements InstantSource {
    private record Event(Instant at, long order, Runnable run) {}

    private final PriorityQueue<Event> queue =
            new PriorityQueue<>(Comparator.comparing(Event::at).thenComparingLong(Event::order));
    private Instant now;
    private long order;

    VirtualTime(Instant start) {
        this.now = start;
    }

    @Override
    public Instant instant() {
        return now;
    }

    void at(Instant when, Runnable run) {
        queue.add(new Event(when.isBefore(now) ? now : when, order++, run));
    }

    void after(Duration wait, Runnable run) {
        at(now.plus(wait), run);
    }

    /** Lets the next event happen. */
    void runNext() {
        var next = queue.poll();
        if (next == null) throw new IllegalStateException("nothing will ever happen again");
        now = next.at;
        next.run.run();
    }
}
