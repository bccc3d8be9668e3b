package vmm.reconcile;

import io.github.resilience4j.bulkhead.Bulkhead;
import io.github.resilience4j.bulkhead.BulkheadConfig;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/**
 * Creates, deletes and probes beside the passes: on virtual threads, a bulkhead a cloud, one at a
 * time for each subject.
 */
final class CloudTasks implements CloudCalls, AutoCloseable {
    /** Under way on one cloud at once; the rest wait their turn. */
    private static final int AT_ONCE = 16;

    private static final Logger log = LoggerFactory.getLogger(CloudTasks.class);

    private final Map<String, Bulkhead> bulkheads = new ConcurrentHashMap<>();
    private final Set<String> underWay = ConcurrentHashMap.newKeySet();
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();

    @Override
    public void submit(String cloud, String subject, Runnable task) {
        String key = cloud + "/" + subject;
        if (!underWay.add(key)) return;
        try {
            threads.execute(
                    () -> {
                        try {
                            bulkhead(cloud).executeRunnable(task);
                        } catch (RuntimeException failure) {
                            // Level-triggered: the next pass sees the same world and tries again.
                            log.error("cloud={} subject={} failed", cloud, subject, failure);
                        } finally {
                            underWay.remove(key);
                        }
                    });
        } catch (java.util.concurrent.RejectedExecutionException closing) {
            underWay.remove(key);
        }
    }

    private Bulkhead bulkhead(String cloud) {
        return bulkheads.computeIfAbsent(
                cloud,
                name ->
                        Bulkhead.of(
                                name,
                                BulkheadConfig.custom()
                                        .maxConcurrentCalls(AT_ONCE)
                                        .maxWaitDuration(Duration.ofHours(1))
                                        .build()));
    }

    @Override
    public void close() {
        threads.shutdown();
    }
}
