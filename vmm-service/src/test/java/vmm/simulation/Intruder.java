package vmm.simulation;

import vmm.cloud.Tags;
import vmm.cloud.simulated.SimulatedInstance;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * Somebody with the password of the account: takes, stops, adds and doubles instances behind our
 * back.
 */
final class Intruder {
    private final Simulation sim;
    private final Dice dice;
    private int strangers;

    Intruder(Simulation sim, Dice dice) {
        this.sim = sim;
        this.dice = dice;
    }

    void begin() {
        sim.time.after(
                dice.minutes(0.5, 8),
                () -> {
                    if (!sim.chaos.on()) return;
                    begin();
                    act();
                });
    }

    private void act() {
        int n = dice.between(1, 100);
        if (n <= 22) take();
        else if (n <= 44) stop();
        else if (n <= 51)
            add(Mischief.FOREIGN_INSTANCE, new Tags("other", "another-store", "0000"));
        else if (n <= 59) add(Mischief.OTHER_STORE, new Tags("sim", "another-store", "0000"));
        else if (n <= 71) duplicate();
        else if (n <= 92) stopAll();
        else forge();
    }

    private record Found(String cloud, SimulatedInstance instance) {}

    private List<Found> ours() {
        var found = new ArrayList<Found>();
        sim.clouds()
                .forEach(
                        (name, cloud) ->
                                cloud.truth().stream()
                                        .filter(
                                                i ->
                                                        Simulation.STORE
                                                                        .id()
                                                                        .equals(i.tags().store())
                                                                && i.deleteRequestedAt() == null)
                                        .forEach(i -> found.add(new Found(name, i))));
        return found;
    }

    private void take() {
        var ours = ours();
        if (ours.isEmpty()) return;
        var victim = dice.pick(ours);
        var id = victim.instance.id();
        sim.tally.count(Mischief.INSTANCE_TAKEN);
        sim.step(
                new Act(null, "intruder takes " + id),
                () -> sim.skies.cloud(victim.cloud).vanish(id));
        if (dice.chance(0.3))
            sim.time.after(dice.seconds(20, 400), () -> giveBack(victim.cloud, id));
    }

    private void giveBack(String cloud, String id) {
        if (!sim.chaos.on()) return;
        sim.step(
                new Act(null, "intruder gives back " + id),
                () -> {
                    int there =
                            sim.jdbc
                                    .sql(
                                            "UPDATE simulated_cloud.instance SET gone_at = NULL"
                                                + " WHERE cloud = ? AND instance_id = ? AND gone_at"
                                                + " IS NOT NULL AND delete_requested_at IS NULL")
                                    .params(cloud, id)
                                    .update();
                    if (there == 0) return;
                    sim.tally.count(Mischief.REAPPEARED);
                    sim.witness.reappeared(id);
                });
    }

    private void stop() {
        var ours = ours();
        if (ours.isEmpty()) return;
        var victim = dice.pick(ours);
        sim.tally.count(Mischief.POWERED_OFF);
        sim.step(
                new Act(null, "intruder stops " + victim.instance.id()),
                () -> sim.skies.cloud(victim.cloud).stop(victim.instance.id()));
    }

    /** The hypervisors of the cloud that has most of ours. */
    private void stopAll() {
        var byCloud =
                ours().stream()
                        .collect(
                                Collectors.groupingBy(
                                        Found::cloud, TreeMap::new, Collectors.toList()));
        var most = byCloud.values().stream().max(Comparator.comparingInt(List::size));
        if (most.isEmpty()) return;
        var cloud = most.get().getFirst().cloud;
        sim.tally.count(Mischief.HYPERVISORS_DOWN);
        sim.step(
                new Act(null, "the hypervisors of " + cloud + " go down"),
                () ->
                        most.get()
                                .forEach(
                                        found -> sim.skies.cloud(cloud).stop(found.instance.id())));
    }

    private void add(Mischief what, Tags tags) {
        var cloud = dice.pick(sim.scenario.clouds()).name();
        var own =
                new Tags(
                        tags.installation(),
                        tags.store(),
                        "00000000-0000-7000-8000-%012d".formatted(++strangers));
        sim.tally.count(what);
        sim.step(
                new Act(null, "intruder adds " + what + " on " + cloud),
                () -> sim.skies.cloud(cloud).createForeign(own));
    }

    private void duplicate() {
        var ours = ours();
        if (ours.isEmpty()) return;
        var original = dice.pick(ours);
        sim.tally.count(Mischief.DOUBLE);
        sim.step(
                new Act(null, "intruder doubles " + original.instance.id()),
                () -> sim.note(sim.skies.cloud(original.cloud).duplicate(original.instance.id())));
    }

    private void forge() {
        var vms = List.copyOf(sim.view().vms().keySet());
        if (vms.size() < 2) return;
        sim.step(
                new Act(
                        null,
                        "guest "
                                + Simulation.brief(vms.getFirst().toString())
                                + " speaks for another"),
                () -> {
                    try {
                        sim.skies.wire().forge(vms.getFirst(), vms.getLast());
                    } catch (IOException e) {
                        throw new UncheckedIOException(e);
                    }
                });
    }
}
