package vmm.cloud;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

import vmm.cloud.CloudHarness.Trouble;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What the core relies on, and every adapter must satisfy. An adapter's test extends this with its
 * harness.
 */
public abstract class CloudProviderContract {

    private static final String STORE = "store-of-the-contract";
    private static final String GUEST_SECRET = "s3cr3t-of-the-guest";

    private CloudHarness harness;
    private CloudProvider cloud;

    /** Sets a cloud up for one test. */
    protected abstract CloudHarness open();

    @BeforeEach
    final void setUpCloud() {
        harness = open();
        cloud = harness.provider();
    }

    @AfterEach
    final void tearDownCloud() {
        harness.close();
    }

    // Creating

    @Test
    void acceptedInstanceIsListedUnderItsIdWithItsNameAndThreeTags() throws CloudFailure {
        var spec = spec("vm-1");
        var id = accepted(spec);

        var listed = awaitListed("vm-1");
        assertThat(listed.id()).isEqualTo(id);
        assertThat(listed.name()).isEqualTo(spec.name());
        assertThat(listed.tags()).isEqualTo(new Tags(harness.installation(), STORE, "vm-1"));
        assertThat(listed.createdAt()).isNotNull();
    }

    @Test
    void acceptedInstanceIsShownByGetUnderItsIdWithItsTags() throws CloudFailure {
        var id = accepted(spec("vm-1"));

        assertThat(cloud.get(id))
                .hasValueSatisfying(
                        instance -> {
                            assertThat(instance.id()).isEqualTo(id);
                            assertThat(instance.tags())
                                    .isEqualTo(new Tags(harness.installation(), STORE, "vm-1"));
                        });
    }

    @Test
    void createReturnsBeforeTheInstanceRunsAndItRunsInTheEndWithAnAddress() throws CloudFailure {
        var id = accepted(spec("vm-1"));

        await("running", () -> statusOf(id).equals(Optional.of(Instance.Status.RUNNING)));
        assertThat(cloud.get(id))
                .hasValueSatisfying(
                        instance -> {
                            assertThat(instance.address()).isNotBlank();
                            assertThat(instance.detail()).isNull();
                        });
    }

    @Test
    void userDataReachesTheGuestToTheLetter() throws CloudFailure {
        var seen = capability(harness.userDataSeenByGuest());
        var spec = spec("vm-1");
        var id = accepted(spec);

        await("running", () -> statusOf(id).equals(Optional.of(Instance.Status.RUNNING)));
        assertThat(seen.apply(id)).isEqualTo(spec.userData());
    }

    @Test
    void lostReplyIsUnknownAndAtMostOneInstanceOfThatVmIsListedLater() throws CloudFailure {
        begin(Trouble.LOST_REPLY);
        var answer = cloud.create(spec("vm-1"));
        harness.calm();

        assertThat(answer).isInstanceOf(CreateAnswer.Unknown.class);
        awaitListed("vm-1");
        for (int i = 0; i < 5; i++) harness.passTime();
        assertThat(cloud.list()).filteredOn(CloudProviderContract::isVm1).hasSize(1);
    }

    @Test
    void repeatedCreateYieldsTheSameInstanceWhereTheProviderSaysSo() throws CloudFailure {
        assumeTrue(cloud.deduplicatesCreates(), "this cloud does not de-duplicate");
        var first = accepted(spec("vm-1"));
        var second = accepted(spec("vm-1"));

        assertThat(second).isEqualTo(first);
        awaitListed("vm-1");
        assertThat(cloud.list()).hasSize(1);
    }

    @Test
    void answersThatAreLostTenTimesInARowLeaveOneInstance() throws CloudFailure {
        assumeTrue(cloud.deduplicatesCreates(), "this cloud does not de-duplicate");
        var spec = spec("vm-1");
        begin(Trouble.LOST_REPLY);
        for (int i = 0; i < 10; i++) {
            assertThat(cloud.create(spec)).isInstanceOf(CreateAnswer.Unknown.class);
            harness.passTime();
        }
        harness.calm();

        var listed = awaitListed("vm-1");
        assertThat(accepted(spec)).isEqualTo(listed.id());
        for (int i = 0; i < 5; i++) harness.passTime();
        assertThat(cloud.list()).extracting(Instance::id).containsExactly(listed.id());
    }

    @Test
    void instanceThatIsShownLateIsListedOnceInTheEnd() throws CloudFailure {
        begin(Trouble.SHOWN_LATE);
        var id = accepted(spec("vm-1"));
        if (cloud.deduplicatesCreates()) assertThat(accepted(spec("vm-1"))).isEqualTo(id);
        assertThat(cloud.list()).isEmpty();

        assertThat(awaitListed("vm-1").id()).isEqualTo(id);
        assertThat(cloud.get(id)).isPresent();
        assertThat(cloud.list()).hasSize(1);
    }

    @Test
    void instanceThatIsDeletedBeforeItIsShownIsGoneInTheEnd() throws CloudFailure {
        begin(Trouble.SHOWN_LATE);
        var id = accepted(spec("vm-1"));
        cloud.delete(id);

        for (int i = 0; i < harness.patience(); i++) harness.passTime();
        assertThat(cloud.get(id)).isEmpty();
        assertThat(cloud.list()).isEmpty();
    }

    @Test
    void createInAnOutageIsNeverCalledAccepted() {
        begin(Trouble.OUTAGE);

        assertThat(reasonOf(cloud.create(spec("vm-1"))))
                .isInstanceOf(CloudFailure.Unreachable.class);
    }

    @Test
    void createWithoutRoomIsRefusedForThatFlavorAndMakesNothing() throws CloudFailure {
        assertThat(refused(Trouble.NO_CAPACITY))
                .isInstanceOfSatisfying(
                        CloudFailure.NoCapacity.class,
                        why -> assertThat(why.flavor()).isEqualTo(harness.flavor()));
        assertThat(cloud.list()).isEmpty();
    }

    @Test
    void createBeyondTheQuotaIsRefusedAndMakesNothing() throws CloudFailure {
        assertThat(refused(Trouble.QUOTA_EXCEEDED)).isInstanceOf(CloudFailure.QuotaExceeded.class);
        assertThat(cloud.list()).isEmpty();
    }

    @Test
    void throttledCreateIsRefusedWithTheTimeToWaitAndMakesNothing() throws CloudFailure {
        assertThat(refused(Trouble.THROTTLED))
                .isInstanceOfSatisfying(
                        CloudFailure.Throttled.class,
                        why -> assertThat(why.retryAfter()).contains(CloudHarness.RETRY_AFTER));
        assertThat(cloud.list()).isEmpty();
    }

    @Test
    void createWithBadCredentialsIsRefusedAsUnauthorizedAndMakesNothing() throws CloudFailure {
        assertThat(refused(Trouble.UNAUTHORIZED)).isInstanceOf(CloudFailure.Unauthorized.class);
        assertThat(cloud.list()).isEmpty();
    }

    @Test
    void unknownFlavorIsRejectedAndNamed() throws CloudFailure {
        assumeTrue(harness.knowsItsFlavorsAndImages(), "this cloud takes any flavor");
        var spec = spec("vm-1", harness.image(), "no-such-flavor");

        assertThat(refused(cloud.create(spec)))
                .isInstanceOf(CloudFailure.Rejected.class)
                .hasMessageContaining("no-such-flavor");
        assertThat(cloud.list()).isEmpty();
    }

    @Test
    void unknownImageIsRejectedAndNamed() throws CloudFailure {
        assumeTrue(harness.knowsItsFlavorsAndImages(), "this cloud takes any image");
        var spec = spec("vm-1", "no-such-image", harness.flavor());

        assertThat(refused(cloud.create(spec)))
                .isInstanceOf(CloudFailure.Rejected.class)
                .hasMessageContaining("no-such-image");
        assertThat(cloud.list()).isEmpty();
    }

    // Looking

    @Test
    void getOfAnAbsentIdIsEmptyAndNotAFailure() throws CloudFailure {
        assertThat(cloud.get("00000000-0000-4000-8000-000000000000")).isEmpty();
    }

    @Test
    void failingGetIsAFailureAndNotAbsence() {
        var id = accepted(spec("vm-1"));
        begin(Trouble.OUTAGE);

        assertThatThrownBy(() -> cloud.get(id)).isInstanceOf(CloudFailure.Unreachable.class);
        assertThatThrownBy(() -> cloud.get("00000000-0000-4000-8000-000000000000"))
                .isInstanceOf(CloudFailure.Unreachable.class);
    }

    @Test
    void listFailsWholeWhenAPageFails() throws CloudFailure {
        accepted(spec("vm-1"));
        awaitListed("vm-1");
        begin(Trouble.FAILED_PAGE);

        assertThatThrownBy(() -> cloud.list()).isInstanceOf(CloudFailure.class);
        harness.calm();
        assertThat(cloud.list()).hasSize(1);
    }

    @Test
    void failuresOfEveryCallAreTyped() {
        begin(Trouble.UNAUTHORIZED);
        for (var call : calls())
            assertThatThrownBy(call::execute).isInstanceOf(CloudFailure.Unauthorized.class);
        harness.calm();
        begin(Trouble.THROTTLED);
        for (var call : calls())
            assertThatThrownBy(call::execute).isInstanceOf(CloudFailure.Throttled.class);
        harness.calm();
        begin(Trouble.OUTAGE);
        for (var call : calls())
            assertThatThrownBy(call::execute).isInstanceOf(CloudFailure.Unreachable.class);
    }

    @Test
    void everyOneOfManyInstancesIsListedOnce() throws CloudFailure {
        var ids = new ArrayList<String>();
        for (int i = 0; i < harness.many(); i++) ids.add(accepted(spec("vm-" + i)));

        await("all listed", () -> cloud.list().size() == ids.size());
        assertThat(cloud.list()).extracting(Instance::id).containsExactlyInAnyOrderElementsOf(ids);
    }

    @Test
    void instanceThatLostItsTagsIsStillListed() throws CloudFailure {
        var untag = capability(harness.untag());
        var id = accepted(spec("vm-1"));
        var other = accepted(spec("vm-2"));
        awaitListed("vm-1");
        awaitListed("vm-2");
        await("running", () -> statusOf(id).equals(Optional.of(Instance.Status.RUNNING)));
        untag.accept(id);

        await(
                "shown without its tags",
                () -> tagsOf(id).equals(Optional.of(untagged(harness.installation()))));
        assertThat(cloud.list()).extracting(Instance::id).containsExactlyInAnyOrder(id, other);
        assertThat(cloud.get(id)).isPresent();
    }

    @Test
    void oddInstanceIsStillListedAndHidesNoOther() throws CloudFailure {
        var garble = capability(harness.garble());
        var id = accepted(spec("vm-1"));
        var other = accepted(spec("vm-2"));
        awaitListed("vm-1");
        awaitListed("vm-2");
        garble.accept(id);

        assertThat(cloud.list()).extracting(Instance::id).containsExactlyInAnyOrder(id, other);
        assertThat(cloud.get(id)).isPresent();
    }

    @Test
    void offeringsAndImagesNameWhatCanBeLaunchedAndTheQuotaCanBeAsked() throws CloudFailure {
        assumeTrue(harness.knowsItsFlavorsAndImages(), "this cloud takes anything");
        assertThat(cloud.offerings()).extracting(Offering::flavor).contains(harness.flavor());
        assertThat(cloud.images())
                .anyMatch(image -> List.of(image.id(), image.name()).contains(harness.image()));
        assertThat(cloud.quota()).isNotNull();
    }

    @Test
    void whatCanBeLaunchedIsNoMisnomerAndWhatCannotIsNamedWithWhatIsKnown() throws CloudFailure {
        assumeTrue(harness.knowsItsFlavorsAndImages(), "this cloud takes anything");
        assertThat(cloud.misnomers(harness.image(), harness.flavor(), harness.network())).isEmpty();
        assertThatCode(() -> cloud.rehearse(spec("vm-1"))).doesNotThrowAnyException();

        assertThat(cloud.misnomers("no-such-image", "no-such-flavor", harness.network()))
                .extracting(Misnomer::what)
                .containsExactly("image", "flavor");
        assertThat(cloud.misnomers(harness.image(), "no-such-flavor", harness.network()))
                .singleElement()
                .satisfies(
                        wrong -> {
                            assertThat(wrong.name()).isEqualTo("no-such-flavor");
                            assertThat(wrong.known()).contains(harness.flavor());
                        });
        assertThatThrownBy(() -> cloud.rehearse(spec("vm-1", harness.image(), "no-such-flavor")))
                .isInstanceOf(CloudFailure.Rejected.class)
                .hasMessageContaining("no-such-flavor");
        assertThat(cloud.list()).isEmpty();
    }

    @Test
    void networkThatIsNotThereIsAMisnomer() throws CloudFailure {
        assumeTrue(harness.network() != null, "this cloud has no networks");
        assertThat(cloud.misnomers(harness.image(), harness.flavor(), "no-such-network"))
                .singleElement()
                .satisfies(
                        wrong -> {
                            assertThat(wrong.what()).isEqualTo("network");
                            assertThat(wrong.name()).isEqualTo("no-such-network");
                            assertThat(wrong.known()).contains(harness.network());
                        });
    }

    @Test
    void consoleOfARunningInstanceIsShownWithoutItsUserData() throws CloudFailure {
        var id = accepted(spec("vm-1"));
        await("running", () -> statusOf(id).equals(Optional.of(Instance.Status.RUNNING)));

        var console = cloud.console(id);
        assumeTrue(console.isPresent(), "this cloud has no console");
        assertThat(console.get()).isNotBlank().doesNotContain(GUEST_SECRET);
        assertThat(cloud.console("00000000-0000-4000-8000-000000000000")).isEmpty();
        begin(Trouble.OUTAGE);
        assertThatThrownBy(() -> cloud.console(id)).isInstanceOf(CloudFailure.Unreachable.class);
    }

    // Deleting and starting

    @Test
    void deletedInstanceIsFinallyGoneFromListAndGetAndOthersStay() throws CloudFailure {
        var victim = accepted(spec("vm-1"));
        var survivor = accepted(spec("vm-2"));
        awaitListed("vm-1");
        awaitListed("vm-2");
        cloud.delete(victim);

        await("gone", () -> cloud.get(victim).isEmpty() && !listed(victim));
        assertThat(cloud.get(survivor)).isPresent();
        assertThat(cloud.list()).extracting(Instance::id).containsExactly(survivor);
    }

    @Test
    void instanceOnItsWayOutIsCalledDeletingOrIsGone() throws CloudFailure {
        var id = accepted(spec("vm-1"));
        await("running", () -> statusOf(id).equals(Optional.of(Instance.Status.RUNNING)));
        cloud.delete(id);

        await(
                "deleting or gone",
                () -> statusOf(id).orElse(Instance.Status.DELETING) == Instance.Status.DELETING);
    }

    @Test
    void deleteMayBeRepeatedAndOfAnAbsentIdIsSuccess() throws CloudFailure {
        var id = accepted(spec("vm-1"));
        cloud.delete(id);
        cloud.delete(id);
        await("gone", () -> cloud.get(id).isEmpty());

        assertThatCode(() -> cloud.delete(id)).doesNotThrowAnyException();
        assertThatCode(() -> cloud.delete("00000000-0000-4000-8000-000000000000"))
                .doesNotThrowAnyException();
    }

    @Test
    void instanceThatSomebodyDeletedIsFinallyNeitherListedNorFound() throws CloudFailure {
        var vanish = capability(harness.vanish());
        var id = accepted(spec("vm-1"));
        awaitListed("vm-1");
        vanish.accept(id);

        await("gone", () -> cloud.get(id).isEmpty() && !listed(id));
    }

    @Test
    void instanceThatIsShutOffIsStoppedAndCanBeStarted() throws CloudFailure {
        var shutOff = capability(harness.shutOff());
        var id = accepted(spec("vm-1"));
        await("running", () -> statusOf(id).equals(Optional.of(Instance.Status.RUNNING)));
        shutOff.accept(id);
        await("stopped", () -> statusOf(id).equals(Optional.of(Instance.Status.STOPPED)));

        cloud.start(id);
        await("running again", () -> statusOf(id).equals(Optional.of(Instance.Status.RUNNING)));
        assertThatCode(() -> cloud.start(id)).doesNotThrowAnyException();
    }

    // Others

    @Test
    void instanceOfAnotherInstallationIsNeitherListedNorFoundNorDeleted() throws CloudFailure {
        try (var other = harness.openFor("another")) {
            var spec =
                    specOf(new Tags("another", STORE, "vm-9"), harness.image(), harness.flavor());
            var theirs = idOf(other.create(spec));
            var ours = accepted(spec("vm-1"));
            awaitListed("vm-1");
            await("listed to its owner", () -> !other.list().isEmpty());

            assertThat(cloud.list()).extracting(Instance::id).containsExactly(ours);
            assertThat(cloud.get(theirs)).isEmpty();
            assertThat(cloud.console(theirs)).isEmpty();
            assertThatCode(() -> cloud.delete(theirs)).doesNotThrowAnyException();
            for (int i = 0; i < 10; i++) harness.passTime();
            assertThat(other.get(theirs))
                    .hasValueSatisfying(
                            instance ->
                                    assertThat(instance.status())
                                            .isNotEqualTo(Instance.Status.DELETING));
            assertThat(other.list()).extracting(Instance::id).containsExactly(theirs);
            other.delete(theirs);
        }
    }

    @Test
    void instanceOfAnotherStoreOfOursIsListedWithItsStore() throws CloudFailure {
        var tags = new Tags(harness.installation(), "another-store", "vm-1");
        var id = accepted(specOf(tags, harness.image(), harness.flavor()));

        var listed = awaitListed("vm-1");
        assertThat(listed.id()).isEqualTo(id);
        assertThat(listed.tags().store()).isEqualTo("another-store");
    }

    // Secrets and ends

    @Test
    void secretsAreInNoFailureAndNoText() throws CloudFailure {
        var spec = spec("vm-1");
        var shown = new ArrayList<String>();
        shown.add(cloud.toString());
        shown.add(spec.toString());
        shown.add(cloud.create(spec).toString());
        awaitListed("vm-1");
        shown.add(cloud.list().toString());
        for (var trouble : Trouble.values()) {
            var injected = harness.trouble(trouble);
            if (injected.isEmpty()) continue;
            injected.get().run();
            shown.add(cloud.create(spec("vm-2")).toString());
            for (var call : calls()) shown.add(String.valueOf(failureOf(call)));
            harness.calm();
        }

        for (var text : shown) {
            assertThat(text).doesNotContain(GUEST_SECRET);
            for (var secret : harness.secrets()) assertThat(text).doesNotContain(secret);
        }
    }

    @Test
    void instancesOutliveTheProviderThatMadeThem() throws CloudFailure {
        var id = accepted(spec("vm-1"));
        awaitListed("vm-1");
        cloud.close();

        try (var next = harness.reopen()) {
            assertThat(next.get(id)).isPresent();
            assertThat(next.list()).extracting(Instance::id).containsExactly(id);
            next.delete(id);
        }
    }

    // Words of these tests

    /** Something that may be asked of a cloud. */
    protected interface Question {
        boolean holds() throws CloudFailure;
    }

    /** What may be launched for a VM here. */
    protected final LaunchSpec spec(String vmId) {
        return spec(vmId, harness.image(), harness.flavor());
    }

    /** Lets the cloud's time pass until something holds. */
    protected final void await(String what, Question question) throws CloudFailure {
        for (int i = 0; i < harness.patience(); i++) {
            if (question.holds()) return;
            harness.passTime();
        }
        throw new AssertionError("not " + what + " in time");
    }

    private LaunchSpec spec(String vmId, String image, String flavor) {
        return specOf(new Tags(harness.installation(), STORE, vmId), image, flavor);
    }

    private LaunchSpec specOf(Tags tags, String image, String flavor) {
        var userData =
                """
                #cloud-config
                write_files:
                  - path: /etc/vmm/guest.json
                    permissions: '0600'
                    content: |
                      {"vmId": "%s", "url": "http://127.0.0.1:9", "token": "%s", "secret": "%s"}
                """
                        .formatted(tags.vmId(), GUEST_SECRET, GUEST_SECRET);
        var name = "vmm-" + tags.installation() + "-" + tags.vmId();
        return new LaunchSpec(name, tags, image, flavor, harness.network(), userData);
    }

    private String accepted(LaunchSpec spec) {
        return idOf(cloud.create(spec));
    }

    private static String idOf(CreateAnswer answer) {
        return switch (answer) {
            case CreateAnswer.Accepted(String id) -> id;
            case CreateAnswer.Refused(CloudFailure why) ->
                    throw new AssertionError("refused: " + why);
            case CreateAnswer.Unknown(CloudFailure why) ->
                    throw new AssertionError("unknown: " + why);
        };
    }

    private CloudFailure refused(Trouble trouble) {
        begin(trouble);
        var why = refused(cloud.create(spec("vm-1")));
        harness.calm();
        return why;
    }

    private static CloudFailure refused(CreateAnswer answer) {
        assertThat(answer).isInstanceOf(CreateAnswer.Refused.class);
        return reasonOf(answer);
    }

    @Test
    void whatADeletedInstanceLeavesBehindIsNamedAndRemoved() throws CloudFailure {
        var id = accepted(spec("vm-1"));
        var other = accepted(spec("vm-2"));
        awaitListed("vm-1");
        awaitListed("vm-2");
        begin(Trouble.LEFTOVER);
        cloud.delete(id);
        await("gone", () -> cloud.get(id).isEmpty());
        await("leftover", () -> !leftoversOf(id, "vm-1").isEmpty());
        harness.calm();
        assertThat(leftoversOf(other, "vm-2")).isEmpty();
        for (var leftover : leftoversOf(id, "vm-1")) {
            cloud.remove(leftover);
            cloud.remove(leftover);
        }
        assertThat(leftoversOf(id, "vm-1")).isEmpty();
    }

    private List<Leftover> leftoversOf(String instance, String vm) throws CloudFailure {
        return cloud.leftovers().stream()
                .filter(leftover -> List.of(instance, vm).contains(leftover.owner()))
                .toList();
    }

    private static CloudFailure reasonOf(CreateAnswer answer) {
        return switch (answer) {
            case CreateAnswer.Accepted(String id) -> throw new AssertionError("accepted as " + id);
            case CreateAnswer.Refused(CloudFailure why) -> why;
            case CreateAnswer.Unknown(CloudFailure why) -> why;
        };
    }

    private List<Executable> calls() {
        return List.of(
                () -> cloud.get("00000000-0000-4000-8000-000000000000"),
                () -> cloud.list(),
                () -> cloud.delete("00000000-0000-4000-8000-000000000000"),
                () -> cloud.offerings(),
                () -> cloud.images(),
                () -> cloud.quota(),
                () -> cloud.ping());
    }

    private static CloudFailure failureOf(Executable call) {
        return catchThrowableOfType(CloudFailure.class, call::execute);
    }

    private Instance awaitListed(String vmId) throws CloudFailure {
        await(
                vmId + " listed",
                () ->
                        cloud.list().stream()
                                .anyMatch(instance -> vmId.equals(instance.tags().vmId())));
        return cloud.list().stream()
                .filter(instance -> vmId.equals(instance.tags().vmId()))
                .findFirst()
                .orElseThrow();
    }

    private Optional<Tags> tagsOf(String id) throws CloudFailure {
        return cloud.list().stream()
                .filter(instance -> instance.id().equals(id))
                .map(Instance::tags)
                .findFirst();
    }

    private static Tags untagged(String installation) {
        return new Tags(installation, null, null);
    }

    private boolean listed(String id) throws CloudFailure {
        return cloud.list().stream().anyMatch(instance -> instance.id().equals(id));
    }

    private Optional<Instance.Status> statusOf(String id) throws CloudFailure {
        return cloud.get(id).map(Instance::status);
    }

    private static boolean isVm1(Instance instance) {
        return "vm-1".equals(instance.tags().vmId());
    }

    private void begin(Trouble trouble) {
        capability(harness.trouble(trouble)).run();
    }

    private static <T> T capability(Optional<T> capability) {
        assumeTrue(capability.isPresent(), "this cloud cannot be made to do that");
        return capability.orElseThrow();
    }
}
