package vmm.process;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.jdbc.core.simple.JdbcClient;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;

/**
 * The real service, its embedded PostgreSQL and real clients, killed with SIGKILL at random
 * moments: no VM lost, none doubled, every acknowledged request still there. {@code vmm.kills} says
 * how often, {@code vmm.seed} when.
 */
@Tag("process")
class CrashTest {
    private static final String FLEET =
            """
            installation: crash
            clouds:
              - {name: near, kind: simulated, options: {bootTime: PT1S}, maxVms: 40}
              - {name: far, kind: simulated, options: {bootTime: PT2S, bootJitter: "0.3"}, maxVms: 40}
            pools:
              - name: small
                poolSize: 5
                maxSize: 15
                placements:
                  - {cloud: near, image: small, flavor: s}
                  - {cloud: far, image: small, flavor: s}
              - name: large
                poolSize: 8
                maxSize: 20
                placements:
                  - {cloud: far, image: large, flavor: l}
                  - {cloud: near, image: large, flavor: l}
            vmTypes:
              - {name: small, title: Small, description: A small one, pool: small, vcpus: 1, ramGb: 1, gpus: 0}
              - {name: large, title: Large, description: A large one, pool: large, vcpus: 4, ramGb: 8, gpus: 0}
            """;

    private final int kills = Integer.getInteger("vmm.kills", 5);
    private final long seed = Long.getLong("vmm.seed", System.nanoTime());
    private final SplittableRandom random = new SplittableRandom(seed);

    /** Key to allocation id, as acknowledged. */
    private final Map<String, String> acknowledged = new ConcurrentHashMap<>();

    private final ConcurrentLinkedQueue<String> violations = new ConcurrentLinkedQueue<>();
    private final AtomicReference<Api> api = new AtomicReference<>();

    @TempDir Path directory;

    @Test
    void nothingIsLostOrDoubledByKills() throws Exception {
        System.out.println("crash: " + kills + " kills, seed " + seed);
        Files.writeString(directory.resolve("fleet.yaml"), FLEET);
        // Guests go on calling the address they were launched with: it must be the same after a
        // restart.
        var environment =
                Map.of(
                        "SERVER_PORT", Integer.toString(ServiceProcess.freePort()),
                        "VMM_FLEET", directory.resolve("fleet.yaml").toString(),
                        "VMM_DATA_DIR", directory.resolve("data").toString());
        var clients = new Thread[3];
        for (int i = 0; i < clients.length; i++) {
            long own = random.nextLong();
            int number = i;
            clients[i] = Thread.ofPlatform().start(() -> client(number, new SplittableRandom(own)));
        }
        for (int kill = 0; kill < kills; kill++) {
            var service = ServiceProcess.start(directory, "service-" + kill, environment);
            api.set(service.api("scientist"));
            long life = random.nextLong(300, 5000);
            watch(
                    new Truth(JdbcClient.create(Truth.embedded(directory.resolve("data")))),
                    Duration.ofMillis(life));
            service.kill();
            System.out.println(
                    "crash: killed after "
                            + life
                            + " ms, "
                            + acknowledged.size()
                            + " requests acknowledged");
        }
        try (var service = ServiceProcess.start(directory, "service-last", environment)) {
            api.set(null);
            for (var client : clients) client.interrupt();
            for (var client : clients) client.join();
            settle(service);
        }
    }

    /** Samples what must hold at every moment, while clients go on. */
    private void watch(Truth truth, Duration life) throws InterruptedException {
        long end = System.nanoTime() + life.toNanos();
        while (System.nanoTime() < end) {
            check(truth);
            TimeUnit.MILLISECONDS.sleep(100);
        }
        check(truth);
    }

    private void check(Truth truth) {
        note("above max size", truth.poolsAboveMaximum());
        note("above the cap", truth.cloudsAboveCap());
        note("VM granted twice", truth.vmsOfSeveralAllocations());
        note("VM with several instances", truth.vmsWithSeveralInstances());
    }

    private void note(String what, List<String> found) {
        if (!found.isEmpty()) violations.add(what + ": " + found);
    }

    private void settle(ServiceProcess service) throws Exception {
        var truth = new Truth(JdbcClient.create(Truth.embedded(directory.resolve("data"))));
        var admin = service.api("admin");
        for (var entry : acknowledged.entrySet()) {
            var now = admin.get("/api/v1/allocations/" + entry.getValue());
            assertThat(now.status()).as("acknowledged request %s", entry).isEqualTo(200);
            if (!now.text("state").equals("ENDED") && random.nextBoolean()) {
                admin.delete("/api/v1/allocations/" + entry.getValue());
            }
        }
        ServiceProcess.awaitNone(
                "pools at rest, nothing leaked",
                Duration.ofMinutes(6),
                () -> {
                    check(truth);
                    var complaints = new ArrayList<>(truth.poolsNotAtRest());
                    complaints.addAll(truth.instancesWithoutLiveRow());
                    return complaints;
                });
        assertThat(truth.readyOrAllocatedWithoutInstance()).as("lost VMs").isEmpty();
        assertThat(violations).isEmpty();
        assertThat(acknowledged).as("requests that were taken in").hasSizeGreaterThan(kills);
        System.out.println(
                "crash: "
                        + kills
                        + " kills, "
                        + acknowledged.size()
                        + " requests acknowledged and all there, "
                        + truth.count("SELECT count(*) FROM vm")
                        + " VMs launched, none lost, none doubled");
    }

    /** Asks, asks again under the same key, and releases, whether the service is there or not. */
    private void client(int number, SplittableRandom own) {
        for (int n = 0; !Thread.currentThread().isInterrupted(); n++) {
            var now = api.get();
            try {
                if (now != null) ask(now, "client-" + number + "-" + n, own);
                TimeUnit.MILLISECONDS.sleep(own.nextInt(20, 250));
            } catch (IOException away) {
                // Killed meanwhile: what was not acknowledged may or may not have been taken in.
            } catch (InterruptedException e) {
                return;
            }
        }
    }

    private void ask(Api now, String key, SplittableRandom own)
            throws IOException, InterruptedException {
        var answer = now.allocate(own.nextBoolean() ? "small" : "large", key);
        if (answer.status() == 201 || answer.status() == 202) {
            acknowledged.put(key, answer.text("id"));
        } else {
            violations.add("answer " + answer);
        }
        var keys = List.copyOf(acknowledged.keySet());
        if (keys.isEmpty()) return;
        String some = keys.get(own.nextInt(keys.size()));
        if (own.nextInt(3) > 0) now.delete("/api/v1/allocations/" + acknowledged.get(some));
    }
}
