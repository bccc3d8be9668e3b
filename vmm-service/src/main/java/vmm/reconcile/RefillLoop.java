package vmm.reconcile;

import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.stereotype.Component;
import org.springframework.transaction.support.TransactionOperations;

import vmm.clouds.Breaker;
import vmm.clouds.Breakers;
import vmm.clouds.CloudSignals;
import vmm.clouds.CloudState;
import vmm.clouds.Clouds;
import vmm.event.LoopKind;
import vmm.event.Wakes;
import vmm.maintenance.MaintenanceWindows;
import vmm.maintenance.WindowEffect;
import vmm.placement.Shelf;
import vmm.pool.Pool;
import vmm.pool.Pools;
import vmm.pool.Schedules;
import vmm.sizing.Target;
import vmm.sizing.TargetSize;
import vmm.vm.Ids;
import vmm.vm.Vm;
import vmm.vm.VmReason;
import vmm.vm.VmState;
import vmm.vm.Vms;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/** Refill: one pool at a time, lock, snapshot, target, plan, rows. Calls no cloud. */
@Component
public class RefillLoop implements Reconciler {
    /**
     * Launches planned in one pass, so that its transaction stays short; a pass that reaches it
     * runs again at once.
     */
    static final int LAUNCH_LIMIT = 100;

    /** How long a surplus lasts before a part of it is retired, and between two parts. */
    static final Duration SURPLUS_DELAY = Duration.ofSeconds(60);

    /** Launch times older than this say nothing about today. */
    static final Duration HISTORY = Duration.ofDays(30);

    private static final int UNLIMITED = 1_000_000;

    private static final Logger log = LoggerFactory.getLogger(RefillLoop.class);

    private final Pools pools;
    private final Schedules schedules;
    private final PoolCounts counts;
    private final Clouds clouds;
    private final Breakers breakers;
    private final CloudSignals signals;
    private final MaintenanceWindows windows;
    private final Vms vms;
    private final Decisions decisions;
    private final Ids ids;
    private final TransactionOperations transactions;
    private final InstantSource clock;
    private final Wakes wakes;

    public RefillLoop(
            Pools pools,
            Schedules schedules,
            PoolCounts counts,
            Clouds clouds,
            Breakers breakers,
            CloudSignals signals,
            MaintenanceWindows windows,
            Vms vms,
            Decisions decisions,
            Ids ids,
            TransactionOperations transactions,
            InstantSource clock,
            Wakes wakes) {
        this.pools = pools;
        this.schedules = schedules;
        this.counts = counts;
        this.clouds = clouds;
        this.breakers = breakers;
        this.signals = signals;
        this.windows = windows;
        this.vms = vms;
        this.decisions = decisions;
        this.ids = ids;
        this.transactions = transactions;
        this.clock = clock;
        this.wakes = wakes;
    }

    @Override
    public LoopKind kind() {
        return LoopKind.REFILL;
    }

    /** Pools with people waiting first, then those that are emptiest. */
    @Override
    public List<String> due() {
        return counts.neediestFirst();
    }

    @Override
    public Pass pass(String name) {
        var pass = transactions.execute(status -> plan(name));
        return pass == null ? Pass.NOTHING : pass;
    }

    private Pass plan(String name) {
        var locked = pools.lock(name);
        if (locked.isEmpty()) return Pass.NOTHING;
        Pool pool = locked.get();
        Instant now = clock.instant();
        Target target = target(pool, now);
        Map<String, CloudState> states =
                clouds
                        .lock(
                                pool.placements().stream()
                                        .map(Pool.Place::cloud)
                                        .collect(Collectors.toCollection(TreeSet::new)))
                        .stream()
                        .collect(Collectors.toMap(CloudState::name, c -> c));
        var seen = counts.of(pool.id(), now);
        var effects = windows.effects(now);
        var open = breakers.open();
        var shelves = shelves(pool, seen, states, effects, open, now);
        var trust = trust(seen, states, effects);
        var snapshot = snapshot(pool, target, seen, trust, shelves, now);
        var plan = PoolPlanner.plan(snapshot);
        if (!plan.actions().isEmpty()) {
            // A fleet at rest is not asked for its quotas.
            snapshot = snapshot.with(byQuota(pool, seen, shelves, now));
            plan = PoolPlanner.plan(snapshot);
        }
        pools.recordPlan(
                pool.id(),
                new Pools.Planned(
                        target.size(),
                        target.reason(),
                        surplusSince(pool, plan, now),
                        plan.summary(),
                        plan.standing()),
                now);
        makeRoom(pool, snapshot, states, open, Math.min(plan.missing(), seen.queued()), now);
        return carryOut(pool, plan, now);
    }

    /** What the pool should keep READY now, capped by its maximum. */
    private Target target(Pool pool, Instant now) {
        if (pool.deleted()) return new Target(0, "the pool is being deleted");
        var policies = schedules.of(pool.name());
        // Without a measurement the boot timeout is the only honest bound of how early launching
        // must begin.
        Duration lead =
                policies.isEmpty()
                        ? Duration.ZERO
                        : LaunchTimes.of(pools.launchSeconds(pool.id(), now.minus(HISTORY)))
                                .p95()
                                .orElse(pool.bootTimeout());
        return TargetSize.of(pool.poolSize(), pool.maxSize(), policies, lead, now);
    }

    private PoolSnapshot snapshot(
            Pool pool,
            Target target,
            PoolCounts.Seen seen,
            Map<String, Trust> trust,
            List<Shelf> shelves,
            Instant now) {
        return new PoolSnapshot(
                target.size(),
                target.reason(),
                pool.maxSize(),
                seen.queued(),
                seen.live(),
                seen.inUse(),
                LAUNCH_LIMIT,
                pool.surplusSince() != null
                        && !pool.surplusSince().plus(SURPLUS_DELAY).isAfter(now),
                seen.candidates(),
                trust,
                shelves);
    }

    /** Also of clouds that the pool no longer names, where VMs of it are left. */
    private Map<String, Trust> trust(
            PoolCounts.Seen seen,
            Map<String, CloudState> placed,
            Map<String, WindowEffect> effects) {
        var states = new HashMap<>(placed);
        seen.candidates().stream()
                .map(PoolSnapshot.Candidate::cloud)
                .distinct()
                .filter(cloud -> !placed.containsKey(cloud))
                .forEach(cloud -> clouds.find(cloud).ifPresent(c -> states.put(cloud, c)));
        var trust = new HashMap<String, Trust>();
        states.forEach(
                (name, cloud) ->
                        trust.put(
                                name,
                                Trust.in(cloud, effects.getOrDefault(name, WindowEffect.NONE))));
        return trust;
    }

    private List<Shelf> shelves(
            Pool pool,
            PoolCounts.Seen seen,
            Map<String, CloudState> states,
            Map<String, WindowEffect> effects,
            List<Breaker> open,
            Instant now) {
        var trying = open.isEmpty() ? Set.<UUID>of() : counts.canaries();
        var shelves = new ArrayList<Shelf>();
        for (var place : pool.placements()) {
            CloudState cloud = states.get(place.cloud());
            if (cloud == null) continue;
            var window = effects.getOrDefault(cloud.name(), WindowEffect.NONE);
            var standing = Footing.of(cloud, place, window, open, trying, now);
            int ownRoom = place.maxVms() == null ? UNLIMITED : place.maxVms() - seen.liveAt(place);
            shelves.add(
                    new Shelf(
                            place.position(),
                            place.cloud(),
                            place.image(),
                            place.flavor(),
                            place.network(),
                            place.options(),
                            place.weight(),
                            seen.countedAt(place),
                            ownRoom,
                            byCap(cloud),
                            atOnce(cloud),
                            standing.standing(),
                            standing.why(),
                            standing.canaryDue()));
        }
        return shelves;
    }

    /** Within the quotas, and without the room that is owed to people who wait for other pools. */
    private List<Shelf> byQuota(Pool pool, PoolCounts.Seen seen, List<Shelf> shelves, Instant now) {
        boolean ownQueue = seen.queued() > seen.candidates().size();
        Map<String, Integer> reserved =
                ownQueue ? Map.of() : counts.roomForPeopleElsewhere(pool.id());
        return shelves.stream()
                .map(
                        shelf -> {
                            int room = byQuota(shelf.cloud(), shelf.flavor(), now);
                            return shelf.within(
                                    Math.min(room, shelf.cloudRoom())
                                            - reserved.getOrDefault(shelf.cloud(), 0));
                        })
                .toList();
    }

    private static int byCap(CloudState cloud) {
        return cloud.maxVms() == null ? UNLIMITED : cloud.maxVms() - cloud.live();
    }

    private int byQuota(String cloud, String flavor, Instant now) {
        return signals.room(cloud, flavor, now).orElse(UNLIMITED);
    }

    /** While a cloud recovers, by what may warm there at once. */
    private int atOnce(CloudState cloud) {
        return cloud.width() == null
                ? UNLIMITED
                : Math.max(0, cloud.width() - counts.warmingOn(cloud.name()));
    }

    private void request(Pool pool, PoolAction.Launch launch, Instant now) {
        var where = launch.where();
        var id = ids.next();
        vms.request(
                new Vms.NewVm(
                        id,
                        pool.id(),
                        where.cloud(),
                        where.image(),
                        where.flavor(),
                        where.network(),
                        where.options()),
                now,
                launch.why()
                        + ", on "
                        + where.cloud()
                        + (where.why() == null ? "" : " though " + where.why()));
        if (where.canaryDue()) {
            var launched =
                    new Breakers.Launch(id, where.cloud(), where.flavor(), where.image(), null);
            breakers.assignCanary(launched, now);
        }
    }

    private static @Nullable Instant surplusSince(Pool pool, PoolPlan plan, Instant now) {
        if (plan.surplus() == 0) return null;
        boolean retired = plan.actions().stream().anyMatch(a -> a instanceof PoolAction.Retire);
        return pool.surplusSince() == null || retired ? now : pool.surplusSince();
    }

    /**
     * Where people wait and a cloud is full of what waits idly for other pools, that gives way:
     * from the pool that has most of its reserve, and as many as wait, less what is going there
     * already.
     */
    private void makeRoom(
            Pool pool,
            PoolSnapshot snapshot,
            Map<String, CloudState> states,
            List<Breaker> open,
            int people,
            Instant now) {
        int bySize = snapshot.maxSize() - snapshot.live();
        if (people <= 0 || bySize <= 0) return;
        var full =
                snapshot.shelves().stream()
                        .filter(shelf -> shelf.ownRoom() > 0)
                        .filter(
                                shelf ->
                                        isFull(
                                                Objects.requireNonNull(states.get(shelf.cloud())),
                                                shelf,
                                                open,
                                                now))
                        .map(Shelf::cloud)
                        .collect(Collectors.toSet());
        if (full.isEmpty()) return;
        for (var id : counts.dispensableElsewhere(pool.id(), full, Math.min(people, bySize), now)) {
            String why = "its room is needed: people wait for " + pool.name();
            takeBack(id, vm -> vm.state() == VmState.READY, VmReason.SURPLUS, why, now)
                    .ifPresent(vm -> wakes.wake(LoopKind.LIFECYCLE, vm.cloud()));
        }
    }

    /** Sends a VM to its end, unless it is held or is no longer what it was taken for. */
    private Optional<Vm> takeBack(
            UUID id, Predicate<Vm> still, VmReason reason, String why, Instant now) {
        return vms.find(id)
                .filter(vm -> !vm.held())
                .filter(still)
                .filter(vm -> vms.become(vm, VmState.DELETING, reason, why, now, "refill"));
    }

    /** By our cap or its quota, or as it said; and nothing else is in the way. */
    private boolean isFull(CloudState cloud, Shelf shelf, List<Breaker> open, Instant now) {
        boolean said =
                open.stream()
                        .filter(b -> b.cloud().equals(cloud.name()))
                        .filter(b -> b.concerns(shelf.flavor(), shelf.image()))
                        .filter(Breaker::closesOffering)
                        .map(Breaker::kind)
                        .distinct()
                        .toList()
                        .equals(List.of(Breaker.Kind.QUOTA));
        boolean closed = shelf.standing() == Shelf.Standing.CLOSED;
        if (closed && (!said || cloud.sick() || cloud.paused() || cloud.maintenance() != null)) {
            return false;
        }
        return said || byCap(cloud) <= 0 || byQuota(cloud.name(), shelf.flavor(), now) <= 0;
    }

    /** What is to go first: where one was granted meanwhile, a launch less fits the maximum. */
    private Pass carryOut(Pool pool, PoolPlan plan, Instant now) {
        Set<String> touched = new TreeSet<>();
        int kept = 0;
        for (var action : plan.actions()) {
            if (!(action instanceof PoolAction.Retire retire)) continue;
            Predicate<Vm> idle =
                    vm ->
                            (retire.sent() || vm.createSentAt() == null)
                                    && (vm.state() == VmState.READY
                                            || VmState.WARMING.contains(vm.state()));
            var gone = takeBack(retire.vm(), idle, retire.reason(), retire.why(), now);
            if (gone.isPresent()) touched.add(gone.get().cloud());
            else kept++;
        }
        var launches =
                plan.actions().stream()
                        .filter(PoolAction.Launch.class::isInstance)
                        .map(PoolAction.Launch.class::cast)
                        .toList();
        int launched = Math.max(0, launches.size() - kept);
        for (var launch : launches.subList(0, launched)) {
            request(pool, launch, now);
            touched.add(launch.where().cloud());
        }
        decisions.record(pool.name(), plan, now);
        touched.forEach(cloud -> wakes.wake(LoopKind.LIFECYCLE, cloud));
        if (!plan.actions().isEmpty()) {
            log.info(
                    "refill pool={} {} ({})",
                    pool.name(),
                    plan.summary(),
                    String.join("; ", plan.reasons()));
        }
        return new Pass(plan.actions().size(), launched == LAUNCH_LIMIT, plan.summary());
    }
}
