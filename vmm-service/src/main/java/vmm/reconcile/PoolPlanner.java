package vmm.reconcile;

import vmm.placement.Placement;
import vmm.placement.Shelf;
import vmm.placement.Shelf.Standing;
import vmm.reconcile.PoolSnapshot.Candidate;
import vmm.vm.VmReason;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.function.Predicate;
import java.util.stream.Stream;

/**
 * What a pool needs now: a pure function from a snapshot to launches and retirements, with reasons.
 *
 * <p>In this order: what was not sent and may not be is taken back; what is missing is launched,
 * instead of what warms on sick clouds too; late VMs are hedged; open breakers get their canary;
 * shares that are off are evened out; a surplus is let down.
 */
final class PoolPlanner {
    /** Retire what costs least first: what was never sent, then the oldest READY. */
    private static final Comparator<Candidate> DISPENSABLE =
            Comparator.<Candidate, Boolean>comparing(Candidate::sent)
                    .thenComparing(Candidate::since)
                    .thenComparing(Candidate::id);

    /**
     * Shelves that are off their share by no more are left alone: placing one VM changes as much.
     */
    private static final int UNEVEN = 2;

    private final PoolSnapshot pool;
    private final List<PoolAction> actions = new ArrayList<>();
    private final Set<UUID> retired = new HashSet<>();
    private final List<Shelf> shelves;
    private int launched;
    private int room;

    private PoolPlanner(PoolSnapshot pool) {
        this.pool = pool;
        this.shelves = new ArrayList<>(pool.shelves());
        this.room = pool.maxSize() - pool.live();
    }

    static PoolPlan plan(PoolSnapshot pool) {
        return new PoolPlanner(pool).plan();
    }

    private PoolPlan plan() {
        int wished = pool.target() + pool.queued();
        int wanted = Math.clamp(wished, 0, Math.max(0, pool.maxSize() - pool.allocated()));
        takeBackUnsendable();
        var counted = left().filter(this::isCountedOn).toList();
        int firm = (int) counted.stream().filter(vm -> !vm.late()).count();
        int missing = wanted - counted.size();
        int unserved = wished - counted.size();

        retireWarmingOnSick(missing);
        int launches = launch(missing);
        int hedges = hedge(Math.clamp(wanted - firm - launches, 0, counted.size() - firm));
        int canaries = wished > 0 ? tryOut() : 0;
        int surplus = Math.max(0, firm - wanted);
        evenOut(counted, wanted);
        if (pool.surplusDue()) retireSurplus(counted, surplus - retired(counted), wanted);
        drain();
        return new PoolPlan(
                List.copyOf(actions),
                Math.max(0, unserved - launches),
                surplus,
                summary(wanted, counted.size(), hedges, canaries),
                reasons(unserved),
                standing(unserved));
    }

    private int retired(List<Candidate> some) {
        return (int) some.stream().filter(vm -> retired.contains(vm.id())).count();
    }

    private Stream<Candidate> left() {
        return pool.vms().stream().filter(vm -> !retired.contains(vm.id()));
    }

    private Trust trust(Candidate vm) {
        return pool.trust().getOrDefault(vm.cloud(), Trust.ALL);
    }

    private boolean isCountedOn(Candidate vm) {
        if (vm.broken()) return false;
        return switch (trust(vm)) {
            case ALL -> vm.ready() || !vm.canary();
            case READY_ONLY -> vm.ready();
            case NONE, DRAINED -> false;
        };
    }

    /** It cost nothing: planned anew, it may be launched where that is possible. */
    private void takeBackUnsendable() {
        int elsewhere =
                shelves.stream()
                        .filter(Shelf::offered)
                        .mapToInt(shelf -> Math.min(shelf.room(), pool.launchLimit()))
                        .sum();
        for (var vm : pool.vms()) {
            if (vm.ready() || vm.sent()) continue;
            var shelf = pool.shelves().stream().filter(vm::on).findFirst().orElse(null);
            if (shelf == null) {
                retire(vm, VmReason.SURPLUS, "it was not sent yet, and its placement is gone");
                continue;
            }
            boolean stuck = vm.canary() ? vm.late() : shelf.standing() == Standing.CLOSED;
            boolean better = !vm.canary() && shelf.standing() != Standing.OFFERED && elsewhere > 0;
            if (stuck || better) {
                retire(vm, VmReason.UNHEALTHY, "it was not sent yet: " + shelf.why());
                if (!stuck) elsewhere--;
            }
        }
    }

    /** Only as many as can be launched elsewhere at once: half a chance is better than none. */
    private void retireWarmingOnSick(int missing) {
        long elsewhere = shelves.stream().filter(Shelf::offered).mapToLong(Shelf::room).sum();
        left().filter(vm -> !vm.ready() && !vm.canary() && trust(vm) == Trust.READY_ONLY)
                .sorted(DISPENSABLE)
                .limit(Math.clamp(Math.min(missing, elsewhere), 0, pool.launchLimit()))
                .toList()
                .forEach(
                        vm ->
                                retire(
                                        vm,
                                        VmReason.UNHEALTHY,
                                        vm.cloud()
                                                + " is unhealthy; another is launched elsewhere"));
    }

    private int launch(int missing) {
        int before = launched;
        while (launched - before < missing && launchOne(shelf -> true, why(launched - before))) {}
        return launched - before;
    }

    private String why(int n) {
        return n < pool.queued() ? "for people waiting" : "for the reserve of " + target();
    }

    /** One launch on the best of the shelves that will do; whether there was one. */
    private boolean launchOne(Predicate<Shelf> where, String why) {
        if (room <= 0 || launched >= pool.launchLimit()) return false;
        Optional<Shelf> chosen = Placement.choose(shelves.stream().filter(where).toList());
        if (chosen.isEmpty()) return false;
        shelves.replaceAll(shelf -> shelf.afterLaunchOn(chosen.get()));
        actions.add(new PoolAction.Launch(chosen.get(), why));
        launched++;
        room--;
        return true;
    }

    /**
     * Launches on other clouds what is late on one. At the maximum a late one gives way, those that
     * were never sent first.
     */
    private int hedge(int wanted) {
        int hedged = 0;
        var late =
                left().filter(vm -> vm.late() && !vm.ready() && !vm.canary() && isCountedOn(vm))
                        .sorted(DISPENSABLE)
                        .limit(wanted)
                        .toList();
        for (var vm : late) {
            Predicate<Shelf> elsewhere =
                    shelf -> shelf.hedges() && !shelf.cloud().equals(vm.cloud());
            if (shelves.stream().noneMatch(elsewhere) || launched >= pool.launchLimit()) continue;
            if (room <= 0) retire(vm, VmReason.UNHEALTHY, "it is late: one is launched elsewhere");
            if (!launchOne(elsewhere, "instead of one that is late on " + vm.cloud())) break;
            hedged++;
        }
        return hedged;
    }

    /** One VM for each shelf whose breaker may be tried, needed or not. */
    private int tryOut() {
        int before = launched;
        for (var shelf : List.copyOf(shelves)) {
            launchOne(
                    s -> s.position() == shelf.position() && s.canaryDue(),
                    "to try " + shelf.cloud() + ": " + shelf.why());
        }
        return launched - before;
    }

    /**
     * Evens out shares that are off: launches where there are too few, a quarter of the reserve at
     * a time, and retires where there are too many what the others have replaced by then. A larger
     * surplus has other causes and is let down gently.
     */
    private void evenOut(List<Candidate> counted, int wanted) {
        var excess = Placement.excess(pool.shelves(), wanted);
        int most = excess.values().stream().mapToInt(Math::abs).max().orElse(0);
        int quarter = Math.ceilDiv(wanted, 4);
        int spare = counted.size() - wanted;
        if (most < UNEVEN || spare < 0 || spare > quarter) return;
        for (var shelf : pool.shelves()) {
            int over = excess.getOrDefault(shelf.position(), 0);
            int replaced = readyOf(counted) - wanted;
            left().filter(vm -> vm.on(shelf) && vm.ready() && isCountedOn(vm))
                    .sorted(DISPENSABLE)
                    .limit(Math.clamp(replaced, 0, Math.max(0, over)))
                    .toList()
                    .forEach(
                            vm ->
                                    retire(
                                            vm,
                                            VmReason.SURPLUS,
                                            "its share is back on another cloud"));
        }
        for (var shelf : pool.shelves()) {
            int under = -excess.getOrDefault(shelf.position(), 0);
            int step = quarter - spare;
            for (int n = 0; n < Math.min(under, step); n++) {
                if (!launchOne(
                        s -> s.position() == shelf.position() && s.offered(),
                        "to restore the share of " + shelf.cloud())) break;
                spare++;
            }
        }
    }

    private int readyOf(List<Candidate> counted) {
        return (int)
                counted.stream().filter(vm -> vm.ready() && !retired.contains(vm.id())).count();
    }

    /**
     * Gently: a quarter of the surplus at a time, never anything allocated, and what is READY only
     * as far as enough stay so; from where there are too many first.
     */
    private void retireSurplus(List<Candidate> counted, int surplus, int wanted) {
        int unneeded = Math.max(0, readyOf(counted) - wanted);
        var left = counted.stream().filter(vm -> !retired.contains(vm.id())).toList();
        var excess = Placement.excess(pool.shelves(), wanted);
        var mostFirst =
                Comparator.<Candidate>comparingInt(vm -> -excess(vm, excess))
                        .thenComparing(DISPENSABLE);
        Stream.concat(
                        left.stream().filter(vm -> !vm.ready() && !vm.sent()).sorted(DISPENSABLE),
                        left.stream().filter(Candidate::ready).sorted(mostFirst).limit(unneeded))
                .limit(Math.max(0, Math.ceilDiv(surplus, 4)))
                .forEach(
                        vm ->
                                retire(
                                        vm,
                                        VmReason.SURPLUS,
                                        surplus + " more than the target of " + target()));
    }

    private int excess(Candidate vm, Map<Integer, Integer> excess) {
        return pool.shelves().stream()
                .filter(vm::on)
                .mapToInt(shelf -> excess.getOrDefault(shelf.position(), 0))
                .max()
                .orElse(0);
    }

    /** What nobody was granted of a cloud that is gone as planned. */
    private void drain() {
        left().filter(vm -> trust(vm) == Trust.DRAINED)
                .toList()
                .forEach(vm -> retire(vm, VmReason.CLOUD_DRAINED, why(vm)));
    }

    private String why(Candidate vm) {
        return pool.shelves().stream()
                .filter(shelf -> shelf.cloud().equals(vm.cloud()))
                .map(shelf -> Objects.toString(shelf.why(), "drained"))
                .findFirst()
                .orElse("drained");
    }

    private void retire(Candidate vm, VmReason reason, String why) {
        actions.add(new PoolAction.Retire(vm.id(), reason, why, vm.sent()));
        retired.add(vm.id());
        room++;
    }

    private String summary(int wanted, int counted, int hedges, int canaries) {
        var text = new StringBuilder("target ").append(target());
        if (pool.queued() > 0) text.append(" and ").append(pool.queued()).append(" waiting");
        if (wanted < pool.target() + pool.queued())
            text.append(", of which max size ")
                    .append(pool.maxSize())
                    .append(" leaves ")
                    .append(wanted);
        text.append(": ").append(counted).append(" ready or warming");
        if (launched > 0) text.append(", ").append(launched).append(" launched");
        if (hedges > 0) text.append(" (").append(hedges).append(" instead of late ones)");
        if (canaries > 0) text.append(" (").append(canaries).append(" to try a cloud)");
        int missing = wanted - counted - (launched - hedges - canaries);
        if (missing > 0) text.append(", ").append(missing).append(" not possible now");
        if (!retired.isEmpty()) text.append(", ").append(retired.size()).append(" retired");
        return text.toString();
    }

    /** Such as {@code 5 (pool size)}. */
    private String target() {
        return pool.target() + " (" + pool.targetReason() + ")";
    }

    private List<String> reasons(int unserved) {
        var reasons = limits(unserved);
        for (var shelf : pool.shelves()) {
            reasons.add(launchesOn(shelf) + " on " + words(shelf));
        }
        return reasons;
    }

    /** Such as {@code 9 on rutherford (m1): weight 50}. */
    private List<String> standing(int unserved) {
        var standing = limits(unserved);
        for (var shelf : pool.shelves()) {
            long there = left().filter(vm -> vm.on(shelf)).count() + launchesOn(shelf);
            standing.add(there + " on " + words(shelf));
        }
        return standing;
    }

    private List<String> limits(int unserved) {
        var limits = new ArrayList<String>();
        if (unserved > pool.maxSize() - pool.live()) {
            limits.add(
                    "at most "
                            + pool.maxSize()
                            + " live VMs: "
                            + pool.live()
                            + " live, "
                            + pool.allocated()
                            + " of them in use or held");
        }
        return limits;
    }

    private long launchesOn(Shelf shelf) {
        return actions.stream()
                .filter(
                        a ->
                                a instanceof PoolAction.Launch(Shelf where, String why)
                                        && where.position() == shelf.position())
                .count();
    }

    private static String words(Shelf shelf) {
        String because =
                shelf.why() != null
                        ? (shelf.standing() == Standing.CLOSED ? "" : "a last resort: ")
                                + shelf.why()
                        : limit(shelf);
        return shelf.cloud() + " (" + shelf.flavor() + "): " + because;
    }

    private static String limit(Shelf shelf) {
        if (shelf.ownRoom() <= 0) return "its cap is reached";
        if (shelf.cloudRoom() <= 0) return "the cloud's cap or quota is reached";
        if (shelf.atOnce() <= 0) return "it recovers, and as many warm there as may at once";
        return "weight " + shelf.weight();
    }
}
