package vmm.process;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

import vmm.cloud.jclouds.openstack.TroubledOpenStack;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * A cloud that is away as planned (ADR 0020), in figures: the real service with a pool of 50 on two
 * OpenStacks, of which b has a maintenance window. People must not notice but for a notice, and
 * what the preview says beforehand must come true.
 *
 * <p>{@code vmm.trouble.minutes} says how long the window lasts; before it there is its lead, five
 * minutes at least.
 */
@Tag("process")
class MaintenanceTroubleTest {
    private static final int POOL = 50;
    private static final int HALF = POOL / 2;
    private static final int MAXIMUM = 3 * POOL;

    /** How many people have a machine on each cloud. */
    private static final int PEOPLE = 6;

    /** How many servers more a has room for, where it has too little. */
    private static final int ROOM = 10;

    private static final Duration LATENCY = Duration.ofMillis(50);
    private static final Duration PATIENCE = Duration.ofMinutes(3);

    /** From the end of the window to shares as they were. */
    private static final Duration BACK = Duration.ofMinutes(5);

    /** How long before the start the last look at the preparation is. */
    private static final Duration JUST = Duration.ofSeconds(1);

    private static final String LAST_NOTICE =
            "SELECT CAST(1000 * extract(epoch FROM max(noticed_at)) AS bigint) FROM"
                    + " maintenance_notice";

    private final Duration lasts =
            Duration.ofSeconds(
                    Math.round(
                            60
                                    * Double.parseDouble(
                                            System.getProperty("vmm.trouble.minutes", "2"))));

    @TempDir Path directory;

    @Test
    @Execution(ExecutionMode.CONCURRENT)
    void oneCloudIsAwayAsPlanned() throws Exception {
        try (var run = new TroubleRun(directory, POOL, MAXIMUM, LATENCY)) {
            var people = fillAndClaim(run);
            int there = (int) run.readyOn("b");
            var window = Window.soon(run.admin(), "b", lasts);
            var preview = window.preview(run.admin());
            expectPreview(run, preview, there, there, 0);

            var idle = run.truth().readyVmsOn("b");
            window.enter(run.admin());
            var entered = Instant.now();
            var moved =
                    run.await(
                            "all 50 READY on a before the start",
                            window.untilStart(),
                            () -> run.readyOn("a") >= POOL);
            var told = awaitNotices(run, window, people);
            lookUntil(run, window.from().minus(JUST));
            run.expect(run.readyOn("a") == POOL, "%d READY on a at the start", run.readyOn("a"));
            expectStill(run, idle);

            var drained = awaitDrained(run, window, people, idle);
            var others = run.claimsAndReleases(window.untilEnd());
            run.keptTheirs(people);
            TroubleRun.sleepUntil(window.to());
            run.expect(
                    others.served() == others.claims().size(),
                    "%d of %d claims were served",
                    others.served(),
                    others.claims().size());

            var back = run.awaitShares(HALF, Duration.between(Instant.now(), end(window)));
            expectNothingSent(run, window, entered);
            var canary = proveCanary(run, window);
            run.keptTheirs(people);
            for (var claim : people.claims()) run.release(claim);
            run.settle(PATIENCE);
            Bench.figure(
                    "cloud b: away as planned",
                    Bench.format(
                            "lead %d s; all %d READY on a after %s; %d owners told after %s; %d"
                                + " drained %s after the start, %d in use kept; %d of %d claims"
                                + " served meanwhile, slowest %d ms; canary READY %s after the end,"
                                + " shares back after %s; %d servers at most",
                            preview.lead().toSeconds(),
                            POOL,
                            TroubleRun.since(entered, moved),
                            PEOPLE,
                            TroubleRun.since(entered, told),
                            idle.size(),
                            TroubleRun.since(window.from(), drained),
                            2 * PEOPLE,
                            others.served(),
                            others.claims().size(),
                            others.slowest().toMillis(),
                            TroubleRun.since(window.to(), canary),
                            TroubleRun.since(window.to(), back),
                            TroubledOpenStack.peak(List.of(run.a, run.b))),
                    Bench.format(
                            "full on a at the start; nothing sent to b; back ≤ %d s",
                            BACK.toSeconds()));
            run.judge();
        }
    }

    /** What is missing is told beforehand, and that is what is missing. */
    @Test
    @Execution(ExecutionMode.CONCURRENT)
    void oneCloudIsAwayAndTheOtherHasTooLittleRoom() throws Exception {
        try (var run = new TroubleRun(directory, POOL, MAXIMUM, LATENCY)) {
            var people = fillAndClaim(run);
            int here = (int) run.readyOn("a");
            int there = (int) run.readyOn("b");
            int quota = run.a.servers().size() + ROOM;
            awaitQuota(run, quota);
            var window = Window.soon(run.admin(), "b", lasts);
            var preview = window.preview(run.admin());
            expectPreview(run, preview, there, ROOM, POOL - here - ROOM);
            run.expect(preview.why().contains("quota of a"), "no word of it: %s", preview.why());

            var idle = run.truth().readyVmsOn("b");
            window.enter(run.admin());
            var entered = Instant.now();
            var raised =
                    run.await(
                            "so many READY on a as the preview says",
                            window.untilStart(),
                            () -> run.readyOn("a") == here + raisedOnA(preview));
            awaitNotices(run, window, people);
            lookUntil(run, window.from().minus(JUST));
            run.expect(
                    run.readyOn("a") == here + raisedOnA(preview),
                    "%d READY on a at the start, the preview said %d",
                    run.readyOn("a"),
                    here + raisedOnA(preview));
            expectStill(run, idle);

            var drained = awaitDrained(run, window, people, idle);
            lookUntil(run, window.to().minus(JUST));
            long ready = run.ready();
            run.expect(
                    POOL - ready == preview.missing(),
                    "%d were missing, the preview said %d",
                    POOL - ready,
                    preview.missing());
            int servers = run.a.servers().size();
            run.expect(servers <= quota, "%d servers on a, its quota is %d", servers, quota);
            run.keptTheirs(people);
            long refused = refusedByA(run, entered);
            int allowed = SentCreate.allowed(Duration.between(entered, window.to()));
            run.expect(refused <= allowed, "%d creates were refused on a", refused);

            TroubleRun.sleepUntil(window.to());
            run.a.setQuota(MAXIMUM);
            var full = run.awaitReady(POOL, Duration.between(Instant.now(), end(window)));
            run.await(
                    "a READY one on b",
                    Duration.between(Instant.now(), end(window)),
                    () -> run.readyOn("b") > 0);
            expectNothingSent(run, window, entered);
            var canary = proveCanary(run, window);
            for (var claim : people.claims()) run.release(claim);
            run.settle(PATIENCE);
            Bench.figure(
                    "cloud b: away as planned, a has room for " + ROOM,
                    Bench.format(
                            "preview: %d launched on a, %d missing; READY there after %s; drained"
                                    + " %s after the start; then %d of %d READY; %d creates"
                                    + " refused; canary READY %s after the end, full after %s",
                            raisedOnA(preview),
                            preview.missing(),
                            TroubleRun.since(entered, raised),
                            TroubleRun.since(window.from(), drained),
                            ready,
                            POOL,
                            refused,
                            TroubleRun.since(window.to(), canary),
                            TroubleRun.since(window.to(), full)),
                    Bench.format(
                            "as the preview says; ≤ %d refused; full ≤ %d s",
                            allowed, BACK.toSeconds()));
            run.judge();
        }
    }

    /** Gives a this quota, and waits until the service has read it. */
    private void awaitQuota(TroubleRun run, int servers) throws Exception {
        run.a.setQuota(servers);
        run.await(
                "the preview knows the quota",
                PATIENCE,
                () -> {
                    TroubleRun.sleep(JUST);
                    return !Window.soon(run.admin(), "b", lasts).preview(run.admin()).enough();
                });
    }

    private static long refusedByA(TroubleRun run, Instant since) {
        return run.a.creates().stream()
                .filter(create -> create.receivedAt().isAfter(since))
                .filter(create -> !create.accepted())
                .count();
    }

    /** Full, at rest, in shares, and so many people on each cloud. */
    private static TroubleRun.Burst fillAndClaim(TroubleRun run) throws Exception {
        run.awaitReady(POOL, PATIENCE);
        var people = run.claimOnEach(PEOPLE);
        run.await(
                "at rest in equal shares",
                BACK,
                () ->
                        Math.abs(run.readyOn("a") - run.readyOn("b")) <= 2
                                && run.truth().poolsNotAtRest().isEmpty());
        run.settle(PATIENCE);
        return people;
    }

    private static void expectPreview(
            TroubleRun run, Window.Preview preview, int there, int raised, int missing) {
        run.expect(
                preview.readyThere() == there
                        && preview.allocatedThere() == PEOPLE
                        && preview.sessions() == PEOPLE
                        && preview.raised().equals(Map.of("a", raised))
                        && preview.missing() == missing
                        && preview.enough() == (missing == 0),
                "%d READY and %d people on b, %d can be raised on a, %d are missing, but %s",
                there,
                PEOPLE,
                raised,
                missing,
                preview);
    }

    private static int raisedOnA(Window.Preview preview) {
        return preview.raised().getOrDefault("a", 0);
    }

    /** Owners of machines there are told, each once, and nobody else; when the last one was. */
    private static Optional<Instant> awaitNotices(
            TroubleRun run, Window window, TroubleRun.Burst people) throws Exception {
        var told =
                run.await(
                        "who has a machine on b is told",
                        window.untilStart(),
                        () -> areTold(run, window, people, "b") == PEOPLE);
        long others = areTold(run, window, people, "a");
        run.expect(others == 0, "%d were told who have theirs on a", others);
        long events = run.truth().count("SELECT count(*) FROM event WHERE reason = 'MAINTENANCE'");
        run.expect(events == PEOPLE, "%d were told, not %d", events, PEOPLE);
        return told.map(seen -> Instant.ofEpochMilli(run.truth().count(LAST_NOTICE)));
    }

    private static long areTold(
            TroubleRun run, Window window, TroubleRun.Burst people, String cloud)
            throws IOException, InterruptedException {
        long told = 0;
        for (var claim : people.claims()) {
            if (claim.cloud().equals(cloud) && window.isToldBy(run.scientist(), claim.id())) told++;
        }
        return told;
    }

    /** What is idle on b serves until the start. */
    private static void expectStill(TroubleRun run, Set<String> idle) {
        var gone = new HashSet<>(idle);
        gone.removeAll(kept(run));
        run.expect(gone.isEmpty(), "gone before the start: %s", gone);
    }

    /** On b is what people have, and nothing else: what was idle went for that reason. */
    private static Optional<Instant> awaitDrained(
            TroubleRun run, Window window, TroubleRun.Burst people, Set<String> idle)
            throws Exception {
        TroubleRun.sleepUntil(window.from());
        var drained =
                run.await(
                        "b drained",
                        window.untilEnd(),
                        () -> run.b.servers().size() == PEOPLE && run.readyOn("b") == 0);
        run.truth().rows().stream()
                .filter(row -> idle.contains(row.id()))
                .filter(row -> !row.reason().equals("CLOUD_DRAINED"))
                .forEach(row -> run.complain("idle on b and not drained: %s", row));
        run.keptTheirs(people);
        return drained;
    }

    /** Servers on b that nobody asked to go. */
    private static Set<String> kept(TroubleRun run) {
        return run.b.servers().stream()
                .filter(server -> server.deletedAt().equals(Instant.MAX))
                .map(TroubledOpenStack.Server::vmId)
                .collect(Collectors.toSet());
    }

    private static void lookUntil(TroubleRun run, Instant end) throws InterruptedException {
        while (Instant.now().isBefore(end.minus(TroubleRun.BETWEEN_LOOKS))) {
            run.look();
            TroubleRun.sleep(TroubleRun.BETWEEN_LOOKS);
        }
        TroubleRun.sleepUntil(end);
        run.look();
    }

    /** By b's own account, from when the window was entered to its end. */
    private static void expectNothingSent(TroubleRun run, Window window, Instant entered) {
        long sent =
                run.b.creates().stream()
                        .filter(create -> create.receivedAt().isAfter(entered))
                        .filter(create -> create.receivedAt().isBefore(window.to()))
                        .count();
        run.expect(sent == 0, "%d creates were sent to b, which was away", sent);
    }

    /** The first VM on b after the window is alone until it was READY; when it was. */
    private static Optional<Instant> proveCanary(TroubleRun run, Window window) {
        var sent = run.truth().sentTo("b", window.to());
        run.expect(!sent.isEmpty(), "nothing was launched on b after the window");
        if (sent.isEmpty()) return Optional.empty();
        run.expect(SentCreate.beginsWithCanary(sent), "no canary came first: %s", sent);
        return Optional.of(sent.getFirst().readyAt()).filter(Instant.MAX::isAfter);
    }

    private static Instant end(Window window) {
        return window.to().plus(BACK);
    }
}
