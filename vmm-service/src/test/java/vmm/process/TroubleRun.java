package vmm.process;

import static org.assertj.core.api.Assertions.assertThat;

import com.zaxxer.hikari.HikariDataSource;

import org.springframework.jdbc.core.simple.JdbcClient;

import vmm.cloud.jclouds.openstack.TroubledOpenStack;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The real service with one pool on two OpenStacks that can be given troubles. What is wrong is
 * collected and told at the end, so that a run that fails still has all its figures.
 */
final class TroubleRun implements AutoCloseable {
    static final Duration BOOT = Duration.ofSeconds(5);

    private static final String POOL = "small";
    private static final long SEED = 1; // of which creates meet a trouble of some
    private static final int MANY = 100; // claims that are tried to get VMs of both clouds
    static final Duration BETWEEN_LOOKS = Duration.ofSeconds(2);
    private static final String CLOUD =
            """
              - name: %s
                kind: openstack
                endpoint: %s
                region: RegionOne
                credentials: {userDomain: Default, projectDomain: Default, project: vmm, username: vmm, password: "${OPENSTACK_PASSWORD}"}
                options: {network: vmm-net}
                maxVms: 300
                callTimeout: PT10S
            """;
    private static final String FLEET =
            """
            installation: trouble
            clouds:
            %s%spools:
              - name: small
                poolSize: %d
                maxSize: %d
                readyWhen: instanceActive
                bootTimeout: PT60S
                placements:
                  - {cloud: a, image: tiny, flavor: m1.tiny, weight: 100}
                  - {cloud: b, image: tiny, flavor: m1.tiny, weight: 100}
            vmTypes:
              - {name: small, title: Small, description: A small one, pool: small, vcpus: 1, ramGb: 1}
            """;

    final TroubledOpenStack a;
    final TroubledOpenStack b;

    private final Path directory;
    private final Map<String, String> environment;
    private final ConcurrentLinkedQueue<String> complaints = new ConcurrentLinkedQueue<>();
    private ServiceProcess service;
    private HikariDataSource connections;
    private JdbcClient jdbc;
    private int starts;

    /**
     * @param latency of each answer of the clouds
     */
    TroubleRun(Path directory, int poolSize, int maxSize, Duration latency) throws Exception {
        this.directory = directory;
        a = new TroubledOpenStack(InstantSource.system(), BOOT, latency, SEED);
        b = new TroubledOpenStack(InstantSource.system(), BOOT, latency, SEED + 1);
        var fleet = directory.resolve("fleet.yaml");
        Files.writeString(
                fleet,
                FLEET.formatted(
                        CLOUD.formatted("a", a.keystone()),
                        CLOUD.formatted("b", b.keystone()),
                        poolSize,
                        maxSize));
        environment =
                Map.of(
                        "VMM_FLEET", fleet.toString(),
                        "VMM_DATA_DIR", directory.resolve("data").toString(),
                        "OPENSTACK_PASSWORD", TroubledOpenStack.PASSWORD);
        try {
            start();
        } catch (Exception | Error notStarted) {
            a.close();
            b.close();
            throw notStarted;
        }
    }

    void start() throws Exception {
        service = ServiceProcess.start(directory, "service-" + starts++, environment);
        connections = new HikariDataSource();
        connections.setDataSource(Truth.embedded(directory.resolve("data")));
        connections.setMaximumPoolSize(2);
        jdbc = JdbcClient.create(connections);
    }

    void kill() throws InterruptedException {
        connections.close();
        service.kill();
    }

    Api admin() {
        return service.api("admin");
    }

    Api scientist() {
        return service.api("scientist");
    }

    Truth truth() {
        return new Truth(jdbc);
    }

    void resize(int poolSize) throws IOException, InterruptedException {
        String path = "/api/v1/pools/" + POOL;
        var answer =
                admin().patch(path, admin().get(path).etag(), "{\"poolSize\": " + poolSize + "}");
        assertThat(answer.status()).as("resize: %s", answer.body()).isEqualTo(200);
    }

    void pause(String cloud, boolean paused) throws IOException, InterruptedException {
        var answer =
                admin().post("/api/v1/clouds/" + cloud + "/pause", "{\"paused\": " + paused + "}");
        assertThat(answer.status()).as("pause: %s", answer.body()).isEqualTo(200);
    }

    // What is wrong

    /** Notes what is wrong; the run goes on. */
    void complain(String format, Object... values) {
        complaints.add(Bench.format(format, values));
    }

    void expect(boolean holds, String format, Object... values) {
        if (!holds) complain(format, values);
    }

    /** Fails with all that was wrong, and with what must never be. */
    void judge() {
        look();
        never();
        assertThat(complaints).isEmpty();
    }

    /** Whatever was promised must be so at every moment: seen from what the clouds remember. */
    private void never() {
        var made = new ArrayList<>(a.everMade());
        made.addAll(b.everMade());
        made.stream()
                .collect(Collectors.groupingBy(TroubledOpenStack.Server::vmId))
                .forEach(
                        (vm, servers) ->
                                expect(
                                        servers.size() == 1,
                                        "VM %s had %d servers",
                                        vm,
                                        servers.size()));
        for (var cloud : List.of(a, b)) {
            cloud.askedTwice().forEach(vm -> complain("VM %s was asked for twice", vm));
        }
        truth().rows().stream()
                .filter(row -> row.reason().equals("VANISHED"))
                .forEach(row -> complain("believed gone, and no server ever went: %s", row));
        var releasedAt =
                jdbc
                        .sql("SELECT vm_id::text, ended_at FROM allocation WHERE vm_id IS NOT NULL")
                        .query(
                                (row, n) ->
                                        Map.entry(row.getString(1), Truth.instant(row, "ended_at")))
                        .list()
                        .stream()
                        .collect(Collectors.toMap(Map.Entry::getKey, Map.Entry::getValue));
        for (var server : made) {
            var released = releasedAt.get(server.vmId());
            if (released == null || server.deletedAt().equals(Instant.MAX)) continue;
            expect(
                    !server.deletedAt().isBefore(released),
                    "the server of allocated VM %s was deleted at %s, before its release (%s)",
                    server.vmId(),
                    server.deletedAt(),
                    released);
        }
        truth().vmsOfSeveralAllocations().forEach(vm -> complain("VM %s granted twice", vm));
    }

    /** Waits until the pool is at rest and the clouds hold its servers and no other. */
    void settle(Duration limit) throws Exception {
        try {
            ServiceProcess.awaitNone("at rest, nothing leaked", limit, this::unsettled);
        } catch (AssertionError late) {
            complain("%s", late.getMessage());
        }
    }

    private List<String> unsettled() {
        var left = new ArrayList<>(truth().poolsNotAtRest());
        if (!left.isEmpty()) return left;
        var servers = new ArrayList<String>();
        a.servers().forEach(server -> servers.add("a " + server.vmId()));
        b.servers().forEach(server -> servers.add("b " + server.vmId()));
        var rows =
                truth().rows().stream()
                        .filter(Truth.Row::live)
                        .map(row -> row.cloud() + " " + row.id())
                        .collect(Collectors.toSet());
        for (var server : servers) if (!rows.remove(server)) left.add("leaked " + server);
        for (var row : rows) left.add("lost " + row);
        return left;
    }

    // READY ones

    long ready() {
        return truth().ready();
    }

    long readyOn(String cloud) {
        return truth().readyOn(cloud);
    }

    /** Waits for so many READY ones; when they were, or a complaint. */
    Optional<Instant> awaitReady(int size, Duration limit) throws Exception {
        return await(size + " READY", limit, () -> ready() >= size);
    }

    /** Waits for a share of both clouds that is two off at most. */
    Optional<Instant> awaitShares(int each, Duration limit) throws Exception {
        return await(
                each + " READY on each cloud",
                limit,
                () -> Math.abs(readyOn("a") - each) <= 2 && Math.abs(readyOn("b") - each) <= 2);
    }

    /** Waits for a condition; when it was met, or a complaint. */
    Optional<Instant> await(String condition, Duration limit, Check check) throws Exception {
        try {
            return Optional.of(
                    ServiceProcess.await(
                            condition, limit, () -> check.holds() ? Instant.now() : null));
        } catch (AssertionError late) {
            complain(
                    "%s; READY are %d on a and %d on b",
                    late.getMessage(), readyOn("a"), readyOn("b"));
            return Optional.empty();
        }
    }

    // Claims

    /** So many people who claim at once, having looked at what there is. */
    Burst claimAtOnce(int people, String key) throws Exception {
        var answers = Collections.synchronizedList(new ArrayList<Claim>());
        readCatalogue();
        Bench.run(
                people,
                people,
                person -> {
                    readCatalogue();
                    return () -> answers.add(claim(key + "-" + person));
                });
        return new Burst(List.copyOf(answers));
    }

    /** Somebody looks at the catalogue, and we at what must hold at every moment. */
    void look() {
        truth().poolsAboveMaximum().forEach(pool -> complain("pool %s above its maximum", pool));
        truth().cloudsAboveCap().forEach(cloud -> complain("cloud %s above its cap", cloud));
        readCatalogue();
    }

    /** Signs in too, which takes a slow hash now and then. */
    private void readCatalogue() {
        try {
            var answer = scientist().get("/api/v1/vm-types");
            expect(answer.status() == 200, "the catalogue answered %d", answer.status());
        } catch (IOException none) {
            complain("the catalogue was not answered: %s", none);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** One claim; no answer is status 0. */
    Claim claim(String key) throws InterruptedException {
        long began = System.nanoTime();
        try {
            var answer = scientist().allocate(POOL, key);
            return new Claim(
                    answer.status(),
                    answer.text("state"),
                    answer.text("id"),
                    answer.body().path("vm").path("cloud").asString(""),
                    Duration.ofNanos(System.nanoTime() - began));
        } catch (IOException none) {
            return new Claim(0, "", "", "", Duration.ofNanos(System.nanoTime() - began));
        }
    }

    /** People who have so many VMs on each cloud; whoever got one too many gives it back. */
    Burst claimOnEach(int people) throws InterruptedException {
        var kept = new ArrayList<Claim>();
        for (int n = 0; kept.size() < 2 * people && n < MANY; n++) {
            var claim = claim("each-" + n);
            long there = kept.stream().filter(c -> c.cloud().equals(claim.cloud())).count();
            if (claim.served() && there < people) kept.add(claim);
            else release(claim);
        }
        expect(kept.size() == 2 * people, "%d on each cloud were wanted: %s", people, kept);
        return new Burst(List.copyOf(kept));
    }

    /** Every two seconds somebody claims and releases. */
    Burst claimsAndReleases(Duration time) throws InterruptedException {
        var claims = new ArrayList<Claim>();
        var next = Instant.now();
        for (var end = next.plus(time); next.isBefore(end); next = next.plus(BETWEEN_LOOKS)) {
            var claim = claim("one-" + claims.size());
            claims.add(claim);
            release(claim);
            look();
            sleepUntil(next.plus(BETWEEN_LOOKS));
        }
        return new Burst(List.copyOf(claims));
    }

    /** People keep their VMs whatever happens to the cloud that they are on. */
    void keptTheirs(Burst burst) throws IOException, InterruptedException {
        var there =
                Stream.concat(a.servers().stream(), b.servers().stream())
                        .filter(server -> server.deletedAt().equals(Instant.MAX))
                        .map(TroubledOpenStack.Server::vmId)
                        .toList();
        for (var claim : burst.claims()) {
            if (!claim.served()) continue;
            var now = admin().get("/api/v1/allocations/" + claim.id());
            expect(now.text("state").equals("ACTIVE"), "allocation %s", now.body());
            String vm = now.body().path("vm").path("id").asString("");
            expect(there.contains(vm), "the server of allocated VM %s is gone", vm);
        }
    }

    void release(Claim claim) throws InterruptedException {
        if (claim.id().isEmpty()) return;
        try {
            var answer = admin().delete("/api/v1/allocations/" + claim.id());
            expect(answer.status() == 200, "release answered %d", answer.status());
        } catch (IOException none) {
            complain("release was not answered: %s", none);
        }
    }

    /**
     * One claim and its answer.
     *
     * @param cloud of the VM, empty without one
     */
    record Claim(int status, String state, String id, String cloud, Duration took) {
        boolean served() {
            return status == 201 && state.equals("ACTIVE");
        }
    }

    /** Claims and their answers. */
    record Burst(List<Claim> claims) {
        long served() {
            return claims.stream().filter(Claim::served).count();
        }

        Duration slowest() {
            return claims.stream().map(Claim::took).max(Duration::compareTo).orElse(Duration.ZERO);
        }
    }

    // Launches

    /** When a launch on a cloud is late, by what it has launched so far. */
    Duration lateOn(String cloud) {
        return SentCreate.late(truth().p95On(cloud));
    }

    /** Creates sent to a cloud since an instant, by the table and what the cloud was asked. */
    List<SentCreate> sentTo(String cloud, Instant since) {
        var received =
                (cloud.equals("a") ? a : b)
                        .creates().stream()
                                .collect(
                                        Collectors.toMap(
                                                TroubledOpenStack.Create::vmId,
                                                Function.identity(),
                                                (first, again) -> again));
        return truth().sentTo(cloud, since).stream()
                .map(
                        sent -> {
                            var create = received.get(sent.vm());
                            return create == null
                                    ? sent.with(Instant.MAX, Instant.MAX, 0)
                                    : sent.with(
                                            create.receivedAt(),
                                            create.answeredAt(),
                                            create.status());
                        })
                .toList();
    }

    static void sleep(Duration time) throws InterruptedException {
        TimeUnit.NANOSECONDS.sleep(time.toNanos());
    }

    static void sleepUntil(Instant when) throws InterruptedException {
        var rest = Duration.between(Instant.now(), when);
        if (rest.isPositive()) sleep(rest);
    }

    static String since(Instant from, Optional<Instant> to) {
        return to.map(at -> seconds(from, at)).orElse("never");
    }

    static String seconds(Instant from, Instant to) {
        return Bench.format("%.1f s", Duration.between(from, to).toMillis() / 1000.0);
    }

    @Override
    public void close() {
        connections.close();
        try (a;
                b) {
            service.close();
        }
    }

    /** Something that holds or not. */
    interface Check {
        boolean holds() throws Exception;
    }
}
