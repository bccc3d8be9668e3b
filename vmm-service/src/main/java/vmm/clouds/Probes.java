package vmm.clouds;

import vmm.fleet.ProbeEntry;

import java.util.List;

/**
 * The probes of the fleet file that this process was started with. They are no rows: what is to be
 * looked at is read at each start, as credentials are.
 */
public interface Probes {

    /**
     * Those of one cloud, each with a name of its own; empty also for a cloud that is not named.
     */
    List<ProbeEntry> of(String cloud);
}
