package vmm.fleet;

import vmm.sizing.Schedule;

import java.util.List;

/**
 * All that a fleet file says; consistent in itself, names are unique and every reference resolves.
 *
 * @param installation tags every instance; two installations never touch each other's
 */
public record Fleet(
        String installation,
        List<CloudEntry> clouds,
        List<PoolEntry> pools,
        List<VmTypeEntry> vmTypes,
        List<Schedule> schedules) {

    public Fleet {
        clouds = List.copyOf(clouds);
        pools = List.copyOf(pools);
        vmTypes = List.copyOf(vmTypes);
        schedules = List.copyOf(schedules);
    }
}
