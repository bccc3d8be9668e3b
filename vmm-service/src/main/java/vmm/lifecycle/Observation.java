package vmm.lifecycle;

import vmm.cloud.Instance;

/** What a pass knows of a VM's instance. */
public sealed interface Observation {
    /** The cloud shows it. */
    record Present(Instance instance) implements Observation {}

    /**
     * A complete listing that began after the row was read lacks it. Listings lag: a reason to
     * look, no more.
     */
    record Absent() implements Observation {}

    /** The cloud, asked for this very instance, says that there is none. */
    record NotFound() implements Observation {}

    /** We could not look. Never a reason to delete or to replace. */
    record Unknown() implements Observation {}
}
