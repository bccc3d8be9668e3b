package vmm.reconcile;

import io.github.resilience4j.bulkhead.Bulkhead;
import io.github.resilience4j.bulkhead.BulkheadConfig;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Supplier;

/**
 * Creates, deletes and probes beside the passes: on virtual threads, a bulkhead a cloud, one at a
 * time for each subject.
 */
final class CloudTasks implements CloudCalls, AutoCloseable {
    /** Under way on one cloud at once; the rest wait their turn. */
    private static final int AT_ONCE = 16;

    private static final Logger log = LoggerFactory.getLogger(CloudTasks.class);

    private final Map<String, Bulkhead> bulkheads = new ConcurrentHashMap<>();
    private final Map<String, CreateGate> gates = new ConcurrentHashMap<>();
    private final Set<String> underWay = ConcurrentHashMap.newKeySet();
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();

    @Override
    public void createFailed(String cloud) {
        var gate = gates.get(cloud);
        if (gate != null) gate.narrow();
    }

    @Override
    public void submitCreate(String cloud, UUID vm, Supplier<Sent> create) {
        start(
                cloud,
                vm.toString(),
                () -> {
                    var gate = gates.computeIfAbsent(cloud, name -> new CreateGate(AT_ONCE));
                    long entered = gate.enter();
                    var sent = Sent.FAILED;
                    try {
                        sent = bulkhead(cloud).executeSupplier(create);
                    } finally {
                        gate.leave(entered, sent);
                    }
                });
    }

    @Override
    public void submit(String cloud, String subject, Runnable task) {
        start(cloud, subject, () -> bulkhead(cloud).executeRunnable(task));
    }

    private void start(String cloud, String subject, Runnable task) {
        String key = cloud + "/" + subject;
        if (!underWay.add(key)) return;
        try {
            threads.execute(
                    () -> {
                        try {
                            task.run();
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
