package vmm.clouds;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import vmm.cloud.CloudConfig;
import vmm.cloud.CloudProvider;
import vmm.cloud.CloudProviderFactory.Surroundings;
import vmm.cloud.Misnomer;
import vmm.cloud.simulated.SimulatedCloud;
import vmm.clouds.NameChecks.Asked;
import vmm.clouds.NameChecks.Finding;
import vmm.database.TestDatabase;

import java.time.Duration;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.concurrent.CountDownLatch;

/** Clouds that know a name, that do not, and that hang. */
class NameChecksTest {
    private final Map<String, CloudProvider> clouds = new HashMap<>();
    private final CountDownLatch wakesUp = new CountDownLatch(1);
    private TestDatabase.Fresh database;

    @BeforeEach
    void open() {
        database = TestDatabase.fresh();
        cloud("quick");
        var hung = cloud("hung");
        hung.setWeather(hung.weather().with("hang", 1.0));
    }

    @AfterEach
    void close() {
        wakesUp.countDown();
        clouds.values().forEach(CloudProvider::close);
        database.close();
    }

    private SimulatedCloud cloud(String name) {
        var config =
                new CloudConfig(
                        "isis",
                        name,
                        "simulated",
                        Optional.empty(),
                        Optional.empty(),
                        Map.of(),
                        Map.of("images", "daaas-muon", "flavors", "m7i.large, m7i.xlarge"),
                        Duration.ofMinutes(1));
        var cloud =
                new SimulatedCloud(
                        config,
                        new Surroundings(InstantSource.system(), database),
                        new SplittableRandom(1),
                        duration -> await(),
                        (url, token, json) -> 204);
        clouds.put(
                name,
                new GuardedCloud(
                        name, cloud, Duration.ofMinutes(1), 1000, new SimpleMeterRegistry()));
        return cloud;
    }

    private void await() {
        try {
            wakesUp.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private NameChecks checks(Duration patience) {
        return new NameChecks(name -> Optional.ofNullable(clouds.get(name)), patience);
    }

    @Test
    void aCloudThatHangsIsSaidNotToHaveAnsweredAndKeepsNobodyElseFromBeingHeard() {
        var good = new Asked("quick", "daaas-muon", "m7i.large", null);
        var wrong = new Asked("quick", "daaas-muon", "m7i.lage", "anywhere");
        var hung = new Asked("hung", "daaas-muon", "m7i.large", null);
        var gone = new Asked("gone", "daaas-muon", "m7i.large", null);
        // Long enough for the cloud that answers; the other one is never let go.
        var found = checks(Duration.ofSeconds(3)).check(List.of(hung, good, wrong, gone, good));
        assertThat(found).hasSize(4);
        assertThat(found.get(good)).isEqualTo(new Finding.Answered(List.of()));
        assertThat(found.get(wrong))
                .isEqualTo(
                        new Finding.Answered(
                                List.of(
                                        new Misnomer(
                                                "flavor",
                                                "m7i.lage",
                                                List.of("m7i.large", "m7i.xlarge")))));
        assertThat(found.get(hung).note()).isEqualTo("not checked: hung did not answer");
        assertThat(found.get(gone).note())
                .isEqualTo("not checked: the fleet file does not name gone");
    }

    @Test
    void aRefusalToTellIsToldInTheCloudsWords() {
        var shut = cloud("shut");
        shut.setWeather(shut.weather().with("unauthorized", 1.0));
        var asked = new Asked("shut", "daaas-muon", "m7i.large", null);
        assertThat(checks(Duration.ofMinutes(1)).check(List.of(asked)).get(asked).note())
                .startsWith("not checked: shut refused to tell (unauthorized): ");
    }

    @Test
    void askingNothingAsksNobody() {
        assertThat(checks(Duration.ofMinutes(1)).check(List.of())).isEmpty();
    }
}
