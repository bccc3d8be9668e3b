package vmm.simulation;

import java.util.List;
import java.util.concurrent.AbstractExecutorService;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;

/**
 * Does one thing after the other in the thread that asks for it, so that a seed is a seed; nothing
 * more once one of them was a replica's end.
 */
final class InThisThread extends AbstractExecutorService {
    private boolean over;
    private boolean dead;

    @Override
    public void execute(Runnable task) {
        if (!(task instanceof Future<?> future)) {
            task.run();
        } else if (dead) {
            future.cancel(false);
        } else {
            task.run();
            dead = future.state() == Future.State.FAILED && future.exceptionNow() instanceof Crash;
        }
    }

    @Override
    public void shutdown() {
        over = true;
    }

    @Override
    public List<Runnable> shutdownNow() {
        over = true;
        return List.of();
    }

    @Override
    public boolean isShutdown() {
        return over;
    }

    @Override
    public boolean isTerminated() {
        return over;
    }

    @Override
    public boolean awaitTermination(long timeout, TimeUnit unit) {
        return over;
    }
}
