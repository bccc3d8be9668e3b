package vmm.cloud.jclouds.openstack;

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

/** The OpenStack adapter satisfies the contract of all adapters, against a small OpenStack. */
class OpenStackCloudContractTest extends CloudProviderContract {

    @Override
    protected CloudHarness open() {
        return new Harness();
    }

    private static final class Harness implements CloudHarness {

        private final ManualClock clock = Clouds.clock();
        private final FakeOpenStack openStack = new FakeOpenStack(clock);
        private final OpenStackCloud cloud = Clouds.open(openStack, installation());

        @Override
        public CloudProvider provider() {
            return cloud;
        }

        @Override
        public CloudProvider reopen() {
            return Clouds.open(openStack, installation());
        }

        @Override
        public CloudProvider openFor(String installation) {
            return Clouds.open(openStack, installation);
        }

        @Override
        public String installation() {
            return "isis";
        }

        @Override
        public String image() {
            return "tiny";
        }

        @Override
        public String flavor() {
            return "m1.tiny";
        }

        @Override
        public String network() {
            return "vmm-net";
        }

        @Override
        public void passTime() {
            clock.advance(Duration.ofSeconds(1));
        }

        @Override
        public Set<String> secrets() {
            return Set.of(FakeOpenStack.PASSWORD);
        }

        @Override
        public Optional<Runnable> trouble(Trouble trouble) {
            return switch (trouble) {
                case LOST_REPLY -> Optional.of(openStack::loseReplies);
                case FAILED_PAGE -> Optional.of(openStack::failPages);
                case OUTAGE -> Optional.of(() -> openStack.intercept(request -> new Drop()));
                // it is told later, by a server in ERROR
                case NO_CAPACITY -> Optional.empty();
                case QUOTA_EXCEEDED -> Optional.of(() -> openStack.setQuota(0));
                case THROTTLED ->
                        Optional.of(
                                () ->
                                        openStack.intercept(
                                                request ->
                                                        new Answer(
                                                                429,
                                                                Map.of(
                                                                        "Retry-After",
                                                                        String.valueOf(
                                                                                RETRY_AFTER
                                                                                        .toSeconds())),
                                                                "")));
                case UNAUTHORIZED -> Optional.of(openStack::lockOut);
                case LEFTOVER -> Optional.of(openStack::keepPorts);
                case SHOWN_LATE -> Optional.of(() -> openStack.setListLag(Duration.ofSeconds(5)));
            };
        }

        @Override
        public void calm() {
            openStack.calm();
        }

        @Override
        public Optional<Consumer<String>> vanish() {
            return Optional.of(openStack::vanish);
        }

        @Override
        public Optional<Consumer<String>> untag() {
            return Optional.of(
                    id ->
                            openStack.show(
                                    id,
                                    server ->
                                            server.getAsJsonObject("metadata")
                                                    .keySet()
                                                    .retainAll(Set.of(Tags.INSTALLATION))));
        }

        @Override
        public Optional<Consumer<String>> garble() {
            return Optional.of(
                    id ->
                            openStack.show(
                                    id, server -> server.keySet().retainAll(Set.of("id", "name"))));
        }

        @Override
        public Optional<Consumer<String>> shutOff() {
            return Optional.of(openStack::stop);
        }

        @Override
        public Optional<Function<String, String>> userDataSeenByGuest() {
            return Optional.of(openStack::userDataOf);
        }

        @Override
        public void close() {
            cloud.close();
            openStack.close();
        }
    }
}
