package vmm.simulation;

import vmm.vm.VmState;

import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Whether the READY VMs of each pool are spread by its weights again, where nothing is in the way:
 * no cap that matters, no breaker, nothing wrong with a cloud, and room to launch one ahead.
 */
record Shares(Simulation sim) {
    /** One VM more or less is as good. */
    private static final int OFF = 2;

    void look(List<String> wrongs) {
        var troubled =
                sim.jdbc
                        .sql(
                                """
                                SELECT name FROM cloud WHERE paused OR call_trouble IS NOT NULL
                                   OR maintenance IS NOT NULL OR health = 'UNHEALTHY'
                                   OR EXISTS (SELECT 1 FROM breaker WHERE breaker.cloud = name AND opened_at IS NOT NULL)
                                """)
                        .query(String.class)
                        .set();
        for (var pool : sim.limits.pools().values()) {
            if (isFree(pool, troubled)) look(pool, wrongs);
        }
    }

    private boolean isFree(Limits.Pool pool, Set<String> troubled) {
        return pool.places().size() > 1
                && pool.places().stream().allMatch(place -> isFree(pool, place, troubled))
                && Maxima.live(sim.view(), pool.id()) < pool.max();
    }

    /** Whether all of the pool could be there. */
    private boolean isFree(Limits.Pool pool, Scenario.Place place, Set<String> troubled) {
        Integer own = place.maxVms();
        Integer cap = sim.limits.caps().get(place.cloud());
        return !troubled.contains(place.cloud())
                && (own == null || own >= pool.max())
                && (cap == null || cap - Maxima.on(sim.view(), place.cloud()) >= pool.max());
    }

    private void look(Limits.Pool pool, List<String> wrongs) {
        var places = pool.places();
        int[] there = places.stream().mapToInt(place -> ready(pool, place)).toArray();
        int[] due = spread(places, java.util.Arrays.stream(there).sum());
        for (int i = 0; i < due.length; i++) {
            if (Math.abs(there[i] - due[i]) >= OFF) {
                wrongs.add("9: " + pool.name() + " has " + words(places, there, due));
                return;
            }
        }
        if (java.util.Arrays.stream(there).sum() > OFF)
            sim.tally.count(Tally.Kind.DECISION, "SHARES_LOOKED_AT");
    }

    private int ready(Limits.Pool pool, Scenario.Place place) {
        return (int)
                sim.view().vms().values().stream()
                        .filter(vm -> vm.pool() == pool.id() && vm.state() == VmState.READY)
                        .filter(vm -> vm.cloud().equals(place.cloud()))
                        .filter(vm -> vm.flavor().equals(place.flavor()))
                        .count();
    }

    /** Each goes where it is farthest below its share; to a weight of 0 only without another. */
    private static int[] spread(List<Scenario.Place> places, int vms) {
        var due = new int[places.size()];
        boolean weighted = places.stream().anyMatch(place -> place.weight() > 0);
        for (int n = 0; n < vms; n++) {
            int best = -1;
            double least = Double.MAX_VALUE;
            for (int i = 0; i < due.length; i++) {
                int weight = places.get(i).weight();
                if (weighted && weight == 0) continue;
                double share = (due[i] + 1.0) / Math.max(weight, 1);
                if (share < least) {
                    least = share;
                    best = i;
                }
            }
            due[best]++;
        }
        return due;
    }

    private static String words(List<Scenario.Place> places, int[] there, int[] due) {
        return java.util.stream.IntStream.range(0, due.length)
                .mapToObj(i -> there[i] + " on " + places.get(i).cloud() + " instead of " + due[i])
                .collect(Collectors.joining(", "));
    }
}
