package vmm.cloud.jclouds.aws;

import vmm.cloud.jclouds.Budget;
import vmm.cloud.jclouds.HttpLine;

/** Keys that are written in the fleet file. */
record FixedKeys(Keys keys) implements CredentialSource {

    @Override
    public Keys find(HttpLine line, Refusals refusals, Budget budget) {
        return keys;
    }

    @Override
    public boolean renews() {
        return false;
    }
}
