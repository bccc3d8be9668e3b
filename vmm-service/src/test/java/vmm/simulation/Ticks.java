package vmm.simulation;

import vmm.event.LoopKind;

import java.time.Duration;
import java.util.Objects;

/**
 * The ticks of the loops, each on one replica, some missed; and the leaps of the clock, when hardly
 * one comes.
 */
final class Ticks {
    private final Simulation sim;
    private final Dice dice;
    private double pace = 4;

    Ticks(Simulation sim, Dice dice) {
        this.sim = sim;
        this.dice = dice;
    }

    void begin() {
        tick(LoopKind.GRANT, 1.5);
        tick(LoopKind.LIFECYCLE, 1);
        tick(LoopKind.REFILL, 2);
        tick(LoopKind.RECLAIM, 4);
        tick(LoopKind.ORPHAN, 7);
        tick(LoopKind.HEALTH, 5);
        tick(LoopKind.PUBLISH, 4);
        tick(LoopKind.HOUSEKEEPING, 60);
        for (var cloud : sim.scenario.clouds()) guests(cloud.name());
        changePace();
    }

    private void changePace() {
        if (!sim.chaos.on()) return;
        pace =
                dice.chance(0.2)
                        ? dice.ratio(0.8, 3)
                        : dice.chance(0.6) ? dice.ratio(4, 15) : dice.ratio(20, 90);
        if (pace > 20) sim.tally.count(Mischief.CLOCK_LEAPS);
        sim.time.after(
                Duration.ofMillis((long) (1000 * pace * dice.between(10, 40))), this::changePace);
    }

    private double pace() {
        return sim.chaos.on() ? pace : 6;
    }

    private void tick(LoopKind kind, double times) {
        double about = times * pace();
        sim.time.after(
                dice.seconds(0.6 * about, 1.4 * about),
                () -> {
                    tick(kind, times);
                    var replica = sim.chaos.anyUp();
                    if (replica == null) return;
                    for (var key : Objects.requireNonNull(replica.engine().loops.get(kind)).due()) {
                        replica.later(dice.seconds(0.001, 0.3), () -> replica.pass(kind, key));
                    }
                });
    }

    private void guests(String cloud) {
        sim.time.after(
                Duration.ofMillis((long) (1000 * Math.clamp(dice.ratio(2, 5) * pace(), 12, 70))),
                () -> {
                    guests(cloud);
                    sim.skies.guestsSpeak(cloud);
                });
    }
}
