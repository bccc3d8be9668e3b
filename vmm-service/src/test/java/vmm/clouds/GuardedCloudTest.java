package vmm.clouds;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import vmm.cloud.CloudConfig;
import vmm.cloud.CloudFailure;
import vmm.cloud.CloudProviderFactory.Surroundings;
import vmm.cloud.CreateAnswer;
import vmm.cloud.LaunchSpec;
import vmm.cloud.Tags;
import vmm.cloud.simulated.SimulatedCloud;
import vmm.cloud.simulated.Weather;
import vmm.database.TestDatabase;

import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;

/** A cloud that hangs, behind its deadline, bulkhead and rate limit. */
class GuardedCloudTest {
    private final SimpleMeterRegistry meters = new SimpleMeterRegistry();

    /** Long enough for a cloud that answers, on a busy machine. */
    private static final Duration PATIENCE = Duration.ofSeconds(3);

    private static final Duration DEADLINE = Duration.ofMillis(500);

    private final CountDownLatch wakesUp = new CountDownLatch(1);
    private TestDatabase.Fresh database;
    private SimulatedCloud cloud;

    @BeforeEach
    void open() {
        database = TestDatabase.fresh();
        var config =
                new CloudConfig(
                        "isis",
                        "a",
                        "simulated",
                        Optional.empty(),
                        Optional.empty(),
                        Map.of(),
                        Map.of(),
                        Duration.ofMinutes(1));
        // The cloud's own time: a call that hangs does so until the test lets it go.
        cloud =
                new SimulatedCloud(
                        config,
                        new Surroundings(InstantSource.system(), database),
                        new SplittableRandom(1),
                        duration -> await(wakesUp),
                        (url, token, json) -> 204);
    }

    @AfterEach
    void close() {
        wakesUp.countDown();
        database.close();
    }

    @Test
    void aHungCreateIsUnknownAfterTheDeadline() {
        try (var guarded = new GuardedCloud("a", cloud, DEADLINE, 100, meters)) {
            cloud.setWeather(Weather.CALM.with("hang", 1));
            assertThat(guarded.create(spec("1"))).isInstanceOf(CreateAnswer.Unknown.class);
            var calls = meters.get("vmm.cloud.call.duration").tags("call", "create");
            assertThat(calls.tags("outcome", "unreachable").timer().count()).isEqualTo(1);
        }
    }

    @Test
    void aHungListingIsAFailureAndNotAnEmptyList() {
        try (var guarded = new GuardedCloud("a", cloud, DEADLINE, 100, meters)) {
            cloud.setWeather(Weather.CALM.with("hang", 1));
            assertThatThrownBy(guarded::list)
                    .isInstanceOf(CloudFailure.Unreachable.class)
                    .hasMessageContaining("no answer within");
        }
    }

    @Test
    void aHungConsoleIsAFailureAndTheWeatherCanBeChangedAllTheSame() {
        try (var guarded = new GuardedCloud("a", cloud, DEADLINE, 100, meters)) {
            var weathered = guarded.weathered().orElseThrow();
            weathered.change(Map.of("hang", "1"));
            assertThatThrownBy(() -> guarded.console("sim-1"))
                    .isInstanceOf(CloudFailure.Unreachable.class);
            weathered.reset(Map.of());
            assertThat(cloud.weather()).isEqualTo(Weather.CALM);
        }
    }

    @Test
    void hungListingsDoNotShutOutCreates() {
        try (var guarded = new GuardedCloud("a", cloud, DEADLINE, 1000, meters)) {
            cloud.setWeather(Weather.CALM.with("hang", 1));
            var hung = new ArrayList<CompletableFuture<Void>>();
            for (int i = 0; i < 20; i++)
                hung.add(CompletableFuture.runAsync(() -> listQuietly(guarded)));
            hung.forEach(CompletableFuture::join);
            cloud.setWeather(Weather.CALM);
            assertThat(guarded.create(spec("2"))).isInstanceOf(CreateAnswer.Accepted.class);
        }
    }

    @Test
    void aFullBulkheadRefusesAndSendsNothing() {
        try (var guarded = new GuardedCloud("a", cloud, DEADLINE, 1000, meters)) {
            cloud.setWeather(Weather.CALM.with("hang", 1));
            var hung = new ArrayList<CompletableFuture<Void>>();
            for (int i = 0; i < 8; i++)
                hung.add(CompletableFuture.runAsync(() -> listQuietly(guarded)));
            hung.forEach(CompletableFuture::join);
            assertThatThrownBy(guarded::list).isInstanceOf(CloudFailure.HeldBack.class);
        }
    }

    @Test
    void aCreateAboveTheRateIsRefusedAndNotUnknown() {
        try (var guarded = new GuardedCloud("a", cloud, PATIENCE, 0.1, meters)) {
            assertThat(guarded.create(spec("3"))).isInstanceOf(CreateAnswer.Accepted.class);
            assertThat(guarded.create(spec("4")))
                    .isInstanceOfSatisfying(
                            CreateAnswer.Refused.class,
                            refused ->
                                    assertThat(refused.why())
                                            .isInstanceOf(CloudFailure.HeldBack.class));
            assertThat(cloud.truth()).hasSize(1);
        }
    }

    private static void listQuietly(GuardedCloud guarded) {
        try {
            guarded.list();
        } catch (CloudFailure expected) {
            // it hangs
        }
    }

    private static LaunchSpec spec(String vm) {
        return new LaunchSpec(
                "vmm-isis-" + vm, new Tags("isis", "store", vm), "image", "flavor", null, "");
    }

    private static void await(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
