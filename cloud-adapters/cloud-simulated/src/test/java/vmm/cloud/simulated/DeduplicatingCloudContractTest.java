package vmm.cloud.simulated;

import java.util.Map;
import vmm.cloud.CloudHarness;
import vmm.cloud.CloudProviderContract;

/** A simulated cloud that de-duplicates creates satisfies the contract too. */
class DeduplicatingCloudContractTest extends CloudProviderContract {

    @Override
    protected CloudHarness open() {
        return new SimulatedCloudContractTest.Harness(
                Map.of("flavors", "l3.micro", "images", "muon", "deduplicates", "true"));
    }
}
