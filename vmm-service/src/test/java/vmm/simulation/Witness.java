package vmm.simulation;

import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;

import vmm.cloud.Instance;
import vmm.cloud.LaunchSpec;
import vmm.cloud.simulated.SimulatedInstance;
import vmm.reconcile.Store;

import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;

/**
 * Watches every call of a cloud: creates need a committed intent, deletes a reason, and neither may
 * come too often.
 */
final class Witness {
    private static final Duration QUARANTINE = Duration.ofMinutes(15);
    private static final Duration BETWEEN_LOOKS = Duration.ofSeconds(30);
    private static final Duration TOLERANCE = Duration.ofSeconds(3);

    private record Row(
            String state,
            boolean held,
            String cloud,
            @Nullable String instance,
            @Nullable String reason,
            boolean sent,
            @Nullable String maintenance) {}

    private record Looks(Instant first, Instant last) {}

    /** How often orphan passes saw an instance. */
    private static final class Sightings {
        private int passes;
        private @Nullable Instant rowlessSince;
    }

    private final JdbcClient jdbc;
    private final Store store;
    private final VirtualTime time;
    private final Map<UUID, Integer> creates = new HashMap<>();
    private final Map<String, Sightings> sightings = new HashMap<>();
    private final Map<String, Looks> misses = new HashMap<>();
    private final Map<String, Integer> rowless = new HashMap<>();
    private final Set<String> reappeared = new HashSet<>();

    Witness(JdbcClient jdbc, Store store, VirtualTime time) {
        this.jdbc = jdbc;
        this.store = store;
        this.time = time;
    }

    void creating(String cloud, LaunchSpec spec, boolean deduplicates) {
        var id = UUID.fromString(String.valueOf(spec.tags().vmId()));
        var row = row(id);
        if (row == null)
            throw new Violation("4", "a create for " + id + ", of which there is no row");
        if (!row.state.equals("REQUESTED") || !row.sent || !row.cloud.equals(cloud) || row.held) {
            throw new Violation(
                    "4", "a create for " + id + " on " + cloud + " whose row is " + row);
        }
        if (row.maintenance != null)
            throw new Violation(
                    "4.3", "a create for " + id + " on " + cloud + " in " + row.maintenance);
        if (!spec.tags().installation().equals(store.installation())
                || !store.id().equals(spec.tags().store())) {
            throw new Violation("4", "a create with the tags " + spec.tags());
        }
        int sent = creates.merge(id, 1, Integer::sum);
        if (sent > 1 && !deduplicates)
            throw new Violation("4", "create number " + sent + " for " + id);
    }

    boolean wasCreated(UUID vm) {
        return creates.containsKey(vm);
    }

    /** Before a delete goes out. */
    void deleting(String cloud, String instanceId, List<SimulatedInstance> truth) {
        var found = truth.stream().filter(i -> i.id().equals(instanceId)).findFirst();
        if (found.isEmpty()) return;
        var tags = found.get().tags();
        if (!tags.installation().equals(store.installation()))
            throw new Violation("2", "deletes a stranger's " + tags);
        if (!store.id().equals(tags.store()))
            throw new Violation("2", "deletes an instance of another store: " + tags);
        var id = UUID.fromString(String.valueOf(tags.vmId()));
        var row = row(id);
        if (row == null || !row.cloud.equals(cloud)) {
            rowless(cloud, instanceId, truth.size());
        } else if (row.state.equals("DELETED")
                || (row.instance != null && !row.instance.equals(instanceId))) {
            boolean own = instanceId.equals(row.instance);
            if (own && "VANISHED".equals(row.reason))
                throw new Violation("10", "deletes what reappeared: " + instanceId);
            seenTwice(instanceId);
        } else {
            if (!row.state.equals("DELETING"))
                throw new Violation("2", "deletes " + id + " which is " + row.state);
            if (row.held) throw new Violation("2", "deletes " + id + " which is held");
            active(id);
        }
    }

    private void active(UUID vm) {
        boolean active =
                jdbc.sql(
                                "SELECT EXISTS (SELECT 1 FROM allocation WHERE vm_id = ? AND state"
                                        + " = 'ACTIVE')")
                        .param(vm)
                        .query(Boolean.class)
                        .single();
        if (active) throw new Violation("2", "deletes " + vm + " which somebody has");
    }

    private void seenTwice(String instance) {
        int passes = sightings.getOrDefault(instance, new Sightings()).passes;
        if (passes < 2)
            throw new Violation("10", "reaps " + instance + " seen in " + passes + " passes");
    }

    private void rowless(String cloud, String instance, int there) {
        seenTwice(instance);
        var since = sightings.get(instance).rowlessSince;
        if (since == null || since.plus(QUARANTINE).minus(TOLERANCE).isAfter(time.instant())) {
            throw new Violation(
                    "10",
                    "reaps "
                            + instance
                            + " without a row since "
                            + since
                            + ": before its quarantine is over");
        }
        int many = rowless.getOrDefault(cloud, 0);
        if (many > Math.max(3, there / 20)) {
            throw new Violation(
                    "10", "reaps one of " + many + " instances without a row, without an operator");
        }
    }

    void listed(Act act, String cloud, List<Instance> instances) {
        act.listed = true;
        act.listedAt = time.instant();
        int without = 0;
        for (var instance : instances) {
            var tags = instance.tags();
            if (!store.id().equals(tags.store()) || tags.vmId() == null) continue;
            var vm = UUID.fromString(tags.vmId());
            act.shown.add(vm);
            if (!act.orphanPass) continue;
            var seen = sightings.computeIfAbsent(instance.id(), id -> new Sightings());
            seen.passes++;
            boolean none = row(vm) == null;
            if (none && instance.status() != Instance.Status.DELETING) without++;
            if (!none) seen.rowlessSince = null;
            else if (seen.rowlessSince == null) seen.rowlessSince = time.instant();
        }
        if (act.orphanPass) rowless.put(cloud, without);
    }

    /**
     * Whether a listing lacks more than three, and more than a fifth, of the VMs that were seen on
     * a cloud before.
     */
    boolean lacksMany(Act act, String cloud) {
        var seen =
                jdbc.sql(
                                "SELECT id FROM vm WHERE cloud = ? AND seen_at IS NOT NULL AND"
                                        + " state NOT IN ('DELETING', 'DELETED')")
                        .param(cloud)
                        .query(UUID.class)
                        .list();
        long lacking = seen.stream().filter(vm -> !act.shown.contains(vm)).count();
        return lacking > 3 && lacking > seen.size() / 5;
    }

    void looked(String instance, boolean found, Instant began) {
        if (found) misses.remove(instance);
        else misses.merge(instance, new Looks(began, began), (a, b) -> new Looks(a.first, b.last));
    }

    void reappeared(String instance) {
        reappeared.add(instance);
    }

    boolean hasReappeared(String instance) {
        return reappeared.contains(instance);
    }

    /** A VM is called vanished. */
    void vanished(UUID vm, @Nullable String instance, List<SimulatedInstance> truth) {
        if (instance == null)
            throw new Violation("5", vm + " vanished, though no instance of it was known");
        boolean there =
                truth.stream()
                        .anyMatch(i -> i.id().equals(instance) && i.deleteRequestedAt() == null);
        if (there && !reappeared.contains(instance)) {
            throw new Violation("5", vm + " vanished, and its instance " + instance + " is there");
        }
        var looks = misses.get(instance);
        if (looks == null) throw new Violation("5", vm + " vanished without a look");
        if (looks.first.plus(BETWEEN_LOOKS).minus(TOLERANCE).isAfter(looks.last)) {
            throw new Violation(
                    "5", vm + " vanished after looks at " + looks.first + " and " + looks.last);
        }
    }

    private @Nullable Row row(UUID id) {
        return jdbc.sql(
                        "SELECT state, held, cloud, instance_id, reason, create_sent_at IS NOT NULL"
                            + " AS sent, (SELECT maintenance FROM cloud WHERE name = vm.cloud) FROM"
                            + " vm WHERE id = ?")
                .param(id)
                .query((row, n) -> read(row))
                .optional()
                .orElse(null);
    }

    private static Row read(java.sql.ResultSet row) throws SQLException {
        return new Row(
                row.getString("state"),
                row.getBoolean("held"),
                row.getString("cloud"),
                row.getString("instance_id"),
                row.getString("reason"),
                row.getBoolean("sent"),
                row.getString("maintenance"));
    }
}
