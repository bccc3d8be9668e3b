package vmm.reconcile;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.stereotype.Component;

import vmm.cloud.CloudFailure;
import vmm.cloud.CloudProvider;
import vmm.cloud.Instance;
import vmm.cloud.Leftover;
import vmm.clouds.CloudConnections;
import vmm.clouds.Clouds;
import vmm.event.Events;
import vmm.event.Events.NewEvent;
import vmm.event.LoopKind;
import vmm.reconcile.Orphans.Kind;
import vmm.reconcile.Orphans.Orphan;
import vmm.vm.Vm;
import vmm.vm.VmReason;
import vmm.vm.VmState;
import vmm.vm.Vms;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;

/**
 * Orphan: instances of our installation that no live row claims. Those of a dead row and doubles
 * are reaped once seen in two passes; one without any row waits in quarantine, and more than a few
 * of them wait for a person; those of another database are never touched. What our deleted VMs left
 * behind is removed too.
 */
@Component
public class OrphanLoop implements Reconciler {
    /** How long an instance without any row waits before it is reaped. */
    static final Duration QUARANTINE = Duration.ofMinutes(15);

    /** How long a VM has been DELETED before what it left behind is removed. */
    static final Duration LEFT_ALONE = Duration.ofMinutes(5);

    /** Leftovers are rare and cost listings of their own. */
    private static final Duration BETWEEN_CLEARINGS = Duration.ofMinutes(10);

    private static final Logger log = LoggerFactory.getLogger(OrphanLoop.class);

    private final Clouds clouds;
    private final CloudConnections connections;
    private final Vms vms;
    private final Orphans orphans;
    private final Events events;
    private final CloudCalls calls;
    private final Store store;
    private final InstantSource clock;
    private final Map<String, Instant> cleared = new ConcurrentHashMap<>();

    public OrphanLoop(
            Clouds clouds,
            CloudConnections connections,
            Vms vms,
            Orphans orphans,
            Events events,
            CloudCalls calls,
            Store store,
            InstantSource clock) {
        this.clouds = clouds;
        this.connections = connections;
        this.vms = vms;
        this.orphans = orphans;
        this.events = events;
        this.calls = calls;
        this.store = store;
        this.clock = clock;
    }

    @Override
    public LoopKind kind() {
        return LoopKind.ORPHAN;
    }

    @Override
    public List<String> due() {
        return clouds.all().stream().map(c -> c.name()).toList();
    }

    @Override
    public Pass pass(String cloud) {
        var provider = connections.provider(cloud);
        if (provider.isEmpty()) return Pass.NOTHING;
        List<Instance> listed;
        try {
            listed = provider.get().list();
        } catch (CloudFailure failure) {
            return Pass.of(0, "not listed: " + failure.detail());
        }
        // Not from before the call: one that was held up would shorten the quarantine.
        Instant now = clock.instant();
        var suspects = new ArrayList<Suspect>();
        for (var instance : listed) {
            if (instance.status() == Instance.Status.DELETING) continue;
            kindOf(instance, cloud).ifPresent(kind -> suspects.add(new Suspect(instance, kind)));
        }
        orphans.forgetOthers(cloud, suspects.stream().map(s -> s.instance().id()).toList());
        long rowless = suspects.stream().filter(s -> s.kind() == Kind.NO_ROW).count();
        boolean tooMany = rowless > Math.max(3, listed.size() / 20);
        int reaped = 0;
        for (var suspect : suspects) {
            if (settle(cloud, suspect, tooMany, provider.get(), now)) reaped++;
        }
        reaped += clearUp(cloud, provider.get(), now);
        return Pass.of(
                reaped,
                listed.size()
                        + " instances, "
                        + suspects.size()
                        + " that no live row claims, "
                        + reaped
                        + " reaped");
    }

    /** Removes what VMs of ours left behind; what others left is theirs. */
    private int clearUp(String cloud, CloudProvider provider, Instant now) {
        Instant last = cleared.get(cloud);
        if (last != null && last.plus(BETWEEN_CLEARINGS).isAfter(now)) return 0;
        cleared.put(cloud, now);
        List<Leftover> leftovers;
        try {
            leftovers = provider.leftovers();
        } catch (CloudFailure failure) {
            log.info("orphan cloud={} leftovers are not known: {}", cloud, failure.detail());
            return 0;
        }
        var owners = leftovers.stream().map(Leftover::owner).collect(Collectors.toSet());
        var ours = vms.deletedOwners(cloud, owners, now.minus(LEFT_ALONE));
        var doomed = leftovers.stream().filter(l -> ours.contains(l.owner())).toList();
        for (var leftover : doomed) {
            calls.submit(cloud, leftover.id(), () -> remove(cloud, leftover, provider));
        }
        return doomed.size();
    }

    private void remove(String cloud, Leftover leftover, CloudProvider provider) {
        try {
            provider.remove(leftover);
            events.append(
                    NewEvent.ofCloud(
                            cloud,
                            "REAPED",
                            leftover.kind()
                                    + " "
                                    + leftover.id()
                                    + ": left behind by "
                                    + leftover.owner(),
                            "orphan"),
                    clock.instant());
        } catch (CloudFailure failure) {
            log.info(
                    "orphan cloud={} {} {} will be removed later: {}",
                    cloud,
                    leftover.kind(),
                    leftover.id(),
                    failure.detail());
        }
    }

    /** Read after the listing, so that a row that was written meanwhile counts. */
    private Optional<Kind> kindOf(Instance instance, String cloud) {
        if (instance.tags().store() == null || instance.tags().vmId() == null)
            return Optional.of(Kind.UNTAGGED);
        if (!store.id().equals(instance.tags().store())) return Optional.of(Kind.OTHER_STORE);
        var row = row(instance.tags().vmId());
        if (row.isEmpty() || !row.get().cloud().equals(cloud)) return Optional.of(Kind.NO_ROW);
        Vm vm = row.get();
        boolean own = instance.id().equals(vm.instanceId());
        if (own && vm.reason() == VmReason.VANISHED) return Optional.of(Kind.REAPPEARED);
        if (vm.state() == VmState.DELETED) return Optional.of(Kind.DEAD_ROW);
        // Without an instance id the row has still to adopt one, and the lifecycle pass decides
        // which.
        if (vm.instanceId() == null || vm.instanceId().equals(instance.id()))
            return Optional.empty();
        return Optional.of(Kind.DOUBLE);
    }

    private Optional<Vm> row(String vmId) {
        try {
            return vms.find(UUID.fromString(vmId));
        } catch (IllegalArgumentException notOne) {
            return Optional.empty();
        }
    }

    /** Whether it is reaped now. */
    private boolean settle(
            String cloud, Suspect suspect, boolean tooMany, CloudProvider provider, Instant now) {
        var instance = suspect.instance();
        Orphan orphan = orphans.record(cloud, suspect.kind(), instance, now);
        if (!orphan.reported()) report(cloud, suspect, tooMany, now);
        boolean reap =
                switch (suspect.kind()) {
                    case DEAD_ROW, DOUBLE -> orphan.passes() >= 2;
                    case NO_ROW ->
                            !tooMany
                                    && orphan.passes() >= 2
                                    && orphan.firstSeenAt().plus(QUARANTINE).isBefore(now);
                    case OTHER_STORE, REAPPEARED, UNTAGGED -> false;
                };
        if (reap) calls.submit(cloud, instance.id(), () -> reap(cloud, suspect, provider));
        return reap;
    }

    private void report(String cloud, Suspect suspect, boolean tooMany, Instant now) {
        String what =
                switch (suspect.kind()) {
                    case DEAD_ROW -> "its row is dead; it is deleted when seen again";
                    case DOUBLE ->
                            "a double of a VM that has another instance; it is deleted when seen"
                                    + " again";
                    case NO_ROW ->
                            tooMany
                                    ? "has no row, like too many others at once (was the database"
                                            + " restored?): it waits for an operator"
                                    : "has no row; it is deleted after "
                                            + QUARANTINE
                                            + " in quarantine";
                    case OTHER_STORE ->
                            "belongs to another database of this installation name; it is left"
                                    + " alone";
                    case REAPPEARED ->
                            "came back after the cloud had said twice that it was gone; it is left"
                                    + " alone";
                    case UNTAGGED -> "lacks a tag of ours; it is left alone";
                };
        String detail =
                "instance "
                        + suspect.instance().id()
                        + " ("
                        + suspect.instance().name()
                        + ") "
                        + what;
        events.append(NewEvent.ofCloud(cloud, "ORPHAN_" + suspect.kind(), detail, "orphan"), now);
        orphans.recordReported(cloud, suspect.instance().id());
        log.warn("orphan cloud={} {}", cloud, detail);
    }

    /** Looks once more: nothing is deleted on what a pass read a while ago. */
    private void reap(String cloud, Suspect suspect, CloudProvider provider) {
        var instance = suspect.instance();
        if (kindOf(instance, cloud).filter(kind -> kind == suspect.kind()).isEmpty()) return;
        try {
            provider.delete(instance.id());
            events.append(
                    NewEvent.ofCloud(
                            cloud,
                            "REAPED",
                            "instance "
                                    + instance.id()
                                    + " ("
                                    + instance.name()
                                    + "): "
                                    + suspect.kind(),
                            "orphan"),
                    clock.instant());
        } catch (CloudFailure failure) {
            log.info(
                    "orphan cloud={} instance={} delete will be asked again: {}",
                    cloud,
                    instance.id(),
                    failure.detail());
        }
    }

    private record Suspect(Instance instance, Kind kind) {}
}
