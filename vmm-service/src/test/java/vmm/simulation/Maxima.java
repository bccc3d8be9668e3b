package vmm.simulation;

/**
 * Whether pools, clouds and placements keep their maxima: whatever is above one may stay, and never
 * grows.
 */
record Maxima(Limits limits) {

    void check(View before, View now) {
        for (var pool : limits.pools().values()) {
            long live = live(now, pool.id());
            if (live > pool.max() && live > live(before, pool.id())) {
                throw new Violation(
                        "3", pool.name() + " has " + live + " live VMs of " + pool.max());
            }
            for (var place : pool.places()) {
                long here = at(now, pool.id(), place);
                if (place.maxVms() != null
                        && here > place.maxVms()
                        && here > at(before, pool.id(), place)) {
                    throw new Violation("3", pool.name() + " has " + here + " VMs at " + place);
                }
            }
        }
        limits.caps()
                .forEach(
                        (cloud, cap) -> {
                            long here = on(now, cloud);
                            if (here > cap && here > on(before, cloud))
                                throw new Violation(
                                        "3", cloud + " has " + here + " rows of " + cap);
                        });
    }

    static long live(View view, long pool) {
        return view.vms().values().stream().filter(vm -> vm.pool() == pool && vm.live()).count();
    }

    static long on(View view, String cloud) {
        return view.vms().values().stream().filter(vm -> vm.cloud().equals(cloud)).count();
    }

    static long at(View view, long pool, Scenario.Place place) {
        return view.vms().values().stream()
                .filter(
                        vm ->
                                vm.pool() == pool
                                        && vm.cloud().equals(place.cloud())
                                        && vm.flavor().equals(place.flavor()))
                .count();
    }
}
