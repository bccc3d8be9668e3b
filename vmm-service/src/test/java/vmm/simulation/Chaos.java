package vmm.simulation;

import org.jspecify.annotations.Nullable;

/** What goes wrong with the service itself, as long as it may. */
final class Chaos {
    /** The chance to die, and to stand still, at a point that was often passed. */
    private static final double DEATH = 0.0015;

    private static final double PAUSE = 0.004;

    private final Simulation sim;
    private final Dice luck;
    private boolean on = true;

    Chaos(Simulation sim, Dice luck) {
        this.sim = sim;
        this.luck = luck;
        sim.points.setDanger(DEATH);
    }

    boolean on() {
        return on;
    }

    void end() {
        on = false;
        sim.points.setDanger(0);
    }

    /** A replica dies and comes back after a while. */
    void crash(Replica replica) {
        sim.tally.count(Mischief.CRASH);
        replica.die();
        if (sim.replicas.stream().noneMatch(Replica::alive)) sim.tally.count(Mischief.SERVICE_DOWN);
        sim.time.after(luck.chance(0.8) ? luck.seconds(1, 30) : luck.minutes(1, 6), replica::start);
    }

    boolean pausesAt(String point) {
        return on && sim.strands.inStrand() && sim.points.strikes(Tally.Kind.PAUSE, point, PAUSE);
    }

    /** A replica stands still for a while, in the middle of what it does. */
    void standStill(Replica replica) {
        var some = luck.chance(0.5) ? luck.seconds(3, 60) : luck.minutes(1, 8);
        sim.tally.count(Mischief.REPLICA_PAUSED);
        sim.note("STANDS STILL for " + some.toSeconds() + " s");
        replica.pauseFor(some);
        replica.stop(sim.act(), some);
    }

    boolean losesWake() {
        return on && luck.chance(0.08);
    }

    boolean blinds() {
        return on && luck.chance(0.1);
    }

    /** A replica that answers now, if there is one. */
    @Nullable Replica anyUp() {
        var up = sim.replicas.stream().filter(Replica::up).toList();
        return up.isEmpty() ? null : luck.pick(up);
    }
}
