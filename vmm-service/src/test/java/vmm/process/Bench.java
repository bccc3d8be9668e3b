package vmm.process;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntFunction;

/** Measuring: clients at once, percentiles, and lines of the table of figures. */
final class Bench {
    private static final Path FIGURES = Path.of("target", "benchmarks.md").toAbsolutePath();

    private Bench() {}

    /** A line of docs/benchmarks.md: printed, and kept in {@code target/benchmarks.md}. */
    static void figure(String what, String figure, String beside) {
        String line = "| %s | %s | %s |".formatted(what, figure, beside);
        System.out.println(line);
        try {
            Files.writeString(
                    FIGURES, line + "\n", StandardOpenOption.CREATE, StandardOpenOption.APPEND);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /**
     * Runs a task so many times by so many clients, who begin at once.
     *
     * @param tasks of each client, by its number
     * @return what each run took and what all of them took
     */
    static Run run(int clients, int times, IntFunction<Callable<?>> tasks) throws Exception {
        var nanos = new long[times];
        var next = new AtomicInteger();
        var ready = new CountDownLatch(clients);
        var go = new CountDownLatch(1);
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            var ends =
                    java.util.stream.IntStream.range(0, clients)
                            .mapToObj(
                                    c ->
                                            threads.submit(
                                                    () -> {
                                                        var task = tasks.apply(c);
                                                        ready.countDown();
                                                        go.await();
                                                        for (int n = next.getAndIncrement();
                                                                n < times;
                                                                n = next.getAndIncrement()) {
                                                            long began = System.nanoTime();
                                                            task.call();
                                                            nanos[n] = System.nanoTime() - began;
                                                        }
                                                        return null;
                                                    }))
                            .toList();
            ready.await();
            long began = System.nanoTime();
            go.countDown();
            for (var end : ends) end.get();
            return new Run(nanos, System.nanoTime() - began);
        }
    }

    static String format(String text, Object... values) {
        return String.format(Locale.ROOT, text, values);
    }

    /**
     * @param nanos of each run
     * @param all of all runs, in nanoseconds
     */
    record Run(long[] nanos, long all) {
        static final Run NONE = new Run(new long[0], 0);

        double perSecond() {
            return nanos.length * 1e9 / all;
        }

        double millis(double quantile) {
            long[] sorted = nanos.clone();
            Arrays.sort(sorted);
            return sorted[(int) Math.min(sorted.length - 1, Math.floor(sorted.length * quantile))]
                    / 1e6;
        }

        Run and(Run other) {
            var both = Arrays.copyOf(nanos, nanos.length + other.nanos.length);
            System.arraycopy(other.nanos, 0, both, nanos.length, other.nanos.length);
            return new Run(both, all + other.all);
        }
    }
}
