package vmm.simulation;

import vmm.cloud.CloudFailure;
import vmm.cloud.CloudProvider;
import vmm.cloud.CreateAnswer;
import vmm.cloud.Image;
import vmm.cloud.Instance;
import vmm.cloud.LaunchSpec;
import vmm.cloud.Leftover;
import vmm.cloud.Offering;
import vmm.cloud.Quota;
import vmm.cloud.simulated.SimulatedCloud;

import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A cloud as one replica calls it: watched, and with points around each call at which the replica
 * dies or stands still.
 */
final class WatchedProvider implements CloudProvider {
    /** Shorter than the time between two looks that are believed. */
    private static final Duration BLIND = Duration.ofSeconds(20);

    private final Simulation sim;
    private final Replica replica;
    private final String name;
    private final SimulatedCloud cloud;
    private final Map<String, Instant> blindUntil;

    WatchedProvider(
            Simulation sim,
            Replica replica,
            String name,
            SimulatedCloud cloud,
            Map<String, Instant> blindUntil) {
        this.sim = sim;
        this.replica = replica;
        this.name = name;
        this.cloud = cloud;
        this.blindUntil = blindUntil;
    }

    static Map<String, Instant> nobodyBlind() {
        return new HashMap<>();
    }

    @Override
    public CreateAnswer create(LaunchSpec spec) {
        sim.witness.creating(name, spec, cloud.deduplicatesCreates());
        sim.closures.sending(name, String.valueOf(spec.tags().vmId()));
        point("before create");
        var answer = cloud.create(spec);
        sim.note(
                "create "
                        + Simulation.brief(String.valueOf(spec.tags().vmId()))
                        + ": "
                        + words(answer));
        point("after create");
        return answer;
    }

    private static String words(CreateAnswer answer) {
        return switch (answer) {
            case CreateAnswer.Accepted(String id) -> "accepted as " + id;
            case CreateAnswer.Refused(CloudFailure why) -> "refused, " + why.kind();
            case CreateAnswer.Unknown(CloudFailure why) -> "unknown, " + why.detail();
        };
    }

    @Override
    public boolean deduplicatesCreates() {
        return cloud.deduplicatesCreates();
    }

    @Override
    public Optional<Instance> get(String instanceId) throws CloudFailure {
        point("before get");
        var began = sim.time.instant();
        var found = blind(instanceId) ? Optional.<Instance>empty() : cloud.get(instanceId);
        sim.note("get " + instanceId + ": " + found.map(i -> i.status().name()).orElse("none"));
        boolean there = found.filter(i -> i.status() != Instance.Status.DELETING).isPresent();
        sim.witness.looked(instanceId, there, began);
        point("after get");
        return found;
    }

    /**
     * A look that goes to a server of the cloud that is behind: for some seconds, then not for a
     * while.
     */
    private boolean blind(String instanceId) {
        var now = sim.time.instant();
        var until = blindUntil.get(instanceId);
        if (until != null && until.isAfter(now)) return true;
        if (until != null && until.plus(BLIND.multipliedBy(10)).isAfter(now)) return false;
        if (!sim.chaos.blinds()) return false;
        blindUntil.put(instanceId, now.plus(BLIND));
        sim.tally.count(Mischief.LOOK_MISSES);
        return true;
    }

    @Override
    public List<Instance> list() throws CloudFailure {
        if (sim.act().lifecyclePass) sim.act().judgedAt = sim.time.instant();
        point("before list");
        try {
            var instances = cloud.list();
            sim.witness.listed(sim.act(), name, instances);
            if (sim.act().lifecyclePass && sim.witness.lacksMany(sim.act(), name)) {
                sim.tally.count(Tally.Kind.DECISION, "LISTING_DOUBTED");
            }
            sim.note("list " + instances.size());
            point("after list");
            return instances;
        } catch (CloudFailure failure) {
            sim.act().listed = false;
            sim.note("list failed, " + failure.kind());
            throw failure;
        }
    }

    @Override
    public void delete(String instanceId) throws CloudFailure {
        sim.witness.deleting(name, instanceId, cloud.truth());
        point("before delete");
        try {
            cloud.delete(instanceId);
            sim.note("delete " + instanceId);
        } catch (CloudFailure failure) {
            sim.note("delete " + instanceId + " failed, " + failure.kind());
            throw failure;
        }
        point("after delete");
    }

    /** Here the replica may die, or stand still. */
    private void point(String call) {
        var act = sim.act();
        String site =
                act.orphanPass
                        ? "orphan"
                        : act.lifecyclePass ? "lifecycle" : act.healthPass ? "health" : "task";
        sim.points.pass(call + " (" + site + ")");
        if (sim.chaos.pausesAt(call + " (" + site + ")")) sim.chaos.standStill(replica);
    }

    @Override
    public void start(String instanceId) throws CloudFailure {
        point("before start");
        cloud.start(instanceId);
        sim.note("start " + instanceId);
        point("after start");
    }

    @Override
    public List<Offering> offerings() throws CloudFailure {
        return cloud.offerings();
    }

    @Override
    public List<Image> images() throws CloudFailure {
        return cloud.images();
    }

    @Override
    public Quota quota() throws CloudFailure {
        point("before quota");
        var quota = cloud.quota();
        if (quota.maxInstances().isPresent()) sim.tally.count(Tally.Kind.DECISION, "QUOTA_READ");
        point("after quota");
        return quota;
    }

    @Override
    public List<Leftover> leftovers() throws CloudFailure {
        return cloud.leftovers();
    }

    @Override
    public void remove(Leftover leftover) throws CloudFailure {
        point("before remove");
        if (sim.view().vms().values().stream()
                .anyMatch(vm -> leftover.owner().equals(vm.instance()))) {
            throw new Violation("3", leftover + " is of a live VM and was removed");
        }
        cloud.remove(leftover);
        sim.note("remove " + leftover.id());
        point("after remove");
    }

    @Override
    public void close() {}
}
