package vmm.simulation;

import org.jspecify.annotations.Nullable;

import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;

/**
 * Something that is being done: a pass, a task, a person's act. What it saw so far, for the oracle.
 */
final class Act {
    final @Nullable Replica on;
    final String what;

    /** Versions of the rows that were REQUESTED when a lifecycle pass began. */
    final Map<UUID, Long> requestedBefore = new HashMap<>();

    /** VMs whose instance its listing showed. */
    final Set<UUID> shown = new TreeSet<>();

    /** Whether its listing succeeded; null before. */
    @Nullable Boolean listed;

    /** When its listing was made. */
    @Nullable Instant listedAt;

    /** When the listing began by which this pass, or the one that asked for it, judges VMs. */
    @Nullable Instant judgedAt;

    boolean lifecyclePass;
    boolean orphanPass;
    boolean healthPass;

    Act(@Nullable Replica on, String what) {
        this.on = on;
        this.what = what;
    }

    @Override
    public String toString() {
        return (on == null ? "-" : on.name()) + " " + what;
    }
}
