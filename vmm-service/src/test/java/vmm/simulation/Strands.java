package vmm.simulation;

import org.jspecify.annotations.Nullable;

import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;

/**
 * Work that can stop in the middle of a call and go on later, in virtual time. Each strand has a
 * thread, but only one of them, or the simulation itself, runs at any moment: they hand over.
 */
final class Strands implements AutoCloseable {
    private final ExecutorService threads =
            Executors.newCachedThreadPool(
                    Thread.ofPlatform().name("strand-", 0).daemon().factory());
    private @Nullable Strand running;

    /** Runs work until it ends or stops for the first time. */
    Strand start(Runnable work) {
        var strand = new Strand();
        threads.execute(() -> strand.run(work));
        strand.resume();
        return strand;
    }

    /** The strand that runs now. */
    Strand running() {
        if (running == null)
            throw new IllegalStateException("only a strand can stop in the middle");
        return running;
    }

    boolean inStrand() {
        return running != null;
    }

    @Override
    public void close() {
        threads.shutdownNow();
    }

    /** One piece of work. */
    final class Strand {
        private final Semaphore go = new Semaphore(0);
        private final Semaphore back = new Semaphore(0);
        private volatile boolean over;
        private volatile boolean dropped;
        private volatile @Nullable Throwable failure;

        private void run(Runnable work) {
            go.acquireUninterruptibly();
            try {
                if (!dropped) work.run();
            } catch (Throwable e) {
                failure = e;
            } finally {
                over = true;
                back.release();
            }
        }

        /** Lets it run to its end or next stop; what it throws is thrown here. */
        void resume() {
            var before = running;
            running = this;
            go.release();
            back.acquireUninterruptibly();
            running = before;
            var thrown = failure;
            failure = null;
            if (thrown instanceof Error e) throw e;
            if (thrown instanceof RuntimeException e) throw e;
        }

        /** Called by the work itself: stops here until resumed. */
        void stop() {
            back.release();
            go.acquireUninterruptibly();
            if (dropped) throw new Crash("dropped");
        }

        /** It never goes on: its process is dead. */
        void drop() {
            if (over) return;
            dropped = true;
            try {
                resume();
            } catch (Crash expected) {
                // its end
            }
        }

        boolean over() {
            return over;
        }
    }
}
