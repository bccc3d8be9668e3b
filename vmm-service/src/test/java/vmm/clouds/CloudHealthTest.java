package vmm.clouds;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.springframework.jdbc.core.simple.JdbcClient;

import vmm.cloud.CloudFailure;
import vmm.database.TestDatabase;
import vmm.event.Events;

import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/** What the row of a cloud says after listings that succeed, fail or are slow. */
class CloudHealthTest {
    private static final Instant NOW = Instant.parse("2026-03-01T10:00:00Z");

    @Test
    void itIsUnhealthyAndSaysWhyUntilAListingSucceeds() {
        try (var database = TestDatabase.fresh()) {
            var jdbc = JdbcClient.create(database);
            var clouds = cloudsWith(jdbc, "old");

            clouds.recordUnconnected(clouds.find("old").orElseThrow(), NOW);
            var lost = clouds.find("old").orElseThrow();
            clouds.recordUnconnected(lost, NOW.plusSeconds(60));
            assertThat(lost.health()).isEqualTo(CloudState.Health.UNHEALTHY);
            assertThat(lost.healthReason()).contains("the fleet file does not name it");
            assertThat(jdbc.sql("SELECT count(*) FROM event").query(Long.class).single())
                    .isEqualTo(1);

            clouds.recordListed(lost, NOW.plusSeconds(90), NOW.plusSeconds(90));
            assertThat(clouds.find("old").orElseThrow().health())
                    .isEqualTo(CloudState.Health.RECOVERING);
            for (int width = 1; width < Clouds.WIDE; width *= 2) {
                assertThat(clouds.find("old").orElseThrow().width()).isEqualTo(width);
                clouds.widen("old", NOW.plusSeconds(95), NOW.plusSeconds(100));
            }
            assertThat(clouds.find("old").orElseThrow().health())
                    .isEqualTo(CloudState.Health.HEALTHY);
        }
    }

    @Test
    void aCloudThatThrottlesUsIsLeftAloneAsLongAsItSaysAndNotTakenForSick() {
        try (var database = TestDatabase.fresh()) {
            var jdbc = JdbcClient.create(database);
            var clouds = cloudsWith(jdbc, "busy");
            var cloud = clouds.find("busy").orElseThrow();

            for (int n = 0; n < 5; n++) {
                clouds.recordFailure(cloud, throttled(Duration.ofSeconds(90)), NOW);
            }
            assertThat(clouds.find("busy").orElseThrow().health())
                    .isEqualTo(CloudState.Health.HEALTHY);
            assertThat(lookAfter(jdbc)).isEqualTo(NOW.plusSeconds(90));

            clouds.recordFailure(cloud, throttled(Duration.ofDays(400)), NOW);
            assertThat(lookAfter(jdbc)).isEqualTo(NOW.plusSeconds(600));
        }
    }

    @Test
    void oneThatThrottlesEveryListingIsSickInTheEnd() {
        try (var database = TestDatabase.fresh()) {
            var jdbc = JdbcClient.create(database);
            var clouds = cloudsWith(jdbc, "busy");
            clouds.recordListed(clouds.find("busy").orElseThrow(), NOW, NOW);
            var cloud = clouds.find("busy").orElseThrow();

            for (int n = 0; n < 3; n++) {
                clouds.recordFailure(cloud, throttled(Duration.ofSeconds(60)), NOW.plusSeconds(90));
            }
            assertThat(clouds.find("busy").orElseThrow().sick()).isFalse();
            for (int n = 0; n < 3; n++) {
                clouds.recordFailure(
                        cloud, throttled(Duration.ofSeconds(60)), NOW.plusSeconds(121));
            }
            assertThat(clouds.find("busy").orElseThrow().sick()).isTrue();
        }
    }

    @Test
    void aCloudThatTakesLongToListIsLeftAloneTwiceAsLongWithinReason() {
        try (var database = TestDatabase.fresh()) {
            var jdbc = JdbcClient.create(database);
            var clouds = cloudsWith(jdbc, "slow");
            var cloud = clouds.find("slow").orElseThrow();

            clouds.recordListed(cloud, NOW, NOW.plusSeconds(2));
            assertThat(lookAfter(jdbc)).isEqualTo(NOW.plusSeconds(6));
            clouds.recordListed(cloud, NOW, NOW.plusSeconds(20));
            assertThat(lookAfter(jdbc)).isEqualTo(NOW.plusSeconds(30));
        }
    }

    private static Clouds cloudsWith(JdbcClient jdbc, String name) {
        jdbc.sql(
                        "INSERT INTO cloud (name, kind, health_since)"
                                + " VALUES (:name, 'simulated', now())")
                .param("name", name)
                .update();
        return new Clouds(jdbc, new Breakers(jdbc, new Events(jdbc)), new Events(jdbc));
    }

    private static CloudFailure throttled(Duration retryAfter) {
        return new CloudFailure.Throttled("slow down", Optional.of(retryAfter));
    }

    private static Instant lookAfter(JdbcClient jdbc) {
        return jdbc.sql("SELECT look_after FROM cloud")
                .query((row, n) -> row.getTimestamp(1).toInstant())
                .single();
    }
}
