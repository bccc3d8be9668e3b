package vmm.clouds;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.support.JdbcTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;

import vmm.cloud.Offering;
import vmm.cloud.Quota;
import vmm.clouds.ProbeLook.Finding;
import vmm.database.TestDatabase;
import vmm.event.Events;

import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/** The rows of what was last seen of a cloud. */
class CloudSignalsTest {
    private static final Instant NOW = Instant.parse("2026-03-01T10:00:00Z");
    private static final Finding WELL = new Finding(true, 7, "answered 200");
    private static final Finding SILENT = Finding.silence("no answer within PT5S");

    private TestDatabase.Fresh database;
    private JdbcClient jdbc;
    private CloudSignals signals;

    @BeforeEach
    void open() {
        database = TestDatabase.fresh();
        jdbc = JdbcClient.create(database);
        jdbc.sql(
                        "INSERT INTO cloud (name, kind, health_since)"
                                + " VALUES ('a', 'simulated', now()), ('b', 'simulated', now())")
                .update();
        jdbc.sql(
                        """
                        INSERT INTO pool (name, pool_size, max_size, ready_when, boot_timeout_s, lease_s, max_lifetime_s,
                                          idle_timeout_s, warning_s)
                        VALUES ('muon', 1, 9, 'guestReport', 600, 3600, 7200, 3600, 60)
                        """)
                .update();
        signals =
                new CloudSignals(
                        jdbc,
                        new Events(jdbc),
                        new TransactionTemplate(new JdbcTransactionManager(database)));
    }

    @AfterEach
    void close() {
        database.close();
    }

    @Test
    void aProbeFailsAfterThreeLooksInARowUntilOneSucceedsAndBothAreToldOnce() {
        look(WELL, 0);
        look(SILENT, 30);
        look(SILENT, 60);
        look(WELL, 90);
        look(SILENT, 120);
        look(SILENT, 150);
        assertThat(signals.failingProbes("a")).isEmpty();
        look(SILENT, 180);
        look(SILENT, 210);

        assertThat(signals.failingProbes("a"))
                .containsExactly(
                        new ProbeState(
                                "a",
                                "vpn",
                                false,
                                4,
                                NOW.plusSeconds(120),
                                NOW.plusSeconds(210),
                                null,
                                "no answer within PT5S"));
        assertThat(signals.failingProbes("b")).isEmpty();
        look(WELL, 240);
        look(WELL, 270);
        assertThat(signals.failingProbes("a")).isEmpty();
        assertThat(signals.probes("a"))
                .containsExactly(
                        new ProbeState(
                                "a",
                                "vpn",
                                true,
                                0,
                                NOW.plusSeconds(240),
                                NOW.plusSeconds(270),
                                7,
                                "answered 200"));
        assertThat(told())
                .containsExactly(
                        "a PROBE_FAILS probe vpn: no answer within PT5S, 3 times in a row",
                        "a PROBE_SUCCEEDS probe vpn: answered 200");
    }

    @Test
    void aLookThatAnotherReplicaOvertookCountsForNothing() {
        look(SILENT, 0);
        look(SILENT, 30);
        var before = signals.probes("a").stream().findFirst();
        look(SILENT, 60);
        assertThat(record(before, SILENT, 61)).isFalse();
        assertThat(record(Optional.empty(), WELL, 62)).isFalse();
        assertThat(signals.probes("a")).singleElement().matches(probe -> probe.failures() == 3);
        assertThat(told()).hasSize(1);
    }

    @Test
    void probesThatAreNoLongerNamedAreForgotten() {
        look(WELL, 0);
        signals.forgetOtherProbes("b", List.of());
        signals.forgetOtherProbes("a", List.of("vpn", "squid"));
        assertThat(signals.probes("a")).hasSize(1);
        signals.forgetOtherProbes("a", List.of());
        assertThat(signals.probes("a")).isEmpty();
    }

    @Test
    void aQuotaReplacesAnOlderOneAndKeepsWhatIsNotTold() {
        assertThat(signals.quota("a")).isEmpty();
        var told = new QuotaState(quota(10, 3, 40, 12), NOW);
        signals.recordQuota("a", told);
        signals.recordQuota("a", new QuotaState(quota(10, 9, 40, 36), NOW.minusSeconds(1)));
        assertThat(signals.quota("a")).contains(told);
        var next = new QuotaState(Quota.UNTOLD, NOW.plusSeconds(60));
        signals.recordQuota("a", next);
        assertThat(signals.quota("a")).contains(next);
    }

    @Test
    void offeringsAreThoseThatTheCloudHasNow() {
        assertThat(signals.offeringsReadAt("a")).isEmpty();
        var small = new Offering("small", 2, 4096, 0);
        var big = new Offering("big", 16, 65536, 1);
        signals.recordOfferings("a", List.of(small, big), NOW);
        signals.recordOfferings("b", List.of(small), NOW);
        signals.recordOfferings("a", List.of(big), NOW.plusSeconds(600));
        assertThat(signals.offering("a", "small")).isEmpty();
        assertThat(signals.offering("a", "big")).contains(big);
        assertThat(signals.offering("b", "small")).contains(small);
        assertThat(signals.offeringsReadAt("a")).contains(NOW.plusSeconds(600));
    }

    @Test
    void roomIsWhatTheQuotaLeavesLessWhatItDoesNotCountYet() {
        assertThat(signals.room("a", "small", NOW)).isEmpty();
        signals.recordQuota("a", new QuotaState(quota(10, 3, 40, 12), NOW));
        assertThat(signals.room("a", "small", NOW)).hasValue(7);
        signals.recordOfferings("a", List.of(new Offering("small", 4, 8192, 0)), NOW);
        assertThat(signals.room("a", "small", NOW)).hasValue(7);

        vm("a", "small", "PROVISIONING", -5, "ACCEPTED"); // in what is used
        vm("a", "small", "READY", -60, "ACCEPTED");
        assertThat(signals.room("a", "small", NOW)).hasValue(7);
        vm("a", "small", "PROVISIONING", 5, "ACCEPTED");
        vm("a", "other", "REQUESTED", null, null); // its size is not known: as big as a small one
        vm("a", "small", "DELETING", 5, "REFUSED");
        vm("a", "small", "DELETING", null, null); // never sent
        vm("b", "small", "PROVISIONING", 5, "ACCEPTED");
        assertThat(signals.room("a", "small", NOW)).hasValue(5);

        signals.recordQuota("a", new QuotaState(quota(10, 3, 25, 12), NOW));
        assertThat(signals.room("a", "small", NOW)).hasValue(1);
        assertThat(signals.room("a", "small", NOW.plusSeconds(301))).isEmpty();
    }

    @Test
    void whatOursUseIsToldApartWhereTheirSizesAreKnown() {
        signals.recordOfferings("a", List.of(new Offering("small", 4, 8192, 0)), NOW);
        vm("a", "small", "READY", -60, "ACCEPTED");
        vm("a", "small", "PROVISIONING", -5, "ACCEPTED");
        vm("a", "small", "DELETING", -5, "REFUSED");
        vm("a", "small", "PROVISIONING", 5, "ACCEPTED"); // sent since
        vm("b", "small", "READY", -60, "ACCEPTED");
        assertThat(signals.ours("a", NOW)).isEqualTo(new QuotaState.Ours(2, 8, 16384));
        vm("a", "other", "READY", -60, "ACCEPTED");
        assertThat(signals.ours("a", NOW)).isEqualTo(new QuotaState.Ours(3, null, null));
    }

    private void look(Finding found, int seconds) {
        record(signals.probes("a").stream().findFirst(), found, seconds);
    }

    private boolean record(Optional<ProbeState> before, Finding found, int seconds) {
        var began = NOW.plusSeconds(seconds);
        return signals.recordLook(before, ProbeState.after(before, "a", "vpn", found, began));
    }

    private List<String> told() {
        return jdbc.sql(
                        "SELECT cloud || ' ' || reason || ' ' || detail FROM event WHERE type ="
                                + " 'cloud' AND actor = 'health' ORDER BY id")
                .query(String.class)
                .list();
    }

    private void vm(String cloud, String flavor, String state, Integer sentAfter, String answer) {
        jdbc.sql(
                        """
                        INSERT INTO vm (id, pool_id, cloud, image, flavor, state, state_since, created_at, create_sent_at, create_answer)
                        SELECT gen_random_uuid(), pool.id, :cloud, 'image', :flavor, :state, :now, :now,
                               CAST(:now AS timestamptz) + CAST(:after AS integer) * interval '1 second', :answer
                        FROM pool
                        """)
                .param("cloud", cloud)
                .param("flavor", flavor)
                .param("state", state)
                .param("now", vmm.event.Instants.sql(NOW))
                .param("after", sentAfter, java.sql.Types.INTEGER)
                .param("answer", answer, java.sql.Types.VARCHAR)
                .update();
    }

    private static Quota quota(int maxInstances, int usedInstances, int maxVcpus, int usedVcpus) {
        return new Quota(
                OptionalInt.of(maxInstances),
                OptionalInt.of(usedInstances),
                OptionalInt.of(maxVcpus),
                OptionalInt.of(usedVcpus),
                OptionalInt.empty(),
                OptionalInt.empty());
    }
}
