package vmm.scenario;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import vmm.scenario.World.Place;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Comparator;
import java.util.List;
import java.util.UUID;
import java.util.stream.Stream;

/**
 * Two clouds of which the one that is leaned on fails, for an hour: what drives load to and fro
 * where breakers forget. Both remember, so that the load comes to rest with little wasted.
 */
class HalfSickCloudsTest {
    private static final String A = "harwell";
    private static final String B = "rutherford";
    private static final String POOL = "muon";
    private static final int SIZE = 8;
    private static final Duration HOUR = Duration.ofHours(1);

    /** Of one breaker in an hour: 30 s, a minute, and then two minutes each (ADR 0018). */
    private static final int OPENINGS = 2 + (3600 - 90) / 120;

    private final World world = new World(A, B);

    @AfterEach
    void close() {
        world.close();
    }

    @ParameterizedTest
    @ValueSource(strings = {"errorInstances", "neverBoots"})
    void theOneThatIsLeanedOnFails(String what) {
        world.pool(POOL, SIZE, 60, Place.on(A), Place.on(B));
        world.until("full", Duration.ofMinutes(5), () -> world.ready(POOL) == SIZE);
        Instant began = world.now();
        var claims = new ArrayDeque<UUID>();
        int released = 0;
        for (int second = 0; world.now().isBefore(began.plus(HOUR)); second++) {
            lean(what);
            if (second % 20 == 0) claims.add(world.claim(POOL));
            if (claims.size() > 6) {
                world.release(claims.remove());
                released++;
            }
            world.run(Duration.ofSeconds(1));
        }
        int claimed = claims.size() + released;
        assertThat(swings()).isPositive();
        for (var cloud : List.of(A, B)) {
            assertThat(world.told(cloud, "BREAKER_OPENED")).hasSizeLessThanOrEqualTo(OPENINGS);
        }
        long creates =
                world.observed(A).createsSince(began) + world.observed(B).createsSince(began);
        assertThat(creates).isLessThanOrEqualTo(claimed + 2L * SIZE + 4L * OPENINGS);
        assertThat(claims.stream().filter(world::served).count())
                .isGreaterThanOrEqualTo(claims.size() - 1);
    }

    private void lean(String what) {
        int onA = world.truth(A).size();
        int onB = world.truth(B).size();
        world.calm(A);
        world.calm(B);
        if (onA > onB) world.weather(A, what, 1.0);
        if (onB > onA) world.weather(B, what, 1.0);
    }

    /** How often the latest opening was of another cloud than the one before. */
    private long swings() {
        record Opening(Instant at, String cloud) {}
        var all =
                Stream.of(A, B)
                        .flatMap(
                                cloud ->
                                        world.told(cloud, "BREAKER_OPENED").stream()
                                                .map(at -> new Opening(at, cloud)))
                        .sorted(Comparator.comparing(Opening::at))
                        .toList();
        long swings = 0;
        for (int i = 1; i < all.size(); i++) {
            if (!all.get(i).cloud().equals(all.get(i - 1).cloud())) swings++;
        }
        return swings;
    }
}
