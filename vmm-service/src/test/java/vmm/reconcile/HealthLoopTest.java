package vmm.reconcile;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.support.JdbcTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;

import vmm.cloud.CloudConfig;
import vmm.cloud.CloudProvider;
import vmm.cloud.CloudProviderFactory.Surroundings;
import vmm.cloud.simulated.SimulatedCloud;
import vmm.clouds.Breakers;
import vmm.clouds.CloudSignals;
import vmm.clouds.Clouds;
import vmm.clouds.ProbeLook.Finding;
import vmm.clouds.ProbeState;
import vmm.database.TestDatabase;
import vmm.event.Events;
import vmm.fleet.ProbeEntry;
import vmm.pool.PlacementNames;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/** What is looked at when, and what a cloud that answers nothing leaves known. */
class HealthLoopTest {
    private final Map<String, Finding> answers = new ConcurrentHashMap<>();
    private final Map<String, CountDownLatch> hung = new ConcurrentHashMap<>();
    private final Map<String, List<ProbeEntry>> probes = new HashMap<>();
    private final Map<String, CloudProvider> providers = new HashMap<>();
    private final List<String> woken = new ArrayList<>();
    private Instant now = Instant.parse("2026-03-01T10:00:00Z");
    private TestDatabase.Fresh database;
    private JdbcClient jdbc;
    private CloudSignals signals;
    private HealthLoop loop;
    private SimulatedCloud cloud;

    @BeforeEach
    void open() {
        database = TestDatabase.fresh();
        jdbc = JdbcClient.create(database);
        var events = new Events(jdbc);
        signals =
                new CloudSignals(
                        jdbc,
                        events,
                        new TransactionTemplate(new JdbcTransactionManager(database)));
        loop = loop();
        cloud = cloud("a", Map.of("quota", "10", "flavors", "small, big"));
        cloud("b", Map.of());
        probes.put("a", List.of(probe("vpn", 30), probe("squid", 60)));
    }

    @AfterEach
    void close() {
        hung.values().forEach(CountDownLatch::countDown);
        database.close();
    }

    @Test
    void everythingIsSeenAtFirstAndThenEachInItsOwnTime() {
        assertThat(loop.due()).containsExactly("a", "b");
        assertThat(pass("a"))
                .isEqualTo("probe vpn well; probe squid well; quota read; 2 offerings read");
        assertThat(pass("b")).isEqualTo("quota read; 0 offerings read");
        assertThat(signals.quota("a").orElseThrow().quota().maxInstances()).hasValue(10);
        assertThat(signals.offering("a", "small")).isPresent();

        assertThat(loop.due()).isEmpty();
        pass("a", 25, "nothing to do");
        pass("a", 4, "probe vpn well");
        pass("a", 25, "nothing to do");
        pass("a", 4, "probe vpn well; probe squid well; quota read");
        pass("a", 5, "nothing to do");
        now = now.plusSeconds(540);
        assertThat(pass("a"))
                .isEqualTo("probe vpn well; probe squid well; quota read; 2 offerings read");
    }

    @Test
    void aCloudThatDoesNotAnswerLeavesWhatWasKnownAndIsAskedAgainEachMinute() {
        pass("a");
        var known = signals.quota("a");
        cloud.setWeather(cloud.weather().with("outage", true));
        now = now.plusSeconds(600);
        assertThat(pass("a"))
                .isEqualTo(
                        "probe vpn well; probe squid well; ping not answered: connection refused;"
                                + " quota not read: connection refused;"
                                + " offerings not read: connection refused");
        assertThat(signals.quota("a")).isEqualTo(known);
        assertThat(signals.offering("a", "small")).isPresent();
        pass("a", 5, "nothing to do");
        cloud.setWeather(cloud.weather().with("outage", false));
        pass("a", 55, "probe vpn well; probe squid well; quota read; 2 offerings read");
    }

    @Test
    void aPingThatIsRefusedDegradesTheCloudForAMinuteAndIsRepeatedInHalfOfThat() {
        pass("a");
        cloud.setWeather(cloud.weather().with("unauthorized", 1.0));
        now = now.plusSeconds(60);
        assertThat(pass("a"))
                .contains("its ping failed: unauthorized: ")
                .contains("quota not read: ");
        assertThat(health("a")).startsWith("DEGRADED its ping failed: unauthorized: ");
        for (int n = 0; n < 4; n++) {
            passAfter(30);
            assertThat(health("a")).startsWith("DEGRADED its ping failed: unauthorized: ");
        }
        cloud.setWeather(cloud.weather().with("unauthorized", 0.0));
        for (int n = 0; n < 3; n++) {
            passAfter(30);
            loopJudges("a");
        }
        assertThat(health("a")).isEqualTo("HEALTHY ");
    }

    @Test
    void aPingThatIsNotAnsweredIsLeftToTheListings() {
        cloud.setWeather(cloud.weather().with("outage", true));
        assertThat(pass("a")).contains("ping not answered: connection refused");
        assertThat(health("a")).isEqualTo("HEALTHY ");
    }

    @Test
    void whatPlacementsNameIsAskedAboutOnceAndAgainWhenItIsDue() {
        pool("muon", "tiny", "small");
        pool("sans", "tiny", "smal");
        assertThat(pass("a")).endsWith("; names of 2 placements checked");
        assertThat(notes())
                .containsExactly("there is no flavor 'smal'; did you mean 'small'?", null);
        now = now.plusSeconds(298);
        assertThat(pass("a")).doesNotContain("names of");
        jdbc.sql("UPDATE placement SET flavor = 'big' WHERE flavor = 'smal'").update();
        now = now.plusSeconds(4);
        assertThat(pass("a")).endsWith("names of 1 placements checked");
        assertThat(notes()).containsExactly(null, null);
        now = now.plus(HealthLoop.NAMES_EVERY).plusSeconds(1);
        assertThat(pass("a")).endsWith("names of 2 placements checked");
    }

    @Test
    void namesThatCouldNotBeCheckedSaySoAndTheCloudIsLeftAloneForAMinute() {
        pool("muon", "tiny", "small");
        pool("sans", "tiny", "smal");
        cloud.setWeather(cloud.weather().with("outage", true));
        pass("a");
        assertThat(notes()).containsOnly("not checked: a did not answer");
        cloud.setWeather(cloud.weather().with("outage", false));
        jdbc.sql("UPDATE placement SET checked_at = NULL").update();
        passAfter(30);
        assertThat(checked()).containsExactly(false);
        passAfter(30);
        assertThat(notes())
                .containsExactly("there is no flavor 'smal'; did you mean 'small'?", null);
    }

    @Test
    void aPassAsksAboutAFewPlacementsOnly() {
        for (int n = 0; n < HealthLoop.NAMES_A_PASS + 1; n++) pool("p" + n, "image-" + n, "small");
        assertThat(pass("a")).endsWith("names of 5 placements checked");
        assertThat(loop.due()).contains("a");
        assertThat(pass("a")).isEqualTo("names of 1 placements checked");
        assertThat(loop.due()).doesNotContain("a");
    }

    private void pool(String name, String image, String flavor) {
        jdbc.sql(
                        """
                        WITH made AS (
                            INSERT INTO pool (name, pool_size, max_size, ready_when, boot_timeout_s, lease_s, max_lifetime_s,
                                              idle_timeout_s, warning_s)
                            VALUES (?, 0, 1, 'instanceActive', 600, 600, 600, 600, 60) RETURNING id)
                        INSERT INTO placement (pool_id, position, cloud, image, flavor, weight)
                        SELECT id, 0, 'a', ?, ?, 100 FROM made
                        """)
                .params(name, image, flavor)
                .update();
    }

    private List<String> notes() {
        return jdbc.sql("SELECT note FROM placement ORDER BY flavor").query(String.class).list();
    }

    /** Whether placements were asked about, at all their times. */
    private List<Boolean> checked() {
        return jdbc.sql("SELECT DISTINCT checked_at IS NOT NULL FROM placement")
                .query(Boolean.class)
                .list();
    }

    private String health(String name) {
        return jdbc.sql(
                        "SELECT health || ' ' || COALESCE(health_reason, '') FROM cloud WHERE name"
                                + " = ?")
                .param(name)
                .query(String.class)
                .single();
    }

    /** As lifecycle does after each listing. */
    private void loopJudges(String name) {
        new Clouds(jdbc, new Breakers(jdbc, new Events(jdbc)), new Events(jdbc)).judge(name, now);
    }

    @Test
    void aProbeThatBeginsOrEndsToFailWakesWhatDependsOnIt() {
        answers.put("squid", new Finding(false, null, "silent"));
        for (int n = 0; n < 2; n++) passAfter(60);
        assertThat(woken).isEmpty();
        passAfter(60);
        assertThat(woken).containsExactly("LIFECYCLE a", "REFILL all");
        assertThat(signals.failingProbes("a"))
                .extracting(ProbeState::name)
                .containsExactly("squid");
        passAfter(60);
        answers.remove("squid");
        passAfter(60);
        assertThat(woken).hasSize(4);
        assertThat(signals.failingProbes("a")).isEmpty();
    }

    @Test
    void aProbeThatHangsDelaysNeitherAnotherCloudNorTheOtherSignalsOfItsOwn() throws Exception {
        probes.put("a", List.of(probe("hung", 30), probe("vpn", 30)));
        hung.put("hung", new CountDownLatch(1));
        var pass = CompletableFuture.supplyAsync(() -> pass("a"));
        assertThat(pass("b")).contains("quota read");
        until(() -> signals.quota("a").isPresent() && !signals.probes("a").isEmpty());
        assertThat(pass).isNotDone();
        assertThat(signals.probes("a")).extracting(ProbeState::name).containsExactly("vpn");
        hung.values().forEach(CountDownLatch::countDown);
        assertThat(pass.get(20, TimeUnit.SECONDS)).startsWith("probe hung well");
    }

    @Test
    void probesOfACloudThatTheFleetFileNoLongerNamesAreForgotten() {
        answers.put("vpn", new Finding(false, null, "silent"));
        for (int n = 0; n < 3; n++) passAfter(60);
        assertThat(signals.failingProbes("a")).hasSize(1);
        providers.clear();
        probes.clear();
        assertThat(loop.due()).containsExactly("a");
        assertThat(pass("a")).isEqualTo("nothing to do");
        assertThat(signals.failingProbes("a")).isEmpty();
        assertThat(loop.due()).isEmpty();
    }

    private static void until(BooleanSupplier condition) {
        long deadline = System.nanoTime() + Duration.ofSeconds(60).toNanos();
        while (!condition.getAsBoolean()) {
            assertThat(System.nanoTime()).isLessThan(deadline);
            LockSupport.parkNanos(Duration.ofMillis(20).toNanos());
        }
    }

    private void pass(String name, int later, String report) {
        now = now.plusSeconds(later);
        assertThat(pass(name)).isEqualTo(report);
    }

    private void passAfter(int seconds) {
        now = now.plusSeconds(seconds);
        pass("a");
    }

    private String pass(String name) {
        return loop.pass(name).report();
    }

    private HealthLoop loop() {
        return new HealthLoop(
                new Clouds(jdbc, new Breakers(jdbc, new Events(jdbc)), new Events(jdbc)),
                name -> Optional.ofNullable(providers.get(name)),
                signals,
                name -> probes.getOrDefault(name, List.of()),
                (name, probe) -> {
                    var latch = hung.get(probe.name());
                    if (latch != null) await(latch);
                    return answers.getOrDefault(probe.name(), new Finding(true, 1, "well"));
                },
                new PlacementNames(jdbc),
                (kind, key) -> woken.add(kind + " " + key),
                () -> now);
    }

    private SimulatedCloud cloud(String name, Map<String, String> options) {
        jdbc.sql("INSERT INTO cloud (name, kind, health_since) VALUES (?, 'simulated'," + " now())")
                .param(name)
                .update();
        var made =
                new SimulatedCloud(
                        new CloudConfig(
                                "isis",
                                name,
                                "simulated",
                                Optional.empty(),
                                Optional.empty(),
                                Map.of(),
                                options,
                                Duration.ofSeconds(5)),
                        new Surroundings(() -> now, database),
                        new SplittableRandom(1),
                        duration -> {},
                        (url, token, json) -> 204);
        providers.put(name, made);
        return made;
    }

    private static ProbeEntry probe(String name, int everySeconds) {
        return new ProbeEntry(
                name,
                new ProbeEntry.Tcp("127.0.0.1", 1),
                Duration.ofSeconds(5),
                Duration.ofSeconds(everySeconds));
    }

    private static void await(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
