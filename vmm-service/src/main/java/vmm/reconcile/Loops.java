package vmm.reconcile;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.dao.DataAccessResourceFailureException;
import org.springframework.transaction.CannotCreateTransactionException;
import org.springframework.transaction.support.TransactionSynchronization;
import org.springframework.transaction.support.TransactionSynchronizationManager;

import vmm.event.LoopKind;
import vmm.event.Wakes;

import java.time.Duration;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;

/**
 * Runs the passes of this process: at most one at a time for each loop and key, one more if it was
 * woken meanwhile. Passes run on virtual threads, so that a cloud that hangs delays nobody else.
 */
public final class Loops implements Wakes, AutoCloseable {
    /**
     * Passes that use only the database, at once: fewer than connections, so that requests always
     * find one.
     */
    private static final int DATABASE_PASSES = 6;

    /** The least time between two passes of one key: many wakes become one pass. */
    private static final Map<LoopKind, Duration> GAPS =
            new EnumMap<>(
                    Map.of(
                            LoopKind.LIFECYCLE, Duration.ofMillis(250),
                            LoopKind.PUBLISH, Duration.ofMillis(100),
                            LoopKind.REFILL, Duration.ofMillis(50)));

    private static final Logger log = LoggerFactory.getLogger(Loops.class);

    private final Map<LoopKind, Reconciler> reconcilers = new EnumMap<>(LoopKind.class);
    private final Reconcilers rows;
    private final AtomicReference<Announcer> announcer = new AtomicReference<>((loop, key) -> {});
    private final Map<Key, Slot> slots = new ConcurrentHashMap<>();
    private final Semaphore databasePasses = new Semaphore(DATABASE_PASSES);
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
    private volatile boolean running;

    public Loops(Reconcilers rows) {
        this.rows = rows;
    }

    /**
     * Takes the loops and lets passes begin. Before it, wakes are dropped: the first ticks look at
     * everything.
     */
    public void start(List<Reconciler> all, Announcer announce) {
        all.forEach(reconciler -> reconcilers.put(reconciler.kind(), reconciler));
        announcer.set(announce);
        running = true;
    }

    @Override
    public void wake(LoopKind loop, String key) {
        if (!TransactionSynchronizationManager.isSynchronizationActive()) {
            wakeNow(loop, key);
            return;
        }
        TransactionSynchronizationManager.registerSynchronization(
                new TransactionSynchronization() {
                    @Override
                    public void afterCommit() {
                        wakeNow(loop, key);
                    }
                });
    }

    private void wakeNow(LoopKind loop, String key) {
        runHere(loop, key);
        announcer.get().announce(loop, key);
        if (loop != LoopKind.PUBLISH) runHere(LoopKind.PUBLISH, ALL);
    }

    /** A tick: looks which keys of a loop have work, and wakes them here. */
    public void tick(LoopKind loop) {
        var reconciler = reconcilers.get(loop);
        if (!running || reconciler == null || rows.paused(loop, ALL)) return;
        reconciler.due().forEach(key -> runHere(loop, key));
    }

    /**
     * Wakes a loop in this process only; {@link #ALL} of a loop with keys means those that are due.
     */
    public void runHere(LoopKind loop, String key) {
        if (!running) return;
        if (key.equals(ALL)
                && loop != LoopKind.RECLAIM
                && loop != LoopKind.PUBLISH
                && loop != LoopKind.HOUSEKEEPING) {
            threads.execute(() -> guarded(loop, key, () -> tick(loop)));
            return;
        }
        var slot = slots.computeIfAbsent(new Key(loop, key), k -> new Slot());
        if (slot.ask()) threads.execute(() -> work(loop, key, slot));
    }

    private void work(LoopKind loop, String key, Slot slot) {
        do {
            slot.awaitGap(GAPS.getOrDefault(loop, Duration.ZERO));
            slot.begin();
            guarded(loop, key, () -> pass(loop, key, slot));
        } while (slot.goesOn() && running);
    }

    private void pass(LoopKind loop, String key, Slot slot) {
        var reconciler = reconcilers.get(loop);
        if (reconciler == null || !running || rows.paused(loop, key)) return;
        boolean cloudBound = loop.ofCloud();
        if (!cloudBound) databasePasses.acquireUninterruptibly();
        try {
            // Another replica has this cloud in hand: it was woken too, and the next tick looks
            // again.
            if (cloudBound && !rows.lease(loop, key)) return;
            long began = System.nanoTime();
            try {
                Pass pass = reconciler.pass(key);
                rows.report(loop, key, pass, Duration.ofNanos(System.nanoTime() - began));
                if (pass.again()) slot.ask();
            } finally {
                if (cloudBound) rows.release(loop, key);
            }
        } finally {
            if (!cloudBound) databasePasses.release();
        }
    }

    /** One pass that fails is logged once, here, and the next tick tries again. */
    private void guarded(LoopKind loop, String key, Runnable work) {
        try {
            work.run();
        } catch (RuntimeException | Error failure) { // after an Error the loop goes on all the same
            if (!running) return;
            if (isDatabaseAway(failure)) {
                log.warn("{} {}: the database does not answer: {}", loop, key, failure.toString());
            } else {
                log.error("{} {} failed", loop, key, failure);
            }
            rows.reportFailure(loop, key, failure);
        }
    }

    private static boolean isDatabaseAway(Throwable failure) {
        return failure instanceof DataAccessResourceFailureException
                || failure instanceof CannotCreateTransactionException;
    }

    /** Lets the passes under way end, for some seconds. */
    @Override
    public void close() {
        running = false;
        threads.shutdown();
        try {
            if (!threads.awaitTermination(3, TimeUnit.SECONDS)) threads.shutdownNow();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** The pools and clouds that have had a pass here. */
    Set<Key> known() {
        return Set.copyOf(slots.keySet());
    }

    /** Tells other replicas. */
    public interface Announcer {
        void announce(LoopKind loop, String key);
    }

    /**
     * Whether a pass is under way here, or about to be; {@link #ALL} of a loop with keys means any
     * of them.
     */
    boolean running(LoopKind loop, String key) {
        return slots.entrySet().stream()
                .filter(slot -> slot.getKey().loop() == loop)
                .filter(slot -> key.equals(ALL) || slot.getKey().key().equals(key))
                .anyMatch(slot -> slot.getValue().busy());
    }

    record Key(LoopKind loop, String key) {}

    /** One loop and key: idle, running, or running and asked for again. */
    private static final class Slot {
        private boolean busy;
        private boolean asked;
        private long lastBegan = System.nanoTime() - Duration.ofMinutes(1).toNanos();

        /** Whether the caller must start a worker. */
        synchronized boolean ask() {
            asked = true;
            if (busy) return false;
            busy = true;
            return true;
        }

        void awaitGap(Duration gap) {
            long wait = lastBegan + gap.toNanos() - System.nanoTime();
            if (wait > 0) LockSupport.parkNanos(wait);
        }

        synchronized void begin() {
            asked = false;
            lastBegan = System.nanoTime();
        }

        /** Whether the worker must go round again; if not, the next to ask starts another. */
        synchronized boolean goesOn() {
            busy = asked;
            return busy;
        }

        synchronized boolean busy() {
            return busy;
        }
    }
}
