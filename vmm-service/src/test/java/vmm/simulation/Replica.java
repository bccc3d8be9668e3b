package vmm.simulation;

import org.jspecify.annotations.Nullable;

import vmm.event.LoopKind;
import vmm.event.Wakes;
import vmm.reconcile.Passes;
import vmm.vm.VmState;

import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;

/** One process of the service: an engine, its memory, and its end at any moment. */
final class Replica {
    private final String name;
    private final Simulation sim;
    private final Dice dice;
    private final Duration skew;
    private final List<Strands.Strand> strands = new ArrayList<>();
    private final Set<String> awake = new HashSet<>();
    private final Set<String> running = new HashSet<>();
    private final Set<String> again = new HashSet<>();
    private final Set<String> underWay = new HashSet<>();
    private @Nullable Engine engine;
    private @Nullable MortalDataSource database;
    private Instant pausedUntil = Instant.MIN;
    private int life;

    Replica(String name, Simulation sim, Dice dice) {
        this.name = name;
        this.sim = sim;
        this.dice = dice;
        this.skew = Duration.ofMillis(dice.between(-900, 900));
    }

    String name() {
        return name;
    }

    /** Whether it answers. */
    boolean up() {
        return engine != null && !paused();
    }

    boolean alive() {
        return engine != null;
    }

    Engine engine() {
        return Objects.requireNonNull(engine);
    }

    Instant now() {
        return sim.time.instant().plus(skew);
    }

    void start() {
        if (engine != null) return;
        try {
            database = new MortalDataSource(sim.database, sim.points, sim::wrote);
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
        int now = life;
        engine =
                new Engine(
                        new Engine.Surroundings(
                                database,
                                this::now,
                                dice.source(),
                                cloud -> Optional.of(sim.provider(this, cloud)),
                                (cloud, subject, task) -> submit(now, cloud, subject, task),
                                (kind, key) -> wake(now, kind, key),
                                sim::portAnswers,
                                Simulation.STORE,
                                cloud -> Skies.PROBES,
                                (cloud, probe) -> sim.skies.look(cloud)));
    }

    /** Its process ends: what it had not committed, and all that it had in mind, is gone. */
    void die() {
        if (engine == null) return;
        life++;
        engine = null;
        pausedUntil = Instant.MIN;
        for (var some : List.of(awake, running, again, underWay)) some.clear();
        try {
            Objects.requireNonNull(database).die();
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
        var dropped = List.copyOf(strands);
        strands.clear();
        dropped.forEach(Strands.Strand::drop);
    }

    boolean paused() {
        return pausedUntil.isAfter(sim.time.instant());
    }

    void pauseFor(Duration some) {
        pausedUntil = sim.time.instant().plus(some);
    }

    void resume() {
        pausedUntil = Instant.MIN;
    }

    /**
     * Runs something later, if it is still the same process then, and not while it stands still.
     */
    void later(Duration wait, Runnable run) {
        laterAs(life, sim.time.instant().plus(wait), run);
    }

    private void laterAs(int as, Instant when, Runnable run) {
        sim.time.at(
                when,
                () -> {
                    if (as != life || engine == null) return;
                    if (paused()) laterAs(as, pausedUntil, run);
                    else run.run();
                });
    }

    private void wake(int as, LoopKind kind, String key) {
        if (as != life) return;
        for (var replica : sim.replicas) {
            boolean here = replica == this;
            if (sim.chaos.losesWake()) sim.tally.count(Mischief.LOST_WAKE);
            else if (here || dice.chance(0.25)) replica.woken(kind, key);
        }
    }

    private void woken(LoopKind kind, String key) {
        if (key.equals(Wakes.ALL) && (kind == LoopKind.REFILL || kind == LoopKind.LIFECYCLE)) {
            var names = kind == LoopKind.REFILL ? sim.pools() : List.copyOf(sim.clouds().keySet());
            names.forEach(name -> woken(kind, name));
            return;
        }
        if (!awake.add(kind + " " + key)) return;
        later(
                dice.seconds(0.001, 0.2),
                () -> {
                    awake.remove(kind + " " + key);
                    pass(kind, key);
                });
    }

    /** One pass, unless the same is under way: then it runs again after it. */
    void pass(LoopKind kind, String key) {
        if (!up()) return;
        String what = kind.name().toLowerCase(java.util.Locale.ROOT) + " " + key;
        if (!running.add(what)) {
            again.add(what);
            return;
        }
        var act = new Act(this, what);
        act.lifecyclePass = kind == LoopKind.LIFECYCLE;
        act.orphanPass = kind == LoopKind.ORPHAN;
        act.healthPass = kind == LoopKind.HEALTH;
        if (act.lifecyclePass) {
            sim.view().vms().values().stream()
                    .filter(vm -> vm.state() == VmState.REQUESTED)
                    .forEach(vm -> act.requestedBefore.put(vm.id(), vm.version()));
        }
        run(
                act,
                act.lifecyclePass || act.orphanPass || act.healthPass,
                () -> {
                    var ran = Passes.run(Objects.requireNonNull(engine().loops.get(kind)), key);
                    sim.note(ran.report());
                    if (kind == LoopKind.RECLAIM) sim.closures.turned();
                    running.remove(what);
                    if (ran.again() | again.remove(what))
                        later(Duration.ofMillis(20), () -> pass(kind, key));
                });
    }

    private void submit(int as, String cloud, String subject, Runnable task) {
        String key = cloud + " " + subject;
        if (as != life || !underWay.add(key)) return;
        var judgedAt = sim.act().judgedAt;
        later(
                dice.chance(0.3) ? Duration.ZERO : dice.seconds(0.01, 3),
                () -> {
                    var act = new Act(this, "task " + cloud + " " + Simulation.brief(subject));
                    act.judgedAt = judgedAt;
                    run(
                            act,
                            true,
                            () -> {
                                task.run();
                                underWay.remove(key);
                            });
                });
    }

    /** Does something as this replica, in one step, or in several where it stops in between. */
    void run(Act act, boolean mayStop, Runnable work) {
        if (!mayStop) {
            sim.step(act, work);
            return;
        }
        sim.stepOn(
                act,
                () -> {
                    var strand = sim.strands.start(work);
                    if (!strand.over()) strands.add(strand);
                    return strand;
                });
    }

    /** Called on a strand: stops it, to go on after some time, and not before the replica does. */
    void stop(Act act, Duration some) {
        var strand = sim.strands.running();
        if (!strands.contains(strand)) strands.add(strand);
        later(some, () -> goOn(act, strand));
        strand.stop();
    }

    private void goOn(Act act, Strands.Strand strand) {
        if (strand.over()) return;
        sim.stepOn(
                act,
                () -> {
                    sim.note("goes on");
                    strand.resume();
                    if (strand.over()) strands.remove(strand);
                    return strand;
                });
    }

    UUID newId() {
        return engine().ids.next();
    }
}
