package vmm.cloud.jclouds.azure;

import vmm.cloud.CloudFailure;

import java.util.List;

/** Where tokens come from. */
interface CredentialSource {

    /**
     * Asks for a new token, once.
     *
     * @throws CloudFailure.Unauthorized if none is given to us
     * @throws CloudFailure.Unreachable if there was no answer, or none that can be understood
     * @throws CloudFailure.Throttled if it is asked too often
     */
    Token fetch() throws CloudFailure;

    /** What it knows and must never be shown. */
    default List<String> secrets() {
        return List.of();
    }
}
