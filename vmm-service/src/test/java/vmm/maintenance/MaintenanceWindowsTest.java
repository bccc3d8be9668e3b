package vmm.maintenance;

import static org.assertj.core.api.Assertions.assertThat;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.jdbc.core.simple.JdbcClient;

import vmm.database.TestDatabase;
import vmm.event.Instants;
import vmm.maintenance.MaintenanceWindow.Kind;
import vmm.maintenance.WindowEffect.Strength;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.UUID;

/** The windows' tables: what the loops ask of them, and who is told what, once. */
class MaintenanceWindowsTest {
    private static final Duration LEAD = Duration.ofMinutes(10);
    private static final Instant NOW = Instant.parse("2026-11-22T12:00:00Z");

    private TestDatabase.Fresh database;
    private JdbcClient jdbc;
    private MaintenanceWindows windows;
    private MaintenanceNotices notices;
    private WindowLeads leads;
    private long pool;
    private long ids;

    @BeforeEach
    void begin() {
        database = TestDatabase.fresh();
        jdbc = JdbcClient.create(database);
        windows = new MaintenanceWindows(jdbc);
        notices = new MaintenanceNotices(jdbc, windows);
        leads = new WindowLeads(jdbc);
        for (String cloud : List.of("harwell", "didcot")) {
            jdbc.sql("INSERT INTO cloud (name, kind, health_since) VALUES (?, 'simulated', now())")
                    .param(cloud)
                    .update();
        }
        pool =
                jdbc.sql(
                                """
                                INSERT INTO pool (name, pool_size, max_size, ready_when, boot_timeout_s, lease_s, max_lifetime_s,
                                                  idle_timeout_s, warning_s)
                                VALUES ('muon', 5, 50, 'guestReport', 600, 36000, 72000, 3600, 600) RETURNING id
                                """)
                        .query(Long.class)
                        .single();
        jdbc.sql(
                        "INSERT INTO placement (pool_id, position, cloud, image, flavor, weight)"
                                + " VALUES (?, 0, 'harwell', 'image', 'm1', 100)")
                .param(pool)
                .update();
    }

    @AfterEach
    void end() {
        database.close();
    }

    private UUID window(String cloud, Kind kind, Instant from, Instant to) {
        var window =
                new MaintenanceWindow(
                        new UUID(0, ++ids),
                        cloud,
                        from,
                        to,
                        kind,
                        "patching",
                        0,
                        NOW.minus(Duration.ofDays(1)),
                        "admin",
                        null,
                        from.minus(LEAD));
        windows.insert(window);
        return window.id();
    }

    private MaintenanceWindow read(String cloud, UUID id) {
        return windows.find(cloud, id).orElseThrow();
    }

    private UUID vm(String cloud, String state, @Nullable Duration boot) {
        var id = new UUID(1, ++ids);
        jdbc.sql(
                        """
                        INSERT INTO vm (id, pool_id, cloud, image, flavor, state, state_since, created_at, create_sent_at, ready_at)
                        VALUES (:id, :pool, :cloud, 'image', 'm1', :state, :now, :now, :sent, :ready)
                        """)
                .param("id", id)
                .param("pool", pool)
                .param("cloud", cloud)
                .param("state", state)
                .param("now", Instants.sql(NOW))
                .param(
                        "sent",
                        boot == null ? null : Instants.sql(NOW.minus(boot)),
                        java.sql.Types.TIMESTAMP_WITH_TIMEZONE)
                .param(
                        "ready",
                        boot == null ? null : Instants.sql(NOW),
                        java.sql.Types.TIMESTAMP_WITH_TIMEZONE)
                .update();
        return id;
    }

    private UUID session(String cloud, String user, Instant expires) {
        var id = new UUID(2, ++ids);
        jdbc.sql(
                        """
                        INSERT INTO allocation (id, vm_type, pool_id, user_name, state, requested_at, effective_at, lease_s, max_lifetime_s,
                                                granted_at, expires_at, vm_id)
                        VALUES (:id, 'muon', :pool, :user, 'ACTIVE', :now, :now, 3600, 7200, :now, :expires, :vm)
                        """)
                .param("id", id)
                .param("pool", pool)
                .param("user", user)
                .param("now", Instants.sql(NOW))
                .param("expires", Instants.sql(expires))
                .param("vm", vm(cloud, "ALLOCATED", null))
                .update();
        return id;
    }

    private List<String> told() {
        return jdbc.sql(
                        "SELECT type || ' ' || user_name || ' ' || reason || ' ' || cloud || ' ' ||"
                                + " pool FROM event ORDER BY id")
                .query(String.class)
                .list();
    }

    private int send(Instant now) {
        return notices.sendDue(now);
    }

    private List<String> texts() {
        return jdbc.sql("SELECT text FROM maintenance_notice").query(String.class).list();
    }

    private static Instant in(int minutes) {
        return NOW.plus(Duration.ofMinutes(minutes));
    }

    @Test
    void whatIsNearHasAnEffectAndTheRestIsNotRead() {
        window("harwell", Kind.UNAVAILABLE, in(5), in(60));
        window("didcot", Kind.NO_NEW, in(-5), in(60));
        window("didcot", Kind.UNAVAILABLE, in(61), in(90));
        window("didcot", Kind.UNAVAILABLE, in(-90), in(0));
        windows.cancel(window("didcot", Kind.UNAVAILABLE, in(1), in(60)), NOW);
        assertThat(windows.near(NOW)).hasSize(2);
        var effects = windows.effects(NOW);
        assertThat(effects.get("harwell")).extracting("strength").isEqualTo(Strength.LEAVING);
        assertThat(effects.get("didcot")).extracting("strength").isEqualTo(Strength.NO_LAUNCHES);
    }

    @Test
    void whatJustEndedIsToldUnlessAnotherIsOn() {
        window("harwell", Kind.UNAVAILABLE, in(-60), in(-1));
        var last = window("harwell", Kind.UNAVAILABLE, in(-60), in(0));
        window("didcot", Kind.NO_NEW, in(-60), in(-1));
        windows.cancel(window("didcot", Kind.UNAVAILABLE, in(-60), in(-1)), in(-70));
        assertThat(windows.justEnded(in(-5), NOW)).extracting("id").containsExactly(last);
        assertThat(windows.justEnded(in(0), in(1))).isEmpty();
        window("harwell", Kind.UNAVAILABLE, in(-2), in(1));
        assertThat(windows.justEnded(in(-5), NOW)).isEmpty();
        assertThat(windows.justEnded(in(-5), in(1))).hasSize(1);
    }

    private void placeOnDidcot(int weight) {
        jdbc.sql(
                        "INSERT INTO placement (pool_id, position, cloud, image, flavor, weight)"
                                + " VALUES (?, 1, 'didcot', 'image', 'm1', ?)")
                .params(pool, weight)
                .update();
    }

    @Test
    void aPreparationThatIsReckonedEarlierBeginsEarlierAndNeverLater() {
        placeOnDidcot(0);
        window("harwell", Kind.UNAVAILABLE, NOW.plusSeconds(1800), NOW.plusSeconds(36_000));
        windows.reckon(leads, NOW);
        var begins = windows.near(NOW).getFirst().preparationBegins();
        assertThat(begins).isEqualTo(NOW.plusSeconds(1800 - 11 * 60));
        for (int i = 0; i < 9; i++) vm("didcot", "READY", Duration.ofMinutes(1));
        windows.reckon(leads, NOW);
        assertThat(windows.near(NOW).getFirst().preparationBegins()).isEqualTo(begins);
        for (int i = 0; i < 99; i++) vm("didcot", "READY", Duration.ofMinutes(14));
        windows.reckon(leads, NOW);
        assertThat(windows.near(NOW).getFirst().preparationBegins())
                .isEqualTo(NOW.plusSeconds(1800 - 15 * 60));
    }

    @Test
    void theLeadIsOfLaunchesElsewhere() {
        placeOnDidcot(0);
        assertThat(leads.longest("harwell", NOW)).isEqualTo(Duration.ofMinutes(11));
        for (int i = 0; i < 19; i++) vm("didcot", "READY", Duration.ofMinutes(6));
        vm("didcot", "READY", Duration.ofMinutes(50));
        vm("harwell", "READY", Duration.ofMinutes(30));
        assertThat(leads.longest("harwell", NOW)).isEqualTo(Duration.ofMinutes(7));
        assertThat(leads.longest("harwell", NOW)).isEqualTo(Duration.ofMinutes(7));
        assertThat(leads.longest("nowhere", NOW)).isEqualTo(WindowLead.SHORTEST);
    }

    @Test
    void theLeadGrowsWithWhatThePoolsKeepThereAndWithTheTimeOfCreates() {
        placeOnDidcot(0);
        for (int i = 0; i < 5; i++) accepted(vm("didcot", "READY", Duration.ofMinutes(6)), i);
        jdbc.sql("UPDATE pool SET target = 40").update();
        // rounds of 2, 4, 8, 16 and 16: the last begins four creates of 2 s after the first
        assertThat(leads.longest("harwell", NOW)).isEqualTo(Duration.ofSeconds(7 * 60 + 4 * 2));
        jdbc.sql("UPDATE placement SET weight = 300 WHERE cloud = 'didcot'").update();
        assertThat(leads.longest("harwell", NOW)).isEqualTo(Duration.ofSeconds(7 * 60 + 2 * 2));
    }

    /** Its create took so many seconds. */
    private void accepted(UUID vm, int seconds) {
        jdbc.sql(
                        """
                        INSERT INTO event (at, type, vm_id, to_state, detail, actor)
                        SELECT create_sent_at + ? * interval '1 second', 'vm', id, 'PROVISIONING', 'accepted', 'lifecycle' FROM vm WHERE id = ?
                        """)
                .params(seconds, vm)
                .update();
    }

    @Test
    void ownersAreToldOnceAsSoonAsAWindowIsThere() {
        window("harwell", Kind.UNAVAILABLE, in(100), in(160));
        window("harwell", Kind.NO_NEW, in(0), in(60));
        session("harwell", "ada", in(30)); // two hours, with all extensions
        session("didcot", "elsewhere", in(30));
        assertThat(send(NOW)).isEqualTo(1);
        assertThat(send(NOW)).isZero();
        assertThat(told()).containsExactly("allocation ada MAINTENANCE harwell muon");
        assertThat(texts())
                .containsExactly(
                        "Maintenance of harwell from 2026-11-22 13:40 to 14:40 UTC (patching): your"
                                + " machine there may be out of reach or stop. Save what you need"
                                + " elsewhere before.");

        session("harwell", "late", in(30));
        assertThat(send(in(20))).isEqualTo(1);
        assertThat(told()).hasSize(2).contains("allocation late MAINTENANCE harwell muon");
        session("harwell", "after", in(300));
        assertThat(send(in(160))).isZero();
    }

    @Test
    void whatIsAtRiskMayBeInterrupted() {
        window("harwell", Kind.AT_RISK, in(10), in(60));
        session("harwell", "ada", in(30));
        assertThat(send(NOW)).isEqualTo(1);
        assertThat(texts().getFirst())
                .endsWith(
                        "your machine there may be interrupted. Save what you need elsewhere"
                                + " before.");
    }

    @Test
    void whoeverIsGoneBeforeIsToldOnlyOfWhatIsSoon() {
        int days = 24 * 60;
        window("harwell", Kind.UNAVAILABLE, in(14 * days + 1), in(15 * days));
        session("harwell", "ada", in(30));
        assertThat(send(NOW)).isZero();
        assertThat(send(in(1))).isEqualTo(1);
        assertThat(texts().getFirst()).endsWith("the time of your machine there ends before.");
    }

    @Test
    void whoeverHasAMachineThatMayLastIsToldHoweverFarItIs() {
        int days = 24 * 60;
        window("harwell", Kind.UNAVAILABLE, in(40 * days), in(41 * days));
        var ada = session("harwell", "ada", in(30));
        jdbc.sql("UPDATE allocation SET max_lifetime_s = 41 * 86400 WHERE id = ?")
                .param(ada)
                .update();
        assertThat(send(NOW)).isEqualTo(1);
    }

    @Test
    void aWindowThatIsMovedIsToldAgainAndWhomItConcernsNoMoreThatItIsMoved() {
        int days = 24 * 60;
        var id = window("harwell", Kind.UNAVAILABLE, in(10), in(60));
        var ada = session("harwell", "ada", in(30));
        session("harwell", "brief", in(30));
        jdbc.sql("UPDATE allocation SET max_lifetime_s = 41 * 86400 WHERE id = ?")
                .param(ada)
                .update();
        send(NOW);
        var before = read("harwell", id);
        windows.change(id, in(40 * days), in(41 * days), Kind.AT_RISK, "later", NOW);
        notices.change(before, read("harwell", id), NOW);
        assertThat(texts())
                .containsExactly(
                        "Maintenance of harwell from 2027-01-01 12:00 to 2027-01-02 12:00 UTC"
                                + " (later): your machine there may be interrupted. Save what you"
                                + " need elsewhere before.");
        assertThat(told().subList(2, 4))
                .containsExactly(
                        "allocation ada MAINTENANCE harwell muon",
                        "allocation brief MAINTENANCE_CANCELLED harwell muon");
        assertThat(send(NOW)).isZero();

        before = read("harwell", id);
        windows.change(id, in(40 * days), in(41 * days), Kind.NO_NEW, "later", NOW);
        notices.change(before, read("harwell", id), NOW);
        assertThat(texts()).isEmpty();
        assertThat(told().getLast()).isEqualTo("allocation ada MAINTENANCE_CANCELLED harwell muon");
    }

    @Test
    void whoeverWasToldIsToldThatItIsOff() {
        var id = window("harwell", Kind.UNAVAILABLE, in(10), in(60));
        session("harwell", "ada", in(30));
        send(NOW);
        session("harwell", "untold", in(30));
        notices.callOff(read("harwell", id), "is called off", NOW);
        windows.cancel(id, NOW);
        assertThat(told())
                .containsExactly(
                        "allocation ada MAINTENANCE harwell muon",
                        "allocation ada MAINTENANCE_CANCELLED harwell muon");
        assertThat(send(NOW)).isZero();
        assertThat(read("harwell", id).state(NOW)).isEqualTo(MaintenanceWindow.State.CANCELLED);
    }
}
