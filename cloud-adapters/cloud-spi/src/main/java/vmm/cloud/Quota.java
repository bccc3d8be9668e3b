package vmm.cloud;

import java.util.OptionalInt;

/** A cloud's own limits and what anyone uses of them; empty where the cloud does not tell. */
public record Quota(
        OptionalInt maxInstances,
        OptionalInt usedInstances,
        OptionalInt maxVcpus,
        OptionalInt usedVcpus,
        OptionalInt maxRamMb,
        OptionalInt usedRamMb) {

    /** A cloud that tells nothing. */
    public static final Quota UNTOLD =
            new Quota(
                    OptionalInt.empty(),
                    OptionalInt.empty(),
                    OptionalInt.empty(),
                    OptionalInt.empty(),
                    OptionalInt.empty(),
                    OptionalInt.empty());
}
