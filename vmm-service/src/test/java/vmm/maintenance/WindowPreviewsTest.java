package vmm.maintenance;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.support.JdbcTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;

import vmm.clouds.Breakers;
import vmm.clouds.CloudSignals;
import vmm.clouds.Clouds;
import vmm.database.TestDatabase;
import vmm.event.Events;
import vmm.maintenance.MaintenanceWindow.Kind;
import vmm.maintenance.WindowPreview.PoolPreview;
import vmm.maintenance.WindowPreview.Raise;
import vmm.pool.Pools;
import vmm.pool.Schedules;

import java.time.Duration;
import java.time.Instant;
import java.util.UUID;

/** A pool with four READY on harwell, which could be on didcot as well. */
class WindowPreviewsTest {
    private static final Instant NOW = Instant.parse("2026-11-22T12:00:00Z");

    private TestDatabase.Fresh database;
    private JdbcClient jdbc;
    private MaintenanceWindows windows;
    private long ids;

    @BeforeEach
    void begin() {
        database = TestDatabase.fresh();
        jdbc = JdbcClient.create(database);
        windows = new MaintenanceWindows(jdbc);
        jdbc.sql(
                        """
                        INSERT INTO cloud (name, kind, health_since, max_vms)
                        VALUES ('harwell', 'simulated', now(), NULL), ('didcot', 'simulated', now(), 10)
                        """)
                .update();
        jdbc.sql(
                        """
                        INSERT INTO pool (name, pool_size, max_size, ready_when, boot_timeout_s, lease_s, max_lifetime_s,
                                          idle_timeout_s, warning_s)
                        VALUES ('muon', 4, 50, 'guestReport', 600, 36000, 72000, 3600, 600)
                        """)
                .update();
        jdbc.sql(
                        """
                        INSERT INTO placement (pool_id, position, cloud, image, flavor, weight)
                        SELECT id, position, cloud, 'image', 'm1', 50 FROM pool, (VALUES (0, 'harwell'), (1, 'didcot')) AS at (position, cloud)
                        """)
                .update();
        for (int i = 0; i < 4; i++) vm("harwell", "READY");
    }

    @AfterEach
    void end() {
        database.close();
    }

    private void vm(String cloud, String state) {
        jdbc.sql(
                        """
                        INSERT INTO vm (id, pool_id, cloud, image, flavor, state, state_since, created_at)
                        SELECT :id, id, :cloud, 'image', 'm1', :state, now(), now() FROM pool
                        """)
                .param("id", new UUID(1, ++ids))
                .param("cloud", cloud)
                .param("state", state)
                .update();
    }

    private void window(String cloud, Kind kind, int fromHour, int toHour) {
        windows.insert(
                new MaintenanceWindow(
                        new UUID(2, ++ids),
                        cloud,
                        inHours(fromHour),
                        inHours(toHour),
                        kind,
                        "",
                        0,
                        NOW,
                        "admin",
                        null,
                        null));
    }

    private static Instant inHours(int hours) {
        return NOW.plus(Duration.ofHours(hours));
    }

    private WindowPreview preview() {
        var previews =
                new WindowPreviews(
                        jdbc,
                        windows,
                        new WindowLeads(jdbc),
                        new Pools(jdbc),
                        new Schedules(jdbc),
                        new Clouds(jdbc, new Breakers(jdbc, new Events(jdbc)), new Events(jdbc)),
                        new CloudSignals(
                                jdbc,
                                new Events(jdbc),
                                new TransactionTemplate(new JdbcTransactionManager(database))),
                        () -> NOW);
        return previews.of(
                "harwell",
                WindowRules.Wanted.of(inHours(8), inHours(18), Kind.UNAVAILABLE, ""),
                null);
    }

    private PoolPreview muon() {
        return preview().pools().getFirst();
    }

    @Test
    void whatIsThereIsLaunchedOnTheOther() {
        var preview = preview();
        assertThat(preview.enough()).isTrue();
        assertThat(preview.preparationBegins()).isEqualTo(inHours(8).minus(Duration.ofMinutes(11)));
        assertThat(preview.pools().getFirst().raised()).containsExactly(new Raise("didcot", 4));
    }

    @Test
    void aQuotaIsInTheWayWhereItIsKnown() {
        jdbc.sql(
                        """
                        INSERT INTO cloud_quota (cloud, max_instances, used_instances, max_vcpus, used_vcpus, read_at)
                        VALUES ('didcot', 20, 0, 40, 28, '2026-11-22 11:59Z')
                        """)
                .update();
        assertThat(muon().missing()).isZero();
        jdbc.sql(
                        """
                        INSERT INTO offering (cloud, flavor, vcpus, ram_mb, gpus, read_at)
                        VALUES ('didcot', 'm1', 4, 8192, 0, '2026-11-22 11:00Z')
                        """)
                .update();
        assertThat(preview().enough()).isFalse();
        assertThat(muon().missing()).isEqualTo(1);
        assertThat(muon().why())
                .contains("the quota of didcot leaves 12 vCPUs, 3 of m1 with 4 each");
        vm("didcot", "REQUESTED"); // counts for the pool, and not yet for the quota
        assertThat(muon().why())
                .endsWith(
                        "launched: 2 on didcot; 1 missing of the target of 4: "
                                + "the quota of didcot leaves 8 vCPUs, 2 of m1 with 4 each");
        jdbc.sql("UPDATE cloud_quota SET read_at = '2026-11-22 11:54Z'").update();
        assertThat(muon().missing()).isZero();
    }

    @Test
    void theCapCountsAllThatIsThereAlsoWhatIsGoing() {
        for (int i = 0; i < 8; i++) vm("didcot", "DELETING");
        assertThat(muon().missing()).isEqualTo(2);
        assertThat(muon().why()).contains("the cap of didcot (10) leaves 2");
    }

    @Test
    void anotherWindowInThatTimeIsInTheWay() {
        window("didcot", Kind.NO_NEW, 18, 30);
        assertThat(muon().missing()).isZero();
        window("didcot", Kind.NO_NEW, 17, 30);
        assertThat(muon().missing()).isEqualTo(4);
        assertThat(muon().why())
                .contains("didcot: maintenance window from 2026-11-23 05:00 to 18:00 UTC");
    }

    @Test
    void whatIsOnAnotherCloudThatGoesTooDoesNotCount() {
        for (int i = 0; i < 4; i++) vm("didcot", "READY");
        assertThat(muon().missing()).isZero();
        window("didcot", Kind.UNAVAILABLE, 10, 11);
        assertThat(muon().missing()).isEqualTo(4);
    }

    @Test
    void whatWarmsOnASickCloudDoesNotCount() {
        for (int i = 0; i < 4; i++) vm("didcot", "BOOTSTRAPPING");
        assertThat(muon().missing()).isZero();
        jdbc.sql(
                        "UPDATE cloud SET health = 'UNHEALTHY', health_reason = 'it is away' WHERE"
                                + " name = 'didcot'")
                .update();
        assertThat(muon().missing()).isEqualTo(4);
        assertThat(muon().why()).contains("didcot: unhealthy: it is away");
    }

    @Test
    void theHighestTargetWithinTheWindowCounts() {
        jdbc.sql(
                        """
                        INSERT INTO schedule (name, pool_id, cron, zone, duration_s, target)
                        SELECT 'night', id, '0 0 4 * * *', 'UTC', 3600, 7 FROM pool
                        """)
                .update();
        assertThat(muon().target()).isEqualTo(7);
        assertThat(muon().raised()).containsExactly(new Raise("didcot", 7));
    }
}
