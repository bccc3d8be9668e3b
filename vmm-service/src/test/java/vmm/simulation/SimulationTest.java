package vmm.simulation;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

import java.time.Duration;

/**
 * The eleven invariants of the design, in virtual time, on real PostgreSQL, whatever goes wrong.
 */
class SimulationTest {
    private static final int SEEDS = 50;

    @Test
    void whateverFailsTheInvariantsHoldAndCalmBringsEveryPoolToItsTarget() {
        Long seed = Long.getLong("sim.seed");
        var run = new SimulationRun(seed != null && Boolean.getBoolean("sim.aloud"));
        if (seed == null) {
            long steps = Long.getLong("sim.steps", 0);
            long minutes = Long.getLong("sim.minutes", 0);
            run.run(
                    Long.getLong("sim.from", 1),
                    Long.getLong("sim.seeds", SEEDS),
                    steps,
                    Duration.ofMinutes(minutes));
        } else {
            run.run(seed, 1, 0, Duration.ZERO);
        }
        System.out.println(run.tally());
        System.out.println(run.summary());
        var missing = run.tally().missing();
        if (!missing.isEmpty()) System.out.println("never occurred: " + String.join(", ", missing));
        for (var failure : run.failures()) System.out.println(failure.story());
        assertThat(run.failures())
                .extracting(f -> "seed " + f.seed() + " step " + f.step() + ": " + f.what())
                .isEmpty();
        if (Boolean.getBoolean("sim.everything")) assertThat(missing).isEmpty();
    }

    @Test
    void theSameSeedIsTheSameStory() {
        if (Long.getLong("sim.seed") != null) return;
        var run = new SimulationRun(false);
        long seed = Long.getLong("sim.from", 1);
        assertThat(run.one(seed).digest()).isEqualTo(run.one(seed).digest());
    }
}
