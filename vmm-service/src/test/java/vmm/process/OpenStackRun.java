package vmm.process;

import static org.assertj.core.api.Assertions.assertThat;

import org.springframework.jdbc.core.simple.JdbcClient;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The real service on the two OpenStacks of the testbed, with one pool on both, as an installation
 * of its own. What holds is judged by what nova itself lists.
 */
final class OpenStackRun implements AutoCloseable {
    private static final String CLOUD =
            """
              - name: %s
                kind: openstack
                endpoint: %s
                region: RegionOne
                credentials: {userDomain: Default, projectDomain: Default, project: vmm, username: vmm, password: "${OPENSTACK_PASSWORD}"}
                options: {network: vmm-net}
                maxVms: %d
                callTimeout: %s
            """;
    private static final String POOL =
            """
            pools:
              - name: small
                poolSize: 0
                maxSize: %d
                readyWhen: instanceActive
                bootTimeout: %s
                placements:
                  - {cloud: a, image: tiny, flavor: m1.tiny}
                  - {cloud: b, image: tiny, flavor: m1.tiny}
            vmTypes:
              - {name: small, title: Small, description: A small one, pool: small, vcpus: 1, ramGb: 1}
            """;

    private static final int MANY = 30; // claims that are tried to get VMs of both clouds
    private static final Duration REPLACED = Duration.ofMinutes(2);

    final OpenStack a = new OpenStack("a");
    final OpenStack b = new OpenStack("b");

    private final Path directory;
    private final String installation;
    private final int cap;
    private final Map<String, String> environment;
    private final ConcurrentLinkedQueue<String> violations = new ConcurrentLinkedQueue<>();
    private final List<String> allocations = Collections.synchronizedList(new ArrayList<>());
    private ServiceProcess service;
    private Truth truth;
    private int starts;

    /**
     * @param cap of each cloud; the pool may have twice as many VMs
     * @param callTimeout short where clouds are made to hang, long where they are made to work
     */
    OpenStackRun(Path directory, String kind, int cap, Duration callTimeout) throws Exception {
        this(directory, kind, cap, callTimeout, Duration.ofSeconds(90));
    }

    /**
     * @param bootTimeout longer than the whole fill, where more are launched than these small
     *     clouds make in that time
     */
    OpenStackRun(Path directory, String kind, int cap, Duration callTimeout, Duration bootTimeout)
            throws Exception {
        this.directory = directory;
        this.cap = cap;
        installation = kind + "-" + Long.toString(System.nanoTime(), 36);
        var fleet = directory.resolve("fleet.yaml");
        Files.writeString(
                fleet,
                "installation: "
                        + installation
                        + "\nclouds:\n"
                        + CLOUD.formatted("a", a.keystone(), cap, callTimeout)
                        + CLOUD.formatted("b", b.keystone(), cap, callTimeout)
                        + POOL.formatted(2 * cap, bootTimeout));
        environment =
                Map.of(
                        "SERVER_PORT", Integer.toString(ServiceProcess.freePort()),
                        "VMM_FLEET", fleet.toString(),
                        "VMM_DATA_DIR", directory.resolve("data").toString(),
                        "OPENSTACK_PASSWORD", OpenStack.PASSWORD);
        start();
    }

    void start() throws Exception {
        service = ServiceProcess.start(directory, "service-" + starts++, environment);
        truth = new Truth(JdbcClient.create(Truth.embedded(directory.resolve("data"))));
    }

    void kill() throws InterruptedException {
        service.kill();
    }

    Truth truth() {
        return truth;
    }

    Api admin() {
        return service.api("admin");
    }

    Api scientist() {
        return service.api("scientist");
    }

    String log() throws IOException {
        return service.log();
    }

    void resize(int poolSize) throws IOException, InterruptedException {
        String path = "/api/v1/pools/small";
        var answer =
                admin().patch(path, admin().get(path).etag(), "{\"poolSize\": " + poolSize + "}");
        assertThat(answer.status()).as("resize: %s", answer.body()).isEqualTo(200);
    }

    /** Launches go elsewhere from now on. */
    void pause(String cloud) throws IOException, InterruptedException {
        var answer = admin().post("/api/v1/clouds/" + cloud + "/pause", "{\"paused\": true}");
        assertThat(answer.status()).as("pause: %s", answer.body()).isEqualTo(200);
    }

    /** Takes a VM, or the next place in the queue. */
    Api.Answer claim(String key) throws IOException, InterruptedException {
        long start = System.nanoTime();
        var answer = scientist().allocate("small", installation + "-" + key);
        if (System.nanoTime() - start > Heartbeat.LIMIT.toNanos())
            violations.add("claim " + key + " took more than " + Heartbeat.LIMIT);
        assertThat(answer.status()).as("claim: %s", answer.body()).isIn(201, 202);
        allocations.add(answer.text("id"));
        return answer;
    }

    /** So many people who claim at once; how many were served at once. */
    int claimAtOnce(int people, String key) throws Exception {
        scientist().get("/api/v1/vm-types"); // a sign-in takes a slow hash
        var served = new AtomicInteger();
        Bench.run(
                people,
                people,
                person ->
                        () -> {
                            var answer = claim(key + "-" + person);
                            if (answer.text("state").equals("ACTIVE")) served.incrementAndGet();
                            return answer;
                        });
        return served.get();
    }

    /** People who have so many VMs on each cloud; whoever got one too many gives it back. */
    List<Api.Answer> claimOnEach(int people) throws Exception {
        var kept = new ArrayList<Api.Answer>();
        for (int n = 0; kept.size() < 2 * people && n < MANY; n++) {
            var answer = claim("each-" + n);
            assertThat(answer.text("state")).as("claim: %s", answer.body()).isEqualTo("ACTIVE");
            String cloud = cloudOf(answer);
            if (kept.stream().filter(other -> cloudOf(other).equals(cloud)).count() < people) {
                kept.add(answer);
            } else {
                admin().delete("/api/v1/allocations/" + answer.text("id"));
                allocations.remove(answer.text("id"));
                await("another READY", REPLACED, () -> truth.ready() > 0);
            }
        }
        assertThat(kept).as("VMs on each cloud").hasSize(2 * people);
        return kept;
    }

    private static String cloudOf(Api.Answer claimed) {
        return claimed.body().path("vm").path("cloud").asString("");
    }

    /** Waits for a condition; when it was met. */
    Instant await(String condition, Duration limit, TroubleRun.Check check) throws Exception {
        return ServiceProcess.await(condition, limit, () -> check.holds() ? Instant.now() : null);
    }

    void release() throws IOException, InterruptedException {
        for (var id : List.copyOf(allocations)) admin().delete("/api/v1/allocations/" + id);
        allocations.clear();
    }

    /** Waits until VMs are on their way on a cloud: a create was sent and none is ready yet. */
    void awaitFill(OpenStack cloud) throws Exception {
        ServiceProcess.await(
                "a create sent to " + cloud.name(),
                Duration.ofMinutes(2),
                () ->
                        truth.count(
                                                "SELECT count(*) FROM vm WHERE state IN"
                                                    + " ('REQUESTED', 'PROVISIONING') AND"
                                                    + " create_sent_at IS NOT NULL AND cloud = '"
                                                        + cloud.name()
                                                        + "'")
                                        > 0
                                ? true
                                : null);
    }

    /** The pool has what it wants, and nova has exactly its servers. */
    void awaitSettled(Duration limit) throws Exception {
        ServiceProcess.awaitNone(
                "the pool at rest and nova of the same mind", limit, this::unsettled);
        assertThat(violations).isEmpty();
    }

    private List<String> unsettled() throws Exception {
        var complaints = new ArrayList<>(truth.poolsNotAtRest());
        if (!complaints.isEmpty()) return complaints; // nova is not asked in vain
        var servers = sample();
        var rows =
                truth.rows().stream()
                        .filter(Truth.Row::live)
                        .collect(Collectors.toMap(Truth.Row::id, Function.identity()));
        for (var server : servers) {
            if (!rows.containsKey(server.vm())) complaints.add("leaked " + server);
            if (!server.status().equals("ACTIVE")) complaints.add("not active " + server);
        }
        var there = servers.stream().map(OpenStack.Server::vm).collect(Collectors.toSet());
        for (var id : rows.keySet()) if (!there.contains(id)) complaints.add("lost " + id);
        return complaints;
    }

    /** Lists both clouds and notes what must never be. */
    List<OpenStack.Server> sample() throws IOException, InterruptedException {
        note("above max size", truth.poolsAboveMaximum());
        note("above the cap", truth.cloudsAboveCap());
        var servers = new ArrayList<OpenStack.Server>();
        for (var cloud : List.of(a, b)) {
            var own = cloud.servers(installation);
            if (own.size() > cap) violations.add(own.size() + " servers on " + cloud.name());
            servers.addAll(own);
        }
        var counts = new HashMap<String, Integer>();
        for (var server : servers) counts.merge(server.vm(), 1, Integer::sum);
        counts.forEach(
                (vm, count) -> {
                    if (count > 1) violations.add(count + " servers of VM " + vm);
                });
        return servers;
    }

    /** What nova shows of ours on one cloud. */
    List<OpenStack.Server> serversOn(OpenStack cloud) throws IOException, InterruptedException {
        return cloud.servers(installation);
    }

    private void note(String what, List<String> found) {
        if (!found.isEmpty()) violations.add(what + ": " + found);
    }

    /** VMs that people have or could have now. */
    Set<String> serving() {
        return truth.rows().stream()
                .filter(Truth.Row::serves)
                .map(Truth.Row::id)
                .collect(Collectors.toSet());
    }

    /** Of these VMs none went but as surplus, and none was thought gone. */
    void assertKept(Set<String> vms) {
        assertThat(
                        truth.rows().stream()
                                .filter(row -> vms.contains(row.id()))
                                .filter(row -> !row.serves() && !row.reason().equals("SURPLUS")))
                .as("VMs that served and were given up")
                .isEmpty();
        assertThat(truth.rows().stream().filter(row -> row.reason().equals("VANISHED")))
                .as("VMs believed gone")
                .isEmpty();
    }

    /** Releases everything, wants nothing, and waits until nova has nothing of ours. */
    void drain(Duration limit) throws Exception {
        resize(0);
        release();
        ServiceProcess.awaitNone(
                "both clouds empty",
                limit,
                () -> {
                    for (var id : serving()) admin().delete("/api/v1/vms/" + id);
                    var left =
                            Stream.concat(
                                            sample().stream().map(OpenStack.Server::toString),
                                            truth.rows().stream()
                                                    .filter(Truth.Row::live)
                                                    .map(Truth.Row::toString))
                                    .toList();
                    return left.size() > 10 ? left.subList(0, 10) : left;
                });
        assertThat(violations).isEmpty();
    }

    /** Asks the service all the time until it is closed; it must answer at once. */
    Heartbeat heartbeat() {
        return new Heartbeat(admin());
    }

    /** Heals both clouds, ends the service, and leaves no server behind a test that failed. */
    @Override
    public void close() throws IOException {
        try {
            a.ctl("reset");
            b.ctl("reset");
            service.close();
            for (var cloud : List.of(a, b))
                for (var server : cloud.servers(installation)) cloud.delete(server.id());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
