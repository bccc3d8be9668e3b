package vmm.clouds;

import org.jspecify.annotations.Nullable;

import vmm.fleet.ProbeEntry;

/** How a probe is looked at. */
public interface ProbeLook {

    /** Looks once, for at most the probe's timeout; what goes wrong is in the finding. */
    Finding take(String cloud, ProbeEntry probe);

    /**
     * What a look found.
     *
     * @param latencyMs milliseconds to the answer, also to a wrong one; null without any
     * @param detail in words
     */
    record Finding(boolean ok, @Nullable Integer latencyMs, String detail) {

        static Finding silence(String detail) {
            return new Finding(false, null, detail);
        }
    }
}
