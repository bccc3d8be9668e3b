package vmm.cloud.simulated;

import vmm.cloud.CloudHarness;
import vmm.cloud.CloudProviderContract;

import java.util.Map;

/** A simulated cloud that de-duplicates creates satisfies the contract too. */
class DeduplicatingCloudContractTest extends CloudProviderContract {

    @Override
    protected CloudHarness open() {
        return new SimulatedCloudContractTest.Harness(
                Map.of("flavors", "l3.micro", "images", "muon", "deduplicates", "true"));
    }
}
