package vmm.process;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;

/**
 * Two real OpenStacks as two clouds of one pool, and everything that may happen to them or to the
 * service in the middle of a fill. {@code vmm.kills} says how often the service is killed, {@code
 * vmm.seed} when, {@code vmm.servers} how many servers the large fill has.
 */
@Tag("openstack-chaos")
class OpenStackChaosTest {
    /** How long a fault lasts when the pool does not get what it wants in spite of it. */
    private static final Duration FAULT = Duration.ofMinutes(2);

    /** How long a call may take where clouds hang. */
    private static final Duration HANGS = Duration.ofSeconds(5);

    /** How long a call may take where they have a lot to do: what a fleet file says without. */
    private static final Duration BUSY = Duration.ofSeconds(20);

    private static final Duration CONVERGES = Duration.ofMinutes(6);

    private final int kills = Integer.getInteger("vmm.kills", 50);
    private final int servers = Integer.getInteger("vmm.servers", 520);
    private final long seed = Long.getLong("vmm.seed", System.nanoTime());

    @TempDir Path directory;

    /** What is done to cloud a; {@code ctl a reset} undoes each. */
    enum Fault {
        NOVA_API_PAUSED("pause", "nova-api"),
        COMPUTE_KILLED("kill", "nova-compute"),
        KEYSTONE_PAUSED("pause", "keystone"),
        QUOTA_CUT("quota", "instances", "3"),
        BOOTS_FAIL("chaos", "fail", "1"),
        BOOTS_CRAWL("chaos", "crawl", "600");

        private final String[] command;

        Fault(String... command) {
            this.command = command;
        }
    }

    @ParameterizedTest
    @EnumSource
    void convergesAfter(Fault fault) throws Exception {
        try (var run = new OpenStackRun(directory, "chaos", 20, HANGS)) {
            run.resize(6);
            run.awaitSettled(CONVERGES);
            run.claim("before");
            run.awaitSettled(CONVERGES);
            var before = run.serving();
            Duration slowest;
            long healed;
            try (var heartbeat = run.heartbeat()) {
                run.resize(20);
                run.awaitFill(run.a);
                run.a.ctl(fault.command);
                outlast(run);
                run.a.ctl("reset");
                healed = System.nanoTime();
                run.awaitSettled(CONVERGES);
                slowest = heartbeat.slowest();
            }
            run.assertKept(before);
            System.out.println(
                    "openstack chaos: "
                            + fault
                            + ", converged "
                            + Duration.ofNanos(System.nanoTime() - healed).toSeconds()
                            + " s after it was healed, slowest answer "
                            + slowest.toMillis()
                            + " ms, "
                            + run.truth().rows().size()
                            + " VMs launched");
            run.drain(CONVERGES);
        }
    }

    /** The fault lasts until the pool has what it wants without that cloud, or its time. */
    private static void outlast(OpenStackRun run) throws Exception {
        long end = System.nanoTime() + FAULT.toNanos();
        int claims = 0;
        while (System.nanoTime() < end && !run.truth().poolsNotAtRest().isEmpty()) {
            if (claims < 3) run.claim("during-" + claims++);
            TimeUnit.SECONDS.sleep(1);
        }
    }

    @Test
    void nothingLeaksWhenTheServiceIsKilledWhileItLaunches() throws Exception {
        System.out.println("openstack kills: " + kills + ", seed " + seed);
        var random = new SplittableRandom(seed);
        try (var run = new OpenStackRun(directory, "kills", 15, HANGS)) {
            for (int kill = 0; kill < kills; kill++) {
                int size = 4 + random.nextInt(8);
                run.resize(size);
                run.release();
                long claims = 4 + Math.max(0, reserve(run) - size); // so that more must be launched
                for (int n = 0; n < claims; n++) run.claim(kill + "-" + n);
                awaitUnanswered(run);
                TimeUnit.MILLISECONDS.sleep(random.nextInt(400));
                run.kill();
                run.sample();
                run.start();
            }
            run.release();
            run.resize(6);
            run.awaitSettled(CONVERGES);
            int launched = run.truth().rows().size();
            run.drain(CONVERGES);
            System.out.println(
                    "openstack kills: "
                            + kills
                            + " kills, "
                            + launched
                            + " VMs launched, none leaked, none doubled, caps kept");
        }
    }

    private static long reserve(OpenStackRun run) {
        return run.truth()
                .count(
                        "SELECT count(*) FROM vm WHERE state IN ('REQUESTED', 'PROVISIONING',"
                                + " 'BOOTSTRAPPING', 'READY')");
    }

    /** A create is on its way and its answer is not recorded. */
    private static void awaitUnanswered(OpenStackRun run) throws Exception {
        ServiceProcess.await(
                "a create without an answer",
                Duration.ofMinutes(2),
                () ->
                        run.truth()
                                                .count(
                                                        "SELECT count(*) FROM vm WHERE state ="
                                                            + " 'REQUESTED' AND create_sent_at IS"
                                                            + " NOT NULL AND create_answer IS NULL")
                                        > 0
                                ? true
                                : null);
    }

    @Test
    void manyServersComeAndGoWithoutAnErrorOfOurs() throws Exception {
        try (var run =
                new OpenStackRun(
                        directory, "many", (servers + 1) / 2, BUSY, Duration.ofMinutes(40))) {
            long start = System.nanoTime();
            run.resize(servers);
            run.awaitSettled(Duration.ofMinutes(40));
            long full = System.nanoTime();
            assertThat(run.sample()).hasSize(servers);
            run.drain(Duration.ofMinutes(30));
            long empty = System.nanoTime();
            assertThat(failures(run)).as("VMs given up").isEmpty();
            assertThat(run.log().lines().filter(line -> line.contains(" ERROR "))).isEmpty();
            System.out.println(
                    "openstack many: "
                            + servers
                            + " servers after "
                            + Duration.ofNanos(full - start).toSeconds()
                            + " s, gone after "
                            + Duration.ofNanos(empty - full).toSeconds()
                            + " s, no error");
        }
    }

    private static List<Truth.Row> failures(OpenStackRun run) {
        return run.truth().rows().stream()
                .filter(row -> !List.of("FORCED", "SURPLUS").contains(row.reason()))
                .toList();
    }
}
