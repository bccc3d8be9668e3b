package vmm.reconcile;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

import vmm.placement.Shelf;
import vmm.reconcile.PoolSnapshot.Candidate;
import vmm.vm.VmReason;
import vmm.vm.VmState;

import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.UUID;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;

class PoolPlannerTest {
    private static final Instant NOW = Instant.parse("2026-03-02T12:00:00Z");
    private int ids;

    private Candidate vm(VmState state, String cloud) {
        return new Candidate(
                new UUID(0, ++ids),
                cloud,
                "m1",
                Map.of(),
                state,
                NOW.plusSeconds(ids),
                state != VmState.REQUESTED,
                false,
                false,
                false);
    }

    private Candidate late(String cloud, boolean sent) {
        var vm = vm(sent ? VmState.PROVISIONING : VmState.REQUESTED, cloud);
        return new Candidate(
                vm.id(),
                cloud,
                "m1",
                Map.of(),
                vm.state(),
                vm.since(),
                vm.sent(),
                true,
                false,
                false);
    }

    private List<Candidate> some(int n, Supplier<Candidate> made) {
        return Stream.generate(made).limit(n).toList();
    }

    private static <T> List<T> both(List<T> some, List<T> more) {
        return Stream.concat(some.stream(), more.stream()).toList();
    }

    private static Shelf standing(
            int position, String cloud, int counted, Shelf.Standing standing, boolean canaryDue) {
        return new Shelf(
                position,
                cloud,
                "image",
                "m1",
                null,
                Map.of(),
                50,
                counted,
                99,
                99,
                standing,
                standing == Shelf.Standing.OFFERED ? null : "creates fail",
                canaryDue);
    }

    private static PoolSnapshot trusting(PoolSnapshot pool, String cloud, Trust trust) {
        var all = new HashMap<>(pool.trust());
        all.put(cloud, trust);
        return new PoolSnapshot(
                pool.target(),
                pool.targetReason(),
                pool.maxSize(),
                pool.queued(),
                pool.live(),
                pool.allocated(),
                pool.launchLimit(),
                pool.surplusDue(),
                pool.vms(),
                all,
                pool.shelves());
    }

    private static List<String> launchedOn(PoolPlan plan) {
        return plan.actions().stream()
                .flatMap(
                        a ->
                                a instanceof PoolAction.Launch l
                                        ? Stream.of(l.where().cloud())
                                        : Stream.empty())
                .toList();
    }

    @Test
    void whatIsLateIsHedgedOnAnotherCloudAndGoesOnBooting() {
        var late = some(3, () -> late("b", true));
        var ready = some(3, () -> vm(VmState.READY, "a"));
        var plan =
                PoolPlanner.plan(
                        pool(
                                6,
                                30,
                                0,
                                0,
                                true,
                                both(late, ready),
                                standing(0, "a", 3, Shelf.Standing.OFFERED, false),
                                standing(1, "b", 3, Shelf.Standing.SLOW, false)));
        assertThat(launchedOn(plan)).containsExactly("a", "a", "a");
        assertThat(retired(plan)).isEmpty();
        assertThat(plan.surplus()).isZero();
    }

    @Test
    void onceHedgedIsEnoughAndLateOnesAreNoSurplus() {
        var vms = both(some(3, () -> late("b", true)), some(6, () -> vm(VmState.READY, "a")));
        var plan =
                PoolPlanner.plan(
                        pool(
                                6,
                                30,
                                0,
                                0,
                                true,
                                vms,
                                standing(0, "a", 6, Shelf.Standing.OFFERED, false),
                                standing(1, "b", 3, Shelf.Standing.SLOW, false)));
        assertThat(plan.actions()).isEmpty();
    }

    @Test
    void whatIsLateIsHedgedWhereOnlyCallsAreSlow() {
        var plan =
                PoolPlanner.plan(
                        pool(
                                3,
                                30,
                                0,
                                0,
                                true,
                                some(3, () -> late("b", true)),
                                standing(0, "a", 0, Shelf.Standing.LAST_RESORT, false),
                                standing(1, "b", 3, Shelf.Standing.SLOW, false)));
        assertThat(launchedOn(plan)).containsExactly("a", "a", "a");
    }

    @Test
    void whatIsLateIsNotHedgedWhereLaunchesAreLateToo() {
        var plan =
                PoolPlanner.plan(
                        pool(
                                3,
                                30,
                                0,
                                0,
                                true,
                                some(3, () -> late("b", true)),
                                standing(0, "a", 0, Shelf.Standing.SLOW, false),
                                standing(1, "b", 3, Shelf.Standing.SLOW, false)));
        assertThat(plan.actions()).isEmpty();
    }

    @Test
    void whereLaunchesAreLateIsTheVeryLastResort() {
        var plan =
                PoolPlanner.plan(
                        pool(
                                2,
                                30,
                                0,
                                0,
                                true,
                                List.of(),
                                standing(0, "a", 0, Shelf.Standing.SLOW, false),
                                standing(1, "b", 0, Shelf.Standing.LAST_RESORT, false)));
        assertThat(launchedOn(plan)).containsExactly("b", "b");
    }

    @Test
    void whatIsLateIsNotHedgedOnItsOwnCloud() {
        var plan =
                PoolPlanner.plan(
                        pool(
                                2,
                                30,
                                0,
                                0,
                                false,
                                some(2, () -> late("a", true)),
                                standing(0, "a", 2, Shelf.Standing.OFFERED, false)));
        assertThat(plan.actions()).isEmpty();
    }

    @Test
    void atTheMaximumWhatIsLateGivesWay() {
        var late = late("b", true);
        var unsent = late("b", false);
        var plan =
                PoolPlanner.plan(
                        pool(
                                2,
                                2,
                                0,
                                0,
                                false,
                                List.of(late, unsent),
                                standing(0, "a", 0, Shelf.Standing.OFFERED, false),
                                standing(1, "b", 2, Shelf.Standing.OFFERED, false)));
        assertThat(retired(plan)).containsExactly(unsent.id(), late.id());
        assertThat(launchedOn(plan)).containsExactly("a", "a");
    }

    @Test
    void whatWasNotSentAndMayNotBeIsPlannedAnew() {
        var unsent = vm(VmState.REQUESTED, "b");
        var plan =
                PoolPlanner.plan(
                        pool(
                                1,
                                9,
                                0,
                                0,
                                false,
                                List.of(unsent),
                                standing(0, "a", 0, Shelf.Standing.OFFERED, false),
                                standing(1, "b", 1, Shelf.Standing.CLOSED, false)));
        assertThat(retired(plan)).containsExactly(unsent.id());
        assertThat(launchedOn(plan)).containsExactly("a");
    }

    @Test
    void anOpenBreakerGetsItsCanaryEvenWhereNothingIsMissing() {
        var plan =
                PoolPlanner.plan(
                        pool(
                                2,
                                9,
                                0,
                                0,
                                false,
                                some(2, () -> vm(VmState.READY, "a")),
                                standing(0, "a", 2, Shelf.Standing.OFFERED, false),
                                standing(1, "b", 0, Shelf.Standing.CLOSED, true)));
        assertThat(launchedOn(plan)).containsExactly("b");
        assertThat(plan.actions().getFirst().toString()).contains("to try b: creates fail");
    }

    @Test
    void onlyOneCanaryIsSentHoweverManyAreMissing() {
        var plan =
                PoolPlanner.plan(
                        pool(
                                5,
                                9,
                                3,
                                0,
                                false,
                                List.of(),
                                standing(0, "b", 0, Shelf.Standing.CLOSED, true)));
        assertThat(launchedOn(plan)).containsExactly("b");
        assertThat(plan.missing()).isEqualTo(7);
    }

    @Test
    void sharesComeBackStepByStepAndWhatTheyReplaceGoesOnlyThen() {
        var onA = some(8, () -> vm(VmState.READY, "a"));
        Shelf b = standing(1, "b", 0, Shelf.Standing.OFFERED, false);
        var first =
                PoolPlanner.plan(
                        pool(
                                8,
                                30,
                                0,
                                0,
                                false,
                                onA,
                                standing(0, "a", 8, Shelf.Standing.OFFERED, false),
                                b));
        assertThat(launchedOn(first)).containsExactly("b", "b");
        assertThat(retired(first)).isEmpty();

        var warming = both(onA, some(2, () -> vm(VmState.PROVISIONING, "b")));
        var second =
                PoolPlanner.plan(
                        pool(
                                8,
                                30,
                                0,
                                0,
                                false,
                                warming,
                                standing(0, "a", 8, Shelf.Standing.OFFERED, false),
                                standing(1, "b", 2, Shelf.Standing.OFFERED, false)));
        assertThat(second.actions()).isEmpty();

        var ready = both(onA, some(2, () -> vm(VmState.READY, "b")));
        var third =
                PoolPlanner.plan(
                        pool(
                                8,
                                30,
                                0,
                                0,
                                false,
                                ready,
                                standing(0, "a", 8, Shelf.Standing.OFFERED, false),
                                standing(1, "b", 2, Shelf.Standing.OFFERED, false)));
        assertThat(retired(third)).containsExactly(onA.get(0).id(), onA.get(1).id());
    }

    @Test
    void sharesThatAreOffByOneAreLeftAlone() {
        var vms =
                both(some(3, () -> vm(VmState.READY, "a")), some(1, () -> vm(VmState.READY, "b")));
        var plan =
                PoolPlanner.plan(
                        pool(
                                4,
                                30,
                                0,
                                0,
                                false,
                                vms,
                                standing(0, "a", 3, Shelf.Standing.OFFERED, false),
                                standing(1, "b", 1, Shelf.Standing.OFFERED, false)));
        assertThat(plan.actions()).isEmpty();
    }

    @Test
    void aCloudThatWillBeGoneIsReplacedBeforeAndEmptiedThen() {
        var leaving = some(3, () -> vm(VmState.READY, "b"));
        var a = standing(0, "a", 0, Shelf.Standing.OFFERED, false);
        var away = standing(1, "b", 3, Shelf.Standing.CLOSED, false);
        var before =
                PoolPlanner.plan(
                        trusting(pool(3, 30, 0, 0, true, leaving, a, away), "b", Trust.NONE));
        assertThat(launchedOn(before)).containsExactly("a", "a", "a");
        assertThat(retired(before)).isEmpty();
        var then =
                PoolPlanner.plan(
                        trusting(
                                pool(
                                        3,
                                        30,
                                        0,
                                        0,
                                        true,
                                        both(leaving, some(3, () -> vm(VmState.READY, "a"))),
                                        a,
                                        away),
                                "b",
                                Trust.DRAINED));
        assertThat(retired(then))
                .containsExactlyElementsOf(leaving.stream().map(Candidate::id).toList());
        assertThat(launchedOn(then)).isEmpty();
    }

    @Test
    void whatIsLeftOnACloudThatThePoolNoLongerNamesIsTrustedNoMoreThanElsewhere() {
        var warming = some(3, () -> vm(VmState.PROVISIONING, "gone"));
        var a = standing(0, "a", 0, Shelf.Standing.OFFERED, false);
        var plan =
                PoolPlanner.plan(
                        trusting(pool(3, 30, 0, 0, true, warming, a), "gone", Trust.READY_ONLY));
        assertThat(launchedOn(plan)).containsExactly("a", "a", "a");
    }

    @Test
    void whatLooksBrokenIsReplacedBeforeItIsTakenBack() {
        var broken =
                some(
                        3,
                        () -> {
                            var vm = vm(VmState.READY, "a");
                            return new Candidate(
                                    vm.id(),
                                    "a",
                                    "m1",
                                    Map.of(),
                                    vm.state(),
                                    vm.since(),
                                    true,
                                    false,
                                    false,
                                    true);
                        });
        var all = both(broken, some(3, () -> vm(VmState.READY, "a")));
        var a = standing(0, "a", 6, Shelf.Standing.OFFERED, false);
        var plan = PoolPlanner.plan(pool(6, 30, 0, 0, true, all, a));
        assertThat(launchedOn(plan)).hasSize(3);
        assertThat(retired(plan)).isEmpty();
    }

    @Test
    void whatWasNotSentIsTakenBackWhenItsPlacementIsGone() {
        var unsent = some(2, () -> vm(VmState.REQUESTED, "gone"));
        var a = standing(0, "a", 0, Shelf.Standing.OFFERED, false);
        var plan = PoolPlanner.plan(pool(2, 30, 0, 0, true, unsent, a));
        assertThat(retired(plan))
                .containsExactlyElementsOf(unsent.stream().map(Candidate::id).toList());
        assertThat(launchedOn(plan)).containsExactly("a", "a");
    }

    @Test
    void whatWasNotSentIsTakenBackWhenItsPlacementHasOtherOptions() {
        var unsent = vm(VmState.REQUESTED, "a");
        var ready = vm(VmState.READY, "a");
        var now = standing(0, "a", 0, Shelf.Standing.OFFERED, false);
        var spot =
                new Shelf(
                        0,
                        "a",
                        "image",
                        "m1",
                        null,
                        Map.of("spot", "true"),
                        50,
                        0,
                        99,
                        99,
                        Shelf.Standing.OFFERED,
                        null,
                        false);
        var same = PoolPlanner.plan(pool(2, 30, 0, 0, true, List.of(unsent, ready), now));
        assertThat(same.actions()).isEmpty();
        var changed = PoolPlanner.plan(pool(2, 30, 0, 0, true, List.of(unsent, ready), spot));
        assertThat(retired(changed)).containsExactly(unsent.id());
        assertThat(changed.actions())
                .filteredOn(PoolAction.Launch.class::isInstance)
                .extracting(action -> ((PoolAction.Launch) action).where().options())
                .containsExactly(Map.of("spot", "true"));
    }

    @Test
    void aSurplusTakesNothingReadyThatIsNeededWhileOthersStillWarm() {
        var vms =
                both(
                        some(3, () -> vm(VmState.READY, "a")),
                        some(7, () -> vm(VmState.PROVISIONING, "a")));
        var plan = PoolPlanner.plan(pool(5, 30, 0, 0, true, vms, shelf(0, "a", 99, false)));
        assertThat(plan.actions()).isEmpty();
        assertThat(plan.surplus()).isEqualTo(5);
    }

    private static Shelf shelf(int position, String cloud, int room, boolean sick) {
        return new Shelf(
                position,
                cloud,
                "image",
                "m1",
                null,
                Map.of(),
                50,
                0,
                room,
                room,
                sick ? Shelf.Standing.CLOSED : Shelf.Standing.OFFERED,
                sick ? "unhealthy" : null,
                false);
    }

    private static PoolSnapshot pool(
            int target,
            int max,
            int queued,
            int inUse,
            boolean surplusDue,
            List<Candidate> vms,
            Shelf... shelves) {
        return new PoolSnapshot(
                target,
                "pool size",
                max,
                queued,
                vms.size() + inUse,
                inUse,
                100,
                surplusDue,
                vms,
                Stream.of(shelves)
                        .collect(
                                Collectors.toMap(
                                        Shelf::cloud,
                                        s ->
                                                "unhealthy".equals(s.why())
                                                        ? Trust.READY_ONLY
                                                        : Trust.ALL,
                                        (one, same) -> one)),
                List.of(shelves));
    }

    private static long launches(PoolPlan plan) {
        return plan.actions().stream().filter(a -> a instanceof PoolAction.Launch).count();
    }

    private static List<UUID> retired(PoolPlan plan) {
        return plan.actions().stream()
                .flatMap(a -> a instanceof PoolAction.Retire r ? Stream.of(r.vm()) : Stream.empty())
                .toList();
    }

    @Test
    void whatIsMissingIsLaunched() {
        var plan =
                PoolPlanner.plan(
                        pool(
                                5,
                                30,
                                0,
                                3,
                                false,
                                List.of(vm(VmState.READY, "a"), vm(VmState.REQUESTED, "a")),
                                shelf(0, "a", 99, false)));
        assertThat(launches(plan)).isEqualTo(3);
        assertThat(plan.missing()).isZero();
    }

    @Test
    void peopleWhoWaitAreLaunchedForBesideTheReserve() {
        var plan = PoolPlanner.plan(pool(2, 30, 4, 0, false, List.of(), shelf(0, "a", 99, false)));
        assertThat(launches(plan)).isEqualTo(6);
        assertThat(plan.actions().getFirst().toString()).contains("for people waiting");
        assertThat(plan.actions().getLast().toString()).contains("for the reserve");
    }

    @Test
    void theMaximumIsKeptAndSaidSo() {
        var plan = PoolPlanner.plan(pool(5, 6, 3, 5, false, List.of(), shelf(0, "a", 99, false)));
        assertThat(launches(plan)).isEqualTo(1);
        assertThat(plan.missing()).isEqualTo(7);
        assertThat(plan.reasons()).first().asString().contains("at most 6 live VMs");
    }

    @Test
    void aPoolThatMayHaveNothingSaysWhyPeopleWait() {
        var plan = PoolPlanner.plan(pool(0, 0, 7, 0, false, List.of(), shelf(0, "a", 99, false)));
        assertThat(plan.actions()).isEmpty();
        assertThat(plan.missing()).isEqualTo(7);
        assertThat(plan.reasons()).first().asString().contains("at most 0 live VMs");
    }

    @Test
    void noRoomAnywhereIsSaidForEachPlace() {
        var plan =
                PoolPlanner.plan(
                        pool(
                                2,
                                9,
                                0,
                                0,
                                false,
                                List.of(),
                                shelf(0, "a", 0, false),
                                shelf(1, "b", 9, true)));
        assertThat(plan.actions()).isEmpty();
        assertThat(plan.reasons())
                .containsExactly("0 on a (m1): its cap is reached", "0 on b (m1): unhealthy");
    }

    @Test
    void aSurplusGoesGentlyAndOnlyOnceItIsDue() {
        var vms = Stream.generate(() -> vm(VmState.READY, "a")).limit(8).toList();
        assertThat(PoolPlanner.plan(pool(2, 30, 0, 0, false, vms)).actions()).isEmpty();
        var due = PoolPlanner.plan(pool(2, 30, 0, 0, true, vms));
        assertThat(retired(due)).containsExactly(vms.get(0).id(), vms.get(1).id());
        assertThat(due.surplus()).isEqualTo(6);
    }

    @Test
    void whatWasNeverSentGoesBeforeWhatIsReady() {
        var ready = vm(VmState.READY, "a");
        var unsent = vm(VmState.REQUESTED, "a");
        assertThat(retired(PoolPlanner.plan(pool(1, 30, 0, 0, true, List.of(ready, unsent)))))
                .containsExactly(unsent.id());
    }

    @Test
    void warmingOnASickCloudIsLaunchedElsewhereAndReadyThereStays() {
        var warming = vm(VmState.PROVISIONING, "sick");
        var ready = vm(VmState.READY, "sick");
        var plan =
                PoolPlanner.plan(
                        pool(
                                2,
                                2,
                                0,
                                0,
                                false,
                                List.of(warming, ready),
                                shelf(0, "sick", 9, true),
                                shelf(1, "well", 9, false)));
        assertThat(retired(plan)).containsExactly(warming.id());
        assertThat(launches(plan)).isEqualTo(1);
        assertThat(plan.actions().getFirst())
                .isInstanceOfSatisfying(
                        PoolAction.Retire.class,
                        r -> assertThat(r.reason()).isEqualTo(VmReason.UNHEALTHY));
    }

    @Test
    void warmingOnASickCloudStaysWhenThereIsNowhereElse() {
        var plan =
                PoolPlanner.plan(
                        pool(
                                1,
                                9,
                                0,
                                0,
                                false,
                                List.of(vm(VmState.PROVISIONING, "sick")),
                                shelf(0, "sick", 9, true)));
        assertThat(plan.actions()).isEmpty();
    }

    @Test
    void noPlanEverExceedsAMaximumOrARoomOrTakesWhatIsInUse() {
        var dice = new SplittableRandom(7);
        for (int round = 0; round < 5000; round++) {
            int max = dice.nextInt(12);
            int inUse = dice.nextInt(6);
            var vms = new ArrayList<Candidate>();
            var states =
                    List.of(
                            VmState.REQUESTED,
                            VmState.PROVISIONING,
                            VmState.BOOTSTRAPPING,
                            VmState.READY);
            for (int i = dice.nextInt(8); i > 0; i--)
                vms.add(vm(states.get(dice.nextInt(4)), "abc".substring(i % 3, i % 3 + 1)));
            var shelves =
                    Stream.of("a", "b", "c")
                            .map(
                                    c ->
                                            shelf(
                                                    c.charAt(0) - 'a',
                                                    c,
                                                    dice.nextInt(5),
                                                    dice.nextInt(4) == 0))
                            .toArray(Shelf[]::new);
            var snapshot =
                    pool(
                            dice.nextInt(8),
                            max,
                            dice.nextInt(4),
                            inUse,
                            dice.nextBoolean(),
                            vms,
                            shelves);
            var plan = PoolPlanner.plan(snapshot);
            long after = snapshot.live() - retired(plan).size() + launches(plan);
            if (launches(plan) > 0)
                assertThat(after).as("%s: %s", snapshot, plan).isLessThanOrEqualTo(max);
            assertThat(vms.stream().map(Candidate::id).toList()).containsAll(retired(plan));
            assertThat(retired(plan)).doesNotHaveDuplicates();
            for (var shelf : shelves) {
                long here =
                        plan.actions().stream()
                                .filter(
                                        a ->
                                                a
                                                                instanceof
                                                                PoolAction.Launch(
                                                                        Shelf where,
                                                                        String why)
                                                        && where.position() == shelf.position())
                                .count();
                assertThat(here).isLessThanOrEqualTo(shelf.usable() ? shelf.room() : 0);
            }
        }
    }
}
