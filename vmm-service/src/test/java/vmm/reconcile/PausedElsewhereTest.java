package vmm.reconcile;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;

import org.junit.jupiter.api.Test;
import org.springframework.jdbc.core.simple.JdbcClient;

import vmm.database.TestDatabase;
import vmm.event.LoopKind;
import vmm.event.Wakes;

import java.time.Instant;
import java.util.concurrent.atomic.AtomicReference;

class PausedElsewhereTest {

    @Test
    void aReplicaThatNoTickReachesSeesAPauseOfAnotherWithinASecond() {
        try (var database = TestDatabase.fresh()) {
            var now = new AtomicReference<>(Instant.parse("2030-01-01T00:00:00Z"));
            var jdbc = JdbcClient.create(database);
            var here = new Reconcilers(jdbc, now::get, new SimpleMeterRegistry(), "here");
            var elsewhere = new Reconcilers(jdbc, now::get, new SimpleMeterRegistry(), "elsewhere");
            here.register(LoopKind.LIFECYCLE, "rutherford");
            here.register(LoopKind.REFILL, Wakes.ALL);
            assertThat(here.paused(LoopKind.LIFECYCLE, "rutherford")).isFalse();

            elsewhere.pause("lifecycle:rutherford", true);
            now.set(now.get().plusSeconds(1));

            assertThat(here.paused(LoopKind.LIFECYCLE, "rutherford")).isTrue();
            assertThat(here.paused(LoopKind.LIFECYCLE, "harwell")).isFalse();
            assertThat(here.paused(LoopKind.REFILL, "muon")).isFalse();

            elsewhere.pause("refill", true);
            elsewhere.pause("lifecycle:rutherford", false);
            now.set(now.get().plusSeconds(1));

            assertThat(here.paused(LoopKind.LIFECYCLE, "rutherford")).isFalse();
            assertThat(here.paused(LoopKind.REFILL, "muon")).isTrue();
        }
    }
}
