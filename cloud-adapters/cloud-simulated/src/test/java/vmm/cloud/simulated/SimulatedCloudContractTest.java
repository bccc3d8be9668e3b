package vmm.cloud.simulated;

import vmm.cloud.CloudHarness;
import vmm.cloud.CloudProvider;
import vmm.cloud.CloudProviderContract;

import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * The simulated cloud satisfies the contract of all adapters, also where its listings lag behind.
 */
class SimulatedCloudContractTest extends CloudProviderContract {

    @Override
    protected CloudHarness open() {
        return new Harness(
                Map.of("flavors", "l3.micro, l3.large", "images", "muon", "listLag", "PT3S"));
    }

    /** A simulated cloud whose trouble is weather. */
    static final class Harness implements CloudHarness {

        private final World world = new World();
        private final Map<String, String> options;
        private final SimulatedCloud cloud;
        private final Weather calm;

        Harness(Map<String, String> options) {
            this.options = options;
            this.cloud = world.open(options);
            this.calm = cloud.weather();
        }

        @Override
        public CloudProvider provider() {
            return cloud;
        }

        @Override
        public CloudProvider reopen() {
            return world.open(options);
        }

        @Override
        public CloudProvider openFor(String installation) {
            return world.open(installation, options);
        }

        @Override
        public String installation() {
            return World.INSTALLATION;
        }

        @Override
        public String image() {
            return "muon";
        }

        @Override
        public String flavor() {
            return "l3.micro";
        }

        @Override
        public void passTime() {
            world.clock.advance(Duration.ofSeconds(1));
        }

        @Override
        public Set<String> secrets() {
            return Set.of();
        }

        @Override
        public Optional<Runnable> trouble(Trouble trouble) {
            var weather =
                    switch (trouble) {
                        case LOST_REPLY -> calm.with("lostReply", 1);
                        case FAILED_PAGE -> calm.with("partialList", 1);
                        case OUTAGE -> calm.with("outage", true);
                        case NO_CAPACITY -> calm.with("capacity", OptionalInt.of(0));
                        case QUOTA_EXCEEDED -> calm.with("quota", OptionalInt.of(0));
                        case THROTTLED -> calm.with("throttled", 1).with("retryAfter", RETRY_AFTER);
                        case UNAUTHORIZED -> calm.with("unauthorized", 1);
                        case LEFTOVER -> calm.with("leftover", 1);
                        case SHOWN_LATE -> calm.with("listLag", Duration.ofSeconds(5));
                    };
            return Optional.of(() -> cloud.setWeather(weather));
        }

        @Override
        public void calm() {
            cloud.setWeather(calm);
        }

        @Override
        public Optional<Consumer<String>> vanish() {
            return Optional.of(cloud::vanish);
        }

        @Override
        public Optional<Consumer<String>> untag() {
            return Optional.empty();
        }

        @Override
        public Optional<Consumer<String>> garble() {
            return Optional.empty();
        }

        @Override
        public Optional<Consumer<String>> shutOff() {
            return Optional.of(cloud::stop);
        }

        @Override
        public Optional<Function<String, String>> userDataSeenByGuest() {
            return Optional.of(id -> cloud.userDataOf(id).orElseThrow());
        }

        @Override
        public void close() {
            cloud.close();
        }
    }
}
