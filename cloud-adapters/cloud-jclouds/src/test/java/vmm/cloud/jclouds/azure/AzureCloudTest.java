package vmm.cloud.jclouds.azure;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;

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
import vmm.cloud.Network;
import vmm.cloud.Offering;
import vmm.cloud.Tags;
import vmm.cloud.jclouds.RawServer;
import vmm.cloud.jclouds.RawServer.Answer;
import vmm.cloud.jclouds.RawServer.BreakOff;
import vmm.cloud.jclouds.RawServer.Drop;
import vmm.cloud.jclouds.RawServer.Reply;
import vmm.cloud.jclouds.RawServer.Request;

import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.function.Predicate;

/** What the contract does not ask: each code, odd items, pages, states, names and leftovers. */
class AzureCloudTest {

    private static final String MACHINE = "virtualMachines/vmm-isis-vm-1";
    private static final String ID = "vmm-isis-vm-1";

    private final ManualClock clock = Clouds.clock();
    private final FakeArm azure = new FakeArm(clock);
    private final AzureCloud cloud = Clouds.open(azure, "isis");

    @AfterEach
    void close() {
        cloud.close();
        azure.close();
    }

    // Creates

    @ParameterizedTest
    @CsvSource({
        "500, InternalServerError, UNKNOWN unreachable",
        "502, '', UNKNOWN unreachable",
        "503, ServiceUnavailable, UNKNOWN unreachable",
        "503, SubscriptionRequestsThrottled, REFUSED throttled",
        "504, GatewayTimeout, UNKNOWN unreachable",
        "408, RequestTimeout, UNKNOWN unreachable",
        "499, ClientClosedRequest, UNKNOWN unreachable",
        "302, '', UNKNOWN unreachable",
        "429, TooManyRequests, REFUSED throttled",
        "429, OperationNotAllowed, REFUSED throttled",
        "401, InvalidAuthenticationToken, REFUSED unauthorized",
        "401, ExpiredAuthenticationToken, REFUSED unauthorized",
        "403, AuthorizationFailed, REFUSED unauthorized",
        "403, LinkedAuthorizationFailed, REFUSED unauthorized",
        "403, '', REFUSED unauthorized",
        "403, RequestDisallowedByPolicy, REFUSED rejected",
        "404, SubscriptionNotFound, REFUSED unauthorized",
        "409, MissingSubscriptionRegistration, REFUSED unauthorized",
        "409, SubscriptionNotRegistered, REFUSED unauthorized",
        "409, SkuNotAvailable, REFUSED no-capacity",
        "409, AllocationFailed, REFUSED no-capacity",
        "409, ZonalAllocationFailed, REFUSED no-capacity",
        "409, OverconstrainedAllocationRequest, REFUSED no-capacity",
        "409, OverconstrainedZonalAllocationRequest, REFUSED no-capacity",
        "400, NotAvailableForSubscription, REFUSED no-capacity",
        "409, QuotaExceeded, REFUSED quota-exceeded",
        "403, QuotaExceeded, REFUSED quota-exceeded",
        "400, PublicIPCountLimitReached, REFUSED quota-exceeded",
        "400, SubnetIsFull, REFUSED quota-exceeded",
        "409, ResourceCountExceedsLimit, REFUSED quota-exceeded",
        "409, OperationNotAllowed, REFUSED rejected",
        "409, Conflict, REFUSED throttled",
        "409, AnotherOperationInProgress, REFUSED throttled",
        "409, RetryableErrorDueToAnotherOperation, REFUSED throttled",
        "409, OperationPreempted, REFUSED throttled",
        "400, NicReservedForAnotherVm, REFUSED throttled",
        "409, PropertyChangeNotAllowed, REFUSED rejected",
        "400, InvalidParameter, REFUSED rejected",
        "404, ResourceGroupNotFound, REFUSED rejected",
        "404, '', REFUSED rejected",
        "405, MethodNotAllowed, REFUSED rejected",
        "422, UnprocessableEntity, REFUSED rejected"
    })
    void createThatIsNotAcceptedIsTypedAndSentOnce(int status, String code, String expected) {
        var body = code.isEmpty() ? "<html>" : FakeArm.error(status, code, "So it is.").body();
        azure.intercept(on(isPut(), new Answer(status, Map.of("Retry-After", "0"), body)));

        assertThat(kindOf(cloud.create(Clouds.spec("vm-1")))).isEqualTo(expected);
        assertThat(azure.requests("PUT", MACHINE)).hasSize(status == 401 ? 2 : 1);
        assertThat(azure.count()).isZero();
    }

    @Test
    void codeInTheDetailsOfAnErrorCountsAndItsWordsAreShown() {
        azure.intercept(
                on(
                        isPut(),
                        new Answer(
                                409,
                                """
                                {"error": {"code": "Conflict", "message": "At least one resource failed.", "details": [
                                  {"code": "OperationNotAllowed", "message": "exceeding approved Total Regional Cores quota"}]}}
                                """)));

        var answer = cloud.create(Clouds.spec("vm-1"));
        assertThat(kindOf(answer)).isEqualTo("REFUSED quota-exceeded");
        assertThat(answer.toString())
                .contains("Conflict/OperationNotAllowed", "Total Regional Cores quota");
    }

    @Test
    void createWhoseConnectionIsDroppedOrWhoseAnswerBreaksOffIsUnknownAndSentOnce()
            throws CloudFailure {
        cloud.ping();
        azure.intercept(on(isPut(), new Drop()));
        assertThat(kindOf(cloud.create(Clouds.spec("vm-1")))).isEqualTo("UNKNOWN unreachable");
        azure.intercept(on(isPut(), new BreakOff(201, "{\"na")));
        assertThat(kindOf(cloud.create(Clouds.spec("vm-2")))).isEqualTo("UNKNOWN unreachable");

        assertThat(azure.requests().stream().filter(isPut())).hasSize(2);
    }

    @Test
    void createWithoutAConnectionIsRefusedForNothingWasSent() {
        var gone = new FakeArm(clock);
        try (var nowhere = Clouds.open(gone, "isis")) {
            gone.close();
            assertThat(kindOf(nowhere.create(Clouds.spec("vm-1"))))
                    .isEqualTo("REFUSED unreachable");
        }
    }

    @Test
    void createThatMeetsItsOwnMachineIsAcceptedAndASecondMachineIsNotMade() {
        accepted("vm-1");
        assertThat(cloud.create(Clouds.spec("vm-1"))).isEqualTo(new CreateAnswer.Accepted(ID));
        assertThat(azure.lives()).hasSize(1);
    }

    @ParameterizedTest
    @CsvSource({"412, PreconditionFailed", "409, Conflict"})
    void createThatMeetsAMachineOfSomebodyElseIsRejected(int status, String code) {
        accepted("vm-1");
        azure.show(
                ID,
                machine ->
                        machine.getAsJsonObject("tags").addProperty(Tags.INSTALLATION, "another"));
        azure.intercept(on(isPut(), FakeArm.error(status, code, "It exists.")));

        assertThat(kindOf(cloud.create(Clouds.spec("vm-1")))).isEqualTo("REFUSED rejected");
    }

    @ParameterizedTest
    @ValueSource(strings = {"Conflict", "SkuNotAvailable", "QuotaExceeded", "OperationPreempted"})
    void conflictOfWhateverKindIsNoRefusalWhereTheMachineIsThereOrMayBe(String code) {
        accepted("vm-1");
        azure.intercept(on(isPut(), FakeArm.error(409, code, "So it is.")));
        assertThat(cloud.create(Clouds.spec("vm-1"))).isEqualTo(new CreateAnswer.Accepted(ID));

        azure.intercept(
                request ->
                        isPut().test(request)
                                ? FakeArm.error(409, code, "So it is.")
                                : FakeArm.error(403, "AuthorizationFailed", "No read."));
        assertThat(kindOf(cloud.create(Clouds.spec("vm-2")))).isEqualTo("UNKNOWN unauthorized");
    }

    @ParameterizedTest
    @CsvSource({
        "200, another, REFUSED rejected",
        "200, isis, ACCEPTED",
        "201, another, ACCEPTED",
        "202, another, ACCEPTED"
    })
    void machineThatWasThereAndIsAnothersIsNotTakenForOurs(
            int status, String installation, String expected) {
        var body = "{\"tags\": {\"VMM-installation\": \"%s\"}}".formatted(installation);
        azure.intercept(on(isPut(), new Answer(status, body)));

        assertThat(kindOf(cloud.create(Clouds.spec("vm-1")))).isEqualTo(expected);
    }

    @Test
    void createThatMeetsAMachineAndCannotLookAtItIsUnknown() {
        accepted("vm-1");
        azure.intercept(
                request ->
                        request.method().equals("GET")
                                ? FakeArm.error(500, "InternalServerError", "Oh.")
                                : null);
        assertThat(kindOf(cloud.create(Clouds.spec("vm-1")))).isEqualTo("UNKNOWN unreachable");

        azure.intercept(on(isPut(), FakeArm.error(412, "PreconditionFailed", "It exists.")));
        assertThat(kindOf(cloud.create(Clouds.spec("vm-2")))).isEqualTo("UNKNOWN unreachable");
    }

    @Test
    void createMeetingAnExpiredTokenIsSentOnceMoreWithANewOne() {
        accepted("vm-1");
        azure.revokeTokens();
        accepted("vm-2");

        assertThat(azure.count()).isEqualTo(2);
        assertThat(azure.requests().stream().filter(isPut())).hasSize(3);
    }

    @Test
    void createIsTheOnlyRequestOfALaunch() {
        accepted("vm-1");
        accepted("vm-2");

        assertThat(azure.requests())
                .extracting(Request::method)
                .containsExactly("POST", "PUT", "PUT");
    }

    @Test
    void plainLaunchIsAskedForToTheLetter() {
        try (var plain = Clouds.open(azure, "isis", Map.of("sshPublicKey", Clouds.KEY))) {
            plain.create(Clouds.spec("vm-1"));
        }
        assertThat(sent()).isEqualTo(plainRequest());
    }

    @Test
    void everythingThatTheFleetFileAsksForIsAskedFor() {
        var identity =
                FakeArm.groupId()
                        + "/providers/Microsoft.ManagedIdentity/userAssignedIdentities/guests";
        var options =
                Map.of(
                        "sshPublicKey", Clouds.KEY,
                        "adminUsername", "ops",
                        "network", "vmm-net/vms",
                        "securityGroup", "vmm",
                        "publicIp", "true",
                        "osDiskType", "Premium_LRS",
                        "bootDiagnostics", "false",
                        "userIdentity", identity);
        try (var full = Clouds.open(azure, "isis", options)) {
            var some = Clouds.spec("vm-1", Map.of("spot", "true", "zone", "3"));
            full.create(
                    new LaunchSpec(
                            some.name(),
                            some.tags(),
                            "Debian:debian-12:12:latest",
                            some.flavor(),
                            null,
                            some.options(),
                            some.userData()));
        }
        assertThat(azure.count()).isEqualTo(1);
        var sent = sent();
        var properties = sent.getAsJsonObject("properties");
        assertThat(sent.get("zones")).isEqualTo(JsonParser.parseString("[\"3\"]"));
        assertThat(sent.get("identity"))
                .isEqualTo(
                        JsonParser.parseString(
                                "{\"type\": \"UserAssigned\", \"userAssignedIdentities\": {\"%s\":"
                                                .formatted(identity)
                                        + " {}}}"));
        assertThat(properties.get("priority").getAsString()).isEqualTo("Spot");
        assertThat(properties.get("evictionPolicy").getAsString()).isEqualTo("Delete");
        assertThat(properties.get("billingProfile").toString()).isEqualTo("{\"maxPrice\":-1}");
        assertThat(properties.has("diagnosticsProfile")).isFalse();
        assertThat(properties.get("storageProfile"))
                .isEqualTo(
                        JsonParser.parseString(
                                """
                                {"imageReference": {"publisher": "Debian", "offer": "debian-12", "sku": "12", "version": "latest"},
                                 "osDisk": {"name": "vmm-isis-vm-1-os", "createOption": "FromImage", "deleteOption": "Delete",
                                  "managedDisk": {"storageAccountType": "Premium_LRS"}}}
                                """));
        assertThat(properties.get("networkProfile").toString())
                .contains(
                        "networkSecurityGroups/vmm\"",
                        "\"publicIPAddressConfiguration\":{\"name\":\"vmm-isis-vm-1-ip\"",
                        "\"publicIPAllocationMethod\":\"Static\"");
        assertThat(properties.get("osProfile").toString())
                .contains("\"adminUsername\":\"ops\"", "/home/ops/.ssh/authorized_keys");
    }

    @Test
    void sameLaunchIsSentInTheSameBytes() {
        for (int i = 0; i < 2; i++) cloud.create(Clouds.spec("vm-1"));

        var bodies = azure.requests("PUT", MACHINE).stream().map(Request::body).distinct().toList();
        assertThat(bodies).hasSize(1);
        assertThat(bodies.getFirst())
                .containsPattern("\"keyData\":\"ssh-rsa [A-Za-z0-9+/=]{372} nobody\"");
    }

    @ParameterizedTest
    @CsvSource({
        "image, 'a b', 'there is no image ''a b'' here; write an image'",
        "image, a/b/c/d, there is no image",
        "network, vms, 'there is no network ''vms'' here; write vnet/subnet'",
        "network, '', its option network",
        "option, spot=maybe, 'write spot (true or false)'",
        "option, maxPrice=0.1, 'write spot: true'",
        "option, colour=red, is not one of Azure's",
        "data, 65536, '65536 bytes, and Azure allows 65535'",
        "tag, 257, the tag vmm-store is longer than the 256 characters",
        "name, 65, longer than the 64 characters"
    })
    void launchThatAzureWouldRefuseIsRejectedUnsentWithTheRemedy(
            String what, String value, String words) {
        var plain = Clouds.spec("vm-1");
        boolean isNumber = value.matches("\\d+");
        var filler = "x".repeat(isNumber ? Integer.parseInt(value) : 0);
        var option = value.split("=", 2);
        var spec =
                new LaunchSpec(
                        what.equals("name") ? "v" + filler.substring(1) : plain.name(),
                        what.equals("tag") ? new Tags("isis", filler, "vm-1") : plain.tags(),
                        what.equals("image") ? value : plain.image(),
                        plain.flavor(),
                        what.equals("network") ? (value.isEmpty() ? null : value) : plain.network(),
                        what.equals("option") ? Map.of(option[0], option[1]) : Map.of(),
                        what.equals("data") ? filler : plain.userData());

        var answer = cloud.create(spec);
        assertThat(kindOf(answer)).isEqualTo("REFUSED rejected");
        assertThat(answer.toString()).contains(words);
        assertThat(azure.requests()).isEmpty();
    }

    @Test
    void userDataOfTheGreatestLengthReachTheGuest() {
        var plain = Clouds.spec("vm-1");
        var data = "é".repeat(32_767) + "x";
        var spec =
                new LaunchSpec(
                        plain.name(),
                        plain.tags(),
                        plain.image(),
                        plain.flavor(),
                        plain.network(),
                        data);
        assertThat(kindOf(cloud.create(spec))).isEqualTo("ACCEPTED");
        assertThat(azure.userDataOf(ID)).isEqualTo(data);
    }

    @Test
    void userDataThatAzureQuotesAreNotShown() {
        var encoded = Base64.getEncoder().encodeToString(Clouds.spec("vm-1").userData().getBytes());
        azure.intercept(
                on(isPut(), FakeArm.error(400, "InvalidParameter", "Not valid: " + encoded)));

        assertThat(cloud.create(Clouds.spec("vm-1")).toString())
                .contains("Not valid: ***")
                .doesNotContain(encoded);
    }

    // States

    @ParameterizedTest
    @CsvSource({
        "Creating, '', BUILDING",
        "Creating, running, RUNNING",
        "Succeeded, '', BUILDING",
        "Succeeded, starting, BUILDING",
        "Succeeded, running, RUNNING",
        "Succeeded, stopping, STOPPED",
        "Succeeded, stopped, STOPPED",
        "Succeeded, deallocating, STOPPED",
        "Succeeded, deallocated, STOPPED",
        "Updating, running, RUNNING",
        "Migrating, running, RUNNING",
        "SomethingNew, running, RUNNING",
        "'', running, RUNNING",
        "'', '', BUILDING",
        "Failed, running, RUNNING",
        "Failed, stopped, ERROR",
        "Failed, deallocated, ERROR",
        "Canceled, '', ERROR",
        "Deleting, running, DELETING"
    })
    void statesOfAzureAreThoseOfTheCore(String provisioning, String power, Status expected)
            throws CloudFailure {
        accepted("vm-1");
        clock.advance(Duration.ofSeconds(5));
        azure.setPower(ID, power.isEmpty() ? "unknown" : power);
        azure.show(
                ID,
                machine -> {
                    var properties = machine.getAsJsonObject("properties");
                    properties.addProperty("provisioningState", provisioning);
                    if (provisioning.isEmpty()) properties.remove("provisioningState");
                });

        assertThat(cloud.get(ID).orElseThrow().status()).isEqualTo(expected);
        assertThat(cloud.list()).extracting(Instance::status).containsExactly(expected);
    }

    @Test
    void machineThatFailsForWantOfRoomSaysSo() throws CloudFailure {
        azure.failCreates("AllocationFailed");
        accepted("vm-1");
        clock.advance(Duration.ofSeconds(5));

        for (var instance : List.of(cloud.get(ID).orElseThrow(), cloud.list().getFirst())) {
            assertThat(instance.status()).isEqualTo(Status.ERROR);
            assertThat(instance.detail())
                    .startsWith("AllocationFailed Allocation failed. We do not have sufficient");
            assertThat(instance.noRoom()).isTrue();
        }
    }

    @Test
    void machineThatFailsForAnotherReasonIsNotWithoutRoom() throws CloudFailure {
        accepted("vm-1");
        clock.advance(Duration.ofSeconds(5));
        azure.fail(ID, "OSProvisioningTimedOut", "OS Provisioning did not finish in time.");

        var instance = cloud.get(ID).orElseThrow();
        assertThat(instance.detail()).startsWith("OSProvisioningTimedOut OS Provisioning");
        assertThat(instance.noRoom()).isFalse();
    }

    @ParameterizedTest
    @CsvSource({
        "VMExtensionProvisioningError, running, RUNNING",
        "VMExtensionProvisioningError, stopped, ERROR",
        "'', running, RUNNING",
        "OSProvisioningTimedOut, running, ERROR",
        "OSProvisioningInternalError, running, ERROR",
        "AllocationFailed, running, ERROR"
    })
    void machineRunsThoughAnExtensionOrAnUpdateFailed(String code, String power, Status expected)
            throws CloudFailure {
        accepted("vm-1");
        clock.advance(Duration.ofSeconds(5));
        var view =
                "{\"statuses\": [{\"code\": \"ProvisioningState/failed/%s\"}, {\"code\": \"PowerState/%s\"}]}"
                        .formatted(code, power);
        azure.show(
                ID,
                machine -> {
                    var properties = machine.getAsJsonObject("properties");
                    properties.addProperty("provisioningState", "Failed");
                    properties.add("instanceView", object(view));
                });
        azure.intercept(
                on(
                        isStatusOnly(),
                        new Answer(
                                200,
                                "{\"value\": [{\"id\": \"%s/providers/Microsoft.Compute/virtualMachines/%s\", \"properties\": {\"instanceView\": %s}}]}"
                                        .formatted(FakeArm.groupId(), ID, view))));

        assertThat(cloud.get(ID).orElseThrow().status()).isEqualTo(expected);
        assertThat(cloud.list()).extracting(Instance::status).containsExactly(expected);
    }

    @Test
    void spotMachineThatIsTakenAwayIsGoneWithItsParts() throws CloudFailure {
        cloud.create(Clouds.spec("vm-1", Map.of("spot", "true")));
        clock.advance(Duration.ofSeconds(5));
        azure.evict(ID);

        assertThat(cloud.get(ID)).isEmpty();
        assertThat(cloud.list()).isEmpty();
        assertThat(azure.parts()).isEmpty();
    }

    // Listings

    @Test
    void listOfStatesThatIsNoneIsMadeUpForByLooks() throws CloudFailure {
        accepted("vm-1");
        accepted("vm-2");
        clock.advance(Duration.ofSeconds(5));
        azure.intercept(on(isStatusOnly(), new Answer(200, "{\"value\": []}")));

        assertThat(cloud.list()).extracting(Instance::status).containsOnly(Status.RUNNING);
    }

    @Test
    void listOfStatesThatIsNotForUsIsMadeUpForByLooks() throws CloudFailure {
        accepted("vm-1");
        clock.advance(Duration.ofSeconds(5));
        azure.intercept(on(isStatusOnly(), FakeArm.error(403, "AuthorizationFailed", "No read.")));
        assertThat(cloud.list()).extracting(Instance::status).containsExactly(Status.RUNNING);

        azure.intercept(on(isStatusOnly(), new Answer(403, "<html>proxy</html>")));
        assertThat(kindOf(cloud::list)).isEqualTo("unauthorized");
    }

    @ParameterizedTest
    @ValueSource(strings = {"Succeeded", "Failed"})
    void fiftyMachinesAreLookedAtTheYoungestFirstAndTheOthersAreNeitherReadyNorGivenUp(String state)
            throws CloudFailure {
        for (int i = 0; i < 60; i++) {
            accepted("vm-" + i);
            clock.advance(Duration.ofSeconds(5));
        }
        azure.intercept(on(isStatusOnly(), new Answer(200, "{\"value\": []}")));
        azure.show(
                machine -> {
                    var shown = machine.deepCopy();
                    shown.getAsJsonObject("properties").addProperty("provisioningState", state);
                    return shown;
                });

        var instances = cloud.list();
        assertThat(instances).filteredOn(one -> one.status() == Status.RUNNING).hasSize(50);
        assertThat(instances).filteredOn(one -> one.status() == Status.BUILDING).hasSize(10);
        assertThat(instances)
                .filteredOn(one -> Integer.parseInt(one.tags().vmId().substring(3)) >= 30)
                .hasSize(30)
                .extracting(Instance::status)
                .containsOnly(Status.RUNNING);
    }

    @ParameterizedTest
    @ValueSource(strings = {"virtualMachines", "networkInterfaces", "statusOnly"})
    void eachOfTheListingsMustBeWhole(String which) throws CloudFailure {
        accepted("vm-1");
        clock.advance(Duration.ofSeconds(5));
        Predicate<Request> asked =
                request ->
                        which.equals("statusOnly")
                                ? isStatusOnly().test(request)
                                : request.path().contains("/resourceGroups/")
                                        && request.path().endsWith("/" + which);
        for (var body :
                new String[] {"", "{}", "[]", "<html>", "{\"value\": null}", "{\"value\": ["}) {
            azure.intercept(on(asked, new Answer(200, body)));
            assertThatThrownBy(cloud::list).as(body).isInstanceOf(CloudFailure.Unreachable.class);
        }
        azure.intercept(on(asked, new BreakOff(200, "{\"value\": []}")));
        assertThatThrownBy(cloud::list).isInstanceOf(CloudFailure.Unreachable.class);
        azure.calm();
        assertThat(cloud.list()).hasSize(1);
    }

    @ParameterizedTest
    @CsvSource({
        "400, BadRequest, rejected",
        "400, '', unreachable",
        "401, InvalidAuthenticationToken, unauthorized",
        "403, AuthorizationFailed, unauthorized",
        "404, ResourceGroupNotFound, rejected",
        "404, '', unreachable",
        "404, SubscriptionNotFound, unauthorized",
        "404, ResourceNotFound, rejected",
        "429, TooManyRequests, throttled",
        "499, ClientClosedRequest, unreachable",
        "500, InternalServerError, unreachable",
        "503, ServerBusy, unreachable"
    })
    void listingThatIsNotAnsweredIsTyped(int status, String code, String kind) {
        var body = code.isEmpty() ? "<html>" : FakeArm.error(status, code, "So it is.").body();
        azure.intercept(on(path("virtualMachines"), new Answer(status, body)));

        assertThatThrownBy(cloud::list)
                .isInstanceOfSatisfying(
                        CloudFailure.class, why -> assertThat(why.kind()).isEqualTo(kind));
    }

    @Test
    void pageThatLinksToItselfFailsTheListing() {
        azure.intercept(
                request ->
                        path("virtualMachines").test(request)
                                ? new Answer(
                                        200,
                                        "{\"value\": [], \"nextLink\": \"%s\"}"
                                                .formatted(azure.url() + request.uri()))
                                : null);

        assertThatThrownBy(cloud::list)
                .isInstanceOf(CloudFailure.Unreachable.class)
                .hasMessageContaining("over and over");
    }

    @Test
    void whereverALinkGoesOnlyOurEndpointIsAsked() throws CloudFailure {
        accepted("vm-1");
        var rest = FakeArm.groupId() + "/providers/Microsoft.Compute/virtualMachines";
        try (var stranger = new RawServer(request -> new Answer(200, "{\"value\": []}"))) {
            for (var server :
                    new String[] {
                        stranger.url(),
                        azure.url().replace("http:", "https:"),
                        azure.url().replace("127.0.0.1", "localhost"),
                        "https://user:password@example.org",
                        "//example.org",
                        ""
                    }) {
                var link = server + rest + "?api-version=1&$skiptoken=0&x=%2F";
                azure.intercept(
                        request ->
                                path("virtualMachines").test(request)
                                                && request.parameter("$skiptoken").isEmpty()
                                        ? new Answer(
                                                200,
                                                "{\"value\": [], \"nextLink\": \"" + link + "\"}")
                                        : null);
                assertThat(cloud.list()).as(link).extracting(Instance::id).containsExactly(ID);
                assertThat(azure.requests())
                        .anySatisfy(
                                request ->
                                        assertThat(String.valueOf(request.uri()))
                                                .endsWith("&$skiptoken=0&x=%2F"));
            }
            assertThat(stranger.requests()).isEmpty();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"mailto:ops@example.org", "http://[", "7"})
    void linkThatIsNoAddressFailsTheListing(String link) {
        var value = link.equals("7") ? link : "\"" + link + "\"";
        azure.intercept(
                on(
                        path("virtualMachines"),
                        new Answer(200, "{\"value\": [], \"nextLink\": " + value + "}")));

        assertThatThrownBy(cloud::list)
                .isInstanceOf(CloudFailure.Unreachable.class)
                .hasMessageContaining("no address");
    }

    @Test
    void linkWithoutAServerOrWithBlanksIsFollowed() throws CloudFailure {
        accepted("vm-1");
        azure.intercept(
                request -> {
                    if (!path("virtualMachines").test(request)) return null;
                    if (!request.parameter("$skiptoken").isEmpty()) return null;
                    return new Answer(
                            200,
                            "{\"value\": [], \"nextLink\": \"%s?api-version=1&x={a b|c}&$skiptoken=0\"}"
                                    .formatted(request.path()));
                });

        assertThat(cloud.list()).extracting(Instance::id).containsExactly(ID);
    }

    @ParameterizedTest
    @ValueSource(strings = {"tags", "name", "location", "type", "properties"})
    void machineThatLacksSomethingIsListedAndFoundAndTheOthersToo(String field)
            throws CloudFailure {
        accepted("vm-1");
        accepted("vm-2");
        clock.advance(Duration.ofSeconds(10));
        for (var value : new String[] {"", "null", "7", "[7]", "{\"x\": 7}"}) {
            azure.show(
                    ID,
                    machine -> {
                        machine.remove(field);
                        if (!value.isEmpty()) machine.add(field, JsonParser.parseString(value));
                    });
            assertThat(cloud.list())
                    .as(value)
                    .extracting(Instance::id)
                    .containsExactlyInAnyOrder(ID, "vmm-isis-vm-2");
            assertThat(cloud.get(ID)).isPresent();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"{}", "null", "7", "{\"name\": \"\", \"id\": \"/\"}"})
    void machineWithoutAnIdFailsTheListing(String item) {
        azure.intercept(
                on(path("virtualMachines"), new Answer(200, "{\"value\": [" + item + "]}")));

        assertThatThrownBy(cloud::list)
                .isInstanceOf(CloudFailure.Unreachable.class)
                .hasMessageContaining("no id");
    }

    @Test
    void oddInterfaceHidesNoAddressOfTheOthers() throws CloudFailure {
        accepted("vm-1");
        clock.advance(Duration.ofSeconds(5));
        azure.addPart("networkInterfaces", "odd", object("{\"properties\": 7, \"id\": null}"));

        assertThat(cloud.list()).extracting(Instance::address).containsExactly("10.1.0.4");
    }

    @Test
    void machineThatLostItsTagsIsThereAndLeftAlone() throws CloudFailure {
        accepted("vm-1");
        azure.show(ID, machine -> machine.remove("tags"));

        assertThat(cloud.get(ID)).isPresent();
        assertThat(cloud.list()).hasSize(1);
        assertThatThrownBy(() -> cloud.delete(ID)).isInstanceOf(CloudFailure.Rejected.class);
        assertThatThrownBy(() -> cloud.start(ID)).isInstanceOf(CloudFailure.Rejected.class);
        assertThat(azure.requests("DELETE", MACHINE)).isEmpty();
        try (var other = Clouds.open(azure, "another")) {
            assertThat(other.list()).isEmpty();
        }
    }

    @Test
    void tagsAreReadWhateverTheirCase() throws CloudFailure {
        accepted("vm-1");
        azure.show(
                ID,
                machine ->
                        machine.add(
                                "tags",
                                object(
                                        "{\"VMM-Installation\": \"isis\", \"Vmm-Id\": \"vm-1\","
                                                + " \"vmm-store\": \"store-1\"}")));

        assertThat(cloud.list())
                .extracting(Instance::tags)
                .containsExactly(new Tags("isis", "store-1", "vm-1"));
    }

    @Test
    void idIsSpeltAsTheCoreKnowsItWhateverAzureShows() throws CloudFailure {
        accepted("vm-1");
        azure.show(ID, machine -> machine.addProperty("name", "VMM-Isis-VM-1"));
        assertThat(cloud.list()).extracting(Instance::id).containsExactly(ID);
        assertThat(cloud.get(ID).orElseThrow().id()).isEqualTo(ID);

        azure.show(
                ID,
                machine -> {
                    machine.addProperty("name", "VMM-Isis-VM-1");
                    machine.getAsJsonObject("tags").remove(Tags.VM_ID);
                });
        assertThat(cloud.get(ID).orElseThrow().id()).isEqualTo(ID);
    }

    // Addresses

    @ParameterizedTest
    @CsvSource({
        "403, AuthorizationFailed, none",
        "404, ResourceNotFound, none",
        "404, NotFound, none",
        "404, '', unreachable",
        "500, InternalServerError, unreachable"
    })
    void interfaceThatWeMayNotSeeHasNoAddressAndHidesNoMachine(
            int status, String code, String expected) throws CloudFailure {
        accepted("vm-1");
        var body = code.isEmpty() ? "<html>" : FakeArm.error(status, code, "So it is.").body();
        azure.intercept(on(path("networkInterfaces/" + ID + "-nic"), new Answer(status, body)));

        if (expected.equals("none")) {
            assertThat(cloud.get(ID).orElseThrow().address()).isNull();
        } else {
            assertThat(kindOf(() -> cloud.get(ID))).isEqualTo(expected);
        }
    }

    @Test
    void addressOfTheFirstInterfaceComesBeforeOthersAndOldBeforeNew() throws CloudFailure {
        accepted("vm-1");
        clock.advance(Duration.ofSeconds(5));
        azure.addPart(
                "networkInterfaces",
                ID + "-nic",
                object(
                        """
                        {"properties": {"primary": true, "virtualMachine": {"id": "%s/providers/microsoft.compute/VIRTUALMACHINES/%s"},
                          "ipConfigurations": [{"properties": {"privateIPAddress": "fd00::5", "primary": true}},
                            {"properties": {"privateIPAddress": "10.1.0.9", "primary": true}},
                            {"properties": {"privateIPAddress": "10.1.0.8"}}, {}, 7]}}
                        """
                                .formatted(FakeArm.groupId(), ID)));
        azure.addPart(
                "networkInterfaces",
                "second",
                object(
                        """
                        {"properties": {"primary": false, "virtualMachine": {"id": "%s/providers/Microsoft.Compute/virtualMachines/%s"},
                          "ipConfigurations": [{"properties": {"privateIPAddress": "10.9.9.9", "primary": true}}]}}
                        """
                                .formatted(FakeArm.groupId(), ID)));

        assertThat(cloud.list()).extracting(Instance::address).containsExactly("10.1.0.9");
    }

    @Test
    void publicAddressIsShownWhereThatIsAskedFor() throws CloudFailure {
        try (var open =
                Clouds.open(azure, "isis", Map.of("publicIp", "true", "address", "public"))) {
            open.create(Clouds.spec("vm-1"));
            assertThat(open.get(ID).orElseThrow().address()).startsWith("203.0.113.");
            assertThat(open.list()).extracting(Instance::address).containsExactly("203.0.113.2");
        }
        assertThat(cloud.get(ID).orElseThrow().address()).isEqualTo("10.1.0.4");
    }

    // Looking at one, deleting, starting

    @ParameterizedTest
    @CsvSource({
        "404, ResourceGroupNotFound",
        "404, SubscriptionNotFound",
        "404, ''",
        "404, NotFound",
        "410, Gone"
    })
    void notFoundThatIsNotOfTheMachineIsNoAbsence(int status, String code) {
        var body = code.isEmpty() ? "<html>nginx</html>" : FakeArm.error(404, code, "No.").body();
        azure.intercept(on(path("virtualMachines/gone"), new Answer(status, body)));

        assertThatThrownBy(() -> cloud.get("gone")).isInstanceOf(CloudFailure.class);
        assertThatThrownBy(() -> cloud.delete("gone")).isInstanceOf(CloudFailure.class);
        assertThatThrownBy(() -> cloud.console("gone")).isInstanceOf(CloudFailure.class);
    }

    @Test
    void machineThatIsNotInItsLocationIsAbsentForALookAndForNothingElse() throws CloudFailure {
        azure.addPart("disks", "vmm-isis-x-os", new JsonObject());
        azure.intercept(
                on(
                        path("virtualMachines/vmm-isis-x"),
                        FakeArm.error(
                                404,
                                "NotFound",
                                "The entity was not found in this Azure location.")));

        assertThat(cloud.get("vmm-isis-x")).isEmpty();
        assertThat(kindOf(() -> cloud.delete("vmm-isis-x"))).isEqualTo("rejected");
        assertThat(kindOf(cloud::leftovers)).isEqualTo("rejected");
        assertThat(kindOf(() -> cloud.remove(new Leftover("disk", "vmm-isis-x-os", "x"))))
                .isEqualTo("rejected");
        assertThat(azure.parts()).contains("vmm-isis-x-os");
    }

    @ParameterizedTest
    @ValueSource(strings = {"../disks/x", "a/b", "", "a?b", "-x", "x y"})
    void textThatIsNoNameNeverBecomesPartOfAnAddress(String text) {
        assertThatThrownBy(() -> cloud.get(text)).isInstanceOf(CloudFailure.Rejected.class);
        assertThatThrownBy(() -> cloud.delete(text)).isInstanceOf(CloudFailure.Rejected.class);
        assertThat(azure.requests()).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({
        "409, OperationNotAllowed, rejected",
        "409, Conflict, throttled",
        "403, AuthorizationFailed, unauthorized",
        "429, TooManyRequests, throttled",
        "500, InternalServerError, unreachable",
        "404, ResourceNotFound, done",
        "404, '', rejected"
    })
    void deleteThatIsNotDoneIsTyped(int status, String code, String kind) {
        accepted("vm-1");
        var body = code.isEmpty() ? "" : FakeArm.error(status, code, "So it is.").body();
        azure.intercept(on(request -> request.method().equals("DELETE"), new Answer(status, body)));

        assertThat(kindOf(() -> cloud.delete(ID))).isEqualTo(kind);
    }

    @Test
    void startWithoutRoomIsTypedAndARunningMachineIsNotAsked() throws CloudFailure {
        accepted("vm-1");
        clock.advance(Duration.ofSeconds(5));
        cloud.start(ID);
        assertThat(azure.requests("POST", MACHINE + "/start")).isEmpty();

        azure.setPower(ID, "deallocated");
        azure.intercept(
                on(path(MACHINE + "/start"), FakeArm.error(409, "AllocationFailed", "Full.")));
        assertThat(kindOf(() -> cloud.start(ID))).isEqualTo("no-capacity");
        assertThat(kindOf(() -> cloud.start("gone"))).isEqualTo("rejected");
    }

    // Consoles

    @Test
    void consoleIsTheEndOfTheLogReadWithoutOurToken() throws CloudFailure {
        accepted("vm-1");

        var lines = cloud.console(ID).orElseThrow().lines().toList();
        assertThat(lines).hasSize(200).endsWith("boot line 300", "vmm login: ");
        assertThat(azure.requests().getLast().headers()).doesNotContainKey("authorization");
    }

    @ParameterizedTest
    @CsvSource({
        "409, OperationNotAllowed, none",
        "404, ResourceNotFound, none",
        "404, '', unreachable",
        "403, AuthorizationFailed, unauthorized",
        "429, TooManyRequests, throttled",
        "500, InternalServerError, unreachable"
    })
    void consoleIsShownOrThereIsNoneOrItIsNotKnown(int status, String code, String expected) {
        accepted("vm-1");
        var body = code.isEmpty() ? "" : FakeArm.error(status, code, "So it is.").body();
        azure.intercept(
                on(path(MACHINE + "/retrieveBootDiagnosticsData"), new Answer(status, body)));

        assertThat(consoleOf()).isEqualTo(expected);
    }

    @ParameterizedTest
    @CsvSource({"404, none", "403, unreachable", "500, unreachable"})
    void storeOfConsolesThatRefusesDoesNotShowItsAddress(int status, String expected) {
        accepted("vm-1");
        azure.intercept(
                on(
                        request -> request.path().startsWith("/consoles/"),
                        new Answer(status, "Signature " + FakeArm.SIGNATURE)));

        assertThat(consoleOf()).isEqualTo(expected);
        assertThatCode(() -> cloud.console(ID))
                .satisfiesAnyOf(
                        thrown -> assertThat(thrown).isNull(),
                        thrown ->
                                assertThat(thrown.toString())
                                        .doesNotContain(FakeArm.SIGNATURE, "consoles/"));
    }

    // Shelves and names

    @Test
    void offeringsTellSizesAndGpusAndLeaveOutWhatWeMayNotHave() throws CloudFailure {
        assertThat(cloud.offerings())
                .containsExactly(
                        new Offering(FakeArm.SIZE, 2, 8_192, 0),
                        new Offering("Standard_NC4as_T4_v3", 4, 28_672, 1),
                        new Offering("Standard_B1ls", 1, 512, 0),
                        new Offering("Standard_E4s_v5", 4, 32_768, 0));
        assertThat(azure.requests().getLast().parameter("$filter"))
                .isEqualTo("location eq 'uksouth'");
    }

    @Test
    void sizeWithConstrainedCoresHasThoseThatItsGuestSees() throws CloudFailure {
        azure.intercept(
                on(
                        request -> request.path().endsWith("/skus"),
                        new Answer(
                                200,
                                """
                                {"value": [{"resourceType": "virtualMachines", "name": "Standard_E4-2s_v5", "capabilities": [
                                  {"name": "vCPUs", "value": "4"}, {"name": "vCPUsAvailable", "value": "2"},
                                  {"name": "MemoryGB", "value": "32"}]}]}
                                """)));

        assertThat(cloud.offerings())
                .containsExactly(new Offering("Standard_E4-2s_v5", 2, 32_768, 0));
    }

    @Test
    void quotaTellsMachinesAndCores() throws CloudFailure {
        accepted("vm-1");

        var quota = cloud.quota();
        assertThat(quota.maxInstances()).hasValue(5_000);
        assertThat(quota.usedInstances()).hasValue(1);
        assertThat(quota.maxVcpus()).hasValue(10_000);
        assertThat(quota.usedVcpus()).hasValue(2);
        assertThat(quota.maxRamMb()).isEmpty();
    }

    @Test
    void imagesAndNetworksAreNamedAsPlacementsCallThem() throws CloudFailure {
        assertThat(cloud.images())
                .extracting(Image::name)
                .containsExactly("golden", "vmm/tiny", "vmm/tiny/1.0.0");
        assertThat(cloud.networks())
                .containsExactly(new Network(FakeArm.subnetId(), FakeArm.SUBNET));
        for (var image : cloud.images()) {
            for (var text : List.of(image.name(), image.id())) {
                assertThat(cloud.misnomers(text, FakeArm.SIZE, FakeArm.subnetId())).isEmpty();
            }
        }
    }

    @ParameterizedTest
    @CsvSource({
        "Debian:debian-12:12:latest, true",
        "Debian:debian-12:12:0.1, true",
        "Debian:debian-12:12:0.2, false",
        "Debian:debian-11:11:latest, false",
        "/CommunityGalleries/ours-1/Images/tiny/Versions/latest, true",
        "/CommunityGalleries/ours-1/Images/none, false",
        "/SharedGalleries/x-1/Images/none, false",
        "vmm/tiny/latest, true",
        "vmm/tiny/2.0.0, false",
        "vmm/none, false",
        "none, false"
    })
    void imagesThatNoListShowsAreLookedAt(String image, boolean there) throws CloudFailure {
        assertThat(cloud.misnomers(image, FakeArm.SIZE, null)).hasSize(there ? 0 : 1);
    }

    @Test
    void imageWhoseNameAzureCannotReadIsAMisnomer() throws CloudFailure {
        azure.intercept(
                on(
                        path("versions/one.two"),
                        FakeArm.error(400, "InvalidParameter", "Not a version.")));

        assertThat(cloud.misnomers("vmm/tiny/one.two", FakeArm.SIZE, null)).hasSize(1);
    }

    @ParameterizedTest
    @CsvSource({
        "vmm/tiny/latest, /images/tiny",
        "GROUP/providers/Microsoft.Compute/galleries/vmm/images/tiny/versions/latest, /images/tiny",
        "vmm/tiny/1.0.0, /images/tiny/versions/1.0.0"
    })
    void newestVersionOfAnImageIsAskedForByItsDefinition(String image, String end) {
        var some = Clouds.spec("vm-1");
        cloud.create(
                new LaunchSpec(
                        some.name(),
                        some.tags(),
                        image.replace("GROUP", FakeArm.groupId()),
                        some.flavor(),
                        some.network(),
                        some.userData()));

        assertThat(azure.requests("PUT", MACHINE).getFirst().body())
                .contains("\"imageReference\":{\"id\":\"")
                .contains(end + "\"}");
    }

    @Test
    void versionOfTheComputeApiCanBeChosen() throws CloudFailure {
        try (var old = Clouds.open(azure, "isis", Map.of("computeApiVersion", "2024-07-01"))) {
            old.create(Clouds.spec("vm-1"));
            old.list();
        }
        assertThat(azure.requests().stream().filter(r -> r.path().contains("/virtualMachines")))
                .hasSize(3)
                .extracting(request -> request.parameter("api-version"))
                .containsOnly("2024-07-01");
    }

    @Test
    void imagesOfAnotherGroupAreFoundThereByTheirShortNames() {
        try (var elsewhere = Clouds.open(azure, "isis", Map.of("imagesFrom", "images-Rg"))) {
            elsewhere.create(Clouds.spec("vm-1"));
        }
        assertThat(azure.requests("PUT", MACHINE).getFirst().body())
                .contains(
                        "/resourceGroups/images-Rg/providers/Microsoft.Compute/galleries/vmm/images/tiny");
    }

    @Test
    void rehearsalGoesThroughEverythingAndMakesNothing() throws CloudFailure {
        cloud.rehearse(Clouds.spec("vm-1"));
        assertThat(azure.lives()).isEmpty();
        assertThat(azure.requests("POST", "deployments/vmm-isis-vm-1/validate"))
                .singleElement()
                .satisfies(request -> assertThat(request.body()).doesNotContain("customData"));

        azure.setQuota(0);
        assertThat(kindOf(() -> cloud.rehearse(Clouds.spec("vm-1")))).isEqualTo("quota-exceeded");
        azure.refuseCreates("SkuNotAvailable");
        assertThat(kindOf(() -> cloud.rehearse(Clouds.spec("vm-1")))).isEqualTo("no-capacity");
        azure.intercept(
                on(
                        request -> request.path().endsWith("/validate"),
                        FakeArm.error(403, "AuthorizationFailed", "No write.")));
        assertThat(kindOf(() -> cloud.rehearse(Clouds.spec("vm-1")))).isEqualTo("unauthorized");
        azure.intercept(
                on(
                        request -> request.path().endsWith("/validate"),
                        new Answer(404, "<html>no such page</html>")));
        assertThatCode(() -> cloud.rehearse(Clouds.spec("vm-1"))).doesNotThrowAnyException();
    }

    @ParameterizedTest
    @CsvSource({
        "400, SkuNotAvailable, no-capacity",
        "200, SkuNotAvailable, no-capacity",
        "409, QuotaExceeded, quota-exceeded",
        "200, '', done",
        "202, '', done",
        "403, AuthorizationFailed, done",
        "500, InternalServerError, done"
    })
    void rehearsalThatTakesTimeIsLookedAtOnce(int status, String code, String expected) {
        var body = code.isEmpty() ? "{}" : FakeArm.error(status, code, "So it is.").body();
        azure.intercept(
                request ->
                        request.path().endsWith("/validate")
                                ? new Answer(
                                        202,
                                        Map.of(
                                                "Location",
                                                "https://example.org/subscriptions/s/operationresults/7?a=b"),
                                        "")
                                : request.path().endsWith("/operationresults/7")
                                        ? new Answer(status, body)
                                        : null);

        assertThat(kindOf(() -> cloud.rehearse(Clouds.spec("vm-1")))).isEqualTo(expected);
        assertThat(azure.requests("GET", "/subscriptions/s/operationresults/7")).hasSize(1);
    }

    // Leftovers

    @Test
    void partsOfMachinesThatAreGoneAreLeftoversAndNoOthers() throws CloudFailure {
        var gone = "vmm-isis-018f";
        accepted("vm-1");
        azure.addPart("networkInterfaces", gone + "-nic", new JsonObject());
        azure.addPart("disks", gone + "-os", new JsonObject());
        azure.addPart("publicIPAddresses", gone + "-ip-0a1b2c3d", new JsonObject());
        azure.addPart("disks", "vmm-other-018f-os", new JsonObject());
        azure.addPart("disks", gone + "-os-2", new JsonObject());
        azure.addPart("disks", "backup", new JsonObject());
        azure.addPart(
                "networkInterfaces",
                "renamed",
                object("{\"tags\": {\"vmm-installation\": \"isis\", \"vmm-id\": \"018f\"}}"));
        azure.addPart(
                "networkInterfaces",
                "vmm-isis-x-nic",
                object("{\"tags\": {\"vmm-installation\": \"another\"}}"));

        var leftovers = cloud.leftovers();
        assertThat(leftovers)
                .containsExactlyInAnyOrder(
                        new Leftover("nic", gone + "-nic", "018f"),
                        new Leftover("disk", gone + "-os", "018f"),
                        new Leftover("public-ip", gone + "-ip-0a1b2c3d", "018f"),
                        new Leftover("nic", "renamed", "018f"));
        for (var leftover : leftovers) {
            cloud.remove(leftover);
            cloud.remove(leftover);
        }
        assertThat(cloud.leftovers()).isEmpty();
        assertThat(azure.parts())
                .containsExactlyInAnyOrder(
                        ID + "-nic",
                        ID + "-os",
                        gone + "-os-2",
                        "backup",
                        "vmm-other-018f-os",
                        "vmm-isis-x-nic");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "vmm-isis-018f-os | {} | 018f",
                "VMM-ISIS-018F-OS | {} | 018f",
                "vmm-isis-018f-os | {'properties': {}} | 018f",
                "vmm-isis-018f-os | {'properties': {'diskState': null}} | 018f",
                "vmm-isis-018f-os | {'managedByExtended': []} | 018f",
                "vmm-isis-018f-os | {'tags': {'vmm-installation': 'isis', 'vmm-id': '018f'}} |"
                        + " 018f",
                "vmm-isis-018f-os | {'tags': {'vmm-installation': 'isis', 'vmm-id': '018e'}} | ''",
                "vmm-isis-018f-os | {'tags': {'vmm-installation': 'another'}} | ''",
                "vmm-isis-018f-os | {'properties': {'diskState': 'Reserved'}} | ''",
                "vmm-isis-018f-os | {'properties': {'diskState': 7}} | ''",
                "vmm-isis-018f-os | {'managedBy': '/some/machine'} | ''",
                "vmm-isis-018f-os | {'managedByExtended': ['/some/machine']} | ''",
                "vmm-isis-018f-os | {'properties': {}, 'managedByExtended': ['/some/machine']} |"
                        + " ''",
                "vmm-isis-018f-os-1 | {} | ''",
                "vmm-isis-018f-os_disk1_0a1b | {} | ''",
                "vmm-isis-018f-nic | {} | ''",
                "vmm-isis-018f-data | {'tags': {'vmm-installation': 'isis', 'vmm-id': '018f'}} |"
                        + " ''",
                "results | {'tags': {'vmm-installation': 'isis', 'vmm-id': '018f'}} | ''"
            })
    void onlyTheSystemDiskOfAMachineIsALeftover(String name, String changes, String owner)
            throws CloudFailure {
        azure.addPart("disks", name, object(changes.replace('\'', '"')));

        assertThat(cloud.leftovers())
                .extracting(Leftover::owner)
                .isEqualTo(owner.isEmpty() ? List.of() : List.of(owner));
        if (owner.isEmpty()) {
            assertThat(kindOf(() -> cloud.remove(new Leftover("disk", name, "018f"))))
                    .isEqualTo("rejected");
            assertThat(azure.parts()).contains(name);
        }
    }

    @Test
    void leftoverIsTheSameWhateverTheCaseOfItsName() throws CloudFailure {
        azure.addPart("networkInterfaces", "vmm-isis-018f-nic", new JsonObject());

        cloud.remove(new Leftover("nic", "VMM-ISIS-018F-NIC", "018F"));
        assertThat(azure.parts()).isEmpty();
    }

    @Test
    void leftoverThatIsInUseAgainOrWhoseMachineLivesIsNotRemoved() throws CloudFailure {
        accepted("vm-1");
        azure.addPart("disks", ID + "-os", new JsonObject());
        azure.addPart("disks", "vmm-isis-x-os", object("{\"managedBy\": \"/some/machine\"}"));

        assertThatThrownBy(() -> cloud.remove(new Leftover("disk", ID + "-os", "vm-1")))
                .isInstanceOf(CloudFailure.Rejected.class)
                .hasMessageContaining("still exists");
        assertThatThrownBy(() -> cloud.remove(new Leftover("disk", "vmm-isis-x-os", "x")))
                .isInstanceOf(CloudFailure.Rejected.class)
                .hasMessageContaining("in use");
        assertThatThrownBy(() -> cloud.remove(new Leftover("volume", "x", "x")))
                .isInstanceOf(CloudFailure.Rejected.class);
        assertThatThrownBy(() -> cloud.remove(new Leftover("disk", "../x", "x")))
                .isInstanceOf(CloudFailure.Rejected.class);
        assertThatThrownBy(() -> cloud.remove(new Leftover("disk", "vmm-isis-x-os", "../x")))
                .isInstanceOf(CloudFailure.Rejected.class);
        assertThat(azure.requests().stream().filter(r -> r.method().equals("DELETE"))).isEmpty();
    }

    @Test
    void nothingIsALeftoverWhereMachinesCannotBeLookedAt() {
        azure.addPart("disks", "vmm-isis-x-os", new JsonObject());
        azure.intercept(
                on(path("virtualMachines/vmm-isis-x"), new Answer(404, "<html>nginx</html>")));

        assertThat(kindOf(cloud::leftovers)).isEqualTo("unreachable");
        assertThat(kindOf(() -> cloud.remove(new Leftover("disk", "vmm-isis-x-os", "x"))))
                .isEqualTo("unreachable");
        assertThat(azure.parts()).contains("vmm-isis-x-os");
    }

    @Test
    void secretsOfACallThatIsUnderWayWhenTheCloudIsClosedStayMasked() {
        azure.intercept(
                request -> {
                    if (!request.path().endsWith("/resourceGroups/" + FakeArm.GROUP)) return null;
                    var token = request.headers().get("authorization").replace("Bearer ", "");
                    cloud.close();
                    return FakeArm.error(400, "BadRequest", "Told " + token + FakeArm.SECRET);
                });

        assertThatThrownBy(cloud::ping).hasMessageContaining("Told ******");
    }

    @Test
    void closedCloudAnswersNothing() {
        cloud.close();
        cloud.close();

        assertThatThrownBy(cloud::list).isInstanceOf(CloudFailure.Unreachable.class);
        assertThat(kindOf(cloud.create(Clouds.spec("vm-1")))).isEqualTo("REFUSED unreachable");
    }

    // Words of these tests

    private interface Call {
        void make() throws CloudFailure;
    }

    private void accepted(String vmId) {
        assertThat(kindOf(cloud.create(Clouds.spec(vmId)))).isEqualTo("ACCEPTED");
    }

    private JsonObject sent() {
        return object(azure.requests("PUT", MACHINE).getLast().body());
    }

    private String consoleOf() {
        try {
            return cloud.console(ID).orElse("none");
        } catch (CloudFailure failure) {
            return failure.kind();
        }
    }

    private static JsonObject plainRequest() {
        return object(
                """
                {"location": "uksouth",
                 "tags": {"vmm-id": "vm-1", "vmm-installation": "isis", "vmm-store": "store-1"},
                 "properties": {
                  "hardwareProfile": {"vmSize": "Standard_D2s_v5"},
                  "storageProfile": {
                   "imageReference": {"id": "%s/providers/Microsoft.Compute/galleries/vmm/images/tiny"},
                   "osDisk": {"name": "vmm-isis-vm-1-os", "createOption": "FromImage", "deleteOption": "Delete"}},
                  "osProfile": {"computerName": "vmm-isis-vm-1", "adminUsername": "vmm", "customData": "%s",
                   "linuxConfiguration": {"disablePasswordAuthentication": true, "ssh": {"publicKeys": [
                    {"path": "/home/vmm/.ssh/authorized_keys", "keyData": "%s"}]}}},
                  "networkProfile": {"networkApiVersion": "2022-11-01", "networkInterfaceConfigurations": [
                   {"name": "vmm-isis-vm-1-nic",
                    "tags": {"vmm-id": "vm-1", "vmm-installation": "isis", "vmm-store": "store-1"},
                    "properties": {"primary": true, "deleteOption": "Delete", "ipConfigurations": [
                     {"name": "vmm-isis-vm-1-nic", "properties": {"primary": true, "subnet": {"id": "%s"}}}]}}]},
                  "diagnosticsProfile": {"bootDiagnostics": {"enabled": true}}}}
                """
                        .formatted(
                                FakeArm.groupId(),
                                Base64.getEncoder()
                                        .encodeToString(Clouds.spec("vm-1").userData().getBytes()),
                                Clouds.KEY,
                                FakeArm.subnetId()));
    }

    private static String kindOf(CreateAnswer answer) {
        return switch (answer) {
            case CreateAnswer.Accepted(String id) -> "ACCEPTED";
            case CreateAnswer.Refused(CloudFailure why) -> "REFUSED " + why.kind();
            case CreateAnswer.Unknown(CloudFailure why) -> "UNKNOWN " + why.kind();
        };
    }

    private static String kindOf(Call call) {
        try {
            call.make();
            return "done";
        } catch (CloudFailure failure) {
            return failure.kind();
        }
    }

    private static Predicate<Request> isPut() {
        return request -> request.method().equals("PUT");
    }

    private static Predicate<Request> isStatusOnly() {
        return request -> request.parameter("statusOnly").equals("true");
    }

    /** Of the resource group. */
    private static Predicate<Request> path(String end) {
        return request ->
                request.path().contains("/resourceGroups/") && request.path().endsWith("/" + end);
    }

    private static Function<Request, Reply> on(Predicate<Request> which, Reply reply) {
        return request -> which.test(request) ? reply : null;
    }

    private static JsonObject object(String json) {
        return JsonParser.parseString(json).getAsJsonObject();
    }
}
