package vmm.reconcile;

import vmm.placement.Placement;
import vmm.placement.Shelf;
import vmm.reconcile.PoolSnapshot.Candidate;
import vmm.vm.VmReason;
import vmm.vm.VmState;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * What a pool needs now: a pure function from a snapshot to launches and retirements, with reasons.
 */
final class PoolPlanner {
    /** Retire what costs least first: what was never sent, then the oldest READY. */
    private static final Comparator<Candidate> DISPENSABLE =
            Comparator.<Candidate, Boolean>comparing(Candidate::sent)
                    .thenComparing(Candidate::since)
                    .thenComparing(Candidate::id);

    private PoolPlanner() {}

    static PoolPlan plan(PoolSnapshot pool) {
        var actions = new ArrayList<PoolAction>();
        Set<String> sick =
                pool.shelves().stream()
                        .filter(Shelf::sick)
                        .map(Shelf::cloud)
                        .collect(Collectors.toSet());
        var counted =
                pool.vms().stream()
                        .filter(vm -> vm.state() == VmState.READY || !sick.contains(vm.cloud()))
                        .toList();
        int wished = pool.target() + pool.queued();
        int wanted = Math.clamp(wished, 0, Math.max(0, pool.maxSize() - pool.allocated()));
        int missing = wanted - counted.size();
        int unserved = wished - counted.size();

        int freed = retireWarmingOnSick(pool, sick, missing, actions);
        int room = pool.maxSize() - pool.live() + freed;
        int launched = launch(pool, missing, room, actions);
        if (missing < 0 && pool.surplusDue()) retireSurplus(pool, counted, -missing, actions);
        return new PoolPlan(
                List.copyOf(actions),
                Math.max(0, unserved - launched),
                Math.max(0, -missing),
                summary(pool, wanted, counted.size(), launched, actions.size() - launched),
                reasons(pool, unserved, room, actions));
    }

    /** Only as many as can be launched elsewhere at once: half a chance is better than none. */
    private static int retireWarmingOnSick(
            PoolSnapshot pool, Set<String> sick, int missing, List<PoolAction> actions) {
        long elsewhere = pool.shelves().stream().filter(Shelf::usable).mapToLong(Shelf::room).sum();
        var doomed =
                pool.vms().stream()
                        .filter(
                                vm ->
                                        VmState.WARMING.contains(vm.state())
                                                && sick.contains(vm.cloud()))
                        .sorted(DISPENSABLE)
                        .limit(Math.clamp(Math.min(missing, elsewhere), 0, pool.launchLimit()))
                        .toList();
        for (var vm : doomed) {
            actions.add(
                    new PoolAction.Retire(
                            vm.id(),
                            VmReason.UNHEALTHY,
                            vm.cloud() + " is unhealthy; another is launched elsewhere"));
        }
        return doomed.size();
    }

    private static int launch(PoolSnapshot pool, int missing, int room, List<PoolAction> actions) {
        var shelves = new ArrayList<>(pool.shelves());
        int wanted = Math.min(Math.min(missing, room), pool.launchLimit());
        int launched = 0;
        while (launched < wanted) {
            var chosen = Placement.choose(shelves).orElse(null);
            if (chosen == null) break;
            shelves.replaceAll(shelf -> shelf.afterLaunchOn(chosen));
            actions.add(new PoolAction.Launch(chosen, why(pool, launched)));
            launched++;
        }
        return launched;
    }

    private static String why(PoolSnapshot pool, int launched) {
        return launched < pool.queued()
                ? "for people waiting"
                : "for the reserve of " + target(pool);
    }

    /** Gently: a quarter of the surplus at a time, never anything allocated. */
    private static void retireSurplus(
            PoolSnapshot pool, List<Candidate> counted, int surplus, List<PoolAction> actions) {
        counted.stream()
                .filter(vm -> vm.state() == VmState.READY || !vm.sent())
                .sorted(DISPENSABLE)
                .limit(Math.ceilDiv(surplus, 4))
                .forEach(
                        vm ->
                                actions.add(
                                        new PoolAction.Retire(
                                                vm.id(),
                                                VmReason.SURPLUS,
                                                surplus
                                                        + " more than the target of "
                                                        + target(pool))));
    }

    private static String summary(
            PoolSnapshot pool, int wanted, int counted, int launched, int retired) {
        var text = new StringBuilder("target ").append(target(pool));
        if (pool.queued() > 0) text.append(" and ").append(pool.queued()).append(" waiting");
        if (wanted < pool.target() + pool.queued())
            text.append(", of which max size ")
                    .append(pool.maxSize())
                    .append(" leaves ")
                    .append(wanted);
        text.append(": ").append(counted).append(" ready or warming");
        if (launched > 0) text.append(", ").append(launched).append(" launched");
        int missing = wanted - counted - launched;
        if (missing > 0) text.append(", ").append(missing).append(" not possible now");
        if (retired > 0) text.append(", ").append(retired).append(" retired");
        return text.toString();
    }

    /** Such as {@code 5 (pool size)}. */
    private static String target(PoolSnapshot pool) {
        return pool.target() + " (" + pool.targetReason() + ")";
    }

    private static List<String> reasons(
            PoolSnapshot pool, int unserved, int room, List<PoolAction> actions) {
        var reasons = new ArrayList<String>();
        if (unserved > room) {
            reasons.add(
                    "at most "
                            + pool.maxSize()
                            + " live VMs: "
                            + pool.live()
                            + " live, "
                            + pool.allocated()
                            + " of them in use or held");
        }
        for (var shelf : pool.shelves()) {
            long here =
                    actions.stream()
                            .filter(
                                    a ->
                                            a instanceof PoolAction.Launch(Shelf where, String why)
                                                    && where.position() == shelf.position())
                            .count();
            String because =
                    shelf.obstacle() != null
                            ? shelf.obstacle()
                            : shelf.room() <= 0 ? "its cap is reached" : "weight " + shelf.weight();
            reasons.add(here + " on " + shelf.cloud() + " (" + shelf.flavor() + "): " + because);
        }
        return reasons;
    }
}
