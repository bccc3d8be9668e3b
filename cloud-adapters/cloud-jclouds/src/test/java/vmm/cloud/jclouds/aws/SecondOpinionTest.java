package vmm.cloud.jclouds.aws;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.AwsCredentials;
import software.amazon.awssdk.auth.credentials.AwsSessionCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.awscore.retry.AwsRetryStrategy;
import software.amazon.awssdk.http.urlconnection.UrlConnectionHttpClient;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.ec2.Ec2Client;
import software.amazon.awssdk.services.ec2.model.Ec2Exception;
import software.amazon.awssdk.services.ec2.model.Filter;
import software.amazon.awssdk.services.ec2.model.HttpTokensState;
import software.amazon.awssdk.services.ec2.model.Image;
import software.amazon.awssdk.services.ec2.model.Instance;
import software.amazon.awssdk.services.ec2.model.InstanceInterruptionBehavior;
import software.amazon.awssdk.services.ec2.model.InstanceLifecycleType;
import software.amazon.awssdk.services.ec2.model.InstanceMetadataEndpointState;
import software.amazon.awssdk.services.ec2.model.InstanceNetworkInterfaceSpecification;
import software.amazon.awssdk.services.ec2.model.InstanceStateName;
import software.amazon.awssdk.services.ec2.model.InstanceTypeInfo;
import software.amazon.awssdk.services.ec2.model.MarketType;
import software.amazon.awssdk.services.ec2.model.NetworkInterfaceStatus;
import software.amazon.awssdk.services.ec2.model.ResourceType;
import software.amazon.awssdk.services.ec2.model.RunInstancesRequest;
import software.amazon.awssdk.services.ec2.model.SpotInstanceType;
import software.amazon.awssdk.services.ec2.model.Subnet;
import software.amazon.awssdk.services.ec2.model.Tag;
import software.amazon.awssdk.services.ec2.model.VolumeState;

import vmm.cloud.CloudFailure;
import vmm.cloud.CreateAnswer;
import vmm.cloud.LaunchSpec;
import vmm.cloud.ManualClock;

import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.List;
import java.util.Map;

/**
 * The vendor's own client understands the EC2 of these tests, which takes its signatures; and for
 * the same wish it sends what the adapter sends, to the letter.
 */
class SecondOpinionTest {

    /** The vendor's client signs with the real time. */
    private final ManualClock clock = new ManualClock(Instant.now());

    private final FakeEc2 ec2 = new FakeEc2(clock);
    private final AwsCloud cloud = Clouds.open(ec2, "isis");
    private final Ec2Client client =
            client(AwsBasicCredentials.create(FakeEc2.ACCESS_KEY, FakeEc2.SECRET_KEY));

    @AfterEach
    void close() {
        client.close();
        cloud.close();
        ec2.close();
    }

    // What we send

    @Test
    void plainLaunchIsWhatTheVendorsClientSends() {
        var spec = Clouds.spec("vm-1", FakeEc2.SUBNET, Map.of());
        launched(cloud, spec);
        client.runInstances(wish(spec).subnetId(FakeEc2.SUBNET).build());

        assertSame("RunInstances");
        assertThat(ec2.lives()).hasSize(1);
    }

    @Test
    void launchWithEverythingIsWhatTheVendorsClientSends() {
        var options =
                Map.of(
                        "securityGroups", FakeEc2.GROUP,
                        "keyPair", FakeEc2.KEY_PAIR,
                        "publicIp", "true",
                        "instanceProfile", "daaas-guest",
                        "metadataHops", "2");
        var spec = Clouds.spec("vm-1", FakeEc2.SUBNET, Map.of("spot", "true", "maxPrice", "0.105"));
        try (var full = Clouds.open(ec2, "isis", options)) {
            launched(full, spec);
        }
        client.runInstances(
                wish(spec)
                        .keyName(FakeEc2.KEY_PAIR)
                        .iamInstanceProfile(profile -> profile.name("daaas-guest"))
                        .networkInterfaces(
                                InstanceNetworkInterfaceSpecification.builder()
                                        .deviceIndex(0)
                                        .associatePublicIpAddress(true)
                                        .deleteOnTermination(true)
                                        .subnetId(FakeEc2.SUBNET)
                                        .groups(FakeEc2.GROUP)
                                        .build())
                        .metadataOptions(
                                metadata ->
                                        metadata.httpTokens(HttpTokensState.REQUIRED)
                                                .httpEndpoint(InstanceMetadataEndpointState.ENABLED)
                                                .httpPutResponseHopLimit(2))
                        .instanceMarketOptions(
                                market ->
                                        market.marketType(MarketType.SPOT)
                                                .spotOptions(
                                                        spot ->
                                                                spot.spotInstanceType(
                                                                                SpotInstanceType
                                                                                        .ONE_TIME)
                                                                        .instanceInterruptionBehavior(
                                                                                InstanceInterruptionBehavior
                                                                                        .TERMINATE)
                                                                        .maxPrice("0.105")))
                        .tagSpecifications(
                                List.of(
                                        specification(spec, ResourceType.INSTANCE),
                                        specification(spec, ResourceType.VOLUME),
                                        specification(spec, ResourceType.NETWORK_INTERFACE),
                                        specification(spec, ResourceType.SPOT_INSTANCES_REQUEST)))
                        .build());

        assertSame("RunInstances");
        assertThat(ec2.lives()).hasSize(1);
        assertThat(read(ec2.lives().getFirst().id()).instanceLifecycle())
                .isEqualTo(InstanceLifecycleType.SPOT);
    }

    @Test
    void questionsAreWhatTheVendorsClientSends() throws CloudFailure {
        cloud.list();
        client.describeInstances(
                r -> r.maxResults(1000).filters(filter("tag:vmm-installation", "isis")));
        assertSame("DescribeInstances");
        cloud.quota();
        client.describeInstances(
                r ->
                        r.maxResults(1000)
                                .filters(filter("instance-state-name", "pending", "running")));
        assertSame("DescribeInstances");
        cloud.offerings();
        client.describeInstanceTypes(r -> r.maxResults(100));
        assertSame("DescribeInstanceTypes");
        cloud.images();
        client.describeImages(
                r -> r.owners("self").maxResults(1000).filters(filter("state", "available")));
        assertSame("DescribeImages");
        cloud.networks();
        client.describeSubnets(r -> r.maxResults(1000));
        assertSame("DescribeSubnets");
        cloud.leftovers();
        client.describeVolumes(
                r ->
                        r.maxResults(500)
                                .filters(
                                        filter("status", "available"),
                                        filter("tag:vmm-installation", "isis")));
        assertSame("DescribeVolumes");
        client.describeNetworkInterfaces(
                r ->
                        r.maxResults(500)
                                .filters(
                                        filter("status", "available"),
                                        filter("tag:vmm-installation", "isis")));
        assertSame("DescribeNetworkInterfaces");
        cloud.misnomers(FakeEc2.IMAGE, FakeEc2.FLAVOR, FakeEc2.SUBNET);
        client.describeImages(r -> r.imageIds(FakeEc2.IMAGE));
        assertSame("DescribeImages");
        client.describeInstanceTypes(r -> r.instanceTypesWithStrings(FakeEc2.FLAVOR));
        assertSame("DescribeInstanceTypes");
        client.describeSubnets(r -> r.subnetIds(FakeEc2.SUBNET));
        assertSame("DescribeSubnets");
    }

    @Test
    void changesAreWhatTheVendorsClientSends() throws CloudFailure {
        var id = launched(cloud, Clouds.spec("vm-1"));
        clock.advance(Duration.ofSeconds(5));
        cloud.get(id);
        client.describeInstances(r -> r.instanceIds(id));
        assertSame("DescribeInstances");
        cloud.console(id);
        client.getConsoleOutput(r -> r.instanceId(id));
        assertSame("GetConsoleOutput");
        ec2.stop(id);
        cloud.start(id);
        client.startInstances(r -> r.instanceIds(id));
        assertSame("StartInstances");
        ec2.keepParts();
        cloud.delete(id);
        client.terminateInstances(r -> r.instanceIds(id));
        assertSame("TerminateInstances");
        clock.advance(Duration.ofSeconds(5));
        for (var leftover : cloud.leftovers()) cloud.remove(leftover);
        assertThatThrownBy(() -> client.deleteVolume(r -> r.volumeId("vol-00000000000000001")))
                .satisfies(e -> assertThat(codeOf(e)).isEqualTo("InvalidVolume.NotFound"));
        assertSame("DeleteVolume");
        assertThatThrownBy(
                        () ->
                                client.deleteNetworkInterface(
                                        r -> r.networkInterfaceId("eni-00000000000000001")))
                .satisfies(
                        e -> assertThat(codeOf(e)).isEqualTo("InvalidNetworkInterfaceID.NotFound"));
        assertSame("DeleteNetworkInterface");
    }

    @Test
    void dryRunIsWhatTheVendorsClientSends() throws CloudFailure {
        cloud.ping();
        assertThatThrownBy(() -> client.describeInstances(r -> r.dryRun(true)))
                .satisfies(e -> assertThat(codeOf(e)).isEqualTo("DryRunOperation"));
        assertSame("DescribeInstances");
    }

    // What is answered

    @Test
    void vendorsClientReadsWhatOurEc2Shows() {
        for (int i = 0; i < 12; i++) launched(cloud, Clouds.spec("vm-" + i));
        ec2.setPageSize(5);
        clock.advance(Duration.ofSeconds(5));

        var all =
                client.describeInstancesPaginator(r -> r.maxResults(5)).reservations().stream()
                        .flatMap(reservation -> reservation.instances().stream())
                        .toList();
        assertThat(all).extracting(Instance::instanceId).doesNotHaveDuplicates().hasSize(12);
        ec2.setPageSize(1_000);
        var one = all.getFirst();
        assertThat(one.state().name()).isEqualTo(InstanceStateName.RUNNING);
        assertThat(one.instanceTypeAsString()).isEqualTo(FakeEc2.FLAVOR);
        assertThat(one.launchTime()).isNotNull();
        assertThat(one.cpuOptions().coreCount()).isEqualTo(1);
        assertThat(one.networkInterfaces().getFirst().attachment().deviceIndex()).isZero();
        assertThat(one.networkInterfaces().getFirst().privateIpAddress())
                .isEqualTo(one.privateIpAddress());
        assertThat(one.tags())
                .extracting(Tag::key, Tag::value)
                .contains(
                        org.assertj.core.groups.Tuple.tuple("vmm-id", "vm-0"),
                        org.assertj.core.groups.Tuple.tuple("Name", "vmm-isis-vm-0"));
        assertThat(client.describeInstanceTypesPaginator(r -> {}).instanceTypes().stream().toList())
                .extracting(InstanceTypeInfo::instanceTypeAsString)
                .contains(FakeEc2.FLAVOR);
        assertThat(client.describeImages(r -> r.owners("self")).images())
                .extracting(Image::name)
                .containsExactly(FakeEc2.IMAGE_NAME);
        assertThat(client.describeSubnets().subnets())
                .extracting(Subnet::subnetId)
                .contains(FakeEc2.SUBNET);
        assertThat(client.describeVolumes().volumes()).hasSize(12);
        assertThat(client.describeVolumes().volumes().getFirst().state())
                .isEqualTo(VolumeState.IN_USE);
        assertThat(client.describeNetworkInterfaces().networkInterfaces().getFirst().status())
                .isEqualTo(NetworkInterfaceStatus.IN_USE);
    }

    @Test
    void vendorsClientStartsReadsTheConsoleAndTerminates() {
        var id =
                client.runInstances(wish(Clouds.spec("vm-1")).build())
                        .instances()
                        .getFirst()
                        .instanceId();
        clock.advance(Duration.ofSeconds(5));
        var output = client.getConsoleOutput(r -> r.instanceId(id)).output();
        assertThat(new String(Base64.getMimeDecoder().decode(output), StandardCharsets.UTF_8))
                .contains("vmm login");
        ec2.stop(id);
        assertThat(read(id).state().name()).isEqualTo(InstanceStateName.STOPPED);
        var started = client.startInstances(r -> r.instanceIds(id)).startingInstances();
        assertThat(started.getFirst().previousState().name()).isEqualTo(InstanceStateName.STOPPED);
        var gone = client.terminateInstances(r -> r.instanceIds(id)).terminatingInstances();
        assertThat(gone.getFirst().currentState().name())
                .isEqualTo(InstanceStateName.SHUTTING_DOWN);
        clock.advance(Duration.ofSeconds(5));
        assertThat(read(id).state().name()).isEqualTo(InstanceStateName.TERMINATED);
    }

    @Test
    void errorsBecomeTheVendorsExceptions() {
        assertThatThrownBy(() -> read("i-0123456789abcdef0"))
                .satisfies(e -> assertThat(codeOf(e)).isEqualTo("InvalidInstanceID.NotFound"));
        ec2.fill();
        assertThatThrownBy(
                        () ->
                                client.runInstances(
                                        wish(Clouds.spec("vm-1")).clientToken("t").build()))
                .satisfies(e -> assertThat(codeOf(e)).isEqualTo("InsufficientInstanceCapacity"));
        assertThatThrownBy(
                        () ->
                                client.runInstances(
                                        wish(Clouds.spec("vm-2")).clientToken("t").build()))
                .satisfies(e -> assertThat(codeOf(e)).isEqualTo("IdempotentParameterMismatch"));
        ec2.intercept(
                request -> FakeEc2.error(503, "RequestLimitExceeded", "Request limit exceeded."));
        assertThatThrownBy(client::describeInstances)
                .isInstanceOfSatisfying(
                        Ec2Exception.class, e -> assertThat(e.isThrottlingException()).isTrue());
    }

    @Test
    void ec2ChecksTheSignaturesOfBoth() throws CloudFailure {
        var wrong = AwsBasicCredentials.create(FakeEc2.ACCESS_KEY, FakeEc2.SECRET_KEY + "x");
        try (var impostor = client(wrong)) {
            assertThatThrownBy(impostor::describeInstances)
                    .satisfies(e -> assertThat(codeOf(e)).isEqualTo("SignatureDoesNotMatch"));
        }
        ec2.addKeys("ASIASESSION", "secret-of-the-session", "token+/=", Instant.MAX);
        var session =
                AwsSessionCredentials.create("ASIASESSION", "secret-of-the-session", "token+/=");
        try (var guest = client(session);
                var same =
                        new AwsCloud(
                                Clouds.config(
                                        ec2.url(),
                                        "isis",
                                        Map.of(
                                                "accessKeyId", "ASIASESSION",
                                                "secretAccessKey", "secret-of-the-session",
                                                "sessionToken", "token+/="),
                                        Map.of()),
                                clock)) {
            assertThat(guest.describeInstances().reservations()).isEmpty();
            assertThat(same.list()).isEmpty();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"body", "host", "date", "token"})
    void signatureCoversWhatMatters(String part) throws CloudFailure {
        cloud.list();
        var request = ec2.requests().getFirst();
        var signature = Signature.of(request).orElseThrow();
        assertThat(signature.isMadeWith(FakeEc2.SECRET_KEY, request)).isTrue();

        var headers = new java.util.TreeMap<>(request.headers());
        if (part.equals("host")) headers.put("host", "elsewhere");
        if (part.equals("date")) headers.put("x-amz-date", signature.date() + "T235959Z");
        if (part.equals("token")) headers.put("x-amz-security-token", "another");
        var changed =
                new vmm.cloud.jclouds.RawServer.Request(
                        1,
                        request.method(),
                        request.uri(),
                        headers,
                        part.equals("body") ? request.body() + "&DryRun=true" : request.body());
        assertThat(Signature.of(changed).orElseThrow().isMadeWith(FakeEc2.SECRET_KEY, changed))
                .isFalse();
    }

    // Words of these tests

    /** The last two requests of an action are the same. */
    private void assertSame(String action) {
        var sent = ec2.requests(action);
        assertThat(sent.get(sent.size() - 2)).isEqualTo(sent.getLast());
    }

    private static String launched(AwsCloud cloud, LaunchSpec spec) {
        return ((CreateAnswer.Accepted) cloud.create(spec)).instanceId();
    }

    private Instance read(String id) {
        return client.describeInstances(r -> r.instanceIds(id))
                .reservations()
                .getFirst()
                .instances()
                .getFirst();
    }

    private static Filter filter(String name, String... values) {
        return Filter.builder().name(name).values(values).build();
    }

    /** What the adapter asks for, said to the vendor's client. */
    private RunInstancesRequest.Builder wish(LaunchSpec spec) {
        var before = ec2.requests("RunInstances");
        return RunInstancesRequest.builder()
                .imageId(FakeEc2.IMAGE)
                .instanceType(FakeEc2.FLAVOR)
                .minCount(1)
                .maxCount(1)
                .userData(
                        Base64.getEncoder()
                                .encodeToString(spec.userData().getBytes(StandardCharsets.UTF_8)))
                .clientToken(before.isEmpty() ? "token" : before.getLast().get("ClientToken"))
                .metadataOptions(
                        metadata ->
                                metadata.httpTokens(HttpTokensState.REQUIRED)
                                        .httpEndpoint(InstanceMetadataEndpointState.ENABLED)
                                        .httpPutResponseHopLimit(1))
                .tagSpecifications(
                        specification(spec, ResourceType.INSTANCE),
                        specification(spec, ResourceType.VOLUME),
                        specification(spec, ResourceType.NETWORK_INTERFACE));
    }

    private static software.amazon.awssdk.services.ec2.model.TagSpecification specification(
            LaunchSpec spec, ResourceType type) {
        return software.amazon.awssdk.services.ec2.model.TagSpecification.builder()
                .resourceType(type)
                .tags(
                        tag("Name", spec.name()),
                        tag("vmm-id", String.valueOf(spec.tags().vmId())),
                        tag("vmm-installation", spec.tags().installation()),
                        tag("vmm-store", String.valueOf(spec.tags().store())))
                .build();
    }

    private static Tag tag(String key, String value) {
        return Tag.builder().key(key).value(value).build();
    }

    private static String codeOf(Throwable e) {
        return ((Ec2Exception) e).awsErrorDetails().errorCode();
    }

    private Ec2Client client(AwsCredentials credentials) {
        return Ec2Client.builder()
                .endpointOverride(URI.create(ec2.url()))
                .region(Region.of(FakeEc2.REGION))
                .credentialsProvider(StaticCredentialsProvider.create(credentials))
                .httpClient(UrlConnectionHttpClient.create())
                .overrideConfiguration(o -> o.retryStrategy(AwsRetryStrategy.doNotRetry()))
                .build();
    }
}
