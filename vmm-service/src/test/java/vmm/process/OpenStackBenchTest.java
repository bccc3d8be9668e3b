package vmm.process;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * A pool on two real OpenStacks, filled by the service and filled by bare calls of their APIs, in
 * turns. Needs {@code make openstack-up}.
 */
@Tag("bench")
class OpenStackBenchTest {
    private static final int SERVERS = Integer.getInteger("vmm.servers", 100);
    private static final Duration LIMIT = Duration.ofMinutes(15);

    /** Calls under way at once on each cloud, as many as the service makes. */
    private static final int AT_ONCE = 16;

    @TempDir Path directory;

    @Test
    void fillsAgainstABareLoopOfCreates() throws Exception {
        double bare = 0;
        double ours = 0;
        try (var run =
                new OpenStackRun(directory, "bench", (SERVERS + 1) / 2, Duration.ofSeconds(20))) {
            for (int turn = 0; turn < 2; turn++) {
                bare += bareLoop(run, "bare-" + Long.toString(System.nanoTime(), 36));
                long began = System.nanoTime();
                run.resize(SERVERS);
                ServiceProcess.await(
                        "the pool full",
                        LIMIT,
                        () -> run.serving().size() == SERVERS ? true : null);
                ours += seconds(began);
                run.drain(LIMIT);
            }
        }
        Bench.figure(
                "fill " + SERVERS + " on two real OpenStacks",
                Bench.format("%.1f s", ours / 2),
                Bench.format(
                        "bare loop of creates, %d at once on each: %.1f s: ratio %.2f (≤ 1.1)",
                        AT_ONCE, bare / 2, ours / bare));
    }

    /** Until all servers are ACTIVE, looking each second as the service does. */
    private static double bareLoop(OpenStackRun run, String name) throws Exception {
        var clouds = List.of(run.a, run.b);
        for (var cloud : clouds) cloud.prepareCreates();
        long began = System.nanoTime();
        Bench.run(
                clouds.size() * AT_ONCE,
                SERVERS,
                client -> {
                    var cloud = clouds.get(client % clouds.size());
                    return () -> cloud.create("vmm-" + name + "-" + System.nanoTime());
                });
        while (active(clouds, name) < SERVERS) {
            if (seconds(began) > LIMIT.toSeconds()) throw new AssertionError("not all ACTIVE");
            TimeUnit.SECONDS.sleep(1);
        }
        double took = seconds(began);
        for (var cloud : clouds) {
            for (var server : cloud.servers(name)) cloud.delete(server.id());
        }
        ServiceProcess.await(
                "no bare server left",
                LIMIT,
                () -> run.a.servers(name).isEmpty() && run.b.servers(name).isEmpty() ? true : null);
        return took;
    }

    private static long active(List<OpenStack> clouds, String name) throws Exception {
        long active = 0;
        for (var cloud : clouds) {
            active +=
                    cloud.servers(name).stream()
                            .filter(server -> server.status().equals("ACTIVE"))
                            .count();
        }
        return active;
    }

    private static double seconds(long began) {
        return (System.nanoTime() - began) / 1e9;
    }
}
