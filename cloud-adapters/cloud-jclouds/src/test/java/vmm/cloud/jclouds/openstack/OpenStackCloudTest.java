package vmm.cloud.jclouds.openstack;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import vmm.cloud.CloudFailure;
import vmm.cloud.CreateAnswer;
import vmm.cloud.Instance;
import vmm.cloud.Instance.Status;
import vmm.cloud.LaunchSpec;
import vmm.cloud.Leftover;
import vmm.cloud.Offering;
import vmm.cloud.Tags;
import vmm.cloud.jclouds.RawServer.Answer;
import vmm.cloud.jclouds.RawServer.Drop;
import vmm.cloud.jclouds.RawServer.Hang;
import vmm.cloud.jclouds.RawServer.Reply;
import vmm.cloud.jclouds.RawServer.Request;

import java.time.Duration;
import java.util.Base64;
import java.util.Map;
import java.util.OptionalInt;
import java.util.UUID;
import java.util.concurrent.Executors;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.stream.IntStream;

/** What the contract does not ask: each status, odd items, names, tokens, and leftovers. */
class OpenStackCloudTest {

    private static final String SERVERS = "/compute/v2.1/servers";
    private static final String DETAIL = "/compute/v2.1/servers/detail";
    private static final String TOKENS = "/identity/v3/auth/tokens";

    private final FakeOpenStack openStack = new FakeOpenStack();
    private final OpenStackCloud cloud = Clouds.open(openStack, "isis");

    @AfterEach
    void close() {
        cloud.close();
        openStack.close();
    }

    // Consoles

    @ParameterizedTest
    @CsvSource({
        "404, '{\"itemNotFound\": {\"code\": 404, \"message\": \"no console\"}}', none",
        "409, '{\"conflictingRequest\": {\"code\": 409, \"message\": \"not ready\"}}', none",
        "501, '{}', none",
        "404, '<html>no such page</html>', unreachable",
        "500, '{}', unreachable",
        "403, '{}', unauthorized",
        "429, '{}', throttled",
        "200, 'not JSON', unreachable",
        "200, '{\"output\": null}', none",
        "200, '{\"output\": \"\"}', ''"
    })
    void consoleIsShownOrThereIsNoneOrItIsNotKnown(int status, String body, String expected) {
        var id = ((CreateAnswer.Accepted) cloud.create(Clouds.spec("vm-1"))).instanceId();
        openStack.intercept(
                on(request -> request.path().endsWith("/action"), new Answer(status, body)));

        assertThat(consoleOf(id)).isEqualTo(expected);
        assertThat(openStack.requests("POST", SERVERS + "/" + id + "/action"))
                .singleElement()
                .satisfies(
                        request ->
                                assertThat(request.body())
                                        .isEqualTo("{\"os-getConsoleOutput\":{\"length\":200}}"));
    }

    @Test
    void consoleThatWasNotAnsweredIsAskedForOnceAndCanBeAskedForAgain() throws CloudFailure {
        var id = ((CreateAnswer.Accepted) cloud.create(Clouds.spec("vm-1"))).instanceId();
        openStack.clock.advance(Duration.ofSeconds(5));
        openStack.intercept(on(request -> request.path().endsWith("/action"), new Drop()));
        assertThat(consoleOf(id)).isEqualTo("unreachable");
        assertThat(openStack.requests("POST", SERVERS + "/" + id + "/action")).hasSize(1);

        openStack.calm();
        assertThat(cloud.console(id)).contains("cloud-init: done\nvmm login: ");
    }

    private String consoleOf(String id) {
        try {
            return cloud.console(id).orElse("none");
        } catch (CloudFailure failure) {
            return failure.kind();
        }
    }

    // Creates

    @ParameterizedTest
    @CsvSource({
        "500, UNKNOWN unreachable",
        "502, UNKNOWN unreachable",
        "503, UNKNOWN unreachable",
        "504, UNKNOWN unreachable",
        "408, UNKNOWN unreachable",
        "302, UNKNOWN unreachable",
        "400, REFUSED rejected",
        "404, REFUSED rejected",
        "409, REFUSED rejected",
        "403, REFUSED unauthorized",
        "401, REFUSED unauthorized",
        "429, REFUSED throttled",
        "413, REFUSED throttled"
    })
    void createThatIsNotAcceptedIsTypedAndSentOnce(int status, String expected) {
        openStack.intercept(
                on(
                        request -> isCreate(request),
                        new Answer(status, Map.of("Retry-After", "0"), "{}")));

        assertThat(kindOf(cloud.create(Clouds.spec("vm-1")))).isEqualTo(expected);
        assertThat(openStack.requests("POST", SERVERS)).hasSize(status == 401 ? 2 : 1);
    }

    @ParameterizedTest
    @CsvSource({
        "403, '{\"forbidden\": {\"code\": 403, \"message\": \"Quota exceeded for cores: Requested"
                + " 4\"}}'",
        "403, '{\"forbidden\": {\"code\": 403, \"message\": \"Maximum number of ports"
                + " exceeded\"}}'",
        "413, '{\"overLimit\": {\"code\": 413, \"message\": \"Quota exceeded for ram\","
                + " \"retryAfter\": \"0\"}}'"
    })
    void createBeyondAnyQuotaIsRefusedAsSuch(int status, String body) {
        openStack.intercept(on(OpenStackCloudTest::isCreate, new Answer(status, body)));

        assertThat(kindOf(cloud.create(Clouds.spec("vm-1")))).isEqualTo("REFUSED quota-exceeded");
    }

    @Test
    void createWhoseConnectionIsDroppedIsUnknownAndSentOnce() throws CloudFailure {
        cloud.quota();
        openStack.intercept(on(OpenStackCloudTest::isCreate, new Drop()));

        assertThat(kindOf(cloud.create(Clouds.spec("vm-1")))).isEqualTo("UNKNOWN unreachable");
        assertThat(openStack.requests("POST", SERVERS)).hasSize(1);
    }

    @Test
    void createThatHangsIsUnknownInTimeAndSentOnce() throws CloudFailure {
        try (var impatient = open(Clouds.USER, Duration.ofSeconds(4))) {
            impatient.quota();
            openStack.intercept(on(OpenStackCloudTest::isCreate, new Hang()));

            assertThat(kindOf(impatient.create(Clouds.spec("vm-1"))))
                    .isEqualTo("UNKNOWN unreachable");
        }
        assertThat(openStack.requests("POST", SERVERS)).hasSize(1);
    }

    @Test
    void acceptedCreateWithoutAnIdIsUnknown() {
        openStack.intercept(on(OpenStackCloudTest::isCreate, new Answer(202, "{\"server\": {}}")));

        assertThat(kindOf(cloud.create(Clouds.spec("vm-1")))).isEqualTo("UNKNOWN unreachable");
    }

    @Test
    void createMeetingAnExpiredTokenIsSentOnceMoreWithANewOne() throws CloudFailure {
        accepted(Clouds.spec("vm-1"));
        openStack.revokeTokens();

        accepted(Clouds.spec("vm-2"));
        assertThat(openStack.count()).isEqualTo(2);
        assertThat(openStack.requests("POST", SERVERS)).hasSize(3);
        assertThat(openStack.requests("POST", TOKENS)).hasSize(2);
    }

    @Test
    void createCarriesEverythingThatTheFleetFileAsksFor() throws CloudFailure {
        var options =
                Map.of(
                        "availabilityZones", "zone-1",
                        "securityGroups", "vmm, web",
                        "keyPair", "vmm",
                        "network", "vmm-net");
        try (var full = Clouds.open(openStack, "isis", options)) {
            var plain = Clouds.spec("vm-1");
            var spec =
                    new LaunchSpec(
                            plain.name(),
                            plain.tags(),
                            FakeOpenStack.IMAGE,
                            "1",
                            null,
                            plain.userData());
            var id = ((CreateAnswer.Accepted) full.create(spec)).instanceId();

            var asked = openStack.askedFor(id);
            assertThat(asked)
                    .isEqualTo(
                            JsonParser.parseString(
                                    """
                                    {"name": "vmm-isis-vm-1", "imageRef": "%s", "flavorRef": "1", "user_data": "%s",
                                     "metadata": {"vmm-id": "vm-1", "vmm-installation": "isis", "vmm-store": "store-1"},
                                     "networks": [{"uuid": "%s"}], "availability_zone": "zone-1",
                                     "security_groups": [{"name": "vmm"}, {"name": "web"}], "key_name": "vmm"}
                                    """
                                            .formatted(
                                                    FakeOpenStack.IMAGE,
                                                    Base64.getEncoder()
                                                            .encodeToString(
                                                                    plain.userData().getBytes()),
                                                    FakeOpenStack.NETWORK)));
        }
    }

    @Test
    void userDataAndTagsBeyondNovasLimitsAreRejectedUnsent() {
        var plain = Clouds.spec("vm-1");
        var large =
                new LaunchSpec(
                        plain.name(), plain.tags(), "tiny", "m1.tiny", null, "x".repeat(49_152));
        var tagged =
                new LaunchSpec(
                        plain.name(),
                        new Tags("isis", "s".repeat(256), "vm-1"),
                        "tiny",
                        "m1.tiny",
                        null,
                        "");

        assertThat(kindOf(cloud.create(large))).isEqualTo("REFUSED rejected");
        assertThat(kindOf(cloud.create(tagged))).isEqualTo("REFUSED rejected");
        assertThat(cloud.create(large).toString()).contains("65535").contains("65536");
        assertThat(openStack.requests("POST", SERVERS)).isEmpty();
    }

    @Test
    void userDataThatNovaQuotesAreNotShown() {
        try (var wrong = Clouds.open(openStack, "isis", Map.of("keyPair", "nobody's"))) {
            var plain = Clouds.spec("vm-1");
            var spec =
                    new LaunchSpec(
                            plain.name(),
                            plain.tags(),
                            "tiny",
                            "m1.tiny",
                            null,
                            "a long secret ".repeat(100));
            var encoded = Base64.getEncoder().encodeToString(spec.userData().getBytes());

            assertThat(wrong.create(spec).toString())
                    .contains("Invalid key_name provided. Value: ***")
                    .doesNotContain(encoded.substring(0, 20));
        }
    }

    // Names

    @Test
    void namesAreLookedUpOnceAMinuteAndNotForEachLaunch() throws CloudFailure {
        for (int i = 0; i < 5; i++) accepted(Clouds.spec("vm-" + i));
        assertThat(lookUps()).isEqualTo(3);

        openStack.clock.advance(Duration.ofSeconds(61));
        accepted(Clouds.spec("vm-6"));
        assertThat(lookUps()).isEqualTo(6);
    }

    @Test
    void manyLaunchesAtOnceAskForTheirNamesAndTheirTokenOnce() throws Exception {
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            for (int i = 0; i < 30; i++) {
                var spec = Clouds.spec("vm-" + i);
                threads.submit(() -> cloud.create(spec));
            }
        }
        assertThat(openStack.count()).isEqualTo(30);
        assertThat(lookUps()).isEqualTo(3);
        assertThat(openStack.requests("POST", TOKENS)).hasSize(1);
    }

    @Test
    void nameWhoseImageWasReplacedIsLookedUpAgainAfterARejectedCreate() throws CloudFailure {
        accepted(Clouds.spec("vm-1"));
        openStack.removeImage(FakeOpenStack.IMAGE);
        openStack.addImage("11111111-1111-4111-8111-111111111111", "tiny");

        assertThat(kindOf(cloud.create(Clouds.spec("vm-2")))).isEqualTo("REFUSED rejected");
        var id = accepted(Clouds.spec("vm-3"));
        assertThat(openStack.askedFor(id).get("imageRef").getAsString())
                .isEqualTo("11111111-1111-4111-8111-111111111111");
    }

    @Test
    void nameOfSeveralImagesIsRejectedWithTheirIds() {
        openStack.addImage("11111111-1111-4111-8111-111111111111", "tiny");

        var answer = cloud.create(Clouds.spec("vm-1"));
        assertThat(kindOf(answer)).isEqualTo("REFUSED rejected");
        assertThat(answer.toString())
                .contains("ambiguous", FakeOpenStack.IMAGE, "11111111-1111-4111-8111-111111111111");
    }

    @Test
    void unknownNetworkIsRejectedAndNamed() {
        var plain = Clouds.spec("vm-1");
        var spec = new LaunchSpec(plain.name(), plain.tags(), "tiny", "m1.tiny", "no-such-net", "");

        assertThat(cloud.create(spec).toString()).contains("there is no network 'no-such-net'");
    }

    // Listings

    @Test
    void listingOfServersThatAreNotThereIsAFailureAndNotEmpty() {
        for (var body :
                new String[] {
                    "",
                    "{}",
                    "[]",
                    "<html>",
                    "{\"servers\": null}",
                    "{\"servers\": [",
                    "{\"itemNotFound\": {\"code\": 404, \"message\": \"no\"}}"
                }) {
            for (int status : new int[] {200, 404}) {
                if (status == 404 || !body.contains("itemNotFound")) {
                    openStack.intercept(on(path(DETAIL), new Answer(status, body)));
                    assertThatThrownBy(cloud::list)
                            .as(status + " " + body)
                            .isInstanceOf(CloudFailure.Unreachable.class);
                }
            }
        }
    }

    @ParameterizedTest
    @CsvSource({
        "400, unreachable", "401, unauthorized", "403, unauthorized", "404, unreachable",
        "413, throttled", "429, throttled", "500, unreachable", "503, unreachable"
    })
    void listingThatIsNotAnsweredIsTyped(int status, String kind) {
        openStack.intercept(on(path(DETAIL), new Answer(status, "{}")));

        assertThatThrownBy(cloud::list)
                .isInstanceOfSatisfying(
                        CloudFailure.class, why -> assertThat(why.kind()).isEqualTo(kind));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "status",
                "created",
                "addresses",
                "name",
                "OS-EXT-STS:task_state",
                "image",
                "flavor"
            })
    void serverThatLacksSomethingIsListedAndFoundAndTheOthersToo(String field) throws CloudFailure {
        var odd = accepted(Clouds.spec("vm-1"));
        var even = accepted(Clouds.spec("vm-2"));
        openStack.clock.advance(Duration.ofSeconds(10));
        for (var value : new String[] {"", "null", "7", "[7]", "{\"x\": 7}"}) {
            openStack.show(
                    changing(
                            odd,
                            server -> {
                                server.remove(field);
                                if (!value.isEmpty()) {
                                    server.add(field, JsonParser.parseString(value));
                                }
                            }));

            assertThat(cloud.list()).extracting(Instance::id).containsOnly(odd, even);
            assertThat(cloud.get(odd))
                    .hasValueSatisfying(
                            instance -> assertThat(instance.tags().vmId()).isEqualTo("vm-1"));
            assertThat(statusOf(odd))
                    .isEqualTo(field.equals("status") ? Status.BUILDING : Status.RUNNING);
        }
    }

    @Test
    void serverWhoseMetadataCannotBeReadIsThereAndLeftAlone() throws CloudFailure {
        var odd = accepted(Clouds.spec("vm-1"));
        openStack.show(changing(odd, server -> server.add("metadata", JsonNull.INSTANCE)));

        assertThat(cloud.list())
                .singleElement()
                .satisfies(
                        instance ->
                                assertThat(instance.tags())
                                        .isEqualTo(new Tags("isis", null, null)));
        assertThat(cloud.get(odd)).isPresent();
        assertThatThrownBy(() -> cloud.delete(odd)).isInstanceOf(CloudFailure.Rejected.class);
        assertThatThrownBy(() -> cloud.start(odd)).isInstanceOf(CloudFailure.Rejected.class);
        assertThat(openStack.requests("DELETE", SERVERS + "/" + odd)).isEmpty();
        try (var other = Clouds.open(openStack, "another")) {
            assertThat(other.list()).isEmpty();
        }
    }

    @Test
    void serverWithoutAnIdFailsTheListing() {
        var odd = accepted(Clouds.spec("vm-1"));
        openStack.show(changing(odd, server -> server.remove("id")));

        assertThatThrownBy(cloud::list).isInstanceOf(CloudFailure.Unreachable.class);
    }

    @Test
    void serviceThatShowsTheSamePageForEverFailsTheListing() {
        accepted(Clouds.spec("vm-1"));
        openStack.intercept(
                on(
                        path(DETAIL),
                        new Answer(
                                200,
                                "{\"servers\": [{\"id\": \"one\"}], \"servers_links\": [{\"rel\":"
                                        + " \"next\", \"href\": \"x\"}]}")));

        assertThatThrownBy(cloud::list)
                .isInstanceOf(CloudFailure.Unreachable.class)
                .hasMessageContaining("same page");
    }

    @Test
    void reasonOfAFailedServerIsToldByTheServerAloneAndAListingAsksForNone() throws CloudFailure {
        var failed = accepted(Clouds.spec("vm-1"));
        openStack.fail(failed, "No valid host was found. There are not enough hosts available.");

        assertThat(cloud.list())
                .singleElement()
                .satisfies(
                        instance -> {
                            assertThat(instance.status()).isEqualTo(Status.ERROR);
                            assertThat(instance.detail()).isNull();
                        });
        assertThat(openStack.requests("GET", SERVERS + "/" + failed)).isEmpty();
        assertThat(cloud.get(failed))
                .hasValueSatisfying(
                        instance -> {
                            assertThat(instance.detail()).startsWith("No valid host");
                            assertThat(instance.noRoom()).isTrue();
                        });
    }

    @Test
    void serverThatNovaKeepsForAWhileIsGoneAndNotAskedForAgain() throws CloudFailure {
        var id = accepted(Clouds.spec("vm-1"));
        openStack.show(changing(id, server -> server.addProperty("status", "SOFT_DELETED")));

        assertThat(cloud.get(id)).isEmpty();
        cloud.delete(id);
        assertThat(openStack.requests("DELETE", SERVERS + "/" + id)).isEmpty();
    }

    @Test
    void serverOfOursThatLostItsTagsIsThereAndLeftAlone() throws CloudFailure {
        var id = accepted(Clouds.spec("vm-1"));
        openStack.show(changing(id, server -> server.add("metadata", new JsonObject())));

        assertThat(cloud.get(id)).isPresent();
        assertThat(cloud.list()).singleElement();
        assertThatThrownBy(() -> cloud.delete(id)).isInstanceOf(CloudFailure.Rejected.class);
    }

    @ParameterizedTest
    @CsvSource({
        "ACTIVE, RUNNING", "REBOOT, RUNNING", "HARD_REBOOT, RUNNING", "MIGRATING, RUNNING",
        "RESIZE, RUNNING", "VERIFY_RESIZE, RUNNING", "RESCUE, RUNNING", "BUILD, BUILDING",
        "REBUILD, BUILDING", "UNKNOWN, BUILDING", "SOMETHING_NEW, BUILDING", "SHUTOFF, STOPPED",
        "PAUSED, STOPPED", "SUSPENDED, STOPPED", "SHELVED, STOPPED", "SHELVED_OFFLOADED, STOPPED",
        "ERROR, ERROR", "DELETED, DELETING"
    })
    void statusesOfNovaAreThoseOfTheCore(String nova, Status expected) throws CloudFailure {
        var id = accepted(Clouds.spec("vm-1"));
        openStack.show(changing(id, server -> server.addProperty("status", nova)));

        assertThat(statusOf(id)).isEqualTo(expected);
    }

    @Test
    void floatingAddressComesBeforeFixedOnesAndOldBeforeNew() throws CloudFailure {
        var id = accepted(Clouds.spec("vm-1"));
        openStack.show(
                changing(
                        id,
                        server ->
                                server.add(
                                        "addresses",
                                        JsonParser.parseString(
                                                """
                                                {"odd": 7, "a": [{"addr": "fd00::5", "version": 6, "OS-EXT-IPS:type": "fixed"}],
                                                 "b": [{}, {"addr": "10.0.0.5", "version": 4, "OS-EXT-IPS:type": "fixed"},
                                                       {"addr": "192.0.2.5", "version": 4, "OS-EXT-IPS:type": "floating"}]}
                                                """))));

        assertThat(cloud.get(id).orElseThrow().address()).isEqualTo("192.0.2.5");
    }

    // Looking at one, deleting, starting

    @Test
    void notFoundOfSomebodyElseThanNovaIsNoAbsence() {
        openStack.intercept(on(path(SERVERS + "/gone"), new Answer(404, "<html>nginx</html>")));

        assertThatThrownBy(() -> cloud.get("gone")).isInstanceOf(CloudFailure.Unreachable.class);
        assertThatThrownBy(() -> cloud.delete("gone")).isInstanceOf(CloudFailure.Unreachable.class);
    }

    @Test
    void notFoundOfNovaThatNamesNoIdIsNoAbsenceEither() {
        openStack.intercept(
                on(
                        path(SERVERS + "/gone"),
                        new Answer(
                                404,
                                "{\"itemNotFound\": {\"code\": 404, \"message\": \"The resource"
                                        + " could not be found.\"}}")));

        assertThatThrownBy(() -> cloud.get("gone")).isInstanceOf(CloudFailure.Unreachable.class);
    }

    @Test
    void textThatIsNoIdNeverBecomesPartOfAnAddress() {
        assertThatThrownBy(() -> cloud.get("../flavors")).isInstanceOf(CloudFailure.Rejected.class);
        assertThat(openStack.requests()).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({"409, rejected", "403, unauthorized", "429, throttled", "500, unreachable"})
    void deleteThatIsNotDoneIsTyped(int status, String kind) {
        var id = accepted(Clouds.spec("vm-1"));
        openStack.intercept(
                on(request -> request.method().equals("DELETE"), new Answer(status, "{}")));

        assertThatThrownBy(() -> cloud.delete(id))
                .isInstanceOfSatisfying(
                        CloudFailure.class, why -> assertThat(why.kind()).isEqualTo(kind));
    }

    @ParameterizedTest
    @CsvSource({
        "SHUTOFF, os-start",
        "PAUSED, unpause",
        "SUSPENDED, resume",
        "SHELVED, unshelve",
        "SHELVED_OFFLOADED, unshelve"
    })
    void eachWayOfBeingStoppedHasItsWayToStart(String status, String action) throws CloudFailure {
        var id = accepted(Clouds.spec("vm-1"));
        openStack.show(changing(id, server -> server.addProperty("status", status)));
        openStack.intercept(on(path(SERVERS + "/" + id + "/action"), new Answer(202, "")));

        cloud.start(id);
        assertThat(openStack.requests("POST", SERVERS + "/" + id + "/action"))
                .singleElement()
                .satisfies(
                        request ->
                                assertThat(request.body()).isEqualTo("{\"" + action + "\":null}"));
    }

    // Tokens

    @Test
    void oneTokenServesAllUntilShortlyBeforeItExpires() throws Exception {
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            for (int i = 0; i < 20; i++) threads.submit(cloud::quota);
        }
        assertThat(openStack.requests("POST", TOKENS)).hasSize(1);

        openStack.clock.advance(Duration.ofMinutes(54));
        cloud.quota();
        assertThat(openStack.requests("POST", TOKENS)).hasSize(1);
        openStack.clock.advance(Duration.ofMinutes(2));
        cloud.quota();
        assertThat(openStack.requests("POST", TOKENS)).hasSize(2);
    }

    @Test
    void wrongPasswordIsAskedForOnceAndNotShown() {
        try (var wrong =
                open(
                        Map.of("username", "vmm", "password", "wr0ng-s3cret", "project", "vmm"),
                        Duration.ofSeconds(20))) {
            assertThatThrownBy(wrong::list)
                    .isInstanceOf(CloudFailure.Unauthorized.class)
                    .hasMessageContaining("requires authentication")
                    .satisfies(e -> assertThat(e.toString()).doesNotContain("wr0ng-s3cret"));
        }
        assertThat(openStack.requests("POST", TOKENS)).hasSize(1);
    }

    @Test
    void keystoneThatFailsIsAskedAgainAtTheNextCall() throws CloudFailure {
        openStack.intercept(on(path(TOKENS), new Answer(503, "")));
        assertThatThrownBy(cloud::quota).isInstanceOf(CloudFailure.Unreachable.class);
        openStack.calm();

        assertThat(cloud.quota().maxInstances()).isEqualTo(OptionalInt.of(5_000));
    }

    @Test
    void createThatGetsNoTokenIsRefusedForNothingWasSent() {
        openStack.intercept(on(path(TOKENS), new Answer(503, "")));

        assertThat(kindOf(cloud.create(Clouds.spec("vm-1")))).isEqualTo("REFUSED unreachable");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "[]", "{}", "{\"token\": {}}", "<html>"})
    void tokenThatCannotBeReadIsAFailureWithoutItsText(String body) {
        openStack.intercept(
                on(path(TOKENS), new Answer(201, Map.of("X-Subject-Token", "s3cr3t"), body)));

        assertThatThrownBy(cloud::list)
                .isInstanceOf(CloudFailure.Unreachable.class)
                .satisfies(e -> assertThat(e.toString()).doesNotContain("s3cr3t"));
    }

    @Test
    void applicationCredentialWillDo() throws CloudFailure {
        var credentials =
                Map.of(
                        "applicationCredentialId",
                        "app-1",
                        "applicationCredentialSecret",
                        FakeOpenStack.APPLICATION_SECRET);
        try (var application = open(credentials, Duration.ofSeconds(20))) {
            assertThat(application.list()).isEmpty();
        }
        assertThat(openStack.requests("POST", TOKENS))
                .singleElement()
                .satisfies(
                        request ->
                                assertThat(request.body())
                                        .contains("\"methods\":[\"application_credential\"]")
                                        .doesNotContain("scope"));
    }

    @Test
    void regionThatTheCatalogueLacksIsRejectedWithThoseItHas() {
        var config = Clouds.config(openStack.keystone(), "isis", Clouds.USER, Map.of());
        var elsewhere =
                new vmm.cloud.CloudConfig(
                        config.installation(),
                        config.name(),
                        config.kind(),
                        config.endpoint(),
                        java.util.Optional.of("RegionTwo"),
                        config.credentials(),
                        config.options(),
                        config.callTimeout());
        try (var wrong = new OpenStackCloud(elsewhere, openStack.clock)) {
            assertThatThrownBy(wrong::list)
                    .isInstanceOf(CloudFailure.Rejected.class)
                    .hasMessageContaining("RegionTwo")
                    .hasMessageContaining("RegionOne");
        }
    }

    @Test
    void closedCloudAnswersNothing() {
        cloud.close();
        cloud.close();

        assertThatThrownBy(cloud::list).isInstanceOf(CloudFailure.Unreachable.class);
    }

    // Shelves

    @Test
    void offeringsTellSizesAndGpus() throws CloudFailure {
        assertThat(cloud.offerings())
                .containsExactly(
                        new Offering("m1.tiny", 1, 512, 0),
                        new Offering("g1.h100x1", 12, 131_072, 1),
                        new Offering("g1.h100x8", 96, 1_048_576, 8));

        openStack.becomeOld();
        assertThat(cloud.offerings()).contains(new Offering("g1.h100x8", 96, 1_048_576, 0));
    }

    @Test
    void quotaTellsLimitsAndUseAndNothingWhereThereIsNoLimit() throws CloudFailure {
        accepted(Clouds.spec("vm-1"));

        var quota = cloud.quota();
        assertThat(quota.maxInstances()).hasValue(5_000);
        assertThat(quota.usedInstances()).hasValue(1);
        assertThat(quota.maxVcpus()).isEmpty();
        assertThat(quota.usedRamMb()).hasValue(512);
    }

    // Leftovers

    @Test
    void portsOfServersThatAreGoneAreLeftoversAndNoOthers() throws CloudFailure {
        accepted(Clouds.spec("vm-1"));
        var gone = UUID.randomUUID().toString();
        var port = openStack.addPort("compute:zone-1", gone);
        openStack.addPort("network:dhcp", "dhcp-agent");
        openStack.addPort("", "");

        assertThat(cloud.leftovers()).containsExactly(new Leftover("port", port, gone));

        cloud.remove(new Leftover("port", port, gone));
        cloud.remove(new Leftover("port", port, gone));
        assertThat(openStack.hasPort(port)).isFalse();
        assertThat(cloud.leftovers()).isEmpty();
    }

    @Test
    void leftoverThatSomethingElseTookOverIsNotRemoved() throws CloudFailure {
        var alive = accepted(Clouds.spec("vm-1"));
        var gone = UUID.randomUUID().toString();
        var taken = openStack.addPort("compute:zone-1", alive);

        assertThatThrownBy(() -> cloud.remove(new Leftover("port", taken, gone)))
                .isInstanceOf(CloudFailure.Rejected.class);
        assertThatThrownBy(() -> cloud.remove(new Leftover("port", taken, alive)))
                .isInstanceOf(CloudFailure.Rejected.class)
                .hasMessageContaining("still exists");
        assertThat(openStack.hasPort(taken)).isTrue();
    }

    @Test
    void nothingIsALeftoverWhereServersCannotBeLookedAt() {
        var gone = UUID.randomUUID().toString();
        var port = openStack.addPort("compute:zone-1", gone);
        openStack.intercept(on(path(SERVERS + "/" + gone), new Answer(404, "<html>nginx</html>")));

        assertThatThrownBy(cloud::leftovers).isInstanceOf(CloudFailure.Unreachable.class);
        assertThatThrownBy(() -> cloud.remove(new Leftover("port", port, gone)))
                .isInstanceOf(CloudFailure.Unreachable.class);
        assertThat(openStack.hasPort(port)).isTrue();
    }

    // Words of these tests

    private OpenStackCloud open(Map<String, String> credentials, Duration callTimeout) {
        var config = Clouds.config(openStack.keystone(), "isis", credentials, Map.of());
        return new OpenStackCloud(
                new vmm.cloud.CloudConfig(
                        config.installation(),
                        config.name(),
                        config.kind(),
                        config.endpoint(),
                        config.region(),
                        config.credentials(),
                        config.options(),
                        callTimeout),
                openStack.clock);
    }

    private String accepted(LaunchSpec spec) {
        return ((CreateAnswer.Accepted) cloud.create(spec)).instanceId();
    }

    private Status statusOf(String id) throws CloudFailure {
        return cloud.get(id).orElseThrow().status();
    }

    private long lookUps() {
        return IntStream.of(
                        openStack.requests("GET", "/compute/v2.1/flavors/detail").size(),
                        openStack.requests("GET", "/image/v2/images").size(),
                        openStack.requests("GET", "/network/v2.0/networks").size())
                .sum();
    }

    private static String kindOf(CreateAnswer answer) {
        return switch (answer) {
            case CreateAnswer.Accepted(String id) -> "ACCEPTED";
            case CreateAnswer.Refused(CloudFailure why) -> "REFUSED " + why.kind();
            case CreateAnswer.Unknown(CloudFailure why) -> "UNKNOWN " + why.kind();
        };
    }

    private static boolean isCreate(Request request) {
        return request.method().equals("POST") && request.path().equals(SERVERS);
    }

    private static Predicate<Request> path(String path) {
        return request -> request.path().equals(path);
    }

    private static java.util.function.Function<Request, Reply> on(
            Predicate<Request> which, Reply reply) {
        return request -> which.test(request) ? reply : null;
    }

    private static java.util.function.UnaryOperator<JsonObject> changing(
            String id, Consumer<JsonObject> how) {
        return server -> {
            if (server.get("id").getAsString().equals(id)) how.accept(server);
            return server;
        };
    }
}
