package vmm.reconcile;

import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.stereotype.Component;
import org.springframework.transaction.support.TransactionOperations;

import vmm.clouds.CloudState;
import vmm.clouds.Clouds;
import vmm.clouds.LaunchMarks;
import vmm.event.LoopKind;
import vmm.event.Wakes;
import vmm.placement.Shelf;
import vmm.pool.Pool;
import vmm.pool.Pools;
import vmm.pool.Schedules;
import vmm.sizing.Target;
import vmm.sizing.TargetSize;
import vmm.vm.Ids;
import vmm.vm.VmState;
import vmm.vm.Vms;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
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
    private final LaunchMarks marks;
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
            LaunchMarks marks,
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
        this.marks = marks;
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
        var seen = counts.of(pool.id());
        var plan = PoolPlanner.plan(snapshot(pool, target, seen, states, now));
        pools.recordPlan(pool.id(), target.size(), target.reason(), surplusSince(pool, plan, now));
        return carryOut(pool, plan, seen, now);
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
            Map<String, CloudState> states,
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
                shelves(pool, seen, states, now));
    }

    private List<Shelf> shelves(
            Pool pool, PoolCounts.Seen seen, Map<String, CloudState> states, Instant now) {
        var marked = marks.marked(now);
        boolean ownQueue = seen.queued() > seen.candidates().size();
        Map<String, Integer> reserved =
                ownQueue ? Map.of() : counts.roomForPeopleElsewhere(pool.id());
        var shelves = new ArrayList<Shelf>();
        for (var place : pool.placements()) {
            CloudState cloud = states.get(place.cloud());
            if (cloud == null) continue;
            int cloudRoom = cloud.maxVms() == null ? UNLIMITED : cloud.maxVms() - cloud.live();
            int ownRoom = place.maxVms() == null ? UNLIMITED : place.maxVms() - seen.liveAt(place);
            shelves.add(
                    new Shelf(
                            place.position(),
                            place.cloud(),
                            place.image(),
                            place.flavor(),
                            place.network(),
                            place.weight(),
                            seen.countedAt(place),
                            ownRoom,
                            cloudRoom - reserved.getOrDefault(cloud.name(), 0),
                            obstacle(cloud, place, marked),
                            cloud.sick()));
        }
        return shelves;
    }

    private static @Nullable String obstacle(
            CloudState cloud, Pool.Place place, Map<LaunchMarks.Shelf, String> marked) {
        if (cloud.paused())
            return "paused" + (cloud.pauseReason() == null ? "" : ": " + cloud.pauseReason());
        if (cloud.sick())
            return "unhealthy since " + cloud.healthSince() + ": " + cloud.healthReason();
        String mark = marked.get(LaunchMarks.Shelf.all(cloud.name()));
        return mark != null
                ? mark
                : marked.get(new LaunchMarks.Shelf(cloud.name(), place.flavor()));
    }

    private static @Nullable Instant surplusSince(Pool pool, PoolPlan plan, Instant now) {
        if (plan.surplus() == 0) return null;
        boolean retired = plan.actions().stream().anyMatch(a -> a instanceof PoolAction.Retire);
        return pool.surplusSince() == null || retired ? now : pool.surplusSince();
    }

    private Pass carryOut(Pool pool, PoolPlan plan, PoolCounts.Seen seen, Instant now) {
        Set<String> touched = new TreeSet<>();
        int launched = 0;
        for (var action : plan.actions()) {
            switch (action) {
                case PoolAction.Launch(Shelf where, String why) -> {
                    vms.request(
                            new Vms.NewVm(
                                    ids.next(),
                                    pool.id(),
                                    where.cloud(),
                                    where.image(),
                                    where.flavor(),
                                    where.network()),
                            now,
                            why);
                    touched.add(where.cloud());
                    launched++;
                }
                case PoolAction.Retire retire -> {
                    vms.find(retire.vm())
                            .filter(vm -> !vm.held())
                            .filter(
                                    vm ->
                                            vm.state() == VmState.READY
                                                    || VmState.WARMING.contains(vm.state()))
                            .filter(
                                    vm ->
                                            vms.become(
                                                    vm,
                                                    VmState.DELETING,
                                                    retire.reason(),
                                                    retire.why(),
                                                    now,
                                                    "refill"))
                            .ifPresent(vm -> touched.add(vm.cloud()));
                }
            }
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
