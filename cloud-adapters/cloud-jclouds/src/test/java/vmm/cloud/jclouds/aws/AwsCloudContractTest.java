package vmm.cloud.jclouds.aws;

import vmm.cloud.CloudHarness;
import vmm.cloud.CloudProvider;
import vmm.cloud.CloudProviderContract;
import vmm.cloud.ManualClock;
import vmm.cloud.Tags;
import vmm.cloud.jclouds.RawServer.Drop;

import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Function;

/** The AWS adapter satisfies the contract of all adapters, against a small EC2. */
class AwsCloudContractTest extends CloudProviderContract {

    @Override
    protected CloudHarness open() {
        return new Harness();
    }

    private static final class Harness implements CloudHarness {

        private final ManualClock clock = Clouds.clock();
        private final FakeEc2 ec2 = new FakeEc2(clock);
        private final AwsCloud cloud = Clouds.open(ec2, installation());

        @Override
        public CloudProvider provider() {
            return cloud;
        }

        @Override
        public CloudProvider reopen() {
            return Clouds.open(ec2, installation());
        }

        @Override
        public CloudProvider openFor(String installation) {
            return Clouds.open(ec2, installation);
        }

        @Override
        public String installation() {
            return "isis";
        }

        @Override
        public String image() {
            return FakeEc2.IMAGE_NAME;
        }

        @Override
        public String flavor() {
            return FakeEc2.FLAVOR;
        }

        @Override
        public String network() {
            return FakeEc2.SUBNET;
        }

        @Override
        public void passTime() {
            clock.advance(Duration.ofSeconds(1));
        }

        @Override
        public Set<String> secrets() {
            return Set.of(FakeEc2.SECRET_KEY);
        }

        @Override
        public Optional<Runnable> trouble(Trouble trouble) {
            return Optional.of(
                    switch (trouble) {
                        case LOST_REPLY -> ec2::loseReplies;
                        case FAILED_PAGE -> ec2::failPages;
                        case OUTAGE -> () -> ec2.intercept(request -> new Drop());
                        case NO_CAPACITY -> ec2::fill;
                        case QUOTA_EXCEEDED -> () -> ec2.setQuota(0);
                        case THROTTLED ->
                                () ->
                                        ec2.intercept(
                                                request ->
                                                        FakeEc2.error(
                                                                503,
                                                                Map.of(
                                                                        "Retry-After",
                                                                        String.valueOf(
                                                                                RETRY_AFTER
                                                                                        .toSeconds())),
                                                                "RequestLimitExceeded",
                                                                "Request limit exceeded."));
                        case UNAUTHORIZED -> ec2::lockOut;
                        case LEFTOVER -> ec2::keepParts;
                        case SHOWN_LATE -> () -> ec2.setLag(Duration.ofSeconds(5));
                    });
        }

        @Override
        public void calm() {
            ec2.calm();
        }

        @Override
        public Optional<Consumer<String>> vanish() {
            return Optional.of(ec2::vanish);
        }

        @Override
        public Optional<Consumer<String>> untag() {
            return Optional.of(id -> ec2.keepTags(id, Tags.INSTALLATION));
        }

        @Override
        public Optional<Consumer<String>> garble() {
            return Optional.of(
                    id ->
                            ec2.show(
                                    id,
                                    item ->
                                            "<instanceId>"
                                                    + id
                                                    + "</instanceId><instanceState>?</instanceState>"
                                                    + "<launchTime/>"));
        }

        @Override
        public Optional<Consumer<String>> shutOff() {
            return Optional.of(ec2::stop);
        }

        @Override
        public Optional<Function<String, String>> userDataSeenByGuest() {
            return Optional.of(ec2::userDataOf);
        }

        @Override
        public void close() {
            cloud.close();
            ec2.close();
        }
    }
}
