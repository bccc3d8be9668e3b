package vmm.start;

import vmm.cloud.Quota;

import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;

/** A quota in words: {@code instances 12 of 100, cores 48 of 400, memory 96 of 800 GiB}. */
final class QuotaWords {
    private static final int MIB_IN_GIB = 1024;

    private QuotaWords() {}

    static String of(Quota quota) {
        var parts = new ArrayList<String>();
        add(parts, "instances", quota.usedInstances(), quota.maxInstances(), 1, "");
        add(parts, "cores", quota.usedVcpus(), quota.maxVcpus(), 1, "");
        add(parts, "memory", quota.usedRamMb(), quota.maxRamMb(), MIB_IN_GIB, " GiB");
        return parts.isEmpty() ? "the cloud tells none" : String.join(", ", parts);
    }

    private static void add(
            List<String> parts,
            String what,
            OptionalInt used,
            OptionalInt max,
            int per,
            String unit) {
        if (used.isEmpty() && max.isEmpty()) return;
        parts.add(
                what
                        + " "
                        + (used.isPresent() ? used.getAsInt() / per : "?")
                        + (max.isPresent() ? " of " + max.getAsInt() / per : "")
                        + unit
                        + (max.isPresent() ? "" : " (no limit told)"));
    }
}
