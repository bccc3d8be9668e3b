package vmm.process;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.jdbc.core.simple.JdbcClient;

import vmm.database.TestDatabase;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Two real services on one PostgreSQL and many clients at once: no VM granted twice, no double
 * refill.
 */
@Tag("process")
class ReplicasTest {
    private static final String FLEET =
            """
            installation: replicas
            clouds:
              - {name: fast, kind: simulated, options: {bootTime: PT0.2S, activityEvery: PT1H}}
            pools:
              - name: one
                poolSize: 60
                maxSize: 200
                readyWhen: instanceActive
                placements: [{cloud: fast, image: one, flavor: s}]
              - name: two
                poolSize: 40
                maxSize: 200
                readyWhen: instanceActive
                placements: [{cloud: fast, image: two, flavor: s}]
            vmTypes:
              - {name: one, title: One, description: The first, pool: one, vcpus: 1, ramGb: 1, gpus: 0}
              - {name: two, title: Two, description: The second, pool: two, vcpus: 1, ramGb: 1, gpus: 0}
            """;

    private final int claims = Integer.getInteger("vmm.claims", 2000);
    private final ConcurrentHashMap<String, String> allocationByVm = new ConcurrentHashMap<>();
    private final AtomicInteger queued = new AtomicInteger();

    @TempDir Path directory;

    @Test
    void noVmIsGrantedTwiceAndNothingIsRefilledTwice() throws Exception {
        Files.writeString(directory.resolve("fleet.yaml"), FLEET);
        try (var database = TestDatabase.empty()) {
            var environment = new HashMap<String, String>();
            environment.put("VMM_FLEET", directory.resolve("fleet.yaml").toString());
            environment.put("VMM_DEMO", "true");
            database.properties()
                    .forEach(
                            (key, value) ->
                                    environment.put(
                                            key.toUpperCase(java.util.Locale.ROOT)
                                                    .replace('.', '_'),
                                            value));
            try (var a = ServiceProcess.start(directory, "a", environment);
                    var b = ServiceProcess.start(directory, "b", environment)) {
                var truth = new Truth(JdbcClient.create(database));
                rest(truth);
                claim(List.of(a.api("scientist"), b.api("scientist")));
                rest(truth);
                check(truth);
            }
        }
    }

    private void claim(List<Api> replicas) throws Exception {
        try (var clients = Executors.newFixedThreadPool(32)) {
            for (int n = 0; n < claims; n++) {
                int number = n;
                clients.submit(() -> claimAndRelease(replicas.get(number % 2), number));
            }
            clients.shutdown();
            assertThat(clients.awaitTermination(10, TimeUnit.MINUTES)).isTrue();
        }
    }

    private Void claimAndRelease(Api api, int number) throws Exception {
        var answer = api.allocate(number % 3 == 0 ? "two" : "one", "claim-" + number);
        String id = answer.text("id");
        if (answer.status() == 202) queued.incrementAndGet();
        var granted =
                answer.status() == 201
                        ? answer
                        : ServiceProcess.await(
                                "claim " + number + " granted",
                                Duration.ofMinutes(2),
                                () -> {
                                    var now = api.get("/api/v1/allocations/" + id);
                                    return now.text("state").equals("ACTIVE") ? now : null;
                                });
        String before = allocationByVm.put(granted.body().path("vm").path("id").asString(""), id);
        if (before != null) throw new AssertionError("granted twice: to " + before + " and " + id);
        assertThat(api.delete("/api/v1/allocations/" + id).status()).isEqualTo(200);
        return null;
    }

    private void check(Truth truth) {
        assertThat(allocationByVm).hasSize(claims);
        assertThat(truth.vmsOfSeveralAllocations()).isEmpty();
        assertThat(truth.vmsWithSeveralInstances()).isEmpty();
        assertThat(truth.instancesWithoutLiveRow()).isEmpty();
        long launched = truth.count("SELECT count(*) FROM vm");
        long surplus = truth.count("SELECT count(*) FROM vm WHERE reason = 'SURPLUS'");
        System.out.println(
                "replicas: "
                        + claims
                        + " claims through two replicas, "
                        + queued
                        + " of them queued first, "
                        + launched
                        + " VMs launched");
        // One for each claim and the reserve; a person who waited and was served from another's
        // release costs nothing more.
        assertThat(launched).isLessThanOrEqualTo(claims + 100L + surplus);
    }

    private static void rest(Truth truth) throws Exception {
        ServiceProcess.awaitNone("pools at rest", Duration.ofMinutes(3), truth::poolsNotAtRest);
    }
}
