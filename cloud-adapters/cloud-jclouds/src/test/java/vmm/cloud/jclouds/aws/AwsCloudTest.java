package vmm.cloud.jclouds.aws;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import vmm.cloud.CloudFailure;
import vmm.cloud.CreateAnswer;
import vmm.cloud.Image;
import vmm.cloud.Instance;
import vmm.cloud.Instance.Status;
import vmm.cloud.LaunchSpec;
import vmm.cloud.Leftover;
import vmm.cloud.ManualClock;
import vmm.cloud.Misnomer;
import vmm.cloud.Network;
import vmm.cloud.Offering;
import vmm.cloud.Tags;
import vmm.cloud.jclouds.Budget;
import vmm.cloud.jclouds.Life;
import vmm.cloud.jclouds.RawServer.Answer;
import vmm.cloud.jclouds.RawServer.BreakOff;
import vmm.cloud.jclouds.RawServer.Drop;
import vmm.cloud.jclouds.RawServer.Hang;
import vmm.cloud.jclouds.RawServer.Reply;
import vmm.cloud.jclouds.RawServer.Request;
import vmm.cloud.jclouds.Words;

import java.io.IOException;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.Base64;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** What the contract does not ask: each code, odd items, subnets in turn, tokens, and leftovers. */
class AwsCloudTest {

    private static final String BOTH = FakeEc2.SUBNET + ", " + FakeEc2.OTHER_SUBNET;

    private final ManualClock clock = Clouds.clock();
    private final FakeEc2 ec2 = new FakeEc2(clock);
    private final AwsCloud cloud = Clouds.open(ec2, "isis");

    @AfterEach
    void close() {
        cloud.close();
        ec2.close();
    }

    // What each error means

    @ParameterizedTest
    @CsvSource({
        // keys
        "401, AuthFailure, REFUSED unauthorized",
        "403, SignatureDoesNotMatch, REFUSED unauthorized",
        "403, InvalidClientTokenId, REFUSED unauthorized",
        "403, UnauthorizedOperation, REFUSED unauthorized",
        "400, ExpiredToken, REFUSED unauthorized",
        "400, RequestExpired, REFUSED unauthorized",
        "401, OptInRequired, REFUSED unauthorized",
        "400, Blocked, REFUSED unauthorized",
        "400, PendingVerification, REFUSED unauthorized",
        "400, InvalidSecurity.RequestHasExpired, REFUSED unauthorized",
        "403, RequestTimeTooSkewed, REFUSED unauthorized",
        "400, AccountDisabled, REFUSED unauthorized",
        // too often
        "503, RequestLimitExceeded, REFUSED throttled",
        "400, Throttling, REFUSED throttled",
        "400, ThrottlingException, REFUSED throttled",
        "429, TooManyRequestsException, REFUSED throttled",
        "400, RetryableError, REFUSED throttled",
        "400, ConcurrentTagAccess, REFUSED throttled",
        "400, CreditSpecificationUpdateInProgress, REFUSED throttled",
        // room
        "500, InsufficientInstanceCapacity, REFUSED no-capacity",
        "500, Server.InsufficientInstanceCapacity, REFUSED no-capacity",
        "500, InsufficientHostCapacity, REFUSED no-capacity",
        "500, InsufficientReservedInstanceCapacity, REFUSED no-capacity",
        "500, InsufficientCapacity, REFUSED no-capacity",
        "500, InsufficientAddressCapacity, REFUSED no-capacity",
        "400, InsufficientFreeAddressesInSubnet, REFUSED no-capacity",
        "400, SpotMaxPriceTooLow, REFUSED no-capacity",
        "400, Unsupported, REFUSED no-capacity",
        "400, VolumeTypeNotAvailableInZone, REFUSED no-capacity",
        // quotas
        "400, InstanceLimitExceeded, REFUSED quota-exceeded",
        "400, VcpuLimitExceeded, REFUSED quota-exceeded",
        "400, MaxSpotInstanceCountExceeded, REFUSED quota-exceeded",
        "400, VolumeLimitExceeded, REFUSED quota-exceeded",
        "400, AddressLimitExceeded, REFUSED quota-exceeded",
        "400, RequestResourceCountExceeded, REFUSED quota-exceeded",
        "400, ResourceCountExceeded, REFUSED quota-exceeded",
        // the request
        "400, InvalidAMIID.NotFound, REFUSED rejected",
        "400, InvalidAMIID.Malformed, REFUSED rejected",
        "400, Client.InvalidParameterValue, REFUSED rejected",
        "400, InvalidParameterCombination, REFUSED rejected",
        "400, InvalidGroup.NotFound, REFUSED rejected",
        "400, MissingParameter, REFUSED rejected",
        "400, AttachmentLimitExceeded, REFUSED rejected",
        "400, PrivateIpAddressLimitExceeded, REFUSED rejected",
        "400, TagLimitExceeded, REFUSED rejected",
        "400, FilterLimitExceeded, REFUSED rejected",
        "400, SecurityGroupsPerInstanceLimitExceeded, REFUSED rejected",
        "400, SecurityGroupsPerInterfaceLimitExceeded, REFUSED rejected",
        "400, SomethingNewFrom2031, REFUSED rejected",
        "400, IdempotentParameterMismatch, UNKNOWN rejected",
        "400, IdempotentInstanceTerminated, REFUSED rejected",
        // the server
        "500, InternalError, UNKNOWN unreachable",
        "500, InternalFailure, UNKNOWN unreachable",
        "503, Unavailable, UNKNOWN unreachable",
        "503, ServiceUnavailable, UNKNOWN unreachable",
        "500, SomethingNewFrom2031, UNKNOWN unreachable",
        "400, InternalError, UNKNOWN unreachable",
        "408, RequestTimeout, UNKNOWN unreachable"
    })
    void createThatIsNotAcceptedIsTypedAndSentOnce(int status, String code, String expected) {
        ec2.intercept(on("RunInstances", FakeEc2.error(status, code, "words of EC2")));

        var answer = cloud.create(Clouds.spec("vm-1"));
        assertThat(kindOf(answer)).isEqualTo(expected);
        assertThat(answer.toString()).contains("words of EC2", String.valueOf(status));
        assertThat(ec2.requests("RunInstances")).hasSize(1);
    }

    @ParameterizedTest
    @CsvSource({
        "AuthFailure, 401, unauthorized",
        "RequestLimitExceeded, 503, throttled",
        "InvalidParameterValue, 400, rejected",
        "InternalError, 500, unreachable",
        "Unavailable, 503, unreachable"
    })
    void questionThatIsNotAnsweredIsTyped(String code, int status, String expected) {
        ec2.intercept(request -> FakeEc2.error(status, code, "words of EC2"));

        for (var call : List.<Call>of(cloud::list, cloud::quota, cloud::images, cloud::leftovers)) {
            assertThat(failureOf(call).kind()).isEqualTo(expected);
        }
        assertThat(failureOf(() -> cloud.get("i-00000000000000001")).kind()).isEqualTo(expected);
    }

    @ParameterizedTest
    @CsvSource({
        "404, UNKNOWN unreachable",
        "400, UNKNOWN unreachable",
        "502, UNKNOWN unreachable",
        "503, UNKNOWN unreachable",
        "504, UNKNOWN unreachable",
        "302, UNKNOWN unreachable",
        "408, UNKNOWN unreachable",
        "200, UNKNOWN unreachable",
        "401, REFUSED unauthorized",
        "403, REFUSED unauthorized",
        "429, REFUSED throttled"
    })
    void answerOfSomeProxyIsNotTakenForEc2s(int status, String expected) {
        ec2.intercept(
                on(
                        "RunInstances",
                        new Answer(
                                status,
                                Map.of("Retry-After", "0"),
                                "<html><body>InvalidAMIID.NotFound<br></body></html>")));

        assertThat(kindOf(cloud.create(Clouds.spec("vm-1")))).isEqualTo(expected);
        assertThat(ec2.requests("RunInstances")).hasSize(1);
    }

    @Test
    void throttlingNamesTheTimeToWait() {
        ec2.intercept(
                request ->
                        FakeEc2.error(
                                503, Map.of("Retry-After", "12"), "RequestLimitExceeded", "slow"));

        assertThat(catchThrowableOfType(CloudFailure.Throttled.class, cloud::list).retryAfter())
                .contains(Duration.ofSeconds(12));
    }

    @Test
    void wantOfRoomNamesTheFlavor() {
        ec2.fill();

        assertThat(cloud.create(Clouds.spec("vm-1")))
                .isInstanceOfSatisfying(
                        CreateAnswer.Refused.class,
                        refused ->
                                assertThat(((CloudFailure.NoCapacity) refused.why()).flavor())
                                        .isEqualTo(FakeEc2.FLAVOR));
    }

    @Test
    void clockThatGoesWrongIsSaidInWords() throws CloudFailure {
        var late = new ManualClock(clock.instant().minus(Duration.ofMinutes(6)));
        var config = Clouds.config(ec2.url(), "isis", Clouds.KEYS, Map.of());
        try (var wrong = new AwsCloud(config, late)) {
            assertThatThrownBy(wrong::list)
                    .isInstanceOf(CloudFailure.Unauthorized.class)
                    .hasMessageContaining("RequestExpired")
                    .hasMessageContaining("clock");
            late.advance(Duration.ofMinutes(2));
            assertThat(wrong.list()).isEmpty();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"InvalidSecurity.RequestHasExpired", "RequestTimeTooSkewed"})
    void whatAClockExplainsHintsAtIt(String code) {
        ec2.intercept(request -> FakeEc2.error(400, code, "no"));

        assertThatThrownBy(cloud::list)
                .isInstanceOf(CloudFailure.Unauthorized.class)
                .hasMessageContaining("clock");
    }

    @Test
    void imageThatIsNotSharedWithUsIsAMistakeAndNoMatterOfKeys() {
        var words = "Not authorized for images: [" + FakeEc2.IMAGE + "]";
        ec2.intercept(on("RunInstances", FakeEc2.error(401, "AuthFailure", words)));

        assertThat(kindOf(cloud.create(Clouds.spec("vm-1")))).isEqualTo("REFUSED rejected");
    }

    @Test
    void signaturesThatEc2QuotesAreNotShown() {
        var digest = "0123456789abcdef".repeat(4);
        var said = "we calculated " + digest + " for Credential=AKIA, Signature=c2ln/bmF0dXJl";
        ec2.intercept(request -> FakeEc2.error(403, "SignatureDoesNotMatch", said));

        assertThatThrownBy(cloud::list)
                .hasMessageContaining("we calculated *** for Credential=AKIA, Signature=***")
                .satisfies(e -> assertThat(e.getMessage()).doesNotContain(digest, "c2ln"));
    }

    @Test
    void wrongSecretIsUnauthorizedAndAskedForOnce() {
        var keys = Map.of("accessKeyId", FakeEc2.ACCESS_KEY, "secretAccessKey", "wrong-secret");
        var config = Clouds.config(ec2.url(), "isis", keys, Map.of());
        try (var impostor = new AwsCloud(config, clock)) {
            assertThatThrownBy(impostor::ping)
                    .isInstanceOf(CloudFailure.Unauthorized.class)
                    .hasMessageContaining("SignatureDoesNotMatch");
        }
        assertThat(ec2.requests()).hasSize(1);
    }

    // Creates whose answer is lost

    @Test
    void createWhoseConnectionIsDroppedIsUnknownAndSentOnce() throws CloudFailure {
        cloud.quota(); // so that the connection is a reused one
        ec2.intercept(on("RunInstances", new Drop()));

        assertThat(kindOf(cloud.create(Clouds.spec("vm-1")))).isEqualTo("UNKNOWN unreachable");
        assertThat(ec2.requests("RunInstances")).hasSize(1);
    }

    @Test
    void createThatHangsIsUnknownInTimeAndSentOnce() throws CloudFailure {
        var patient = Clouds.config(ec2.url(), "isis", Clouds.KEYS, Map.of());
        var config =
                new vmm.cloud.CloudConfig(
                        patient.installation(),
                        patient.name(),
                        patient.kind(),
                        patient.endpoint(),
                        patient.region(),
                        patient.credentials(),
                        patient.options(),
                        Duration.ofSeconds(4));
        try (var impatient = new AwsCloud(config, clock)) {
            impatient.quota();
            ec2.intercept(on("RunInstances", new Hang()));

            assertThat(kindOf(impatient.create(Clouds.spec("vm-1"))))
                    .isEqualTo("UNKNOWN unreachable");
        }
        assertThat(ec2.requests("RunInstances")).hasSize(1);
    }

    @Test
    void createWhoseAnswerBreaksOffIsUnknown() {
        ec2.intercept(
                on("RunInstances", new BreakOff(200, "<RunInstancesResponse><instancesSet>")));

        assertThat(kindOf(cloud.create(Clouds.spec("vm-1")))).isEqualTo("UNKNOWN unreachable");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "<RunInstancesResponse/>",
                "<RunInstancesResponse><instancesSet/></RunInstancesResponse>",
                "<RunInstancesResponse><instancesSet><item/></instancesSet></RunInstancesResponse>",
                "<RunInstancesResponse><instancesSet><item><instanceId>i-0",
                "{\"instanceId\": \"i-0\"}"
            })
    void acceptedCreateWithoutAnIdIsUnknown(String body) {
        ec2.intercept(on("RunInstances", new Answer(200, body)));

        assertThat(kindOf(cloud.create(Clouds.spec("vm-1")))).isEqualTo("UNKNOWN unreachable");
    }

    @Test
    void createThatReachesNobodyIsRefused() throws IOException {
        int port;
        try (var closed = new ServerSocket(0)) {
            port = closed.getLocalPort();
        }
        var config = Clouds.config("http://127.0.0.1:" + port, "isis", Clouds.KEYS, Map.of());
        try (var lost = new AwsCloud(config, clock)) {
            var byId =
                    new LaunchSpec(
                            "vmm-isis-vm-1",
                            new Tags("isis", "store-1", "vm-1"),
                            FakeEc2.IMAGE,
                            FakeEc2.FLAVOR,
                            FakeEc2.SUBNET,
                            "");
            assertThat(kindOf(lost.create(byId))).isEqualTo("REFUSED unreachable");
        }
    }

    @Test
    void createOfAClosedCloudIsRefused() {
        cloud.close();

        assertThat(kindOf(cloud.create(Clouds.spec("vm-1")))).isEqualTo("REFUSED unreachable");
        assertThat(ec2.requests()).isEmpty();
    }

    // What is sent

    @Test
    void launchAsksForThisAndNothingElse() {
        accepted(Clouds.spec("vm-1"));

        var sent = new TreeMap<>(ec2.requests("RunInstances").getLast());
        assertThat(sent.remove("ClientToken")).matches("vmm-[0-9a-f]{48}");
        assertThat(sent.remove("UserData"))
                .isEqualTo(
                        Base64.getEncoder()
                                .encodeToString(Clouds.spec("vm-1").userData().getBytes()));
        var expected = new TreeMap<String, String>();
        expected.put("Action", "RunInstances");
        expected.put("Version", "2016-11-15");
        expected.put("ImageId", FakeEc2.IMAGE);
        expected.put("InstanceType", FakeEc2.FLAVOR);
        expected.put("MinCount", "1");
        expected.put("MaxCount", "1");
        expected.put("SubnetId", FakeEc2.SUBNET);
        expected.put("MetadataOptions.HttpTokens", "required");
        expected.put("MetadataOptions.HttpEndpoint", "enabled");
        expected.put("MetadataOptions.HttpPutResponseHopLimit", "1");
        expected.putAll(tags(1, "instance"));
        expected.putAll(tags(2, "volume"));
        expected.putAll(tags(3, "network-interface"));
        assertThat(sent).isEqualTo(expected);
    }

    @Test
    void spotLaunchWithEverythingAsksForThatToo() {
        var options =
                Map.of(
                        "securityGroups",
                        FakeEc2.GROUP,
                        "keyPair",
                        FakeEc2.KEY_PAIR,
                        "publicIp",
                        "false",
                        "network",
                        FakeEc2.OTHER_SUBNET,
                        "instanceProfile",
                        "arn:aws:iam::123456789012:instance-profile/guest",
                        "metadataHops",
                        "2");
        var plain = Clouds.spec("vm-1");
        try (var full = Clouds.open(ec2, "isis", options)) {
            var spec =
                    new LaunchSpec(
                            plain.name(),
                            plain.tags(),
                            FakeEc2.IMAGE,
                            FakeEc2.FLAVOR,
                            null,
                            Map.of("spot", "true", "maxPrice", "0.5"),
                            "");
            assertThat(full.create(spec)).isInstanceOf(CreateAnswer.Accepted.class);
        }

        var sent = ec2.requests("RunInstances").getLast();
        assertThat(sent)
                .containsEntry("KeyName", FakeEc2.KEY_PAIR)
                .containsEntry("NetworkInterface.1.DeviceIndex", "0")
                .containsEntry("NetworkInterface.1.AssociatePublicIpAddress", "false")
                .containsEntry("NetworkInterface.1.SubnetId", FakeEc2.OTHER_SUBNET)
                .containsEntry("NetworkInterface.1.SecurityGroupId.1", FakeEc2.GROUP)
                .containsEntry(
                        "IamInstanceProfile.Arn",
                        "arn:aws:iam::123456789012:instance-profile/guest")
                .containsEntry("MetadataOptions.HttpPutResponseHopLimit", "2")
                .containsEntry("InstanceMarketOptions.MarketType", "spot")
                .containsEntry("InstanceMarketOptions.SpotOptions.SpotInstanceType", "one-time")
                .containsEntry(
                        "InstanceMarketOptions.SpotOptions.InstanceInterruptionBehavior",
                        "terminate")
                .containsEntry("InstanceMarketOptions.SpotOptions.MaxPrice", "0.5")
                .containsAllEntriesOf(tags(4, "spot-instances-request"))
                .doesNotContainKeys(
                        "SubnetId",
                        "SecurityGroupId.1",
                        "UserData",
                        "InstanceInitiatedShutdownBehavior");
    }

    @Test
    void defaultNetworkIsEc2sChoice() {
        var plain = Clouds.spec("vm-1");
        var spec =
                new LaunchSpec(
                        plain.name(),
                        plain.tags(),
                        FakeEc2.IMAGE,
                        FakeEc2.FLAVOR,
                        null,
                        plain.userData());
        accepted(spec);

        assertThat(ec2.requests("RunInstances").getLast().keySet())
                .noneMatch(name -> name.contains("Subnet") || name.contains("NetworkInterface"));
        assertThat(ec2.requests()).hasSize(1);
    }

    @Test
    void sameLaunchIsTheSameRequestToTheLetterButForItsSignature() {
        ec2.loseReplies();
        var spec = Clouds.spec("vm-1", FakeEc2.SUBNET, Map.of("spot", "true"));
        cloud.create(spec);
        ec2.calm();
        clock.advance(Duration.ofSeconds(90));
        try (var restarted = Clouds.open(ec2, "isis")) {
            assertThat(restarted.create(spec)).isInstanceOf(CreateAnswer.Accepted.class);
        }

        var sent =
                ec2.requests().stream()
                        .filter(request -> request.body().contains("RunInstances"))
                        .toList();
        assertThat(sent).hasSize(2);
        assertThat(sent.getFirst().body()).isEqualTo(sent.getLast().body());
        assertThat(unsigned(sent.getFirst())).isEqualTo(unsigned(sent.getLast()));
        assertThat(sent.getFirst().headers().get("authorization"))
                .isNotEqualTo(sent.getLast().headers().get("authorization"));
        assertThat(ec2.lives()).hasSize(1);
    }

    @Test
    void whatEc2WouldNotTakeIsRejectedUnsent() {
        var plain = Clouds.spec("vm-1");
        var fits = "x".repeat(16_384);
        assertThat(cloud.create(withData(plain, fits))).isInstanceOf(CreateAnswer.Accepted.class);
        int sent = ec2.requests("RunInstances").size();

        assertThat(cloud.create(withData(plain, fits + "x")).toString())
                .contains("Rejected", "16385", "16384");
        var tagged =
                new LaunchSpec(
                        plain.name(),
                        new Tags("isis", "s".repeat(257), "vm-1"),
                        plain.image(),
                        plain.flavor(),
                        FakeEc2.SUBNET,
                        "");
        assertThat(cloud.create(tagged).toString()).contains("vmm-store", "256");
        var named =
                new LaunchSpec(
                        "n".repeat(257),
                        plain.tags(),
                        plain.image(),
                        plain.flavor(),
                        FakeEc2.SUBNET,
                        "");
        assertThat(cloud.create(named).toString()).contains("name", "256");
        var priced = Clouds.spec("vm-1", FakeEc2.SUBNET, Map.of("maxPrice", "1"));
        assertThat(cloud.create(priced).toString()).contains("maxPrice", "spot: \"true\"");
        assertThat(ec2.requests("RunInstances")).hasSize(sent);
    }

    @Test
    void userDataOfSeveralLinesThatEc2QuotesAreNotShown() {
        var spec = withData(Clouds.spec("vm-1"), "#!/bin/sh\n  echo s3cr3t\n");
        for (var quoted : List.of(spec.userData(), "#!/bin/sh echo s3cr3t")) {
            ec2.intercept(
                    on(
                            "RunInstances",
                            FakeEc2.error(400, "InvalidParameterValue", "Value (" + quoted + ")")));

            assertThat(cloud.create(spec).toString())
                    .contains("Value (***)")
                    .doesNotContain("s3cr3t");
        }
    }

    @Test
    void userDataThatEc2QuotesAreNotShown() {
        var spec = withData(Clouds.spec("vm-1"), "a long secret ".repeat(100));
        var encoded = Base64.getEncoder().encodeToString(spec.userData().getBytes());
        ec2.intercept(
                on(
                        "RunInstances",
                        FakeEc2.error(400, "InvalidParameterValue", "Value (" + encoded + ")")));

        assertThat(cloud.create(spec).toString())
                .contains("Value (***)")
                .doesNotContain(encoded.substring(0, 20));
    }

    // Subnets in turn

    @Test
    void nextSubnetIsTriedWhereThereIsNoRoomAndOneInstanceIsMade() {
        ec2.setFull(firstOf("vm-1"));

        accepted(Clouds.spec("vm-1", BOTH, Map.of()));
        var sent = ec2.requests("RunInstances");
        assertThat(sent)
                .extracting(form -> form.get("SubnetId"))
                .containsExactly(firstOf("vm-1"), lastOf("vm-1"));
        assertThat(sent).extracting(form -> form.get("ClientToken")).doesNotHaveDuplicates();
        assertThat(ec2.lives()).hasSize(1);
    }

    @Test
    void noFurtherSubnetIsBegunWhenHalfOfTheTimeIsOver() {
        ec2.fill();
        var spec = Clouds.spec("vm-1", BOTH, Map.of());
        assertThat(kindOf(createdAfter(Duration.ofSeconds(9), spec)))
                .isEqualTo("REFUSED no-capacity");
        assertThat(ec2.requests("RunInstances")).hasSize(2);

        assertThat(kindOf(createdAfter(Duration.ofSeconds(11), spec)))
                .isEqualTo("REFUSED no-capacity");
        assertThat(ec2.requests("RunInstances")).hasSize(3);
    }

    /** A create of 20 seconds whose first launch takes so long. */
    private CreateAnswer createdAfter(Duration late, LaunchSpec spec) {
        var nanos = new AtomicLong();
        var options = AwsOptions.parse(Clouds.config(ec2.url(), "isis", Clouds.KEYS, Map.of()));
        var keyRing = new KeyRing(options.credentials().source(), clock);
        var refusals = new Refusals(new Words(keyRing::secrets), clock);
        var launches =
                new Launches(
                        options,
                        new Instances("isis", false),
                        new Names(options.imageOwners(), clock),
                        refusals);
        ec2.intercept(
                request -> {
                    if (request.body().contains("RunInstances")) nanos.set(late.toNanos());
                    return null;
                });
        try (var line = new Ec2(options, Duration.ofSeconds(20), clock)) {
            var budget = new Budget(Duration.ofSeconds(20), nanos::get);
            return launches.create(new Conversation(() -> line, keyRing, refusals, budget), spec);
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "VcpuLimitExceeded",
                "InvalidGroup.NotFound",
                "UnauthorizedOperation",
                "IdempotentParameterMismatch",
                "IdempotentInstanceTerminated"
            })
    void nextSubnetIsNotTriedForAnotherReason(String code) {
        ec2.intercept(on("RunInstances", FakeEc2.error(400, code, "no")));

        cloud.create(Clouds.spec("vm-1", BOTH, Map.of()));
        assertThat(ec2.requests("RunInstances")).hasSize(1);
    }

    @Test
    void nextSubnetIsNotTriedWhenAnAnswerIsLost() {
        ec2.loseReplies();

        assertThat(kindOf(cloud.create(Clouds.spec("vm-1", BOTH, Map.of()))))
                .isEqualTo("UNKNOWN unreachable");
        assertThat(ec2.requests("RunInstances")).hasSize(1);
    }

    @Test
    void createForWhichNoSubnetHasRoomIsRefused() {
        ec2.fill();

        assertThat(kindOf(cloud.create(Clouds.spec("vm-1", BOTH, Map.of()))))
                .isEqualTo("REFUSED no-capacity");
        assertThat(ec2.requests("RunInstances")).hasSize(2);
        assertThat(ec2.lives()).isEmpty();
    }

    @Test
    void repeatedCreateFindsItsInstanceThoughAnEarlierSubnetHasRoomAgain() {
        var spec = Clouds.spec("vm-1", BOTH, Map.of());
        ec2.setFull(firstOf("vm-1"));
        ec2.loseReplies();
        assertThat(kindOf(cloud.create(spec))).isEqualTo("UNKNOWN unreachable");
        ec2.calm();

        var id = accepted(spec);
        assertThat(ec2.lives()).extracting(Life::id).containsExactly(id);
        assertThat(ec2.requests("RunInstances")).hasSize(2);
    }

    @Test
    void instanceOfAnotherStoreOrVmIsNotTakenForIt() {
        var theirs = Clouds.spec("vm-1", BOTH, Map.of());
        accepted(
                new LaunchSpec(
                        theirs.name() + "-theirs",
                        new Tags("isis", "store-2", "vm-1"),
                        theirs.image(),
                        theirs.flavor(),
                        BOTH,
                        ""));
        accepted(Clouds.spec("vm-2", BOTH, Map.of()));

        accepted(theirs);
        assertThat(ec2.lives()).hasSize(3);
    }

    @Test
    void createIsRefusedAndUnsentIfItCannotBeSeenWhetherItsInstanceExists() {
        ec2.intercept(on("DescribeInstances", FakeEc2.error(500, "InternalError", "oops")));

        assertThat(kindOf(cloud.create(Clouds.spec("vm-1", BOTH, Map.of()))))
                .isEqualTo("REFUSED unreachable");
        assertThat(ec2.requests("RunInstances")).isEmpty();
        assertThat(kindOf(cloud.create(Clouds.spec("vm-1")))).isEqualTo("ACCEPTED");
    }

    @Test
    void loadSpreadsOverTheSubnets() {
        for (int i = 0; i < 40; i++) accepted(Clouds.spec("vm-" + i, BOTH, Map.of()));

        var used =
                ec2.requests("RunInstances").stream()
                        .collect(
                                Collectors.groupingBy(
                                        form -> form.get("SubnetId"), Collectors.counting()));
        assertThat(used.keySet()).containsExactlyInAnyOrder(FakeEc2.SUBNET, FakeEc2.OTHER_SUBNET);
        assertThat(used.values()).allMatch(count -> count >= 10);
    }

    // Client tokens

    @Test
    void tokenThatWasUsedForSomethingElseIsUnknown() {
        accepted(Clouds.spec("vm-1"));
        var other = withData(Clouds.spec("vm-1"), "another");

        assertThat(kindOf(cloud.create(other))).isEqualTo("UNKNOWN rejected");
        assertThat(ec2.lives()).hasSize(1);
    }

    @Test
    void tokenOfAnInstanceThatIsGoneMakesNoOther() throws CloudFailure {
        var id = accepted(Clouds.spec("vm-1"));
        cloud.delete(id);
        clock.advance(Duration.ofSeconds(5));

        assertThat(kindOf(cloud.create(Clouds.spec("vm-1")))).isEqualTo("REFUSED rejected");
        ec2.replayTerminated();
        assertThat(accepted(Clouds.spec("vm-1"))).isEqualTo(id);
        assertThat(cloud.get(id)).isEmpty();
        assertThat(ec2.lives()).hasSize(1);
    }

    /** Another subnet's token may have made another, which lives. */
    @Test
    void tokenOfAnInstanceThatIsGoneLeavesOpenWhatOtherSubnetsHold() {
        ec2.intercept(
                on("RunInstances", FakeEc2.error(400, "IdempotentInstanceTerminated", "gone")));

        assertThat(kindOf(cloud.create(Clouds.spec("vm-1", BOTH, Map.of()))))
                .isEqualTo("UNKNOWN rejected");
        assertThat(kindOf(cloud.create(Clouds.spec("vm-1")))).isEqualTo("REFUSED rejected");
    }

    // Names

    @Test
    void nameOfAnImageIsLookedUpOnceAMinuteAndNotForEachLaunch() {
        for (int i = 0; i < 5; i++) accepted(Clouds.spec("vm-" + i));
        assertThat(ec2.requests("DescribeImages")).hasSize(1);

        clock.advance(Duration.ofSeconds(61));
        accepted(Clouds.spec("vm-6"));
        assertThat(ec2.requests("DescribeImages")).hasSize(2);
    }

    @Test
    void manyLaunchesAtOnceAskForTheirImageOnce() throws Exception {
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            for (int i = 0; i < 30; i++) {
                var spec = Clouds.spec("vm-" + i);
                threads.submit(() -> cloud.create(spec));
            }
        }
        assertThat(ec2.lives()).hasSize(30);
        assertThat(ec2.requests("DescribeImages")).hasSize(1);
    }

    @Test
    void nameWhoseImageWasReplacedIsLookedUpAgainAfterARejectedCreate() {
        accepted(Clouds.spec("vm-1"));
        ec2.removeImage(FakeEc2.IMAGE);
        ec2.addImage("ami-0fedcba9876543210", FakeEc2.IMAGE_NAME);

        assertThat(kindOf(cloud.create(Clouds.spec("vm-2")))).isEqualTo("REFUSED rejected");
        accepted(Clouds.spec("vm-3"));
        assertThat(ec2.requests("RunInstances").getLast())
                .containsEntry("ImageId", "ami-0fedcba9876543210");
    }

    @Test
    void nameOfSeveralImagesIsRejectedWithTheirIds() throws CloudFailure {
        ec2.addImage("ami-0fedcba9876543210", FakeEc2.IMAGE_NAME);

        assertThat(cloud.create(Clouds.spec("vm-1")).toString())
                .contains("Rejected", "ambiguous", FakeEc2.IMAGE, "ami-0fedcba9876543210");
        assertThat(cloud.misnomers(FakeEc2.IMAGE_NAME, FakeEc2.FLAVOR, null))
                .extracting(Misnomer::what)
                .containsExactly("image");
    }

    @Test
    void namesOfImagesCountAmongThoseOfTheirOwnersOnly() throws CloudFailure {
        cloud.images();
        accepted(Clouds.spec("vm-1"));
        try (var open = Clouds.open(ec2, "isis", Map.of("imageOwners", "self, 099720109477"))) {
            open.images();
        }

        var asked = ec2.requests("DescribeImages");
        assertThat(asked.subList(0, 2)).allMatch(form -> form.get("Owner.1").equals("self"));
        assertThat(asked.getLast())
                .containsEntry("Owner.1", "self")
                .containsEntry("Owner.2", "099720109477");
    }

    @Test
    void charactersThatFiltersKnowMeanThemselvesInAName() {
        ec2.addImage("ami-0fedcba9876543210", "daaas * workstation");
        var plain = Clouds.spec("vm-1");
        accepted(
                new LaunchSpec(
                        plain.name(),
                        plain.tags(),
                        "daaas * workstation",
                        FakeEc2.FLAVOR,
                        FakeEc2.SUBNET,
                        ""));
        assertThat(ec2.requests("DescribeImages").getLast())
                .containsEntry("Filter.1.Value.1", "daaas \\* workstation");
    }

    @Test
    void parameterOfSystemsManagerIsLeftToEc2() throws CloudFailure {
        var parameter = "resolve:ssm:/aws/service/debian/release/12/latest/amd64";
        var plain = Clouds.spec("vm-1");
        accepted(
                new LaunchSpec(
                        plain.name(), plain.tags(), parameter, FakeEc2.FLAVOR, FakeEc2.SUBNET, ""));

        assertThat(ec2.requests("RunInstances").getLast()).containsEntry("ImageId", parameter);
        assertThat(ec2.requests("DescribeImages")).isEmpty();
        assertThat(cloud.misnomers(parameter, FakeEc2.FLAVOR, null)).isEmpty();
    }

    @Test
    void eachSubnetThatIsNotThereIsAMisnomer() throws CloudFailure {
        var wrong =
                cloud.misnomers(
                        "ami-0000000000000dead",
                        FakeEc2.FLAVOR,
                        "subnet-0dead, " + FakeEc2.SUBNET + ",subnet-0beef");

        assertThat(wrong)
                .extracting(Misnomer::what, Misnomer::name)
                .containsExactly(
                        org.assertj.core.groups.Tuple.tuple("image", "ami-0000000000000dead"),
                        org.assertj.core.groups.Tuple.tuple("network", "subnet-0dead"),
                        org.assertj.core.groups.Tuple.tuple("network", "subnet-0beef"));
        assertThat(wrong.getFirst().known()).contains(FakeEc2.IMAGE, FakeEc2.IMAGE_NAME);
        assertThat(wrong.getLast().known()).contains(FakeEc2.SUBNET, FakeEc2.OTHER_SUBNET);
    }

    @Test
    void imageThatCannotBeLaunchedNowIsAMisnomer() throws CloudFailure {
        ec2.addImage("ami-0fedcba9876543210", "another");
        assertThat(cloud.misnomers(FakeEc2.IMAGE, FakeEc2.FLAVOR, null)).isEmpty();
        for (var state : List.of("pending", "deregistered", "disabled")) {
            ec2.intercept(
                    ofImages(
                            new Answer(
                                    200,
                                    "<DescribeImagesResponse><imagesSet><item><imageId>"
                                            + FakeEc2.IMAGE
                                            + "</imageId><imageState>"
                                            + state
                                            + "</imageState></item></imagesSet></DescribeImagesResponse>")));
            assertThat(cloud.misnomers(FakeEc2.IMAGE, FakeEc2.FLAVOR, null))
                    .extracting(Misnomer::what)
                    .containsExactly("image");
        }
        ec2.intercept(ofImages(FakeEc2.error(400, "InvalidAMIID.Unavailable", "not now")));
        assertThat(cloud.misnomers(FakeEc2.IMAGE, FakeEc2.FLAVOR, null))
                .extracting(Misnomer::what)
                .containsExactly("image");
    }

    private static Function<Request, Reply> ofImages(Reply reply) {
        return request ->
                FakeEc2.parameters(request.body()).containsKey("ImageId.1") ? reply : null;
    }

    @Test
    void blankNetworkIsNoneAndOneOfCommasIsRejected() throws CloudFailure {
        try (var usual = Clouds.open(ec2, "isis", Map.of("network", FakeEc2.OTHER_SUBNET))) {
            assertThat(kindOf(usual.create(Clouds.spec("vm-1", " ", Map.of()))))
                    .isEqualTo("ACCEPTED");
            assertThat(ec2.requests("RunInstances").getLast())
                    .containsEntry("SubnetId", FakeEc2.OTHER_SUBNET);

            assertThat(kindOf(usual.create(Clouds.spec("vm-2", " , ", Map.of()))))
                    .isEqualTo("REFUSED rejected");
            assertThat(usual.misnomers(FakeEc2.IMAGE, FakeEc2.FLAVOR, ","))
                    .extracting(Misnomer::what)
                    .containsExactly("network");
        }
        assertThat(ec2.lives()).hasSize(1);
    }

    @Test
    void misnomersThatCannotBeFoundOutAreAFailure() {
        ec2.intercept(on("DescribeSubnets", FakeEc2.error(500, "InternalError", "oops")));

        assertThatThrownBy(() -> cloud.misnomers(FakeEc2.IMAGE, FakeEc2.FLAVOR, FakeEc2.SUBNET))
                .isInstanceOf(CloudFailure.Unreachable.class);
    }

    // Rehearsals

    @Test
    void rehearsalAsksForEachSubnetAndMakesNothing() throws CloudFailure {
        cloud.rehearse(Clouds.spec("vm-1", BOTH, Map.of("spot", "true")));

        var sent = ec2.requests("RunInstances");
        assertThat(sent).extracting(form -> form.get("DryRun")).containsExactly("true", "true");
        assertThat(sent)
                .extracting(form -> form.get("SubnetId"))
                .containsExactlyInAnyOrder(FakeEc2.SUBNET, FakeEc2.OTHER_SUBNET);
        assertThat(sent).noneMatch(form -> form.containsKey("ClientToken"));
        assertThat(ec2.lives()).isEmpty();
        accepted(Clouds.spec("vm-1", BOTH, Map.of("spot", "true")));
    }

    @Test
    void rehearsalShowsWhatTheAccountMayNot() {
        ec2.intercept(
                on(
                        "RunInstances",
                        FakeEc2.error(
                                403,
                                "UnauthorizedOperation",
                                "You are not authorized to perform: iam:PassRole")));

        assertThatThrownBy(() -> cloud.rehearse(Clouds.spec("vm-1")))
                .isInstanceOf(CloudFailure.Unauthorized.class)
                .hasMessageContaining("iam:PassRole");
        assertThatThrownBy(
                        () ->
                                cloud.rehearse(
                                        Clouds.spec(
                                                "vm-1", FakeEc2.SUBNET, Map.of("maxPrice", "1"))))
                .isInstanceOf(CloudFailure.Rejected.class);
    }

    @Test
    void rehearsalThatMadeAnInstanceIsAFailure() {
        ec2.intercept(
                on(
                        "RunInstances",
                        new Answer(
                                200,
                                "<RunInstancesResponse><instancesSet><item><instanceId>i-0123456789abcdef0</instanceId></item></instancesSet></RunInstancesResponse>")));

        assertThatThrownBy(() -> cloud.rehearse(Clouds.spec("vm-1")))
                .isInstanceOf(CloudFailure.Rejected.class)
                .hasMessageContaining("DryRun")
                .hasMessageContaining("i-0123456789abcdef0, which must be terminated by hand");
    }

    @Test
    void instanceThatARehearsalMadeIsTerminatedAndNoOther() throws CloudFailure {
        var kept = accepted(Clouds.spec("vm-1"));
        ec2.ignoreDryRuns();

        assertThatThrownBy(() -> cloud.rehearse(Clouds.spec("vm-2", BOTH, Map.of())))
                .isInstanceOf(CloudFailure.Rejected.class)
                .hasMessageContaining(ec2.lives().getLast().id() + ", which was terminated");
        assertThat(ec2.requests("TerminateInstances"))
                .singleElement()
                .satisfies(
                        form ->
                                assertThat(form)
                                        .containsEntry("InstanceId.1", ec2.lives().getLast().id()));
        clock.advance(Duration.ofSeconds(5));
        assertThat(cloud.list()).extracting(Instance::id).containsExactly(kept);
    }

    @Test
    void pingIsOneDryRun() throws CloudFailure {
        cloud.ping();

        assertThat(ec2.requests()).hasSize(1);
        assertThat(ec2.requests("DescribeInstances").getFirst()).containsEntry("DryRun", "true");
    }

    // Listings

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "not XML",
                "{\"Reservations\": []}",
                "<html><body>welcome</body></html>",
                "<DescribeInstancesResponse/>",
                "<DescribeInstancesResponse><requestId>1</requestId></DescribeInstancesResponse>",
                "<DescribeInstancesResponse><reservationSet><item><instancesSet>",
                "<DescribeInstancesResponse><reservationSet><item/></reservationSet></DescribeInstancesResponse>",
                "<DescribeInstancesResponse><reservationSet><item><instancesSet><item><tagSet/></item></instancesSet></item></reservationSet></DescribeInstancesResponse>",
                "<!DOCTYPE a [<!ENTITY e SYSTEM"
                    + " \"file:///etc/hostname\">]><DescribeInstancesResponse><reservationSet>&e;</reservationSet></DescribeInstancesResponse>"
            })
    void listingOfInstancesThatAreNotThereIsAFailureAndNotEmpty(String body) {
        ec2.intercept(on("DescribeInstances", new Answer(200, body)));

        assertThatThrownBy(cloud::list).isInstanceOf(CloudFailure.Unreachable.class);
        assertThatThrownBy(() -> cloud.get("i-00000000000000001"))
                .isInstanceOf(CloudFailure.Unreachable.class);
        assertThatThrownBy(cloud::quota).isInstanceOf(CloudFailure.Unreachable.class);
    }

    @Test
    void emptyListingIsEmpty() throws CloudFailure {
        for (var prefix : List.of("", "<?xml version=\"1.0\"?>\n", "\n  ")) {
            ec2.intercept(
                    on(
                            "DescribeInstances",
                            new Answer(
                                    200,
                                    prefix
                                            + "<x:DescribeInstancesResponse"
                                            + " xmlns:x=\"urn:any\"><x:reservationSet/><x:new/></x:DescribeInstancesResponse>")));
            assertThat(cloud.list()).isEmpty();
        }
    }

    @Test
    void pagesThatRepeatAreAFailure() {
        accepted(Clouds.spec("vm-1"));
        ec2.intercept(
                on(
                        "DescribeInstances",
                        new Answer(
                                200,
                                "<DescribeInstancesResponse><reservationSet/><nextToken>same</nextToken></DescribeInstancesResponse>")));

        assertThatThrownBy(cloud::list)
                .isInstanceOf(CloudFailure.Unreachable.class)
                .hasMessageContaining("over and over");
        assertThat(ec2.requests("DescribeInstances")).hasSizeLessThan(5);
    }

    @Test
    void everyPageIsReadAndAnEmptyOneIsNotTheLast() throws CloudFailure {
        var ids = new TreeSet<String>();
        for (int i = 0; i < 12; i++) ids.add(accepted(Clouds.spec("vm-" + i)));
        ec2.setPageSize(5);
        var first = new AtomicInteger();
        ec2.intercept(
                request ->
                        request.body().contains("DescribeInstances") && first.getAndIncrement() == 0
                                ? new Answer(
                                        200,
                                        "<DescribeInstancesResponse><reservationSet/><nextToken>"
                                                + Base64.getEncoder()
                                                        .encodeToString("offset=0".getBytes())
                                                + "</nextToken></DescribeInstancesResponse>")
                                : null);

        assertThat(cloud.list()).extracting(Instance::id).containsExactlyElementsOf(ids);
        assertThat(ec2.requests("DescribeInstances")).hasSize(4);
        assertThat(ec2.requests("DescribeInstances"))
                .allMatch(form -> form.get("MaxResults").equals("1000"));
    }

    @Test
    void instanceThatMovesToTheNextPageIsListedOnce() throws CloudFailure {
        var id = accepted(Clouds.spec("vm-1"));
        var page = Base64.getEncoder().encodeToString("offset=0".getBytes());
        var first = new AtomicInteger();
        var items = new StringBuilder();
        ec2.intercept(
                request -> {
                    if (!request.body().contains("DescribeInstances")) return null;
                    if (first.getAndIncrement() > 0) return null;
                    items.append(
                            "<item><instancesSet><item><instanceId>"
                                    + id
                                    + "</instanceId></item></instancesSet></item>");
                    return new Answer(
                            200,
                            "<DescribeInstancesResponse><reservationSet>"
                                    + items
                                    + "</reservationSet><nextToken>"
                                    + page
                                    + "</nextToken></DescribeInstancesResponse>");
                });

        assertThat(cloud.list()).extracting(Instance::id).containsExactly(id);
    }

    @ParameterizedTest
    @CsvSource({
        "pending, BUILDING",
        "running, RUNNING",
        "stopping, STOPPED",
        "stopped, STOPPED",
        "shutting-down, DELETING",
        "something-new, BUILDING",
        "'', BUILDING"
    })
    void statesMeanThis(String state, Status expected) throws CloudFailure {
        var id = accepted(Clouds.spec("vm-1"));
        ec2.show(id, item -> item.replaceFirst("<name>[^<]*</name>", "<name>" + state + "</name>"));

        assertThat(cloud.list()).extracting(Instance::status).containsExactly(expected);
        assertThat(cloud.get(id))
                .hasValueSatisfying(i -> assertThat(i.status()).isEqualTo(expected));
    }

    @Test
    void tombstonesAreNeitherListedNorFound() throws CloudFailure {
        var id = accepted(Clouds.spec("vm-1"));
        cloud.delete(id);
        assertThat(cloud.list()).extracting(Instance::status).containsExactly(Status.DELETING);
        clock.advance(Duration.ofSeconds(5));

        assertThat(cloud.list()).isEmpty();
        assertThat(cloud.get(id)).isEmpty();
        clock.advance(Duration.ofHours(2));
        assertThat(cloud.get(id)).isEmpty();
        assertThatThrownBy(() -> cloud.start(id)).isInstanceOf(CloudFailure.Rejected.class);
    }

    @Test
    void spotInstanceThatIsTakenBackGoes() throws CloudFailure {
        var id = accepted(Clouds.spec("vm-1", FakeEc2.SUBNET, Map.of("spot", "true")));
        clock.advance(Duration.ofSeconds(5));
        ec2.interrupt(id);

        assertThat(cloud.list()).extracting(Instance::status).containsExactly(Status.DELETING);
        clock.advance(Duration.ofSeconds(5));
        assertThat(cloud.list()).isEmpty();
        assertThat(cloud.get(id)).isEmpty();
    }

    @Test
    void spotPriceAboveTheMaximumIsWantOfRoom() {
        ec2.setSpotPrice(0.2);

        var spec = Clouds.spec("vm-1", FakeEc2.SUBNET, Map.of("spot", "true", "maxPrice", "0.1"));
        assertThat(kindOf(cloud.create(spec))).isEqualTo("REFUSED no-capacity");
    }

    @Test
    void createdAtIsTheTimeOfTheLaunch() throws CloudFailure {
        accepted(Clouds.spec("vm-1"));

        assertThat(cloud.list()).extracting(Instance::createdAt).containsExactly(clock.instant());
    }

    @Test
    void createdAtStaysWhenAnInstanceIsStartedAgain() throws CloudFailure {
        var id = accepted(Clouds.spec("vm-1"));
        ec2.show(
                id,
                item ->
                        item.replaceFirst(
                                "<launchTime>[^<]*", "<launchTime>2026-03-02T08:00:00.000Z"));

        assertThat(cloud.list()).extracting(Instance::createdAt).containsExactly(clock.instant());
    }

    @Test
    void instanceThatDoesNotTellItsAgeIsNotTheOldest() throws CloudFailure {
        var id = accepted(Clouds.spec("vm-1"));
        ec2.show(id, item -> item.replaceAll("<(launchTime|attachTime)>[^<]*", "<$1>once"));

        var shown = cloud.list().getFirst().createdAt();
        assertThat(shown).isAfter(clock.instant());
        assertThat(shown.toEpochMilli()).isPositive();
    }

    // Addresses

    @Test
    void addressIsThatOfThePrimaryInterfaceAndNotOfTheLast() throws CloudFailure {
        var id = accepted(Clouds.spec("vm-1"));
        ec2.show(
                id,
                item ->
                        item.replace(
                                        "<networkInterfaceSet>",
                                        "<networkInterfaceSet>" + nic("10.9.9.9", 1, ""))
                                .replace(
                                        "</networkInterfaceSet>",
                                        nic("10.8.8.8", 2, "") + "</networkInterfaceSet>")
                                .replaceFirst(
                                        "<privateIpAddress>[^<]*</privateIpAddress>",
                                        "<privateIpAddress>10.8.8.8</privateIpAddress>"));

        assertThat(cloud.list()).extracting(Instance::address).containsExactly("10.64.0.2");
    }

    @Test
    void publicAddressIsShownIfItIsAskedForAndThere() throws CloudFailure {
        try (var open = Clouds.open(ec2, "isis", Map.of("address", "public", "publicIp", "true"))) {
            assertThat(open.create(Clouds.spec("vm-1"))).isInstanceOf(CreateAnswer.Accepted.class);
            assertThat(open.list()).extracting(Instance::address).containsExactly("203.0.113.1");
            assertThat(cloud.list()).extracting(Instance::address).containsExactly("10.64.0.2");
        }
        try (var open = Clouds.open(ec2, "isis", Map.of("address", "public"))) {
            var id = accepted(Clouds.spec("vm-2"));
            assertThat(open.get(id)).hasValueSatisfying(i -> assertThat(i.address()).isNull());
        }
    }

    @Test
    void addressOfASubnetWithIpv6AloneIsThat() throws CloudFailure {
        var id = accepted(Clouds.spec("vm-1"));
        ec2.show(
                id,
                item ->
                        item.replaceAll("<privateIpAddress>[^<]*</privateIpAddress>", "")
                                .replace(
                                        "<ipv6AddressesSet/>",
                                        "<ipv6AddressesSet><item><ipv6Address>2001:db8::7</ipv6Address></item></ipv6AddressesSet>"));

        assertThat(cloud.list()).extracting(Instance::address).containsExactly("2001:db8::7");
    }

    // Odd items and others

    @Test
    void instanceWithoutAnyTagsIsThereAndLeftAlone() throws CloudFailure {
        var id = accepted(Clouds.spec("vm-1"));
        ec2.show(id, item -> item.replaceAll("<tagSet>.*</tagSet>", ""));

        assertThat(cloud.list()).extracting(Instance::id).containsExactly(id);
        assertThat(cloud.get(id))
                .hasValueSatisfying(
                        i -> assertThat(i.tags()).isEqualTo(new Tags("isis", null, null)));
        assertThatThrownBy(() -> cloud.delete(id))
                .isInstanceOf(CloudFailure.Rejected.class)
                .hasMessageContaining("left alone");
        assertThatThrownBy(() -> cloud.start(id)).isInstanceOf(CloudFailure.Rejected.class);
        assertThat(ec2.requests("TerminateInstances")).isEmpty();
    }

    @Test
    void instanceThatOnlyItsNameTellsIsLeftAloneAndOneOfAnotherNameIsNotOurs() throws CloudFailure {
        var id = accepted(Clouds.spec("vm-1"));
        ec2.keepTags(id, "Name");
        assertThat(cloud.get(id)).isPresent();
        assertThatThrownBy(() -> cloud.delete(id)).isInstanceOf(CloudFailure.Rejected.class);

        ec2.show(id, item -> item.replace("vmm-isis-vm-1", "somebody's"));
        assertThat(cloud.get(id)).isEmpty();
        assertThat(cloud.console(id)).isEmpty();
        cloud.delete(id);
        assertThatThrownBy(() -> cloud.start(id)).isInstanceOf(CloudFailure.Rejected.class);
        assertThat(ec2.requests("TerminateInstances")).isEmpty();
    }

    @Test
    void instanceOfAnotherThatAFilterLetsThroughIsNotListed() throws CloudFailure {
        var id = accepted(Clouds.spec("vm-1"));
        ec2.show(id, item -> item.replace("<value>isis</value>", "<value>isis2</value>"));

        assertThat(cloud.list()).isEmpty();
    }

    @Test
    void oneThatIsAskedForAndNotShownIsUnknown() {
        ec2.intercept(
                on(
                        "DescribeInstances",
                        new Answer(
                                200,
                                "<DescribeInstancesResponse><reservationSet/></DescribeInstancesResponse>")));

        assertThatThrownBy(() -> cloud.get("i-00000000000000001"))
                .isInstanceOf(CloudFailure.Unreachable.class);
    }

    @ParameterizedTest
    @ValueSource(ints = {400, 404, 403, 500})
    void absenceInTheWordsOfAProxyIsNone(int status) {
        ec2.intercept(request -> new Answer(status, "<html>InvalidInstanceID.NotFound</html>"));

        assertThatThrownBy(() -> cloud.get("i-00000000000000001")).isInstanceOf(CloudFailure.class);
    }

    // Deleting and starting

    @Test
    void instanceThatIsNotShownYetIsTerminatedAllTheSame() throws CloudFailure {
        ec2.setLag(Duration.ofSeconds(5));
        var id = accepted(Clouds.spec("vm-1"));
        cloud.delete(id);

        assertThat(ec2.requests("TerminateInstances"))
                .singleElement()
                .satisfies(form -> assertThat(form).containsEntry("InstanceId.1", id));
        clock.advance(Duration.ofSeconds(10));
        assertThat(cloud.list()).isEmpty();
    }

    @Test
    void deleteThatIsForbiddenIsAFailureAlsoIfTheInstanceIsNotShown() {
        var id = accepted(Clouds.spec("vm-1"));
        ec2.intercept(
                on(
                        "TerminateInstances",
                        FakeEc2.error(403, "UnauthorizedOperation", "You are not authorized")));

        assertThatThrownBy(() -> cloud.delete("i-00000000000000009"))
                .isInstanceOf(CloudFailure.Unauthorized.class);
        assertThatThrownBy(() -> cloud.delete(id)).isInstanceOf(CloudFailure.Unauthorized.class);
    }

    @Test
    void instanceThatGoesIsNotAskedToGoAgain() throws CloudFailure {
        var id = accepted(Clouds.spec("vm-1"));
        cloud.delete(id);
        cloud.delete(id);
        clock.advance(Duration.ofSeconds(5));
        cloud.delete(id);

        assertThat(ec2.requests("TerminateInstances")).hasSize(1);
    }

    @Test
    void deleteWithoutAnAnswerIsAFailureAndCanBeRepeated() throws CloudFailure {
        var id = accepted(Clouds.spec("vm-1"));
        ec2.intercept(on("TerminateInstances", new Drop()));
        assertThatThrownBy(() -> cloud.delete(id)).isInstanceOf(CloudFailure.Unreachable.class);
        ec2.calm();

        cloud.delete(id);
        clock.advance(Duration.ofSeconds(5));
        assertThat(cloud.list()).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({
        "400, IncorrectInstanceState, rejected",
        "500, InsufficientInstanceCapacity, no-capacity",
        "400, VcpuLimitExceeded, quota-exceeded",
        "500, InternalError, unreachable"
    })
    void startThatIsNotDoneIsTyped(int status, String code, String expected) throws CloudFailure {
        var id = accepted(Clouds.spec("vm-1"));
        cloud.start(id);
        assertThat(ec2.requests("StartInstances")).isEmpty();
        ec2.stop(id);
        ec2.intercept(on("StartInstances", FakeEc2.error(status, code, "words")));

        var failure = failed(() -> cloud.start(id));
        assertThat(failure.kind()).isEqualTo(expected);
        assertThat(failure.detail()).contains("words");
        if (failure instanceof CloudFailure.NoCapacity room) {
            assertThat(room.flavor()).isEqualTo(FakeEc2.FLAVOR);
        }
    }

    // Consoles

    @Test
    void consoleIsItsLastLinesAndNothingWhileThereIsNone() throws CloudFailure {
        var id = accepted(Clouds.spec("vm-1"));
        assertThat(cloud.console(id)).isEmpty();
        clock.advance(Duration.ofSeconds(5));
        assertThat(cloud.console(id)).contains("cloud-init: done\nvmm login: ");

        var lines = IntStream.range(0, 500).mapToObj(i -> "line " + i).toList();
        var output = Base64.getMimeEncoder().encodeToString(String.join("\r\n", lines).getBytes());
        ec2.intercept(
                on(
                        "GetConsoleOutput",
                        new Answer(
                                200,
                                "<GetConsoleOutputResponse><output>"
                                        + output
                                        + "</output></GetConsoleOutputResponse>")));
        assertThat(cloud.console(id)).contains(String.join("\n", lines.subList(300, 500)));
        assertThat(cloud.console("i-00000000000000009")).isEmpty();
    }

    // Shelves

    @Test
    void offeringsTellProcessorsMemoryAndGpus() throws CloudFailure {
        assertThat(cloud.offerings())
                .contains(
                        new Offering(FakeEc2.FLAVOR, 2, 8_192, 0),
                        new Offering("p5.48xlarge", 192, 2_097_152, 8));
        assertThat(cloud.images()).containsExactly(new Image(FakeEc2.IMAGE, FakeEc2.IMAGE_NAME));
        assertThat(cloud.networks())
                .contains(
                        new Network(FakeEc2.SUBNET, "vmm-a"),
                        new Network(FakeEc2.OTHER_SUBNET, "vmm-b"));
    }

    @Test
    void quotaCountsWhatRunsOfAnybodysAgainstWhatTheFleetFileTells() throws CloudFailure {
        accepted(Clouds.spec("vm-1"));
        var stopped = accepted(Clouds.spec("vm-2"));
        ec2.stop(stopped);
        try (var other = Clouds.open(ec2, "another", Map.of("vcpuQuota", "64"))) {
            other.create(
                    new LaunchSpec(
                            "vmm-another-1",
                            new Tags("another", "s", "1"),
                            FakeEc2.IMAGE,
                            "p5.48xlarge",
                            FakeEc2.SUBNET,
                            ""));
            var quota = other.quota();
            assertThat(quota.usedInstances()).hasValue(2);
            assertThat(quota.usedVcpus()).hasValue(194);
            assertThat(quota.maxVcpus()).hasValue(64);
            assertThat(quota.maxInstances()).isEqualTo(OptionalInt.empty());
        }
        assertThat(cloud.quota().maxVcpus()).isEmpty();
    }

    @Test
    void processorsThatAreNotToldAreThoseOfTheTypeAndNotNone() throws CloudFailure {
        accepted(Clouds.spec("vm-1"));
        var odd = accepted(Clouds.spec("vm-2"));
        ec2.show(odd, item -> item.replaceAll("<cpuOptions>.*</cpuOptions>", ""));
        ec2.intercept(on("DescribeInstanceTypes", FakeEc2.error(500, "InternalError", "oops")));

        assertThat(cloud.quota().usedInstances()).hasValue(2);
        assertThat(cloud.quota().usedVcpus()).isEmpty();
        ec2.calm();
        int before = ec2.requests("DescribeInstanceTypes").size();
        for (int i = 0; i < 3; i++) assertThat(cloud.quota().usedVcpus()).hasValue(4);
        assertThat(ec2.requests("DescribeInstanceTypes")).hasSize(before + 1);
    }

    // Leftovers

    @Test
    void volumesAndInterfacesThatStayAreLeftoversOfTheirVm() throws CloudFailure {
        ec2.keepParts();
        cloud.delete(accepted(Clouds.spec("vm-1")));
        accepted(Clouds.spec("vm-2"));
        assertThat(cloud.leftovers()).isEmpty();
        clock.advance(Duration.ofSeconds(5));

        var left = cloud.leftovers();
        assertThat(left)
                .extracting(Leftover::kind, Leftover::owner)
                .containsExactly(
                        org.assertj.core.groups.Tuple.tuple("volume", "vm-1"),
                        org.assertj.core.groups.Tuple.tuple("network-interface", "vm-1"));
        try (var other = Clouds.open(ec2, "another")) {
            assertThat(other.leftovers()).isEmpty();
            for (var leftover : left) {
                assertThatThrownBy(() -> other.remove(leftover))
                        .isInstanceOf(CloudFailure.Rejected.class);
            }
        }
        for (var leftover : left) cloud.remove(leftover);
        assertThat(ec2.parts()).containsExactly("eni-00000000000000002", "vol-00000000000000002");
    }

    @Test
    void onlyWhatStillIsALeftoverIsRemoved() throws CloudFailure {
        accepted(Clouds.spec("vm-1"));
        var used = new Leftover("volume", "vol-00000000000000001", "vm-1");

        assertThatThrownBy(() -> cloud.remove(used)).isInstanceOf(CloudFailure.Rejected.class);
        assertThatThrownBy(() -> cloud.remove(new Leftover("port", "p-1", "vm-1")))
                .isInstanceOf(CloudFailure.Rejected.class);
        cloud.remove(new Leftover("volume", "vol-00000000000000009", "vm-1"));
        assertThat(ec2.requests("DeleteVolume")).isEmpty();
    }

    @Test
    void volumeOfAVmThatLivesAgainOrStillIsNotRemoved() throws CloudFailure {
        ec2.keepParts();
        cloud.delete(accepted(Clouds.spec("vm-1")));
        clock.advance(Duration.ofSeconds(5));
        var left = cloud.leftovers();
        accepted(
                new LaunchSpec(
                        "vmm-isis-vm-1-double",
                        new Tags("isis", "store-1", "vm-1"),
                        FakeEc2.IMAGE,
                        FakeEc2.FLAVOR,
                        FakeEc2.SUBNET,
                        ""));

        for (var leftover : left) {
            assertThatThrownBy(() -> cloud.remove(leftover))
                    .isInstanceOf(CloudFailure.Rejected.class)
                    .hasMessageContaining("still exists");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"deleting", "deleted"})
    void volumeThatGoesIsRemoved(String state) throws CloudFailure {
        ec2.intercept(on("DescribeVolumes", volume(state, "")));

        cloud.remove(new Leftover("volume", "vol-1", "vm-1"));
        assertThat(ec2.requests("DeleteVolume")).isEmpty();
    }

    @Test
    void whatIsAttachedIsNoLeftoverWhateverItsState() throws CloudFailure {
        ec2.intercept(on("DescribeVolumes", volume("available", "<attachmentSet/>")));
        assertThat(cloud.leftovers()).hasSize(1);

        var attached = "<attachmentSet><item><instanceId>i-1</instanceId></item></attachmentSet>";
        ec2.intercept(on("DescribeVolumes", volume("available", attached)));
        assertThat(cloud.leftovers()).isEmpty();
        assertThatThrownBy(() -> cloud.remove(new Leftover("volume", "vol-1", "vm-1")))
                .isInstanceOf(CloudFailure.Rejected.class);

        var other = "<attachment><instanceId>i-1</instanceId></attachment>";
        for (var attachment : List.of("", other)) {
            ec2.intercept(
                    on(
                            "DescribeNetworkInterfaces",
                            new Answer(
                                    200,
                                    "<DescribeNetworkInterfacesResponse><networkInterfaceSet><item><networkInterfaceId>eni-1</networkInterfaceId><status>available</status>"
                                            + attachment
                                            + OUR_TAGS
                                            + "</item></networkInterfaceSet></DescribeNetworkInterfacesResponse>")));
            assertThat(cloud.leftovers()).hasSize(attachment.isEmpty() ? 1 : 0);
        }
    }

    private static final String OUR_TAGS =
            "<tagSet><item><key>vmm-installation</key><value>isis</value></item><item><key>vmm-id</key><value>vm-1</value></item></tagSet>";

    private static Answer volume(String state, String attachments) {
        return new Answer(
                200,
                "<DescribeVolumesResponse><volumeSet><item><volumeId>vol-1</volumeId><status>"
                        + state
                        + "</status>"
                        + attachments
                        + OUR_TAGS
                        + "</item></volumeSet></DescribeVolumesResponse>");
    }

    @Test
    void leftoverWhoseVmIsNotToldIsNone() throws CloudFailure {
        ec2.intercept(
                on(
                        "DescribeVolumes",
                        new Answer(
                                200,
                                "<DescribeVolumesResponse><volumeSet><item><volumeId>vol-1</volumeId><status>available</status><tagSet><item><key>vmm-installation</key><value>isis</value></item></tagSet></item></volumeSet></DescribeVolumesResponse>")));

        assertThat(cloud.leftovers()).isEmpty();
    }

    // Words of these tests

    private interface Call {
        Object make() throws CloudFailure;
    }

    private interface Act {
        void make() throws CloudFailure;
    }

    private static CloudFailure failureOf(Call call) {
        return catchThrowableOfType(CloudFailure.class, call::make);
    }

    private static CloudFailure failed(Act call) {
        return catchThrowableOfType(CloudFailure.class, call::make);
    }

    private String accepted(LaunchSpec spec) {
        var answer = cloud.create(spec);
        assertThat(answer).isInstanceOf(CreateAnswer.Accepted.class);
        return ((CreateAnswer.Accepted) answer).instanceId();
    }

    private static String kindOf(CreateAnswer answer) {
        return switch (answer) {
            case CreateAnswer.Accepted(String id) -> "ACCEPTED";
            case CreateAnswer.Refused(CloudFailure why) -> "REFUSED " + why.kind();
            case CreateAnswer.Unknown(CloudFailure why) -> "UNKNOWN " + why.kind();
        };
    }

    private static Function<Request, Reply> on(String action, Reply reply) {
        return request ->
                action.equals(FakeEc2.parameters(request.body()).get("Action")) ? reply : null;
    }

    private static LaunchSpec withData(LaunchSpec spec, String userData) {
        return new LaunchSpec(
                spec.name(), spec.tags(), spec.image(), spec.flavor(), spec.network(), userData);
    }

    private static Map<String, String> tags(int n, String kind) {
        var prefix = "TagSpecification." + n + ".";
        var tags = new TreeMap<String, String>();
        tags.put(prefix + "ResourceType", kind);
        var all =
                List.of(
                        "Name", "vmm-isis-vm-1",
                        "vmm-id", "vm-1",
                        "vmm-installation", "isis",
                        "vmm-store", "store-1");
        for (int i = 0; i < all.size(); i += 2) {
            tags.put(prefix + "Tag." + (i / 2 + 1) + ".Key", all.get(i));
            tags.put(prefix + "Tag." + (i / 2 + 1) + ".Value", all.get(i + 1));
        }
        return tags;
    }

    private static Map<String, String> unsigned(Request request) {
        var headers = new TreeMap<>(request.headers());
        headers.keySet().removeAll(List.of("authorization", "x-amz-date"));
        return headers;
    }

    /** Where the turn of a VM begins, seen by trying. */
    private String firstOf(String vmId) {
        var tried = new HashSet<String>();
        try (var other = new FakeEc2(clock);
                var cloud = Clouds.open(other, "isis")) {
            cloud.create(Clouds.spec(vmId, BOTH, Map.of()));
            other.requests("RunInstances").forEach(form -> tried.add(form.get("SubnetId")));
        }
        return tried.iterator().next();
    }

    private String lastOf(String vmId) {
        return firstOf(vmId).equals(FakeEc2.SUBNET) ? FakeEc2.OTHER_SUBNET : FakeEc2.SUBNET;
    }

    private static String nic(String address, int index, String more) {
        return "<item><privateIpAddress>"
                + address
                + "</privateIpAddress><attachment><deviceIndex>"
                + index
                + "</deviceIndex></attachment>"
                + more
                + "</item>";
    }
}
