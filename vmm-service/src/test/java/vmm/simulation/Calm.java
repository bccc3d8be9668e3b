package vmm.simulation;

import vmm.cloud.simulated.SimulatedInstance;
import vmm.simulation.View.VmRow;
import vmm.vm.VmState;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/** What must come true once faults stop, within bounded time. */
final class Calm {
    private static final Duration BOUND = Duration.ofMinutes(90);
    private static final Duration LEFT_FOR_LONG = Duration.ofMinutes(20);
    private static final Duration LOOK_EVERY = Duration.ofSeconds(20);
    private static final Set<VmState> RUNS =
            Set.of(VmState.PROVISIONING, VmState.BOOTSTRAPPING, VmState.READY, VmState.ALLOCATED);

    private final Simulation sim;

    Calm(Simulation sim) {
        this.sim = sim;
    }

    void run() {
        sim.chaos.end();
        sim.skies.calmDown();
        for (var replica : sim.replicas) {
            replica.resume();
            replica.start();
        }
        for (var cloud : sim.scenario.clouds()) sim.operators.resume(cloud.name());
        sim.administrators.clearUp();
        sim.restores.lookAtHeld();
        for (var vm : List.copyOf(sim.view().vms().values()))
            if (vm.held()) sim.operators.letGo(vm.id());
        var end = sim.time.instant().plus(BOUND);
        while (sim.time.instant().isBefore(end)) {
            var next = sim.time.instant().plus(LOOK_EVERY);
            while (sim.time.instant().isBefore(next)) sim.time.runNext();
            if (wrongs().isEmpty()) return;
        }
        throw new Violation(
                "9-11", BOUND + " after faults stopped: " + String.join("; ", wrongs()));
    }

    private List<String> wrongs() {
        var wrongs = new ArrayList<String>();
        for (var vm : sim.view().vms().values()) {
            if (vm.held()) wrongs.add("9: " + vm.id() + " is held");
            else if (!Set.of(VmState.READY, VmState.ALLOCATED).contains(vm.state())) {
                wrongs.add("10: " + vm.id() + " is still " + vm.state());
            }
        }
        leftovers(wrongs);
        if (unpublished() > 0) wrongs.add("events: " + unpublished() + " are never published");
        for (var pool : sim.limits.pools().values()) reserve(pool, wrongs);
        clouds(wrongs);
        windows(wrongs);
        new Shares(sim).look(wrongs);
        var truth = sim.skies.truth();
        withoutInstance(truth, wrongs);
        sim.clouds().forEach((name, cloud) -> withoutRow(name, cloud.truth(), wrongs));
        return wrongs;
    }

    private void reserve(Limits.Pool pool, List<String> wrongs) {
        int target = target(pool);
        long ready = count(pool, VmState.READY);
        long allocated = count(pool, VmState.ALLOCATED);
        long queued =
                sim.requests.in("QUEUED").stream().filter(a -> a.pool.equals(pool.name())).count();
        long wanted = Math.max(0, Math.min(target + queued, pool.max() - allocated));
        boolean room = pool.places().stream().anyMatch(place -> room(pool, place));
        if (ready > wanted)
            wrongs.add("9: " + pool.name() + " has " + ready + " ready of " + wanted);
        if (ready < wanted && room)
            wrongs.add("9: " + pool.name() + " has only " + ready + " ready of " + wanted);
        if (queued > 0 && ready > 0)
            wrongs.add(
                    "11: " + queued + " wait for " + pool.name() + ", and " + ready + " are ready");
        if (queued > 0 && !told(pool.name()))
            wrongs.add("11: nobody is told why " + queued + " wait for " + pool.name());
    }

    /** What fails no longer is found out, as far as anybody has room to try. */
    private void clouds(List<String> wrongs) {
        sim.jdbc
                .sql(
                        "SELECT cloud || ' ' || kind FROM breaker WHERE opened_at IS NOT NULL AND"
                                + " flavor = '*'")
                .query(String.class)
                .list()
                .forEach(
                        breaker -> {
                            if (tried(breaker.split(" ")[0])) {
                                wrongs.add("9: nobody found out that " + breaker + " is over");
                            }
                        });
        sim.jdbc
                .sql(
                        """
                        SELECT name || ' ' || health FROM cloud WHERE health NOT IN ('HEALTHY', 'DEGRADED')
                          AND NOT EXISTS (SELECT 1 FROM breaker WHERE breaker.cloud = name AND opened_at IS NOT NULL)
                        """)
                .query(String.class)
                .list()
                .forEach(cloud -> wrongs.add("9: " + cloud + " for no reason any more"));
    }

    /** They end by themselves, and then nothing is left of them. */
    private void windows(List<String> wrongs) {
        sim.view().windows().stream()
                .filter(window -> window.to().isAfter(sim.time.instant()))
                .forEach(window -> wrongs.add("9: not over is " + window));
        sim
                .jdbc
                .sql("SELECT name FROM cloud WHERE maintenance IS NOT NULL")
                .query(String.class)
                .list()
                .stream()
                .filter(this::hasNoWindow)
                .forEach(cloud -> wrongs.add("9: " + cloud + " is in maintenance for ever"));
    }

    private boolean hasNoWindow(String cloud) {
        return sim.view().windows().stream()
                .noneMatch(w -> w.cloud().equals(cloud) && w.to().isAfter(sim.time.instant()));
    }

    /** Whether a pool can send a canary there. */
    private boolean tried(String cloud) {
        return sim.limits.pools().values().stream()
                .filter(pool -> Maxima.live(sim.view(), pool.id()) < pool.max())
                .filter(pool -> target(pool) > 0)
                .anyMatch(
                        pool ->
                                pool.places().stream()
                                        .anyMatch(
                                                place ->
                                                        place.cloud().equals(cloud)
                                                                && room(pool, place)));
    }

    private int target(Limits.Pool pool) {
        return sim.jdbc
                .sql("SELECT target FROM pool WHERE id = ?")
                .param(pool.id())
                .query(Integer.class)
                .single();
    }

    private void leftovers(List<String> wrongs) {
        sim.jdbc
                .sql(
                        """
                        SELECT leftover_id FROM simulated_cloud.leftover JOIN vm USING (cloud, instance_id)
                        WHERE vm.state = 'DELETED' AND vm.state_since < ?
                        """)
                .param(java.sql.Timestamp.from(sim.time.instant().minus(LEFT_FOR_LONG)))
                .query(String.class)
                .list()
                .forEach(id -> wrongs.add("10: " + id + " is left behind"));
    }

    private long unpublished() {
        return sim.jdbc
                .sql("SELECT count(*) FROM event WHERE seq IS NULL AND at < ?")
                .param(java.sql.Timestamp.from(sim.time.instant().minus(Duration.ofMinutes(2))))
                .query(Long.class)
                .single();
    }

    private boolean told(String pool) {
        return sim.jdbc
                        .sql(
                                "SELECT cardinality(reasons) FROM decision WHERE pool = ? ORDER BY"
                                        + " id DESC LIMIT 1")
                        .param(pool)
                        .query(Integer.class)
                        .optional()
                        .orElse(0)
                > 0;
    }

    private long count(Limits.Pool pool, VmState state) {
        return sim.view().vms().values().stream()
                .filter(vm -> vm.pool() == pool.id() && vm.state() == state)
                .count();
    }

    private boolean room(Limits.Pool pool, Scenario.Place place) {
        Integer cap = sim.limits.caps().get(place.cloud());
        if (cap != null && Maxima.on(sim.view(), place.cloud()) >= cap) return false;
        return place.maxVms() == null || Maxima.at(sim.view(), pool.id(), place) < place.maxVms();
    }

    private void withoutInstance(List<SimulatedInstance> truth, List<String> wrongs) {
        var there = truth.stream().map(SimulatedInstance::id).collect(Collectors.toSet());
        for (var vm : sim.view().vms().values()) {
            if (RUNS.contains(vm.state()) && !there.contains(String.valueOf(vm.instance()))) {
                wrongs.add("10: " + vm.id() + " is " + vm.state() + " and has no instance");
            }
        }
    }

    /**
     * Left alone by the rules: what reappeared, and many at once without a row, which wait for an
     * operator.
     */
    private void withoutRow(String cloud, List<SimulatedInstance> truth, List<String> wrongs) {
        var claimed = new HashSet<String>();
        for (VmRow vm : sim.view().vms().values()) claimed.add(String.valueOf(vm.instance()));
        var without =
                truth.stream()
                        .filter(i -> Simulation.STORE.id().equals(i.tags().store()))
                        .filter(i -> !claimed.contains(i.id()))
                        .toList();
        long rowless = without.stream().filter(i -> !hasRow(i)).count();
        boolean tooMany = rowless > Math.max(3, truth.size() / 20);
        for (var instance : without) {
            boolean waits =
                    sim.witness.hasReappeared(instance.id()) || (tooMany && !hasRow(instance));
            if (!waits) {
                wrongs.add(
                        "10: instance "
                                + instance.id()
                                + " on "
                                + cloud
                                + " of "
                                + instance.tags().vmId()
                                + " leaks");
            }
        }
    }

    private boolean hasRow(SimulatedInstance instance) {
        return sim.jdbc
                .sql("SELECT EXISTS (SELECT 1 FROM vm WHERE id = ?::uuid)")
                .param(instance.tags().vmId())
                .query(Boolean.class)
                .single();
    }
}
