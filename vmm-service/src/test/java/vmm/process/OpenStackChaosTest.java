package vmm.process;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

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

    /** The reserve that a fault meets, and how many people claim it at once. */
    private static final int POOL = 20;

    /** By how many it grows, so that creates are on their way when the fault comes. */
    private static final int MORE = 4;

    /**
     * For noticing a fault: a pool is full again this long after the first sign, and what b needs
     * to fill it alone in calm.
     */
    private static final Duration NOTICE = Duration.ofSeconds(10);

    /** Measured once. */
    private static Duration alone;

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

    /**
     * People are served at once while there is any READY, few creates are wasted on a, and the pool
     * is full again by b. Times count from the first sign as in {@link TroubleTest}, which here is
     * found in the table alone.
     */
    @ParameterizedTest
    @MethodSource("faults")
    void convergesAfter(Fault fault) throws Exception {
        var alone = alone();
        try (var run = new OpenStackRun(directory, "chaos", 3 * POOL, HANGS)) {
            run.resize(POOL);
            run.awaitSettled(CONVERGES);
            var late = SentCreate.late(run.truth().p95On("a"));
            var before = run.serving();
            Suffered suffered;
            Duration slowest;
            long healed;
            try (var heartbeat = run.heartbeat()) {
                run.resize(POOL + MORE);
                run.awaitFill(run.a);
                suffered = suffer(run, fault, late);
                run.a.ctl("reset");
                healed = System.nanoTime();
                Bench.figure(
                        "two OpenStacks, a: " + fault, suffered.words(), Suffered.limits(alone));
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
            run.drain(CONVERGES); // also after a failure: the next fault finds both clouds empty
            suffered.judge(alone);
        }
    }

    /**
     * What b needs to fill the pool alone while all is well: one small machine carries it, so that
     * many boots at once take longer than one.
     */
    private Duration alone() throws Exception {
        if (alone != null) return alone;
        var calm = Files.createDirectory(directory.resolve("calm"));
        try (var run = new OpenStackRun(calm, "calm", 3 * POOL, HANGS)) {
            run.pause("a");
            var began = Instant.now();
            run.resize(POOL + MORE);
            var full = awaitFull(run, began.plus(CONVERGES)).orElseThrow();
            run.drain(CONVERGES);
            alone = Duration.between(began, full);
        }
        return alone;
    }

    static Stream<Fault> faults() {
        var names = System.getProperty("vmm.chaos.faults", "");
        return names.isEmpty()
                ? Stream.of(Fault.values())
                : Stream.of(names.split(",")).map(Fault::valueOf);
    }

    /** The fault comes in a fill, and all that is READY is claimed at once. */
    private static Suffered suffer(OpenStackRun run, Fault fault, Duration late) throws Exception {
        var began = Instant.now();
        run.a.ctl(fault.command);
        long ready = Math.min(POOL, run.truth().ready());
        int served = run.claimAtOnce(POOL, "burst");
        var claimed = Instant.now();
        var full = awaitFull(run, began.plus(FAULT));
        var waited = outlast(run, began.plus(FAULT));
        var now = Instant.now();
        var sent = run.truth().sentTo("a", began);
        var sign = SentCreate.firstSign(sent, late, now);
        return new Suffered(
                ready,
                served,
                SentCreate.countsFrom(claimed, sign, full),
                full,
                sent.size(),
                SentCreate.wastedAfter(sign, sent, late, now),
                waited);
    }

    private static Optional<Instant> awaitFull(OpenStackRun run, Instant end) throws Exception {
        while (run.truth().ready() < POOL + MORE) {
            if (Instant.now().isAfter(end)) return Optional.empty();
            TimeUnit.MILLISECONDS.sleep(100);
        }
        return Optional.of(Instant.now());
    }

    /**
     * The fault lasts until the pool has what it wants without that cloud, or its time. Meanwhile a
     * few people claim; those who waited though some were READY.
     */
    private static List<String> outlast(OpenStackRun run, Instant end) throws Exception {
        var waited = new ArrayList<String>();
        int claims = 0;
        while (Instant.now().isBefore(end) && !run.truth().poolsNotAtRest().isEmpty()) {
            if (claims < 3) {
                boolean ready = run.truth().ready() > 0;
                var answer = run.claim("during-" + claims++);
                if (ready && !answer.text("state").equals("ACTIVE"))
                    waited.add(answer.body().toString());
            }
            TimeUnit.SECONDS.sleep(1);
        }
        return waited;
    }

    /**
     * What a fault of cloud a did.
     *
     * @param ready of the claims at once, how many could be served
     * @param from when on the time to a full pool counts
     * @param full when it was, empty if it was not while the fault lasted
     * @param sent creates to a since the fault
     * @param wasted of those after the first sign
     * @param waited claims that waited though there were READY ones
     */
    private record Suffered(
            long ready,
            int served,
            Instant from,
            Optional<Instant> full,
            int sent,
            long wasted,
            List<String> waited) {

        String words() {
            return Bench.format(
                    "%d of %d claims at once served, %d READY; full again %s after the first sign;"
                            + " %d creates to a, %d wasted after it",
                    served, POOL, ready, TroubleRun.since(from, full), sent, wasted);
        }

        static String limits(Duration alone) {
            return Bench.format(
                    "full ≤ %.1f s; ≤ %d wasted",
                    alone.plus(NOTICE).toMillis() / 1000.0, SentCreate.ISSUE);
        }

        void judge(Duration alone) {
            assertThat(ready).as("READY when all claimed").isEqualTo(POOL);
            assertThat(served).as("claims served at once").isEqualTo(POOL);
            assertThat(waited).as("claims that waited though some were READY").isEmpty();
            assertThat(wasted).as("wasted creates").isLessThanOrEqualTo(SentCreate.ISSUE);
            assertThat(full.orElse(Instant.MAX))
                    .as("full again")
                    .isBeforeOrEqualTo(from.plus(alone).plus(NOTICE));
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
