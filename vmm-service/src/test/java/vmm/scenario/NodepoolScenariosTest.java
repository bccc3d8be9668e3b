package vmm.scenario;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import vmm.cloud.CloudFailure;
import vmm.cloud.CreateAnswer;
import vmm.cloud.simulated.SimulatedInstance;
import vmm.maintenance.MaintenanceWindow.Kind;
import vmm.scenario.World.Machine;
import vmm.scenario.World.Place;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;

/**
 * What the launcher tests of OpenStack's Nodepool are about, asked of our engine. The comment at
 * each names the one whose intent it replays; where we do otherwise (a request is never failed, it
 * waits), it says so.
 */
class NodepoolScenariosTest {
    private static final String A = "harwell";
    private static final String B = "ireland";
    private static final String POOL = "muon";
    private static final String OTHER = "sans";

    /** A launch in fair weather, with time to notice it. */
    private static final Duration SOON = World.BOOT.plusSeconds(15);

    private final World world = new World(A, B);

    @AfterEach
    void close() {
        world.close();
    }

    private void fill(String pool, int size) {
        world.until(pool + " is full", Duration.ofMinutes(3), () -> world.ready(pool) == size);
    }

    private void cap(String cloud, int vms) {
        world.edit("UPDATE cloud SET max_vms = ? WHERE name = ?", vms, cloud);
    }

    private void bootTimeout(Duration limit) {
        world.edit("UPDATE pool SET boot_timeout_s = ?", limit.toSeconds());
    }

    private List<UUID> claims(String pool, int n) {
        var claims = new ArrayList<UUID>();
        for (int i = 0; i < n; i++) claims.add(world.claim(pool));
        return claims;
    }

    private void untilServed(UUID claim, Duration limit) {
        world.until("served", limit, () -> world.served(claim));
    }

    private List<Machine> gone(String pool, String reason) {
        return world.machines(pool).stream().filter(vm -> reason.equals(vm.reason())).toList();
    }

    // A create that may be repeated.

    /** The first was made and its answer lost; that the second is refused says nothing of it. */
    @Test
    void aRefusalOfARepeatedCreateIsNoProofThatNothingWasMade() {
        world.weather(A, "listLag", Duration.ofSeconds(40));
        world.observed(A)
                .answerCreates(
                        List.of(
                                spec -> {
                                    world.cloud(A).create(spec);
                                    return new CreateAnswer.Unknown(
                                            new CloudFailure.Unreachable("504"));
                                },
                                spec ->
                                        new CreateAnswer.Refused(
                                                new CloudFailure.Throttled(
                                                        "slow down", Optional.empty()))));
        world.pool(POOL, 1, 1, Place.on(A));
        fill(POOL, 1);
        assertThat(world.observed(A).creates()).hasSize(2);
        assertThat(world.machines(POOL)).singleElement();
        assertThat(world.truth(A)).hasSize(1);
    }

    // A cloud that is full.

    /** test_provider_wont_wedge: at its maximum, nothing in use, and another type is asked for. */
    @Test
    void aCloudFullOfIdleVmsOfOneTypeDoesNotWedgeAnother() {
        world.pool(POOL, 1, 1, Place.on(A));
        world.pool(OTHER, 0, 1, Place.on(A));
        cap(A, 1);
        fill(POOL, 1);
        var claim = world.claim(OTHER);
        untilServed(claim, SOON.plusSeconds(30));
        assertThat(gone(POOL, "SURPLUS")).hasSize(1);
        assertThat(world.truth(A)).hasSize(1);
        world.release(claim);
        fill(POOL, 1);
    }

    /** The same with many: as many give way as people wait, and what is given back returns. */
    @Test
    void oneIdleVmIsRetiredForOnePersonWhoWaits() {
        world.pool(POOL, 4, 6, Place.on(A));
        world.pool(OTHER, 0, 2, Place.on(A));
        cap(A, 4);
        fill(POOL, 4);
        var claim = world.claim(OTHER);
        untilServed(claim, SOON.plusSeconds(30));
        world.run(Duration.ofMinutes(3));
        assertThat(gone(POOL, "SURPLUS")).hasSize(1).allMatch(vm -> reasonOf(vm).contains(OTHER));
        assertThat(world.ready(POOL)).isEqualTo(3);
        assertThat(world.truth(A)).hasSize(4);
    }

    /** test_over_quota: the cloud suddenly allows less than it told, and people wait for room. */
    @Test
    void aQuotaThatShrankUnseenCostsFewRefusalsAndWhoWaitsIsServedWhenThereIsRoom() {
        world.weather(A, "quota", "2");
        world.pool(POOL, 0, 5, Place.on(A));
        var first = world.claim(POOL);
        untilServed(first, SOON);
        world.weather(A, "quota", "1");
        Instant lowered = world.now();
        var second = world.claim(POOL);
        world.run(Duration.ofMinutes(5));
        assertThat(world.waits(second)).isTrue();
        assertThat(world.served(first)).isTrue();
        assertThat(world.observed(A).createsSince(lowered)).isBetween(1L, 3L);
        assertThat(world.told(A, "UNHEALTHY")).isEmpty();
        world.release(first);
        untilServed(second, Duration.ofMinutes(5));
        assertThat(world.truth(A)).hasSize(1);
    }

    /** The cloud says that its quota is used up, in numbers or not: idle VMs of others give way. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void whoWaitsGetsTheRoomOfIdleOnesAlsoWhereTheCloudRefused(boolean told) {
        if (!told) world.observed(A).hideQuota();
        world.pool(OTHER, 4, 9, Place.on(A));
        fill(OTHER, 4);
        world.weather(A, "quota", "4");
        world.pool(POOL, 0, 5, Place.on(A));
        var claim = world.claim(POOL);
        untilServed(claim, Duration.ofMinutes(6));
        assertThat(gone(OTHER, "SURPLUS")).isNotEmpty();
        assertThat(world.observed(A).creates().size()).isLessThanOrEqualTo(12);
    }

    /**
     * A preparation that is under way keeps launches of all pools away, whatever their own times.
     */
    @Test
    void nothingIsPlannedOnACloudThatAWindowKeepsLaunchesFrom() {
        world.pool(POOL, 0, 6, Place.on(A), Place.on(B));
        world.edit("UPDATE cloud SET maintenance = 'firmware' WHERE name = ?", B);
        world.edit("UPDATE pool SET pool_size = 4");
        world.run(Duration.ofSeconds(4));
        assertThat(world.machines(POOL)).noneMatch(vm -> vm.cloud().equals(B));
    }

    /** test_decline_at_quota: a cloud at its quota goes on letting others be served elsewhere. */
    @Test
    void aCloudAtItsQuotaIsAskedForNothingAndHoldsUpNobodyElse() {
        world.weather(A, "quota", "1");
        world.pool(POOL, 0, 5, Place.on(A));
        world.pool(OTHER, 0, 5, Place.on(A), Place.on(B));
        world.run(Duration.ofSeconds(10));
        var first = world.claim(POOL);
        untilServed(first, SOON);
        world.run(Duration.ofMinutes(2));
        Instant full = world.now();
        var second = world.claim(POOL);
        var third = world.claim(OTHER);
        untilServed(third, SOON);
        world.run(Duration.ofMinutes(3));
        assertThat(world.machineOf(third).cloud()).isEqualTo(B);
        assertThat(world.waits(second)).isTrue();
        assertThat(world.observed(A).createsSince(full)).isZero();
        assertThat(world.plan(POOL)).contains("cap or quota is reached");
    }

    /** test_ignore_provider_quota_true_with_provider_error: no quota is known, creates fail. */
    @Test
    void aCloudThatTellsNoQuotaAndRefusesIsLeftAloneAndTheOtherServes() {
        world.observed(A).hideQuota();
        world.weather(A, "quota", "0");
        world.pool(POOL, 2, 6, Place.on(A, 30), Place.on(B, 10));
        var claim = world.claim(POOL);
        untilServed(claim, SOON);
        assertThat(world.machineOf(claim).cloud()).isEqualTo(B);
        fill(POOL, 2);
        world.run(Duration.ofMinutes(10));
        assertThat(world.observed(A).creates().size()).isBetween(1, 6);
        assertThat(world.told(A, "UNHEALTHY")).isEmpty();
        assertThat(world.truth(A)).isEmpty();
    }

    /** test_paused_gets_declined: somebody waits at the cap, and the cap is lowered meanwhile. */
    @Test
    void aCapThatIsLoweredWhileSomebodyWaitsTakesNothingAndHoldsNothingUpLater() {
        world.pool(POOL, 0, 5, Place.on(A));
        cap(A, 2);
        var inUse = claims(POOL, 2);
        for (var claim : inUse) untilServed(claim, SOON);
        var waiting = world.claim(POOL);
        world.run(Duration.ofMinutes(1));
        cap(A, 1);
        world.run(Duration.ofMinutes(1));
        assertThat(inUse).allMatch(world::served);
        world.release(inUse.get(0));
        world.run(Duration.ofMinutes(2));
        assertThat(world.waits(waiting)).isTrue();
        assertThat(world.plan(POOL)).contains("cap or quota is reached");
        world.release(inUse.get(1));
        untilServed(waiting, Duration.ofMinutes(1));
        assertThat(world.truth(A)).hasSize(1);
    }

    // Launches that fail.

    /** test_node_launch_retries: launches fail some times; each try is a VM of its own. */
    @Test
    void failedLaunchesAreTriedAgainWithPatienceUntilOneSucceeds() {
        world.observed(A).failCreates(true);
        world.pool(POOL, 0, 5, Place.on(A));
        var claim = world.claim(POOL);
        world.run(Duration.ofMinutes(6));
        assertThat(world.waits(claim)).isTrue();
        assertThat(world.observed(A).creates().size()).isBetween(3, 6);
        assertThat(gone(POOL, "LAUNCH_FAILED")).hasSizeBetween(2, 6);
        assertThat(world.health(A)).isEqualTo("UNHEALTHY");
        world.observed(A).failCreates(false);
        untilServed(claim, Duration.ofMinutes(4).plus(SOON));
        world.until("well", Duration.ofMinutes(6), () -> world.health(A).equals("HEALTHY"));
    }

    /** The same where creates are accepted and come to nothing, as the cloud has no room. */
    @Test
    void instancesThatGoToErrorAreReplacedOnceTheCloudMayHaveRoom() {
        world.weather(A, "errorInstances", 1.0);
        world.pool(POOL, 0, 5, Place.on(A));
        var claim = world.claim(POOL);
        world.run(Duration.ofMinutes(5));
        assertThat(world.waits(claim)).isTrue();
        assertThat(gone(POOL, "LAUNCH_FAILED"))
                .hasSizeBetween(2, 4)
                .allMatch(vm -> reasonOf(vm).contains("no valid host"));
        assertThat(world.health(A)).isEqualTo("DEGRADED");
        assertThat(world.truth(A).size()).isLessThanOrEqualTo(1);
        world.calm(A);
        untilServed(claim, Duration.ofMinutes(3).plus(SOON));
        assertThat(world.health(A)).isEqualTo("HEALTHY");
    }

    /** test_launchNode_delete_error: what a failed launch left cannot be deleted either. */
    @Test
    void aBrokenInstanceThatCannotBeDeletedDoesNotKeepTheNextFromLaunching() {
        world.weather(A, "errorInstances", 1.0);
        world.observed(A).failDeletes(true);
        world.pool(POOL, 0, 5, Place.on(A));
        var claim = world.claim(POOL);
        world.until(
                "one failed", Duration.ofMinutes(1), () -> !gone(POOL, "LAUNCH_FAILED").isEmpty());
        world.calm(A);
        untilServed(claim, Duration.ofMinutes(3).plus(SOON));
        var broken = gone(POOL, "LAUNCH_FAILED");
        assertThat(broken).isNotEmpty().allMatch(vm -> vm.state().equals("DELETING"));
        world.observed(A).failDeletes(false);
        world.run(Duration.ofMinutes(1));
        assertThat(gone(POOL, "LAUNCH_FAILED")).allMatch(vm -> vm.state().equals("DELETED"));
        assertThat(world.truth(A)).hasSize(1);
    }

    /** test_fail_request_on_launch_timeout: nothing boots. Here the person goes on waiting. */
    @Test
    void whatDoesNotBootInTimeIsReplacedAndWhoWaitsIsServedInTheEnd() {
        world.weather(A, "neverBoots", 1.0);
        world.pool(POOL, 0, 5, Place.on(A));
        bootTimeout(Duration.ofMinutes(1));
        var claim = world.claim(POOL);
        world.run(Duration.ofMinutes(5));
        assertThat(world.waits(claim)).isTrue();
        assertThat(gone(POOL, "LAUNCH_TIMEOUT")).hasSizeBetween(2, 5);
        assertThat(world.truth(A).size()).isLessThanOrEqualTo(2);
        world.calm(A);
        untilServed(claim, Duration.ofMinutes(6));
        assertThat(world.truth(A).size()).isLessThanOrEqualTo(2);
    }

    /** The same where there is another cloud: it is used long before the timeout is over twice. */
    @Test
    void wherePeopleWaitAndNothingBootsTheOtherCloudServesThem() {
        world.weather(A, "neverBoots", 1.0);
        world.pool(POOL, 2, 8, Place.on(A, 30), Place.on(B, 10));
        bootTimeout(Duration.ofMinutes(1));
        var claim = world.claim(POOL);
        untilServed(claim, Duration.ofMinutes(2));
        assertThat(world.machineOf(claim).cloud()).isEqualTo(B);
        world.until("full", Duration.ofMinutes(3), () -> world.ready(POOL, B) >= 2);
    }

    // Deletes.

    /** test_node_delete_failure: a delete fails, and is asked again until the cloud obeys. */
    @Test
    void aDeleteThatFailsIsAskedAgainAndCountsForTheCapUntilItIsDone() {
        world.pool(POOL, 1, 5, Place.on(A));
        cap(A, 2);
        fill(POOL, 1);
        var claim = world.claim(POOL);
        fill(POOL, 1);
        world.observed(A).failDeletes(true);
        var vm = world.machineOf(claim);
        world.release(claim);
        var next = world.claim(POOL);
        world.run(Duration.ofMinutes(2));
        assertThat(world.machine(vm.id()).state()).isEqualTo("DELETING");
        assertThat(world.observed(A).deletes().size()).isBetween(6, 12);
        assertThat(world.served(next)).isTrue();
        assertThat(world.truth(A)).hasSize(2);
        world.observed(A).failDeletes(false);
        fill(POOL, 1);
        assertThat(world.machine(vm.id()).state()).isEqualTo("DELETED");
        assertThat(world.truth(A)).hasSize(2);
    }

    /** test_node_delete_DELETED_success: what is to be deleted is gone already. */
    @Test
    void whatIsGoneAlreadyWhenItIsToBeDeletedIsDeleted() {
        world.pool(POOL, 1, 5, Place.on(A));
        fill(POOL, 1);
        var claim = world.claim(POOL);
        var vm = world.machineOf(claim);
        world.observed(A).failDeletes(true);
        world.release(claim);
        world.run(Duration.ofSeconds(3));
        assertThat(world.cloud(A).vanish(vm.instance())).isTrue();
        world.until(
                "DELETED",
                Duration.ofSeconds(10),
                () -> world.machine(vm.id()).state().equals("DELETED"));
        assertThat(world.machine(vm.id()).reason()).isEqualTo("RELEASED");
        fill(POOL, 1);
    }

    /** The same of one that waits in reserve: it is missed twice, and replaced. */
    @Test
    void aReadyVmThatSomebodyDeletedVanishesAndIsReplaced() {
        world.pool(POOL, 3, 5, Place.on(A));
        fill(POOL, 3);
        var taken = world.machines(POOL, A, "READY").getFirst();
        world.cloud(A).vanish(taken.instance());
        world.until(
                "VANISHED",
                Duration.ofMinutes(2),
                () -> "VANISHED".equals(world.machine(taken.id()).reason()));
        fill(POOL, 3);
        assertThat(world.truth(A)).hasSize(3);
    }

    // What was lost.

    /** test_leaked_node: its row is lost. Here it waits in quarantine before it is deleted. */
    @Test
    void anInstanceWhoseRowIsLostIsReplacedAtOnceAndReapedAfterQuarantine() {
        world.pool(POOL, 1, 5, Place.on(A));
        fill(POOL, 1);
        var lost = world.machines(POOL, A, "READY").getFirst();
        world.edit("DELETE FROM vm WHERE id = ?", lost.id());
        fill(POOL, 1);
        world.run(Duration.ofMinutes(10));
        assertThat(instances(A)).contains(lost.instance()).hasSize(2);
        assertThat(world.told(A, "ORPHAN_NO_ROW")).hasSize(1);
        world.run(Duration.ofMinutes(10));
        assertThat(instances(A)).doesNotContain(lost.instance()).hasSize(1);
        assertThat(world.told(A, "REAPED")).hasSize(1);
        assertThat(world.ready(POOL)).isEqualTo(1);
    }

    private List<String> instances(String cloud) {
        return world.truth(cloud).stream().map(SimulatedInstance::id).toList();
    }

    /** test_lost_requests: a launch was under way for somebody when the service ended. */
    @Test
    void whoWaitedWhenTheServiceEndedIsServedByTheVeryLaunchThatWasUnderWay() {
        world.pool(POOL, 0, 5, Place.on(A));
        var claim = world.claim(POOL);
        world.run(Duration.ofSeconds(5));
        var launched = world.machines(POOL).getFirst();
        world.restart();
        untilServed(claim, SOON);
        assertThat(world.machineOf(claim).id()).isEqualTo(launched.id());
        assertThat(world.observed(A).creates()).hasSize(1);
    }

    /** The same of a create whose answer was lost: a listing adopts what it made. */
    @Test
    void anAnswerThatWasLostCostsNoSecondInstance() {
        world.pool(POOL, 0, 5, Place.on(A));
        world.weather(A, "lostReply", 1.0);
        var claim = world.claim(POOL);
        world.calm(A);
        world.restart();
        untilServed(claim, SOON);
        assertThat(world.observed(A).creates()).hasSize(1);
        assertThat(world.truth(A)).hasSize(1);
    }

    // Waiting and holding.

    /**
     * test_max_ready_age: what waits too long is replaced, as it may have become unfit. We have no
     * such age: a VM in reserve is looked at again and again, and goes when it is unfit.
     */
    @Test
    void aReadyVmWhosePortDiedIsReplacedWithTheReason() {
        world.pool(POOL, 5, 8, Place.on(A));
        world.edit("UPDATE pool SET ready_when = 'portOpen:22'");
        fill(POOL, 5);
        var dead = world.machines(POOL, A, "READY").get(2);
        world.deaden(dead);
        world.until(
                "replaced",
                Duration.ofMinutes(4),
                () -> "UNHEALTHY".equals(world.machine(dead.id()).reason()));
        assertThat(reasonOf(dead)).contains("port 22 does not answer any more");
        fill(POOL, 5);
        assertThat(gone(POOL, "UNHEALTHY")).hasSize(1);
    }

    /** The same of one whose guest fell silent. */
    @Test
    void aReadyVmWhoseGuestFellSilentIsReplacedWithTheReason() {
        world.pool(POOL, 5, 8, Place.on(A));
        fill(POOL, 5);
        world.run(Duration.ofMinutes(3));
        var dead = world.machines(POOL, A, "READY").get(2);
        world.silence(dead);
        world.until(
                "replaced",
                Duration.ofMinutes(25),
                () -> "UNHEALTHY".equals(world.machine(dead.id()).reason()));
        assertThat(reasonOf(dead)).contains("its guest has been silent since");
        fill(POOL, 5);
        assertThat(gone(POOL, "UNHEALTHY")).hasSize(1);
    }

    /** What was told when a VM was to go. */
    private String reasonOf(Machine vm) {
        return world.jdbc()
                .sql("SELECT detail FROM event WHERE vm_id = ? AND to_state = 'DELETING'")
                .param(vm.id())
                .query(String.class)
                .single();
    }

    /** test_max_hold_age: a hold ends by itself, and what was held is like any other again. */
    @Test
    void aHoldEndsByItselfAndTheReserveIsKeptBesideIt() {
        world.pool(POOL, 2, 5, Place.on(A));
        fill(POOL, 2);
        var held = world.machines(POOL, A, "READY").getFirst();
        var until = world.now().plus(Duration.ofMinutes(10));
        world.first().engine().vms.hold(held.id(), true, "a look at its logs", until);
        world.until("replaced", SOON.plusSeconds(10), () -> world.ready(POOL) == 2);
        var claims = claims(POOL, 2);
        assertThat(claims).noneMatch(claim -> world.machineOf(claim).id().equals(held.id()));
        world.run(Duration.ofMinutes(9).minusSeconds(30));
        assertThat(world.machine(held.id()).state()).isEqualTo("READY");
        assertThat(world.toldOfVms(A, "LET_GO")).isEmpty();
        world.until("let go", Duration.ofMinutes(2), () -> !world.toldOfVms(A, "LET_GO").isEmpty());
        assertThat(world.now()).isBetween(until, until.plusSeconds(10));
        world.run(Duration.ofMinutes(3));
        assertThat(world.ready(POOL)).isEqualTo(2);
        assertThat(world.truth(A)).hasSize(4);
    }

    /** test_max_hold_age, of one that somebody had and gave back: it goes when the hold ends. */
    @Test
    void whatWasGivenBackWhileItWasHeldGoesWhenTheHoldEnds() {
        world.pool(POOL, 1, 5, Place.on(A));
        fill(POOL, 1);
        var claim = world.claim(POOL);
        var vm = world.machineOf(claim);
        var until = world.now().plus(Duration.ofMinutes(5));
        world.first().engine().vms.hold(vm.id(), true, "a look at its logs", until);
        world.release(claim);
        world.run(Duration.ofMinutes(4));
        assertThat(instances(A)).contains(vm.instance());
        world.until(
                "DELETED",
                Duration.ofMinutes(2),
                () -> world.machine(vm.id()).state().equals("DELETED"));
        assertThat(instances(A)).doesNotContain(vm.instance());
    }

    // Clouds that are switched off, taken away, or changed.

    /** test_disabled_provider: nothing is launched on a cloud that is paused. */
    @Test
    void nothingIsLaunchedOnAPausedCloudAndWhatIsThereIsGranted() {
        world.pool(POOL, 4, 12, Place.on(A), Place.on(B));
        fill(POOL, 4);
        world.first().engine().clouds.pause(B, true, "an audit");
        Instant paused = world.now();
        var claims = claims(POOL, 4);
        assertThat(claims).allMatch(world::served);
        fill(POOL, 4);
        assertThat(world.ready(POOL, A)).isEqualTo(4);
        assertThat(world.observed(B).createsSince(paused)).isZero();
        assertThat(world.plan(POOL)).contains("paused: an audit");
        world.first().engine().clouds.pause(B, false, null);
        world.until("shares", Duration.ofMinutes(5), () -> evenly(4));
    }

    /** test_disabled_provider, by itself: who can be served nowhere waits, and it says why. */
    @Test
    void whoCanBeServedNowhereWaitsAndThePlanSaysWhy() {
        world.pool(POOL, 0, 2, Place.on(A));
        world.first().engine().clouds.pause(A, true, "an audit");
        var claim = world.claim(POOL);
        world.run(Duration.ofMinutes(5));
        assertThat(world.waits(claim)).isTrue();
        assertThat(world.observed(A).creates()).isEmpty();
        assertThat(world.plan(POOL)).contains("paused: an audit");
        world.first().engine().clouds.pause(A, false, null);
        untilServed(claim, SOON);
    }

    /** test_disabled_provider, by weight: a last resort. */
    @Test
    void aPlaceOfWeightNothingIsUsedOnlyWhenNothingElseIs() {
        world.pool(POOL, 4, 12, Place.on(A), Place.on(B, 0));
        fill(POOL, 4);
        assertThat(world.observed(B).creates()).isEmpty();
        cap(A, 4);
        var claims = claims(POOL, 2);
        assertThat(claims).allMatch(world::served);
        fill(POOL, 4);
        assertThat(world.ready(POOL, B)).isEqualTo(2);
    }

    /** test_disabled_provider, for a while: nothing is launched within a NO_NEW window. */
    @Test
    void nothingIsLaunchedWithinAWindowOfNoNewLaunches() {
        world.pool(POOL, 4, 12, Place.on(A), Place.on(B));
        fill(POOL, 4);
        world.window(B, Kind.NO_NEW, Duration.ofMinutes(1), Duration.ofMinutes(5));
        world.run(Duration.ofMinutes(1).plusSeconds(1));
        Instant began = world.now();
        assertThat(claims(POOL, 4)).allMatch(world::served);
        fill(POOL, 4);
        assertThat(world.ready(POOL, A)).isEqualTo(4);
        assertThat(world.observed(B).createsSince(began)).isZero();
        assertThat(gone(POOL, "CLOUD_DRAINED")).isEmpty();
        world.run(Duration.ofMinutes(4));
        world.until("shares", Duration.ofMinutes(5), () -> evenly(4));
    }

    /** test_provider_removal: the fleet file does not name a cloud any more, and later does. */
    @Test
    void aCloudThatIsNamedNoMoreIsLeftAsItIsAndTheOthersCarryOn() {
        world.pool(POOL, 4, 12, Place.on(A), Place.on(B));
        fill(POOL, 4);
        var used = claims(POOL, 2);
        fill(POOL, 4);
        var there = instances(B);
        Instant removed = world.now();
        world.name(B, false);
        world.run(Duration.ofMinutes(2));
        assertThat(claims(POOL, 4)).allMatch(world::served);
        world.until("full", Duration.ofMinutes(2), () -> world.ready(POOL, A) == 4);
        assertThat(world.observed(B).createsSince(removed)).isZero();
        assertThat(world.health(B)).isEqualTo("UNHEALTHY");
        assertThat(world.plan(POOL)).contains("the fleet file does not name it");
        world.release(used.getFirst());
        world.run(Duration.ofMinutes(2));
        assertThat(instances(B)).containsAll(there);
        world.name(B, true);
        world.until("well", Duration.ofMinutes(8), () -> world.health(B).equals("HEALTHY"));
        world.until("shares", Duration.ofMinutes(5), () -> evenly(4));
        assertThat(world.ready(POOL)).isEqualTo(4);
    }

    /** test_az_change_recover: what we launch is no longer offered, and the placement is edited. */
    @Test
    void anEditedPlacementIsUsedAtOnceThoughTheOldOneIsStillRefused() {
        world.pool(POOL, 2, 12, Place.on(A));
        fill(POOL, 2);
        world.weather(A, "rejected", 1.0);
        assertThat(claims(POOL, 2)).allMatch(world::served);
        var waiting = world.claim(POOL);
        world.run(Duration.ofSeconds(30));
        assertThat(world.waits(waiting)).isTrue();
        assertThat(world.plan(POOL)).contains("it rejects our creates");
        world.weather(A, "rejected", 0.0);
        world.edit("UPDATE placement SET flavor = 'm2'");
        untilServed(waiting, SOON);
        assertThat(world.machineOf(waiting).flavor()).isEqualTo("m2");
        fill(POOL, 2);
        assertThat(world.machines(POOL, A, "READY")).allMatch(vm -> vm.flavor().equals("m2"));
        assertThat(world.machines(POOL, A, "ALLOCATED").stream().map(Machine::flavor))
                .containsExactlyInAnyOrder("m1", "m1", "m2");
    }

    /** test_az_change_recover, with VMs on the old place: they are used up, not thrown away. */
    @Test
    void whatIsThereWhenAPlacementIsEditedIsUsedUp() {
        world.pool(POOL, 3, 12, Place.on(A));
        fill(POOL, 3);
        world.edit("UPDATE placement SET cloud = ?", B);
        world.run(Duration.ofMinutes(3));
        assertThat(world.ready(POOL)).isEqualTo(3);
        assertThat(claims(POOL, 3))
                .allMatch(world::served)
                .allMatch(claim -> world.machineOf(claim).cloud().equals(A));
        fill(POOL, 3);
        assertThat(world.ready(POOL, B)).isEqualTo(3);
    }

    /** An option is edited as a flavor is: what is there is used up, what comes has the new one. */
    @Test
    void anEditedOptionIsAskedForByEachLaunchFromThenOn() {
        world.pool(POOL, 3, 12, Place.on(A));
        fill(POOL, 3);
        world.edit("UPDATE placement SET options = '{\"spot\": \"true\", \"diskGb\": \"40\"}'");
        world.run(Duration.ofMinutes(3));
        assertThat(world.ready(POOL)).isEqualTo(3);
        assertThat(world.observed(A).options()).hasSize(3).containsOnly(Map.of());
        assertThat(claims(POOL, 2)).allMatch(world::served);
        fill(POOL, 3);
        assertThat(world.observed(A).options().subList(3, 5))
                .containsOnly(Map.of("spot", "true", "diskGb", "40"));
    }

    // Several replicas.

    /** test_multiple_launcher: two of them launch what one would, and nothing twice. */
    @Test
    void twoReplicasLaunchNothingTwiceAndGrantNothingTwice() {
        world.addReplica();
        world.pool(POOL, 6, 20, Place.on(A), Place.on(B));
        fill(POOL, 6);
        world.run(Duration.ofMinutes(2));
        assertThat(world.truth(A)).hasSize(3);
        assertThat(world.truth(B)).hasSize(3);
        var claims = claims(POOL, 9);
        world.until("all served", SOON, () -> claims.stream().allMatch(world::served));
        assertThat(claims.stream().map(claim -> world.machineOf(claim).id()))
                .doesNotHaveDuplicates();
        world.run(Duration.ofMinutes(5));
        assertThat(world.ready(POOL)).isEqualTo(6);
        assertThat(world.truth(A).size() + world.truth(B).size()).isEqualTo(15);
        assertThat(world.observed(A).creates().size() + world.observed(B).creates().size())
                .isEqualTo(world.machines(POOL).size())
                .isEqualTo(15 + gone(POOL, "SURPLUS").size());
    }

    // Beyond Nodepool.

    /** A maintenance window on one of two clouds. */
    @Test
    void aWindowIsPreparedDrainedKeptAndLeftBehind() {
        world.pool(POOL, 8, 24, Place.on(A), Place.on(B));
        fill(POOL, 8);
        var used = claims(POOL, 4);
        fill(POOL, 8);
        var usedOnB =
                used.stream().filter(claim -> world.machineOf(claim).cloud().equals(B)).toList();
        assertThat(usedOnB).isNotEmpty();
        world.window(B, Kind.UNAVAILABLE, Duration.ofMinutes(10), Duration.ofMinutes(20));
        world.run(Duration.ofMinutes(9).plusSeconds(59));
        assertThat(world.ready(POOL, A)).isGreaterThanOrEqualTo(8);
        assertThat(gone(POOL, "CLOUD_DRAINED")).isEmpty();
        Instant begins = world.now();
        int unused = world.ready(POOL, B);
        world.run(Duration.ofSeconds(10));
        assertThat(gone(POOL, "CLOUD_DRAINED")).hasSize(unused).isNotEmpty();
        assertThat(world.ready(POOL, B)).isZero();
        world.run(Duration.ofSeconds(20));
        world.weather(B, "outage", true);
        world.run(Duration.ofMinutes(19));
        assertThat(used).allMatch(world::served);
        assertThat(world.ready(POOL, A)).isGreaterThanOrEqualTo(8);
        assertThat(world.observed(B).createsSince(begins.minus(Duration.ofMinutes(4)))).isZero();
        world.calm(B);
        world.until(
                "a canary proves it",
                Duration.ofMinutes(3),
                () -> world.told(B, "BREAKER_CLOSED").stream().anyMatch(begins::isBefore));
        Instant proved = world.told(B, "BREAKER_CLOSED").getLast();
        assertThat(
                        world.observed(B).creates().stream()
                                .filter(at -> at.isAfter(begins) && at.isBefore(proved)))
                .hasSize(1);
        world.until("shares", Duration.ofMinutes(5), () -> evenly(8));
        assertThat(used).allMatch(world::served);
    }

    /** Whether each of two clouds of equal weight has its share, but for one VM (ADR 0018). */
    private boolean evenly(int size) {
        int a = world.ready(POOL, A);
        int b = world.ready(POOL, B);
        return a + b >= size && Math.abs(a - b) <= 2;
    }

    /** A cloud that accepts everything and boots nothing. */
    @Test
    void aCloudThatNeverBootsIsHedgedForgottenAndTriedAgain() {
        world.pool(POOL, 8, 60, Place.on(A), Place.on(B));
        fill(POOL, 8);
        assertThat(claims(POOL, 8)).allMatch(world::served);
        fill(POOL, 8);
        world.weather(B, "neverBoots", 1.0);
        assertThat(claims(POOL, 6)).allMatch(world::served);
        var filled =
                world.until("full by hedges", Duration.ofMinutes(3), () -> world.ready(POOL) >= 8);
        assertThat(filled).isLessThanOrEqualTo(World.BOOT.multipliedBy(3).plusSeconds(20));
        Instant sign = world.toldOfVms(B, "LATE").getFirst();
        for (int minute = 0; minute < 10; minute++) {
            world.claim(POOL);
            world.run(Duration.ofMinutes(1));
        }
        assertThat(world.observed(B).createsSince(sign)).isLessThanOrEqualTo(5);
        assertThat(world.ready(POOL)).isGreaterThanOrEqualTo(8);
        assertThat(world.told(A, "UNHEALTHY")).isEmpty();
    }

    /** The same when it is well again: a canary proves it, and its share comes back. */
    @Test
    void aCloudThatBootsAgainHasItsShareWithinMinutes() {
        world.pool(POOL, 8, 60, Place.on(A), Place.on(B));
        fill(POOL, 8);
        claims(POOL, 8);
        fill(POOL, 8);
        world.weather(B, "neverBoots", 1.0);
        claims(POOL, 6);
        for (int minute = 0; minute < 10; minute++) {
            world.claim(POOL);
            world.run(Duration.ofMinutes(1));
        }
        world.calm(B);
        var took = world.until("shares", Duration.ofMinutes(15), () -> evenly(8));
        assertThat(took).isLessThanOrEqualTo(Duration.ofMinutes(5));
    }

    /** The same of a cloud that only could not be listed, and on which nothing was tried. */
    @Test
    void aCloudThatAnswersAgainHasItsShareWithinMinutes() {
        world.pool(POOL, 8, 60, Place.on(A), Place.on(B));
        fill(POOL, 8);
        world.weather(B, "outage", true);
        world.run(Duration.ofMinutes(3));
        assertThat(world.health(B)).isEqualTo("UNHEALTHY");
        claims(POOL, 8);
        world.until("full", Duration.ofMinutes(1), () -> world.ready(POOL, A) == 8);
        world.calm(B);
        var took = world.until("shares", Duration.ofMinutes(15), () -> evenly(8));
        assertThat(took).isLessThanOrEqualTo(Duration.ofMinutes(5));
    }

    /** What restores a share comes off the cloud that has too many, whoever waits there longest. */
    @Test
    void theSurplusOfARestoredShareIsThatOfTheCloudWithTooMany() {
        world.pool(POOL, 2, 60, Place.on(A), Place.on(B));
        world.first().engine().clouds.pause(A, true, "an audit");
        fill(POOL, 2);
        world.first().engine().clouds.pause(A, false, null);
        world.first().engine().clouds.pause(B, true, "an audit");
        world.edit("UPDATE pool SET pool_size = 8");
        fill(POOL, 8);
        assertThat(world.ready(POOL, A)).isEqualTo(6);
        Instant resumed = world.now();
        world.first().engine().clouds.pause(B, false, null);
        world.run(Duration.ofMinutes(10));
        assertThat(evenly(8)).isTrue();
        assertThat(gone(POOL, "SURPLUS")).isNotEmpty().allMatch(vm -> vm.cloud().equals(A));
        assertThat(world.observed(B).createsSince(resumed)).isEqualTo(2);
    }

    /**
     * Many VMs in reserve look broken at once: it is rather the cloud that shows them wrong, but
     * nobody counts on them meanwhile.
     */
    @Test
    void manyBrokenAtOnceAreKeptAndOneAloneIsReplaced() {
        world.pool(POOL, 10, 20, Place.on(A));
        fill(POOL, 10);
        var vms = world.machines(POOL, A, "READY");
        var broken = vms.subList(0, 6);
        broken.forEach(vm -> world.cloud(A).stop(vm.instance()));
        world.run(Duration.ofMinutes(10));
        assertThat(gone(POOL, "UNHEALTHY")).isEmpty();
        assertThat(world.truth(A)).hasSize(16);
        broken.forEach(
                vm ->
                        world.edit(
                                "UPDATE simulated_cloud.instance SET stopped_at = NULL WHERE"
                                        + " instance_id = ?",
                                vm.instance()));
        world.until("let down", Duration.ofMinutes(15), () -> world.ready(POOL) == 10);
        var alone = world.machines(POOL, A, "READY").getLast();
        world.cloud(A).stop(alone.instance());
        world.until(
                "replaced",
                Duration.ofMinutes(2),
                () -> "UNHEALTHY".equals(world.machine(alone.id()).reason()));
        fill(POOL, 10);
        assertThat(gone(POOL, "UNHEALTHY")).hasSize(1);
        assertThat(reasonOf(alone)).contains("shut off while it waited");
    }

    /** They are broken: what lasts is believed in the end. */
    @Test
    void manyThatStayBrokenAreReplacedAfterHalfAnHour() {
        world.pool(POOL, 10, 20, Place.on(A));
        fill(POOL, 10);
        var broken = world.machines(POOL, A, "READY").subList(0, 6);
        broken.forEach(vm -> world.cloud(A).stop(vm.instance()));
        world.run(Duration.ofMinutes(25));
        assertThat(gone(POOL, "UNHEALTHY")).isEmpty();
        world.run(Duration.ofMinutes(10));
        assertThat(gone(POOL, "UNHEALTHY")).hasSize(6);
        assertThat(world.truth(A)).hasSize(10);
    }

    /** The same where ports stop answering: it is rather the way to them. */
    @Test
    void manySilentPortsAtOnceAreKeptAndOneAloneIsReplaced() {
        world.pool(POOL, 10, 20, Place.on(A));
        world.edit("UPDATE pool SET ready_when = 'portOpen:22'");
        fill(POOL, 10);
        var vms = world.machines(POOL, A, "READY");
        vms.subList(0, 6).forEach(world::deaden);
        world.run(Duration.ofMinutes(10));
        assertThat(gone(POOL, "UNHEALTHY")).isEmpty();
        assertThat(world.truth(A)).hasSize(16);
        vms.subList(1, 6).forEach(world::revive);
        world.until(
                "replaced",
                Duration.ofMinutes(4),
                () -> "UNHEALTHY".equals(world.machine(vms.getFirst().id()).reason()));
        world.run(Duration.ofMinutes(5));
        assertThat(gone(POOL, "UNHEALTHY")).hasSize(1);
        assertThat(world.ready(POOL)).isEqualTo(10);
    }
}
