package vmm.allocation;

import static org.assertj.core.api.Assertions.assertThat;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.support.JdbcTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;

import vmm.allocation.Outlook.Obstacle;
import vmm.clouds.CloudSignals;
import vmm.database.TestDatabase;
import vmm.event.Events;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.UUID;

/** A pool of at most 20 on two clouds, of which each takes at most 5 VMs. */
class OutlooksTest {
    private static final Instant NOW = Instant.parse("2026-11-22T12:00:00Z");
    private static final InstantSource CLOCK = InstantSource.fixed(NOW);

    private TestDatabase.Fresh database;
    private JdbcClient jdbc;
    private Outlooks outlooks;
    private CloudSignals signals;
    private long pool;
    private long ids;

    @BeforeEach
    void begin() {
        database = TestDatabase.fresh();
        jdbc = JdbcClient.create(database);
        outlooks = new Outlooks(jdbc, new LaunchSamples(jdbc, CLOCK));
        signals =
                new CloudSignals(
                        jdbc,
                        new Events(jdbc),
                        new TransactionTemplate(new JdbcTransactionManager(database)));
        run(
                """
                INSERT INTO cloud (name, kind, health_since, max_vms)
                VALUES ('harwell', 'simulated', '2026-11-22 09:12Z', 5), ('didcot', 'simulated', '2026-11-22 09:30Z', 5)
                """);
        pool =
                jdbc.sql(
                                """
                                INSERT INTO pool (name, pool_size, max_size, ready_when, boot_timeout_s, lease_s, max_lifetime_s,
                                                  idle_timeout_s, warning_s)
                                VALUES ('muon', 5, 20, 'guestReport', 600, 36000, 72000, 3600, 600) RETURNING id
                                """)
                        .query(Long.class)
                        .single();
        run(
                """
                INSERT INTO placement (pool_id, position, cloud, image, flavor, weight)
                SELECT id, position, cloud, 'image', 'm1', 50 FROM pool, (VALUES (0, 'harwell'), (1, 'didcot')) AS at (position, cloud)
                """);
    }

    @AfterEach
    void end() {
        database.close();
    }

    private void run(String sql) {
        jdbc.sql(sql).update();
    }

    /** Warming for so long, by its create. */
    private UUID vm(String cloud, String state, @Nullable Duration age) {
        var id = new UUID(1, ++ids);
        jdbc.sql(
                        """
                        INSERT INTO vm (id, pool_id, cloud, image, flavor, state, state_since, created_at, create_sent_at)
                        VALUES (?, ?, ?, 'image', 'm1', ?, '2026-11-22 11:00Z', '2026-11-22 11:00Z', ?::timestamptz)
                        """)
                .params(id, pool, cloud, state, age == null ? null : NOW.minus(age).toString())
                .update();
        return id;
    }

    private UUID warming(String cloud, int seconds) {
        return vm(cloud, "BOOTSTRAPPING", Duration.ofSeconds(seconds));
    }

    private void late(UUID vm) {
        jdbc.sql("UPDATE vm SET late_since = '2026-11-22 11:58Z' WHERE id = ?").param(vm).update();
    }

    private void canary(UUID vm, String cloud) {
        jdbc.sql(
                        """
                        INSERT INTO breaker (cloud, flavor, kind, since, opened_at, until, reason, canary)
                        VALUES (?, '*', 'LATE', '2026-11-22 11:40Z', '2026-11-22 11:45Z', '2026-11-22 11:50Z', 'slow', ?)
                        """)
                .params(cloud, vm)
                .update();
    }

    private void breaker(String cloud, String flavor, String kind) {
        jdbc.sql(
                        """
                        INSERT INTO breaker (cloud, flavor, kind, since, opened_at, until, reason)
                        VALUES (?, ?, ?, '2026-11-22 11:40Z', '2026-11-22 11:45Z', '2026-11-22 11:50Z', 'secret words')
                        """)
                .params(cloud, flavor, kind)
                .update();
    }

    private Outlook now() {
        var known = outlooks.of(List.of(pool), NOW).get(pool);
        if (known == null) throw new AssertionError("no outlook");
        return known;
    }

    private List<Obstacle> obstacles() {
        return now().places().stream().map(Outlook.Place::obstacle).toList();
    }

    private Outlook.Place first() {
        return now().places().getFirst();
    }

    @Test
    void whatWarmsWhereNothingIsWrongIsCountedOn() {
        warming("harwell", 30);
        vm("didcot", "REQUESTED", null);
        vm("didcot", "READY", Duration.ofMinutes(9));
        assertThat(now().warming()).containsExactlyInAnyOrder(30.0, 0.0);
        assertThat(now().ready()).isEqualTo(1);
        assertThat(now().room()).isEqualTo(4 + 3);
        assertThat(obstacles()).containsOnlyNulls();
    }

    @Test
    void whatIsLateIsNotCountedOn() {
        late(warming("harwell", 300));
        assertThat(now().warming()).isEmpty();
        assertThat(now().late()).isEqualTo(1);
        assertThat(now().lateSince()).isEqualTo("2026-11-22T11:58:00Z");
    }

    @Test
    void aCanaryIsNotCountedOnSentOrNot() {
        canary(vm("harwell", "REQUESTED", null), "harwell");
        canary(warming("didcot", 20), "didcot");
        assertThat(now().warming()).isEmpty();
        assertThat(now().late()).isZero();
    }

    @Test
    void whatWarmsOnASickCloudOrInMaintenanceIsNotCountedOn() {
        warming("harwell", 30);
        warming("didcot", 40);
        run("UPDATE cloud SET health = 'UNHEALTHY' WHERE name = 'harwell'");
        assertThat(now().warming()).containsExactly(40.0);
        run("UPDATE cloud SET maintenance = 'new switches' WHERE name = 'didcot'");
        assertThat(now().warming()).isEmpty();
    }

    /** Both clouds are sick: the launches that were measured promise nothing. */
    @Test
    void withNothingCountedOnAndNoRoomThereIsNoEstimate() {
        run(
                """
                INSERT INTO vm (id, pool_id, cloud, image, flavor, state, state_since, created_at, create_sent_at, ready_at)
                SELECT gen_random_uuid(), id, 'harwell', 'image', 'm1', 'DELETED', '2026-11-22 11:00Z', '2026-11-22 10:00Z',
                       '2026-11-22 10:00Z', '2026-11-22 10:01Z' FROM pool
                """);
        warming("harwell", 30);
        assertThat(outlooks.estimate(now(), 1)).isPresent();
        run("UPDATE cloud SET health = 'UNHEALTHY'");
        assertThat(outlooks.estimate(now(), 1)).isEmpty();
    }

    @Test
    void aCloudThatRecoversHasTheRoomOfItsWidth() {
        run("UPDATE cloud SET paused = true WHERE name = 'didcot'");
        run("UPDATE cloud SET width = 2 WHERE name = 'harwell'");
        assertThat(now().room()).isEqualTo(2);
        warming("harwell", 1);
        assertThat(now().room()).isEqualTo(1);
        warming("harwell", 1);
        assertThat(now().room()).isZero();
        assertThat(obstacles()).containsExactly(Obstacle.RETURNING, Obstacle.PAUSED);
    }

    @Test
    void aPlacementHasTheRoomOfItsOwnCapAlsoWhereItIsALastResort() {
        run("UPDATE cloud SET max_vms = NULL");
        run("UPDATE placement SET max_vms = 3, weight = 0 WHERE position = 0");
        run("UPDATE placement SET max_vms = 2 WHERE position = 1");
        vm("harwell", "DELETING", null);
        assertThat(now().room()).isEqualTo(2 + 2);
        vm("didcot", "READY", null);
        vm("didcot", "READY", null);
        assertThat(now().room()).isEqualTo(2);
        assertThat(obstacles()).containsExactly(null, Obstacle.FULL);
    }

    @Test
    void thePoolsMaximumBoundsIt() {
        run("UPDATE pool SET max_size = 6");
        for (int i = 0; i < 4; i++) vm("harwell", "ALLOCATED", null);
        assertThat(now().room()).isEqualTo(2);
        assertThat(now().inUse()).isEqualTo(4);
    }

    /** The one statement says of a quota what the code says that refill asks. */
    @Test
    void theRoomByQuotaIsTheOneOfRefill() {
        run("UPDATE cloud SET max_vms = NULL, paused = (name = 'didcot')");
        run("UPDATE pool SET max_size = 1000");
        run(
                """
                INSERT INTO offering (cloud, flavor, vcpus, ram_mb, gpus, read_at)
                VALUES ('harwell', 'm1', 4, 8192, 0, '2026-11-22 11:00Z'), ('harwell', 'big', 7, 65536, 0, '2026-11-22 11:00Z')
                """);
        run(
                """
                INSERT INTO cloud_quota (cloud, max_instances, used_instances, max_vcpus, used_vcpus, max_ram_mb, used_ram_mb, read_at)
                VALUES ('harwell', 50, 10, 100, 31, 400000, 100000, '2026-11-22 11:59Z')
                """);
        assertThat(now().room()).isEqualTo(17);
        sameRoom();
        warming("harwell", 30); // sent since the quota was read
        vm("harwell", "REQUESTED", null);
        warming("harwell", 90);
        sameRoom();
        run("UPDATE vm SET flavor = 'big' WHERE create_sent_at > '2026-11-22 11:59Z'");
        sameRoom();
        run("UPDATE vm SET flavor = 'unknown' WHERE create_sent_at > '2026-11-22 11:59Z'");
        sameRoom();
        run("UPDATE vm SET create_answer = 'REFUSED' WHERE flavor = 'unknown'");
        sameRoom();
        run("UPDATE cloud_quota SET used_ram_mb = 399000");
        sameRoom();
        assertThat(first().obstacle()).isEqualTo(Obstacle.FULL);
        run("DELETE FROM offering");
        sameRoom();
        run("UPDATE cloud_quota SET max_instances = NULL, read_at = '2026-11-22 11:55Z'");
        assertThat(now().room()).isEqualTo(1000 - 3);
        run("UPDATE cloud_quota SET max_instances = 12");
        sameRoom();
        run("UPDATE cloud_quota SET read_at = '2026-11-22 11:54:59Z'");
        assertThat(now().room()).isEqualTo(1000 - 3);
    }

    private void sameRoom() {
        assertThat(now().room()).isEqualTo(signals.room("harwell", "m1", NOW).orElseThrow());
    }

    /** Launches go there as a last resort, but nobody knows how long they take. */
    @Test
    void nothingIsPromisedOfAnOfferingWhoseLaunchesAreLate() {
        breaker("didcot", "m1", "LATE");
        assertThat(obstacles()).containsExactly(null, Obstacle.TROUBLE);
    }

    @Test
    void aBreakerIsInTheWayOfWhatItConcerns() {
        breaker("harwell", "other", "BOOT_FAILED");
        assertThat(obstacles()).containsOnlyNulls();
        breaker("harwell", "m1", "NO_CAPACITY");
        breaker("didcot", "*", "WINDOW");
        assertThat(obstacles()).containsExactly(Obstacle.FULL, Obstacle.RETURNING);
        breaker("harwell", "m1", "BOOT_FAILED");
        assertThat(obstacles()).containsExactly(Obstacle.TROUBLE, Obstacle.RETURNING);
        assertThat(first().since()).isEqualTo("2026-11-22T11:40:00Z");
        run("UPDATE cloud SET health = 'UNHEALTHY' WHERE name = 'harwell'");
        assertThat(first().since()).isEqualTo("2026-11-22T09:12:00Z");
        assertThat(now().room()).isZero();
    }

    @Test
    void maintenanceSaysUntilWhen() {
        run("UPDATE cloud SET maintenance = 'new switches' WHERE name = 'harwell'");
        window("UNAVAILABLE", "11:00", "18:00", null);
        window("NO_NEW", "11:00", "19:00", "11:30");
        window("AT_RISK", "11:00", "20:00", null);
        window("NO_NEW", "12:30", "21:00", null);
        assertThat(first())
                .isEqualTo(
                        new Outlook.Place(
                                "harwell",
                                Obstacle.MAINTENANCE,
                                null,
                                Instant.parse("2026-11-22T18:00:00Z")));
        assertThat(now().room()).isEqualTo(5);
    }

    private void window(String kind, String from, String to, @Nullable String cancelled) {
        jdbc.sql(
                        """
                        INSERT INTO maintenance_window (id, cloud, starts, ends, kind, created_at, created_by, cancelled_at)
                        VALUES (gen_random_uuid(), 'harwell', ?::timestamptz, ?::timestamptz, ?, '2026-11-20Z', 'admin', ?::timestamptz)
                        """)
                .params(
                        "2026-11-22 " + from + "Z",
                        "2026-11-22 " + to + "Z",
                        kind,
                        cancelled == null ? null : "2026-11-22 " + cancelled + "Z")
                .update();
    }
}
