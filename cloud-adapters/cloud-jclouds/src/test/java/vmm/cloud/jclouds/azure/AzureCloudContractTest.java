package vmm.cloud.jclouds.azure;

import vmm.cloud.CloudHarness;
import vmm.cloud.CloudProvider;
import vmm.cloud.CloudProviderContract;
import vmm.cloud.ManualClock;
import vmm.cloud.Tags;
import vmm.cloud.jclouds.RawServer.Answer;
import vmm.cloud.jclouds.RawServer.Drop;

import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Function;

/** The Azure adapter satisfies the contract of all adapters, against a small Azure. */
class AzureCloudContractTest extends CloudProviderContract {

    @Override
    protected CloudHarness open() {
        return new Harness();
    }

    private static final class Harness implements CloudHarness {

        private final ManualClock clock = Clouds.clock();
        private final FakeArm azure = new FakeArm(clock);
        private final AzureCloud cloud = Clouds.open(azure, installation());

        @Override
        public CloudProvider provider() {
            return cloud;
        }

        @Override
        public CloudProvider reopen() {
            return Clouds.open(azure, installation());
        }

        @Override
        public CloudProvider openFor(String installation) {
            return Clouds.open(azure, installation);
        }

        @Override
        public String installation() {
            return "isis";
        }

        @Override
        public String image() {
            return FakeArm.IMAGE;
        }

        @Override
        public String flavor() {
            return FakeArm.SIZE;
        }

        @Override
        public String network() {
            return FakeArm.SUBNET;
        }

        @Override
        public void passTime() {
            clock.advance(Duration.ofSeconds(1));
        }

        @Override
        public Set<String> secrets() {
            return Set.of(FakeArm.SECRET, FakeArm.SIGNATURE, "eyJ0eXAi");
        }

        @Override
        public Optional<Runnable> trouble(Trouble trouble) {
            return Optional.of(
                    switch (trouble) {
                        case LOST_REPLY -> azure::loseReplies;
                        case FAILED_PAGE -> azure::failPages;
                        case OUTAGE -> () -> azure.intercept(request -> new Drop());
                        case NO_CAPACITY -> () -> azure.refuseCreates("SkuNotAvailable");
                        case QUOTA_EXCEEDED -> () -> azure.setQuota(0);
                        case THROTTLED -> () -> azure.intercept(request -> throttled());
                        case UNAUTHORIZED -> azure::lockOut;
                        case LEFTOVER -> azure::keepParts;
                        case SHOWN_LATE -> () -> azure.setListLag(Duration.ofSeconds(5));
                    });
        }

        private static Answer throttled() {
            return new Answer(
                    429,
                    Map.of("Retry-After", String.valueOf(RETRY_AFTER.toSeconds())),
                    "{\"error\": {\"code\": \"TooManyRequests\", \"message\": \"Slow down.\"}}");
        }

        @Override
        public void calm() {
            azure.calm();
        }

        @Override
        public Optional<Consumer<String>> vanish() {
            return Optional.of(azure::vanish);
        }

        @Override
        public Optional<Consumer<String>> untag() {
            return Optional.of(
                    id ->
                            azure.show(
                                    id,
                                    machine ->
                                            machine.getAsJsonObject("tags")
                                                    .keySet()
                                                    .retainAll(Set.of(Tags.INSTALLATION))));
        }

        @Override
        public Optional<Consumer<String>> garble() {
            return Optional.of(
                    id -> azure.show(id, machine -> machine.keySet().retainAll(Set.of("id"))));
        }

        @Override
        public Optional<Consumer<String>> shutOff() {
            return Optional.of(id -> azure.setPower(id, "stopped"));
        }

        @Override
        public Optional<Function<String, String>> userDataSeenByGuest() {
            return Optional.of(azure::userDataOf);
        }

        @Override
        public void close() {
            cloud.close();
            azure.close();
        }
    }
}
