package vmm.usage;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.jdbc.core.simple.JdbcClient;

import vmm.database.TestDatabase;
import vmm.event.Instants;

import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.TreeMap;
import java.util.UUID;
import java.util.stream.Collectors;

/** What the gauges of clouds say of their rows, and that they say no more of what is over. */
class CloudMetersTest {
    private static final Instant NOW = Instant.parse("2026-11-22T12:00:00Z");

    private final SimpleMeterRegistry meters = new SimpleMeterRegistry();
    private TestDatabase.Fresh database;
    private JdbcClient jdbc;
    private CloudMeters clouds;

    @BeforeEach
    void begin() {
        database = TestDatabase.fresh();
        jdbc = JdbcClient.create(database);
        clouds = new CloudMeters(jdbc, () -> NOW, meters);
        for (var cloud : List.of("didcot", "harwell")) {
            jdbc.sql("INSERT INTO cloud (name, kind, health_since) VALUES (?, 'simulated', ?)")
                    .params(cloud, Instants.sql(NOW))
                    .update();
        }
    }

    @AfterEach
    void end() {
        database.close();
    }

    @Test
    void aCloudIsInOneStateAndAPauseOrWindowComesFirst() {
        assertThat(health("harwell")).containsExactly("healthy");
        change("health = 'RECOVERING', health_reason = 'so', width = 4");
        assertThat(health("harwell")).containsExactly("recovering");
        assertThat(gauges("vmm.cloud.warming.width")).containsExactly("harwell 4.0");
        change("maintenance = 'new switches'");
        assertThat(health("harwell")).containsExactly("maintenance");
        change("paused = true");
        assertThat(health("harwell")).containsExactly("paused");
        change("paused = false, maintenance = NULL, health = 'HEALTHY', width = NULL");
        assertThat(health("harwell")).containsExactly("healthy");
        assertThat(gauges("vmm.cloud.warming.width")).isEmpty();
        assertThat(health("didcot")).containsExactly("healthy");
        assertThat(meters.find("vmm.cloud.health").tag("cloud", "harwell").gauges()).hasSize(6);
    }

    @Test
    void theAgeOfAListingIsInSeconds() {
        jdbc.sql("UPDATE cloud SET listed_at = ? WHERE name = 'harwell'")
                .param(Instants.sql(NOW.minusMillis(90_500)))
                .update();
        assertThat(gauges("vmm.cloud.listing.age")).containsExactly("harwell 90.5");
    }

    @Test
    void openBreakersAreCountedUntilTheyClose() {
        breaker("*", "UNREACHABLE", true);
        breaker("m1", "LATE", true);
        breaker("m2", "LATE", false);
        assertThat(gauges("vmm.cloud.breaker.open"))
                .containsExactly("harwell * UNREACHABLE 1.0", "harwell m1 LATE 1.0");
        jdbc.sql("UPDATE breaker SET opened_at = NULL, until = NULL WHERE flavor = '*'").update();
        assertThat(gauges("vmm.cloud.breaker.open")).containsExactly("harwell m1 LATE 1.0");
    }

    private void breaker(String flavor, String kind, boolean open) {
        var opened = open ? Instants.sql(NOW) : null;
        jdbc.sql(
                        "INSERT INTO breaker (cloud, flavor, kind, since, opened_at, until, reason)"
                                + " VALUES ('harwell', ?, ?, ?, ?::timestamptz, ?::timestamptz,"
                                + " 'HTTP 500')")
                .params(java.util.Arrays.asList(flavor, kind, Instants.sql(NOW), opened, opened))
                .update();
    }

    @Test
    void aProbeFailsFromItsThirdFailureOn() {
        probe("squid", 2);
        probe("vpn", 3);
        assertThat(gauges("vmm.cloud.probes.failing")).containsExactly("didcot 0.0", "harwell 1.0");
    }

    private void probe(String name, int failures) {
        jdbc.sql(
                        "INSERT INTO cloud_probe (cloud, name, ok, failures, since, checked_at,"
                                + " detail) VALUES ('harwell', ?, false, ?, ?, ?, 'no answer')")
                .params(name, failures, Instants.sql(NOW), Instants.sql(NOW))
                .update();
    }

    @Test
    void aQuotaIsToldAsFarAsItIsKnown() {
        jdbc.sql(
                        "INSERT INTO cloud_quota (cloud, max_instances, used_instances, used_vcpus,"
                                + " read_at) VALUES ('harwell', 20, 7, 28, ?)")
                .param(Instants.sql(NOW))
                .update();
        assertThat(gauges("vmm.cloud.quota.limit")).containsExactly("harwell instances 20.0");
        assertThat(gauges("vmm.cloud.quota.used"))
                .containsExactly("harwell instances 7.0", "harwell vcpus 28.0");
    }

    @Test
    void windowsAreUpcomingThenRunningThenNoMore() {
        window(Duration.ofHours(1), Duration.ofHours(2), false);
        window(Duration.ofHours(1), Duration.ofHours(2), true);
        window(Duration.ofHours(-1), Duration.ofHours(1), false);
        window(Duration.ZERO, Duration.ofHours(1), false);
        window(Duration.ofHours(-1), Duration.ZERO, false);
        assertThat(gauges("vmm.cloud.windows"))
                .containsExactly(
                        "didcot running 0.0",
                        "didcot upcoming 0.0",
                        "harwell running 2.0",
                        "harwell upcoming 1.0");
    }

    private void window(Duration from, Duration to, boolean cancelled) {
        jdbc.sql(
                        """
                        INSERT INTO maintenance_window (id, cloud, starts, ends, kind, created_at, created_by, cancelled_at)
                        VALUES (:id, 'harwell', :starts, :ends, 'NO_NEW', :now, 'admin', CASE WHEN :cancelled THEN :now END)
                        """)
                .param(
                        "id",
                        new UUID(
                                0,
                                jdbc.sql("SELECT count(*) FROM maintenance_window")
                                        .query(Long.class)
                                        .single()))
                .param("starts", Instants.sql(NOW.plus(from)))
                .param("ends", Instants.sql(NOW.plus(to)))
                .param("now", Instants.sql(NOW))
                .param("cancelled", cancelled)
                .update();
    }

    private void change(String what) {
        jdbc.sql("UPDATE cloud SET " + what + " WHERE name = 'harwell'").update();
    }

    /** The states that a cloud is in. */
    private List<String> health(String cloud) {
        clouds.refresh();
        return meters.find("vmm.cloud.health").tag("cloud", cloud).gauges().stream()
                .filter(gauge -> gauge.value() == 1)
                .map(gauge -> String.valueOf(gauge.getId().getTag("state")))
                .toList();
    }

    /** All of one name, each as the values of its tags and its own, sorted. */
    private List<String> gauges(String name) {
        clouds.refresh();
        Collection<Gauge> all = meters.find(name).gauges();
        return all.stream().map(CloudMetersTest::words).sorted().toList();
    }

    private static String words(Gauge gauge) {
        var tags = new TreeMap<String, String>();
        gauge.getId().getTags().forEach(tag -> tags.put(tag.getKey(), tag.getValue()));
        return tags.values().stream().collect(Collectors.joining(" ")) + " " + gauge.value();
    }
}
