package vmm.reconcile;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;

import vmm.cloud.CloudFailure;
import vmm.cloud.CloudProvider;
import vmm.cloud.Instance;
import vmm.clouds.BootTimes;
import vmm.clouds.CloudConnections;
import vmm.clouds.CloudState;
import vmm.clouds.Clouds;
import vmm.event.Instants;
import vmm.event.LoopKind;
import vmm.lifecycle.Lateness;
import vmm.lifecycle.Observation;
import vmm.lifecycle.ReadyWhen;
import vmm.lifecycle.Terms;
import vmm.maintenance.MaintenanceWindows;
import vmm.pool.Pool;
import vmm.pool.Pools;
import vmm.vm.Vm;
import vmm.vm.VmState;
import vmm.vm.Vms;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;

/**
 * Lifecycle: one cloud at a time. Reads the rows, <em>then</em> lists, then takes one step for each
 * VM as {@link vmm.lifecycle.VmLifecycle} says. Every step is a compare-and-set on the version that
 * was read.
 */
@Component
public class LifecycleLoop implements Reconciler {
    /** A listing at rest; while VMs move, every tick lists. */
    static final Duration AT_REST = Duration.ofSeconds(30);

    /** A listing before this one is at most so old where VMs move and all is well. */
    private static final Duration UNWATCHED = Duration.ofSeconds(20);

    private static final Logger log = LoggerFactory.getLogger(LifecycleLoop.class);

    private final JdbcClient jdbc;
    private final Pools pools;
    private final Clouds clouds;
    private final CloudConnections connections;
    private final BootTimes bootTimes;
    private final MaintenanceWindows windows;
    private final Vms vms;
    private final VmSteps steps;
    private final ReserveChecks checks;
    private final Store store;
    private final InstantSource clock;
    private final Spread spread;

    public LifecycleLoop(
            JdbcClient jdbc,
            Pools pools,
            Clouds clouds,
            CloudConnections connections,
            BootTimes bootTimes,
            MaintenanceWindows windows,
            Vms vms,
            VmSteps steps,
            ReserveChecks checks,
            Store store,
            InstantSource clock,
            Spread spread) {
        this.jdbc = jdbc;
        this.pools = pools;
        this.clouds = clouds;
        this.connections = connections;
        this.bootTimes = bootTimes;
        this.windows = windows;
        this.vms = vms;
        this.steps = steps;
        this.checks = checks;
        this.store = store;
        this.clock = clock;
        this.spread = spread;
    }

    @Override
    public LoopKind kind() {
        return LoopKind.LIFECYCLE;
    }

    /**
     * Clouds where VMs move, or that were not listed for a while; after a failure not before its
     * back-off is over.
     */
    @Override
    public List<String> due() {
        Instant now = clock.instant();
        return jdbc.sql(
                        """
                        SELECT name FROM cloud
                        WHERE (look_after IS NULL OR look_after <= :now) AND (listed_at IS NULL OR listed_at <= :rested OR EXISTS (
                            SELECT 1 FROM vm WHERE vm.cloud = cloud.name
                            AND state IN ('REQUESTED', 'PROVISIONING', 'BOOTSTRAPPING', 'DELETING')))
                        ORDER BY name
                        """)
                .param("now", Instants.sql(now))
                .param("rested", Instants.sql(now.minus(AT_REST)))
                .query((row, n) -> row.getString("name"))
                .list();
    }

    @Override
    public Pass pass(String name) {
        var cloud = clouds.find(name);
        var provider = connections.provider(name);
        if (cloud.isEmpty()) return Pass.NOTHING;
        if (provider.isEmpty()) {
            clouds.recordUnconnected(cloud.get(), clock.instant());
            return Pass.of(0, "no connection: the fleet file does not name this cloud");
        }
        Map<Long, Terms> terms =
                pools.all().stream()
                        .collect(Collectors.toMap(Pool::id, pool -> terms(pool, provider.get())));
        List<Vm> rows = vms.liveOn(name);
        Look look = look(cloud.get(), provider.get());
        boolean doubted = look.lacksMany(rows);
        boolean brake = look.showsManyBroken(rows);
        boolean absent = isDown(name, look.began());
        connections.trouble(name).ifPresent(why -> clouds.recordCalls(name, why, look.began()));
        if (brake) {
            clouds.recordCalls(
                    name, "many VMs look broken at once: none is taken back for it", look.began());
        }
        var changed = new AtomicInteger();
        spread.over(
                rows,
                vm -> {
                    var own =
                            Objects.requireNonNull(terms.get(vm.poolId()))
                                    .with(doubted, brake, absent);
                    if (steps.take(vm, look.of(vm), look.began(), own, provider.get())) {
                        changed.incrementAndGet();
                    }
                });
        if (look.complete()) checks.look(name);
        Instant now = clock.instant();
        boolean watched =
                look.complete() && watchedSince(cloud.get(), look.began().minus(UNWATCHED));
        long late =
                !watched
                        ? 0
                        : rows.stream()
                                .filter(vm -> !vm.held() && VmState.WARMING.contains(vm.state()))
                                .filter(vm -> isLate(vm, now))
                                .count();
        if (late > 0) {
            log.info("lifecycle cloud={} {} VMs are late", name, late);
            clouds.judge(name, now);
        }
        return Pass.of(
                changed.get(), rows.size() + " VMs, " + look.words() + ", " + changed + " changed");
    }

    /** Whether a window says that the cloud is not there now: its absences mean nothing. */
    private boolean isDown(String cloud, Instant now) {
        var effect = windows.effects(now).get(cloud);
        return effect != null && effect.drains();
    }

    private static Terms terms(Pool pool, CloudProvider provider) {
        return new Terms(
                pool.bootTimeout(),
                ReadyWhen.parse(pool.readyWhen()),
                VmSteps.CREATE_GRACE,
                provider.deduplicatesCreates());
    }

    /** After a time in which nobody looked, late may be only what we learn of it. */
    private static boolean watchedSince(CloudState cloud, Instant when) {
        return cloud.listedAt() != null && cloud.listedAt().isAfter(when);
    }

    private boolean isLate(Vm vm, Instant now) {
        var limit = bootTimes.lateAfter(vm.poolId(), vm.cloud(), vm.flavor());
        return Lateness.since(vm, limit)
                .filter(since -> since.isBefore(now))
                .map(since -> steps.late(vm, Duration.between(vm.createdAt(), since), now))
                .orElse(false);
    }

    private Look look(CloudState cloud, CloudProvider provider) {
        Instant began = clock.instant();
        try {
            var instances = provider.list();
            clouds.recordListed(cloud, began, clock.instant());
            return Look.at(began, instances, store.id());
        } catch (CloudFailure failure) {
            clouds.recordFailure(cloud, failure, clock.instant());
            log.warn(
                    "lifecycle cloud={} could not list: {} ({})",
                    cloud.name(),
                    failure.detail(),
                    failure.kind());
            return Look.failed(began, failure);
        }
    }

    /**
     * A listing, or the failure to get one. Of several instances with one VM id the row's wins,
     * else the oldest.
     */
    private record Look(
            Instant began, boolean complete, Map<String, List<Instance>> byVm, String words) {

        static Look at(Instant began, List<Instance> instances, String store) {
            var byVm = new HashMap<String, List<Instance>>();
            for (var instance : instances) {
                var tags = instance.tags();
                if (tags.vmId() != null && store.equals(tags.store())) {
                    byVm.merge(tags.vmId(), List.of(instance), Look::both);
                }
            }
            return new Look(began, true, byVm, instances.size() + " instances");
        }

        static Look failed(Instant began, CloudFailure failure) {
            return new Look(began, false, Map.of(), "not listed: " + failure.detail());
        }

        private static List<Instance> both(List<Instance> some, List<Instance> more) {
            return java.util.stream.Stream.concat(some.stream(), more.stream())
                    .sorted(Comparator.comparing(Instance::createdAt).thenComparing(Instance::id))
                    .toList();
        }

        /** Whether so many are lacking at once that the listing is doubted. */
        boolean lacksMany(List<Vm> rows) {
            var seen =
                    rows.stream()
                            .filter(vm -> vm.seenAt() != null && vm.state() != VmState.DELETING)
                            .toList();
            long lacking = seen.stream().filter(vm -> of(vm) instanceof Observation.Absent).count();
            return complete && Terms.many(lacking, seen.size());
        }

        boolean showsManyBroken(List<Vm> rows) {
            var ready = rows.stream().filter(vm -> vm.state() == VmState.READY).toList();
            return Terms.many(ready.stream().filter(this::isBroken).count(), ready.size());
        }

        private boolean isBroken(Vm vm) {
            return of(vm) instanceof Observation.Present(Instance instance)
                    && (instance.status() == Instance.Status.ERROR
                            || instance.status() == Instance.Status.STOPPED);
        }

        Observation of(Vm vm) {
            if (!complete) return new Observation.Unknown();
            var instances = byVm.getOrDefault(vm.id().toString(), List.of());
            String own = vm.instanceId();
            var mine =
                    own == null
                            ? instances.stream().findFirst()
                            : instances.stream().filter(i -> i.id().equals(own)).findFirst();
            return mine.<Observation>map(Observation.Present::new)
                    .orElseGet(Observation.Absent::new);
        }
    }
}
