package vmm.cloud.simulated;

import com.zaxxer.hikari.HikariDataSource;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;

import vmm.cloud.CloudConfig;
import vmm.cloud.CloudProviderFactory.Surroundings;
import vmm.cloud.LaunchSpec;
import vmm.cloud.ManualClock;
import vmm.cloud.Tags;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicInteger;

import javax.sql.DataSource;

/** A database for all tests of this JVM, and for each test a clock and clouds of its own in it. */
final class World {

    static final String INSTALLATION = "isis";
    static final Duration CALL_TIMEOUT = Duration.ofSeconds(20);

    private static final AtomicInteger CLOUDS = new AtomicInteger();

    /** Started when first needed; its directory goes with it. */
    private static final class Database {
        static final EmbeddedPostgres POSTGRES = start();
        static final DataSource POOL = pool();

        private static DataSource pool() {
            var pool = new HikariDataSource();
            pool.setDataSource(POSTGRES.getPostgresDatabase());
            pool.setMaximumPoolSize(10);
            return pool;
        }

        private static EmbeddedPostgres start() {
            try {
                return EmbeddedPostgres.builder()
                        .setServerConfig("fsync", "off")
                        .setServerConfig("full_page_writes", "off")
                        .setServerConfig("synchronous_commit", "off")
                        .start();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    /** One report of a guest, as the service would receive it. */
    record Report(String url, String token, String json) {}

    final ManualClock clock = new ManualClock(Instant.parse("2026-03-01T08:00:00Z"));
    final List<Report> reports = new ArrayList<>();
    final List<Duration> pauses = new ArrayList<>();
    final String name = "cloud-" + CLOUDS.incrementAndGet();
    private final SplittableRandom seeds = new SplittableRandom(42);

    /** How the service answers; 0: not at all. */
    int answer = 204;

    static DataSource database() {
        return Database.POOL;
    }

    static EmbeddedPostgres postgres() {
        return Database.POSTGRES;
    }

    SimulatedCloud open(Map<String, String> options) {
        return open(INSTALLATION, options);
    }

    SimulatedCloud open(String installation, Map<String, String> options) {
        return new SimulatedCloud(
                config(installation, options),
                new Surroundings(clock, database()),
                seeds.split(),
                pauses::add,
                this::receive);
    }

    CloudConfig config(String installation, Map<String, String> options) {
        return new CloudConfig(
                installation,
                name,
                "simulated",
                Optional.empty(),
                Optional.empty(),
                Map.of(),
                new HashMap<>(options),
                CALL_TIMEOUT);
    }

    void advance(String duration) {
        clock.advance(Duration.parse(duration));
    }

    static LaunchSpec spec(String vmId) {
        var userData =
                """
                #cloud-config
                write_files:
                  - path: /etc/vmm/guest.json
                    permissions: '0600'
                    content: |
                      {"vmId": "%s", "url": "http://vmm.example/", "token": "token of %s", "secret": "hush"}
                """
                        .formatted(vmId, vmId);
        return new LaunchSpec(
                "vmm-isis-" + vmId,
                new Tags(INSTALLATION, "store-1", vmId),
                "muon",
                "l3.micro",
                null,
                userData);
    }

    private int receive(String url, String token, String json) throws IOException {
        if (answer == 0) throw new IOException("connection refused");
        reports.add(new Report(url, token, json));
        return answer;
    }
}
