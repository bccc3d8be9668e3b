package vmm.simulation;

import org.jspecify.annotations.Nullable;

import vmm.allocation.Allocation;
import vmm.simulation.View.VmRow;
import vmm.vm.VmReason;
import vmm.vm.VmState;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;

/** The operators: they change sizes, hold VMs and let them go, pause clouds, and take VMs away. */
final class Operators {
    private final Simulation sim;
    private final Dice dice;

    Operators(Simulation sim, Dice dice) {
        this.sim = sim;
        this.dice = dice;
    }

    void begin() {
        sim.time.after(
                dice.minutes(0.5, 5),
                () -> {
                    if (!sim.chaos.on()) return;
                    begin();
                    act();
                });
    }

    private void act() {
        int n = dice.between(1, 100);
        if (n <= 25) resize();
        else if (n <= 45) hold();
        else if (n <= 65) letGo();
        else if (n <= 75) force();
        else if (n <= 92) pause();
        else cap();
    }

    private void resize() {
        var pool = dice.pick(sim.pools());
        int max = dice.between(0, 9);
        int size = Math.min(max, dice.between(0, 5));
        long live = Maxima.live(sim.view(), sim.poolId(pool));
        if (max < live) sim.tally.count(Mischief.MAXIMUM_LOWERED);
        sim.step(
                new Act(null, "operator makes " + pool + " " + size + " of " + max),
                () -> {
                    sim.jdbc
                            .sql(
                                    "UPDATE pool SET pool_size = ?, max_size = ?, version = version"
                                            + " + 1 WHERE name = ?")
                            .params(size, max, pool)
                            .update();
                    limitsChange();
                });
    }

    private void cap() {
        var cloud = dice.pick(sim.scenario.clouds()).name();
        Integer cap = dice.chance(0.4) ? null : dice.between(1, 12);
        sim.step(
                new Act(null, "operator caps " + cloud + " at " + cap),
                () -> {
                    sim.jdbc
                            .sql("UPDATE cloud SET max_vms = ?::integer WHERE name = ?")
                            .params(cap, cloud)
                            .update();
                    limitsChange();
                });
    }

    private void limitsChange() {
        sim.wrote();
        sim.limits.read();
        sim.oracle.operatorActs();
    }

    private void hold() {
        var vms = live(false);
        if (vms.isEmpty()) return;
        var vm = dice.pick(vms);
        boolean forAWhile = dice.chance(0.5);
        if (!hold(vm.id(), true, forAWhile ? dice.minutes(0.5, 8) : null)) return;
        sim.tally.count(forAWhile ? Mischief.HELD_FOR_A_WHILE : Mischief.HELD);
    }

    private void letGo() {
        var held = live(true);
        // Those that the restore drill holds are looked at one by one, later.
        if (!held.isEmpty() && !sim.drill()) letGo(dice.pick(held).id());
    }

    void letGo(UUID vm) {
        hold(vm, false, null);
    }

    /**
     * @param forAsLong after which it is let go of itself; null: not before somebody does
     */
    private boolean hold(UUID vm, boolean held, @Nullable Duration forAsLong) {
        var replica = sim.chaos.anyUp();
        if (replica == null) return false;
        String what =
                "operator " + (held ? "holds " : "lets go ") + Simulation.brief(vm.toString());
        replica.run(
                new Act(replica, what),
                false,
                () -> {
                    sim.oracle.operatorActs();
                    var until = forAsLong == null ? null : replica.now().plus(forAsLong);
                    replica.engine().vms.hold(vm, held, held ? "looking into it" : null, until);
                });
        return true;
    }

    private List<VmRow> live(boolean held) {
        var vms = new ArrayList<VmRow>();
        for (var vm : sim.view().vms().values()) if (vm.held() == held) vms.add(vm);
        return vms;
    }

    private void force() {
        var vms = live(false);
        if (!vms.isEmpty()) force(dice.pick(vms));
    }

    /** Takes a VM away, whoever has it. */
    void force(VmRow vm) {
        var replica = sim.chaos.anyUp();
        if (replica == null) return;
        sim.tally.count(Mischief.FORCED);
        replica.run(
                new Act(replica, "operator takes " + Simulation.brief(vm.id().toString())),
                false,
                () -> {
                    sim.oracle.operatorTakes(vm.id());
                    var engine = replica.engine();
                    if (vm.state() == VmState.ALLOCATED) {
                        var claim = sim.oracle.grantOf(vm.id());
                        if (claim == null) return;
                        var asked = sim.requests.find(claim);
                        if (asked != null) asked.forced = true;
                        engine.allocations
                                .find(claim)
                                .ifPresent(
                                        a ->
                                                engine.allocator.end(
                                                        a,
                                                        "operator",
                                                        Allocation.EndReason.FORCED));
                        return;
                    }
                    engine.vms
                            .find(vm.id())
                            .filter(
                                    row ->
                                            row.state().canBecome(VmState.DELETING)
                                                    && row.state() != VmState.ALLOCATED)
                            .ifPresent(
                                    row ->
                                            engine.vms.become(
                                                    row,
                                                    VmState.DELETING,
                                                    VmReason.FORCED,
                                                    "taken away",
                                                    replica.now(),
                                                    "operator"));
                });
    }

    /** Takes a held VM away, in one go. */
    void forceHeld(VmRow vm) {
        var replica = sim.chaos.anyUp();
        if (replica == null) return;
        replica.run(
                new Act(replica, "operator takes held " + Simulation.brief(vm.id().toString())),
                false,
                () -> {
                    sim.oracle.operatorTakes(vm.id());
                    sim.oracle.operatorActs();
                    var vms = replica.engine().vms;
                    vms.find(vm.id())
                            .filter(
                                    row ->
                                            row.state().canBecome(VmState.DELETING)
                                                    && row.state() != VmState.ALLOCATED)
                            .ifPresent(
                                    row ->
                                            vms.become(
                                                    row,
                                                    VmState.DELETING,
                                                    VmReason.FORCED,
                                                    "somebody had it",
                                                    replica.now(),
                                                    "operator"));
                    vms.hold(vm.id(), false, null);
                });
    }

    void resume(String cloud) {
        var replica = sim.chaos.anyUp();
        if (replica == null) throw new IllegalStateException("no replica");
        replica.run(
                new Act(replica, "operator resumes " + cloud),
                false,
                () -> {
                    replica.engine().clouds.pause(cloud, false, null);
                });
    }

    private void pause() {
        var cloud = dice.pick(sim.scenario.clouds()).name();
        var replica = sim.chaos.anyUp();
        if (replica == null) return;
        boolean paused = dice.chance(0.5);
        if (paused) sim.tally.count(Mischief.CLOUD_PAUSED);
        replica.run(
                new Act(replica, "operator " + (paused ? "pauses " : "resumes ") + cloud),
                false,
                () -> {
                    replica.engine().clouds.pause(cloud, paused, paused ? "maintenance" : null);
                });
    }
}
