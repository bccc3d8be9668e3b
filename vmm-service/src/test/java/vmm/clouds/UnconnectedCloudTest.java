package vmm.clouds;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.springframework.jdbc.core.simple.JdbcClient;

import vmm.database.TestDatabase;
import vmm.event.Events;

import java.time.Instant;

/** A cloud that the fleet file no longer names. */
class UnconnectedCloudTest {
    private static final Instant NOW = Instant.parse("2026-03-01T10:00:00Z");

    @Test
    void itIsUnhealthyAndSaysWhyUntilAListingSucceeds() {
        try (var database = TestDatabase.fresh()) {
            var jdbc = JdbcClient.create(database);
            jdbc.sql(
                            "INSERT INTO cloud (name, kind, health_since) VALUES ('old',"
                                    + " 'simulated', now())")
                    .update();
            var clouds = new Clouds(jdbc, new Events(jdbc));

            clouds.recordUnconnected(clouds.find("old").orElseThrow(), NOW);
            var lost = clouds.find("old").orElseThrow();
            clouds.recordUnconnected(lost, NOW.plusSeconds(60));
            assertThat(lost.health()).isEqualTo(CloudState.Health.UNHEALTHY);
            assertThat(lost.healthReason()).contains("the fleet file does not name it");
            assertThat(jdbc.sql("SELECT count(*) FROM event").query(Long.class).single())
                    .isEqualTo(1);

            clouds.recordListed(lost, NOW.plusSeconds(90), NOW.plusSeconds(90));
            assertThat(clouds.find("old").orElseThrow().health())
                    .isEqualTo(CloudState.Health.HEALTHY);
        }
    }
}
