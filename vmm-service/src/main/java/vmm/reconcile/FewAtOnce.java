package vmm.reconcile;

import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.stream.IntStream;

/** A few at once: commits wait for the disk together, and other passes still find connections. */
final class FewAtOnce implements Spread {
    private static final int THREADS = 4;

    @Override
    public <T> void over(List<T> rows, Consumer<T> work) {
        var next = new AtomicInteger();
        Runnable worker =
                () -> {
                    for (int i = next.getAndIncrement();
                            i < rows.size();
                            i = next.getAndIncrement()) {
                        work.accept(rows.get(i));
                    }
                };
        List<Future<?>> workers;
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            workers =
                    IntStream.range(0, Math.min(THREADS, rows.size()))
                            .<Future<?>>mapToObj(n -> threads.submit(worker))
                            .toList();
        }
        for (var done : workers) {
            try {
                done.get();
            } catch (ExecutionException e) {
                if (e.getCause() instanceof RuntimeException failure) throw failure;
                throw new IllegalStateException(e.getCause());
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
