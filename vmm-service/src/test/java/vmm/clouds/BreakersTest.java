package vmm.clouds;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.jdbc.core.simple.JdbcClient;

import vmm.cloud.CloudFailure;
import vmm.clouds.Breaker.Kind;
import vmm.clouds.Breakers.Launch;
import vmm.database.TestDatabase;
import vmm.event.Events;
import vmm.vm.Vm;
import vmm.vm.Vms;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;

class BreakersTest {
    private static final Instant NOW = Instant.parse("2026-03-01T10:00:00Z");

    private TestDatabase.Fresh database;
    private JdbcClient jdbc;
    private Breakers breakers;
    private Clouds clouds;
    private Vms vms;
    private long pool;
    private int ids;

    @BeforeEach
    void open() {
        database = TestDatabase.fresh();
        jdbc = JdbcClient.create(database);
        jdbc.sql("INSERT INTO cloud (name, kind, health_since) VALUES ('b', 'simulated', now())")
                .update();
        pool =
                jdbc.sql(
                                """
                                INSERT INTO pool (name, pool_size, max_size, ready_when, boot_timeout_s, lease_s, max_lifetime_s,
                                                  idle_timeout_s, warning_s)
                                VALUES ('p', 1, 9, 'instanceActive', 60, 60, 60, 60, 60) RETURNING id
                                """)
                        .query(Long.class)
                        .single();
        place("m1", "image");
        breakers = new Breakers(jdbc, new Events(jdbc));
        clouds = new Clouds(jdbc, breakers, new Events(jdbc));
        vms = new Vms(jdbc);
    }

    private void place(String flavor, String image) {
        jdbc.sql(
                        """
                        INSERT INTO placement (pool_id, position, cloud, image, flavor, weight)
                        SELECT :pool, count(*), 'b', :image, :flavor, 1 FROM placement
                        """)
                .param("pool", pool)
                .param("image", image)
                .param("flavor", flavor)
                .update();
    }

    @AfterEach
    void close() {
        database.close();
    }

    private Launch launch() {
        return launch(NOW);
    }

    private Launch launch(Instant sentAt) {
        return launch("image", sentAt);
    }

    private Launch launch(String image, Instant sentAt) {
        var id = new UUID(1, ++ids);
        vms.request(new Vms.NewVm(id, pool, "b", image, "m1", null, Map.of()), NOW, "test");
        return new Launch(id, "b", "m1", image, sentAt);
    }

    private Set<Kind> clear(Launch launch, Instant sentAt, boolean late, Instant now) {
        return breakers.clear(sent(launch, sentAt), late, now);
    }

    private void forgetAccident(Instant sentAt) {
        breakers.forgetAccident(sent(launch(), sentAt));
    }

    private static Launch sent(Launch launch, Instant at) {
        return new Launch(launch.vm(), launch.cloud(), launch.flavor(), launch.image(), at);
    }

    private boolean maySend(Launch launch) {
        return vms.startCreate(vms.find(launch.vm()).orElseThrow(), NOW).isPresent();
    }

    private Breaker only() {
        var all = breakers.of("b");
        assertThat(all).hasSize(1);
        return all.getFirst();
    }

    @Test
    void oneLostAnswerIsAnAccidentAndTheSecondOpensIt() {
        var failure = new CloudFailure.Unreachable("HTTP 500");
        breakers.strike(launch(), failure, NOW);
        assertThat(only().open()).isFalse();
        assertThat(maySend(launch())).isTrue();
        breakers.strike(launch(), failure, NOW);
        assertThat(only().flavor()).isEqualTo(Breaker.ANY);
        assertThat(only().until()).isEqualTo(NOW.plusSeconds(30));
        assertThat(maySend(launch())).isFalse();
    }

    @Test
    void whatWasHeldBackIsSentLaterUnlessItWasSentBefore() {
        var id = launch().vm();
        var claimed = vms.startCreate(vms.find(id).orElseThrow(), NOW).orElseThrow();
        vms.recordUnsent(claimed);
        assertThat(vms.find(id).orElseThrow().createSentAt()).isNull();
        var again = vms.startCreate(vms.find(id).orElseThrow(), NOW).orElseThrow();
        assertThat(again.createAttempts()).isEqualTo(1);
        var asked = vms.startCreate(again, NOW).orElseThrow();
        vms.recordUnsent(asked);
        assertThat(vms.find(id).orElseThrow().createSentAt()).isEqualTo(NOW);
        assertThat(vms.find(id).orElseThrow().createResult()).isEqualTo(Vm.CreateResult.UNKNOWN);
    }

    @Test
    void anAcceptedCreateMakesALostAnswerAnAccident() {
        var failure = new CloudFailure.Unreachable("HTTP 500");
        breakers.strike(launch(), failure, NOW);
        forgetAccident(NOW.minusSeconds(1)); // sent before: it says nothing
        assertThat(only().strikes()).isEqualTo(1);
        forgetAccident(NOW.plusSeconds(1));
        breakers.strike(launch(), failure, NOW.plusSeconds(2));
        assertThat(only().open()).isFalse();
        breakers.strike(launch(), failure, NOW.plusSeconds(3));
        forgetAccident(NOW.plusSeconds(4));
        assertThat(only().open()).isTrue();
    }

    @Test
    void aBrokenImageClosesTheOfferingForNobodyElse() {
        place("m1", "other");
        breakers.strike(launch(), new CloudFailure.Rejected("no such image"), NOW);
        assertThat(maySend(launch())).isFalse();
        assertThat(maySend(launch("other", NOW))).isTrue();
        breakers.strike(launch(), new CloudFailure.QuotaExceeded("cores"), NOW);
        assertThat(maySend(launch("other", NOW))).isFalse();
        assertThat(breakers.of("b")).noneMatch(Breaker::ofWholeCloud);
    }

    @Test
    void oneOfferingThatDoesNotBootIsNotItsCloudButTwoAre() {
        place("m1", "other");
        place("m1", "third");
        for (int i = 0; i < 2; i++) breakers.strike(launch(), Kind.BOOT_FAILED, "ERROR", NOW);
        clouds.judge("b", NOW);
        assertThat(clouds.find("b").orElseThrow().health()).isEqualTo(CloudState.Health.DEGRADED);
        for (int i = 0; i < 2; i++) {
            breakers.strike(launch("other", NOW), Kind.BOOT_FAILED, "ERROR", NOW);
        }
        clouds.judge("b", NOW);
        assertThat(clouds.find("b").orElseThrow().sick()).isTrue();
        var third = launch("third", NOW);
        assertThat(maySend(third)).isFalse();
        breakers.assignCanary(third, NOW);
        assertThat(maySend(third)).isTrue();
        assertThat(maySend(launch("third", NOW))).isFalse();
        assertThat(clear(third, NOW, false, NOW.plusSeconds(60))).containsExactly(Kind.BOOT_FAILED);
    }

    @Test
    void whatIsHeldAgainstAnOfferingThatNoPoolUsesAnyMoreIsForgotten() {
        breakers.strike(launch(), new CloudFailure.Rejected("no such image"), NOW);
        clouds.judge("b", NOW);
        assertThat(clouds.find("b").orElseThrow().health()).isEqualTo(CloudState.Health.DEGRADED);
        jdbc.sql("UPDATE placement SET image = 'mended'").update();
        clouds.judge("b", NOW);
        assertThat(clouds.find("b").orElseThrow().health()).isEqualTo(CloudState.Health.HEALTHY);
    }

    @Test
    void whatBecomesReadyMakesAFailedBootAnAccidentWheneverItWasSent() {
        breakers.strike(launch(), Kind.BOOT_FAILED, "ERROR", NOW);
        clear(launch(), NOW.minusSeconds(60), false, NOW.plusSeconds(1));
        assertThat(breakers.of("b")).isEmpty();
    }

    @Test
    void theRefusalsOfOneBurstAreOneOpening() {
        for (int i = 0; i < 10; i++) {
            breakers.strike(launch(), new CloudFailure.Unreachable("HTTP 500"), NOW);
        }
        assertThat(only().strikes()).isEqualTo(2);
        assertThat(only().until()).isEqualTo(NOW.plusSeconds(30));
    }

    @Test
    void onlyTheCanaryIsSentAndEachThatFailsDoublesTheWaitUpToFourMinutes() {
        var failure = new CloudFailure.Unreachable("HTTP 500");
        breakers.strike(launch(), failure, NOW);
        breakers.strike(launch(), failure, NOW);
        Instant now = NOW;
        for (int wait : List.of(60, 120, 240, 240)) {
            var canary = launch();
            breakers.assignCanary(canary, NOW);
            assertThat(maySend(launch())).isFalse();
            assertThat(maySend(canary)).isTrue();
            now = now.plusSeconds(600);
            breakers.strike(canary, failure, now);
            assertThat(only().until()).isEqualTo(now.plusSeconds(wait));
            assertThat(only().canary()).isNull();
        }
    }

    @Test
    void aCanaryThatFailsForAnotherReasonProvedNothing() {
        breakers.strike(launch(), new CloudFailure.Unauthorized("401"), NOW);
        var canary = launch();
        breakers.assignCanary(canary, NOW);
        breakers.strike(canary, new CloudFailure.NoCapacity("m1", "no room"), NOW.plusSeconds(100));
        assertThat(breakers.of("b"))
                .extracting(Breaker::kind)
                .containsExactlyInAnyOrder(Kind.UNAUTHORIZED, Kind.NO_CAPACITY);
        assertThat(breakers.of("b"))
                .allSatisfy(b -> assertThat(b.until()).isAfter(NOW.plusSeconds(100)));
    }

    @Test
    void whatBecameReadyClosesOnlyWhatOpenedBeforeItWasSent() {
        var slow = launch();
        breakers.strike(slow, Kind.BOOT_FAILED, "ERROR", NOW);
        breakers.strike(launch(), Kind.BOOT_FAILED, "ERROR", NOW);
        assertThat(clear(slow, NOW.minusSeconds(5), false, NOW.plusSeconds(60))).isEmpty();
        assertThat(clear(slow, NOW.plusSeconds(5), false, NOW.plusSeconds(60))).isNotEmpty();
        assertThat(only().open()).isFalse();
    }

    @Test
    void whatFailsSoonAfterItWasClosedOpensItAgainForLonger() {
        var failure = new CloudFailure.Unreachable("HTTP 500");
        breakers.strike(launch(), failure, NOW);
        breakers.strike(launch(), failure, NOW);
        clear(launch(), NOW.plusSeconds(35), false, NOW.plusSeconds(40));
        breakers.strike(launch(NOW.plusSeconds(45)), failure, NOW.plusSeconds(50));
        assertThat(only().until()).isEqualTo(NOW.plusSeconds(50 + 60));
        clear(launch(), NOW.plusSeconds(111), false, NOW.plusSeconds(115));
        breakers.strike(launch(NOW.plusSeconds(170)), failure, NOW.plusSeconds(115 + 61));
        assertThat(only().open()).as("long enough ago: one is an accident again").isFalse();
    }

    @Test
    void whatWasLateIsNoProofOfPunctuality() {
        breakers.strike(launch(), Kind.LATE, "late", NOW);
        breakers.strike(launch(), Kind.LATE, "late", NOW);
        var canary = launch();
        assertThat(maySend(canary)).as("late offerings are a last resort").isTrue();
        assertThat(clear(canary, NOW.plusSeconds(5), true, NOW.plusSeconds(60))).isEmpty();
        assertThat(clear(canary, NOW.plusSeconds(5), false, NOW.plusSeconds(60))).isNotEmpty();
    }

    @Test
    void aThrottlingCloudIsLeftAloneAsLongAsItSays() {
        breakers.strike(
                launch(),
                new CloudFailure.Throttled("slow down", Optional.of(Duration.ofSeconds(77))),
                NOW);
        assertThat(only().until()).isEqualTo(NOW.plusSeconds(77));
        clouds.judge("b", NOW);
        assertThat(clouds.find("b").orElseThrow().health()).isEqualTo(CloudState.Health.DEGRADED);
    }

    @Test
    void aCloudWhoseCreatesFailIsSickAndRecoversInSteps() {
        breakers.strike(launch(), new CloudFailure.Unreachable("HTTP 500"), NOW);
        breakers.strike(launch(), new CloudFailure.Unreachable("HTTP 500"), NOW);
        clouds.judge("b", NOW);
        var sick = clouds.find("b").orElseThrow();
        assertThat(sick.health()).isEqualTo(CloudState.Health.UNHEALTHY);
        assertThat(sick.healthReason()).contains("creates fail: HTTP 500");
        assertThat(sick.reachable()).isTrue();

        var canary = launch();
        breakers.assignCanary(canary, NOW);
        clear(canary, NOW.plusSeconds(40), false, NOW.plusSeconds(60));
        clouds.judge("b", NOW.plusSeconds(50));
        assertThat(clouds.find("b").orElseThrow().health()).isEqualTo(CloudState.Health.RECOVERING);
        clouds.judge("b", NOW.plusSeconds(50).plus(Clouds.RECOVERY));
        assertThat(clouds.find("b").orElseThrow().health()).isEqualTo(CloudState.Health.HEALTHY);
        assertThat(clouds.find("b").orElseThrow().width()).isNull();
    }

    @Test
    void listingsThatSucceedAgainPullTheCanaryForward() {
        breakers.strike(launch(), new CloudFailure.Unreachable("HTTP 500"), NOW);
        breakers.strike(launch(), new CloudFailure.Unreachable("HTTP 500"), NOW);
        var cloud = clouds.find("b").orElseThrow();
        for (int n = 0; n < 3; n++) {
            clouds.recordFailure(
                    cloud, new CloudFailure.Unreachable("HTTP 500"), NOW.plusSeconds(1));
        }
        clouds.recordListed(cloud, NOW.plusSeconds(2), NOW.plusSeconds(3));
        assertThat(only().due(NOW.plusSeconds(3))).isTrue();
    }

    @Test
    void eachWindowAsksForACanaryAtItsEndOnceAndAFailedOneIsNotHurried() {
        Instant end = NOW.plusSeconds(3600);
        assertThat(breakers.openForWindow("b", "Harwell patching", NOW, end, NOW)).isTrue();
        assertThat(breakers.openForWindow("b", "Harwell patching", NOW, end, NOW)).isFalse();
        assertThat(only().until()).isEqualTo(end);
        var canary = launch(end.plusSeconds(1));
        breakers.assignCanary(canary, NOW);
        breakers.strike(canary, Kind.BOOT_FAILED, "ERROR", end.plusSeconds(60));
        assertThat(breakers.openForWindow("b", "Harwell patching", NOW, end, end.plusSeconds(61)))
                .isFalse();
        clear(launch(), end.plusSeconds(200), false, end.plusSeconds(220));
        assertThat(breakers.openForWindow("b", "Harwell patching", NOW, end, end.plusSeconds(230)))
                .as("this window's canary was READY")
                .isFalse();
        Instant next = end.plusSeconds(86_400);
        assertThat(breakers.openForWindow("b", "again", next, next.plusSeconds(60), next)).isTrue();
    }
}
