package vmm.cloud.jclouds.aws;

import vmm.cloud.CloudFailure;
import vmm.cloud.jclouds.Budget;
import vmm.cloud.jclouds.HttpLine;

/** Where keys come from. */
interface CredentialSource {

    /**
     * Finds keys anew.
     *
     * @throws CloudFailure.Unauthorized if the source has none for us
     * @throws CloudFailure.Unreachable if it does not answer
     */
    Keys find(HttpLine line, Refusals refusals, Budget budget) throws CloudFailure;

    /** Whether others may be found when these are not accepted any more. */
    boolean renews();
}
