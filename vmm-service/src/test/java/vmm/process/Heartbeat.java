package vmm.process;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/** Reads pages of the service all the time, as people do, and notes each answer that is late. */
final class Heartbeat implements AutoCloseable {
    static final Duration LIMIT = Duration.ofSeconds(2);
    private static final List<String> PATHS =
            List.of("/api/v1/vm-types", "/api/v1/pools", "/api/v1/clouds", "/api/v1/vms");

    private final Api api;
    private final ConcurrentLinkedQueue<String> late = new ConcurrentLinkedQueue<>();
    private final AtomicLong slowest = new AtomicLong();
    private final Thread thread;

    Heartbeat(Api api) {
        this.api = api;
        thread = Thread.ofPlatform().start(this::beat);
    }

    private void beat() {
        for (int n = 0; !Thread.currentThread().isInterrupted(); n++) {
            String path = PATHS.get(n % PATHS.size());
            long start = System.nanoTime();
            try {
                int status = api.get(path).status();
                long took = System.nanoTime() - start;
                slowest.accumulateAndGet(took, Math::max);
                if (status != 200 || took > LIMIT.toNanos())
                    late.add(path + " " + status + " after " + Duration.ofNanos(took));
                TimeUnit.MILLISECONDS.sleep(100);
            } catch (IOException e) {
                late.add(path + " " + e);
            } catch (InterruptedException e) {
                return;
            }
        }
    }

    Duration slowest() {
        return Duration.ofNanos(slowest.get());
    }

    @Override
    public void close() {
        thread.interrupt();
        assertThat(late).as("late or wrong answers").isEmpty();
    }
}
