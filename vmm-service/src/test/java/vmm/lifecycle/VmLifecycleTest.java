package vmm.lifecycle;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

import vmm.cloud.Instance;
import vmm.cloud.Instance.Status;
import vmm.cloud.Tags;
import vmm.lifecycle.Observation.Absent;
import vmm.lifecycle.Observation.NotFound;
import vmm.lifecycle.Observation.Present;
import vmm.lifecycle.Observation.Unknown;
import vmm.vm.Vm;
import vmm.vm.Vm.CreateResult;
import vmm.vm.VmReason;
import vmm.vm.VmState;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.BiConsumer;
import java.util.stream.Stream;

class VmLifecycleTest {
    private static final Instant NOW = Instant.parse("2026-03-02T12:00:00Z");
    private static final Duration BOOT = Duration.ofMinutes(5);
    private static final Duration GRACE = Duration.ofMinutes(2);
    private static final Instant LATELY = Row.LATELY;
    private static final Instant LONG_AGO = NOW.minus(Duration.ofMinutes(20));
    private static final Terms GUEST = terms(new ReadyWhen.GuestReport(), false);
    private static final Terms ACTIVE = terms(new ReadyWhen.InstanceActive(), false);
    private static final Terms PORT = terms(new ReadyWhen.PortOpen(22), false);
    private static final Terms DEDUPLICATES = terms(new ReadyWhen.GuestReport(), true);

    private static Terms terms(ReadyWhen readyWhen, boolean deduplicates) {
        return new Terms(BOOT, readyWhen, GRACE, deduplicates);
    }

    private static Observation shown(Status status) {
        return shown(status, null);
    }

    private static Observation shown(Status status, @Nullable String detail) {
        return new Present(
                new Instance(
                        "i-1",
                        "vmm",
                        new Tags("i", "s", Row.ID.toString()),
                        status,
                        detail,
                        false,
                        "10.0.0.1",
                        LATELY));
    }

    private static String brief(Step step) {
        return switch (step) {
            case Step.Wait w -> "wait";
            case Step.Create c -> "create";
            case Step.Delete(String id) -> "delete " + id;
            case Step.Look(String id) -> "look " + id;
            case Step.NoteAbsent n -> "note absent";
            case Step.Start(String id) -> "start " + id;
            case Step.Probe(String address, int port) -> "probe " + address + ":" + port;
            case Step.Become(VmState next, VmReason reason, String detail) ->
                    next + (reason == null ? "" : " " + reason);
        };
    }

    static Stream<Arguments> rules() {
        var requested = Row.of(VmState.REQUESTED);
        var provisioning = Row.of(VmState.PROVISIONING);
        var bootstrapping = Row.of(VmState.BOOTSTRAPPING);
        var ready = Row.of(VmState.READY);
        var allocated = Row.of(VmState.ALLOCATED);
        var deleting = Row.of(VmState.DELETING).because(VmReason.RELEASED);
        return Stream.of(
                arguments(requested, new Absent(), GUEST, "create"),
                arguments(requested, new Unknown(), GUEST, "wait"),
                arguments(requested.hold(), new Absent(), GUEST, "wait"),
                arguments(
                        requested.created(LONG_AGO),
                        new Unknown(),
                        GUEST,
                        "DELETING LAUNCH_FAILED"),
                arguments(requested, shown(Status.BUILDING), GUEST, "PROVISIONING"),
                arguments(
                        requested.sent(LATELY, CreateResult.ACCEPTED),
                        new Unknown(),
                        GUEST,
                        "PROVISIONING"),
                arguments(
                        requested.sent(LATELY, CreateResult.REFUSED),
                        new Absent(),
                        GUEST,
                        "DELETING LAUNCH_FAILED"),
                arguments(requested.sent(LATELY, null), new Absent(), GUEST, "wait"),
                arguments(
                        requested.sent(LATELY, CreateResult.UNKNOWN), new Absent(), GUEST, "wait"),
                arguments(
                        requested.sent(LATELY, CreateResult.UNKNOWN),
                        shown(Status.RUNNING),
                        GUEST,
                        "PROVISIONING"),
                arguments(
                        requested.sent(LONG_AGO, CreateResult.UNKNOWN),
                        new Unknown(),
                        GUEST,
                        "wait"),
                arguments(
                        requested.sent(LONG_AGO, CreateResult.UNKNOWN),
                        new Absent(),
                        GUEST,
                        "DELETING LAUNCH_FAILED"),
                arguments(
                        requested.sent(NOW.minusSeconds(16), null),
                        new Absent(),
                        DEDUPLICATES,
                        "create"),
                arguments(
                        requested.sent(NOW.minusSeconds(14), null),
                        new Absent(),
                        DEDUPLICATES,
                        "wait"),
                arguments(
                        requested.sent(NOW.minusSeconds(16), null).created(LONG_AGO),
                        new Absent(),
                        DEDUPLICATES,
                        "DELETING LAUNCH_FAILED"),
                arguments(provisioning, shown(Status.BUILDING), GUEST, "wait"),
                arguments(provisioning, shown(Status.RUNNING), GUEST, "BOOTSTRAPPING"),
                arguments(provisioning, shown(Status.ERROR), GUEST, "look i-1"),
                arguments(
                        provisioning,
                        shown(Status.ERROR, "No valid host"),
                        GUEST,
                        "DELETING LAUNCH_FAILED"),
                arguments(
                        provisioning.sent(LONG_AGO, CreateResult.ACCEPTED),
                        shown(Status.ERROR),
                        GUEST,
                        "DELETING LAUNCH_FAILED"),
                arguments(provisioning, shown(Status.DELETING), GUEST, "look i-1"),
                arguments(
                        provisioning.sent(LONG_AGO, CreateResult.ACCEPTED),
                        shown(Status.BUILDING),
                        GUEST,
                        "DELETING LAUNCH_TIMEOUT"),
                arguments(provisioning.neverSeen(), new Absent(), GUEST, "wait"),
                arguments(
                        provisioning.neverSeen().sent(LONG_AGO, CreateResult.ACCEPTED),
                        new Absent(),
                        GUEST,
                        "DELETING LAUNCH_TIMEOUT"),
                arguments(
                        provisioning.neverSeen().sent(LONG_AGO, CreateResult.ACCEPTED),
                        new Unknown(),
                        GUEST,
                        "wait"),
                arguments(provisioning, new Absent(), GUEST, "look i-1"),
                arguments(provisioning, new NotFound(), GUEST, "note absent"),
                arguments(provisioning, new Unknown(), GUEST, "wait"),
                arguments(provisioning.reported(), new Unknown(), GUEST, "BOOTSTRAPPING"),
                arguments(bootstrapping, shown(Status.RUNNING), GUEST, "wait"),
                arguments(bootstrapping, shown(Status.RUNNING), ACTIVE, "READY"),
                arguments(bootstrapping, shown(Status.RUNNING), PORT, "probe 10.0.0.1:22"),
                arguments(bootstrapping.reported(), shown(Status.RUNNING), GUEST, "READY"),
                arguments(bootstrapping.reported(), new Unknown(), GUEST, "READY"),
                arguments(bootstrapping.reported(), new Unknown(), PORT, "wait"),
                arguments(
                        bootstrapping.sent(LONG_AGO, CreateResult.ACCEPTED),
                        shown(Status.RUNNING),
                        GUEST,
                        "DELETING BOOTSTRAP_TIMEOUT"),
                arguments(
                        bootstrapping.sent(LONG_AGO, CreateResult.ACCEPTED).hold(),
                        shown(Status.RUNNING),
                        GUEST,
                        "wait"),
                arguments(
                        bootstrapping.sent(LONG_AGO, CreateResult.ACCEPTED),
                        new Unknown(),
                        GUEST,
                        "wait"),
                arguments(ready, shown(Status.RUNNING), GUEST, "wait"),
                arguments(ready, shown(Status.STOPPED), GUEST, "DELETING UNHEALTHY"),
                arguments(ready, shown(Status.ERROR), GUEST, "DELETING UNHEALTHY"),
                arguments(ready.hold(), shown(Status.ERROR), GUEST, "wait"),
                arguments(ready, new Absent(), GUEST, "look i-1"),
                arguments(ready, new NotFound(), GUEST, "note absent"),
                arguments(ready.missedAt(NOW.minusSeconds(29)), new NotFound(), GUEST, "wait"),
                arguments(
                        ready.missedAt(NOW.minusSeconds(30)),
                        new NotFound(),
                        GUEST,
                        "DELETING VANISHED"),
                arguments(
                        ready.missedAt(LONG_AGO).hold(),
                        new NotFound(),
                        GUEST,
                        "DELETING VANISHED"),
                arguments(ready.missedAt(LONG_AGO), new Unknown(), GUEST, "wait"),
                arguments(allocated, shown(Status.STOPPED), GUEST, "wait"),
                arguments(allocated, shown(Status.ERROR), GUEST, "wait"),
                arguments(allocated.askedToRestart(), shown(Status.STOPPED), GUEST, "start i-1"),
                arguments(allocated.askedToRestart(), shown(Status.RUNNING), GUEST, "wait"),
                arguments(allocated, new Absent(), GUEST, "look i-1"),
                arguments(allocated, new NotFound(), GUEST, "note absent"),
                arguments(allocated.missedAt(LONG_AGO), new NotFound(), GUEST, "DELETING VANISHED"),
                arguments(allocated.missedAt(LONG_AGO), new Unknown(), GUEST, "wait"),
                arguments(deleting, shown(Status.RUNNING), GUEST, "delete i-1"),
                arguments(deleting.hold(), shown(Status.RUNNING), GUEST, "wait"),
                arguments(deleting.askedToGoAt(LATELY), shown(Status.RUNNING), GUEST, "wait"),
                arguments(
                        deleting.askedToGoAt(LONG_AGO), shown(Status.RUNNING), GUEST, "delete i-1"),
                arguments(deleting, new Unknown(), GUEST, "delete i-1"),
                arguments(deleting.askedToGoAt(LONG_AGO), new Unknown(), GUEST, "wait"),
                arguments(deleting, new Absent(), GUEST, "look i-1"),
                arguments(deleting, new NotFound(), GUEST, "DELETED"),
                arguments(deleting.unnamed().sent(LATELY, null), new Absent(), GUEST, "wait"),
                arguments(deleting.unnamed().sent(LONG_AGO, null), new Absent(), GUEST, "DELETED"),
                arguments(deleting.unnamed().sent(LONG_AGO, null), new Unknown(), GUEST, "wait"),
                arguments(deleting.unnamed().sent(null, null), new Unknown(), GUEST, "DELETED"),
                arguments(
                        deleting.unnamed().sent(LATELY, CreateResult.REFUSED),
                        new Absent(),
                        GUEST,
                        "DELETED"),
                arguments(
                        deleting.because(VmReason.VANISHED),
                        shown(Status.RUNNING),
                        GUEST,
                        "DELETED"),
                arguments(Row.of(VmState.DELETED), shown(Status.RUNNING), GUEST, "wait"));
    }

    @ParameterizedTest
    @MethodSource("rules")
    void eachRowIsTakenAsFarAsItsObservationAllows(
            Row row, Observation seen, Terms terms, String expected) {
        assertThat(brief(VmLifecycle.next(row.vm(), seen, terms, NOW))).isEqualTo(expected);
    }

    @Test
    void unknownIsNeverAReasonToDelete() {
        everywhere(
                (vm, terms) -> {
                    var step = VmLifecycle.next(vm, new Unknown(), terms, NOW);
                    boolean nothingWasMade =
                            vm.createSentAt() == null || vm.createResult() == CreateResult.REFUSED;
                    if (step instanceof Step.Delete)
                        assertThat(vm.state()).isEqualTo(VmState.DELETING);
                    if (step instanceof Step.Become(VmState next, VmReason reason, String detail)
                            && next == VmState.DELETING) {
                        assertThat(vm.state() == VmState.REQUESTED && nothingWasMade)
                                .as("%s: %s", vm, step)
                                .isTrue();
                    }
                });
    }

    @Test
    void everyChangeOfStateIsInTheTable() {
        everywhere(
                (vm, terms) -> {
                    for (var seen : observations()) {
                        if (VmLifecycle.next(vm, seen, terms, NOW)
                                instanceof Step.Become(VmState next, VmReason r, String d)) {
                            assertThat(vm.state().canBecome(next))
                                    .as("%s to %s", vm, next)
                                    .isTrue();
                            assertThat(r != null)
                                    .as("%s to %s has a reason", vm, next)
                                    .isEqualTo(next == VmState.DELETING);
                        }
                    }
                });
    }

    @Test
    void whatSomebodyHasGoesOnlyWhenItVanished() {
        everywhere(
                (vm, terms) -> {
                    if (vm.state() != VmState.ALLOCATED) return;
                    for (var seen : observations()) {
                        var step = VmLifecycle.next(vm, seen, terms, NOW);
                        boolean harmless =
                                step instanceof Step.Wait
                                        || step instanceof Step.Look
                                        || step instanceof Step.NoteAbsent
                                        || step instanceof Step.Start;
                        boolean vanished =
                                step instanceof Step.Become(VmState next, VmReason r, String d)
                                        && r == VmReason.VANISHED
                                        && seen instanceof NotFound;
                        assertThat(harmless || vanished)
                                .as("%s seen %s: %s", vm, seen, step)
                                .isTrue();
                    }
                });
    }

    @Test
    void aHeldVmIsNeitherLaunchedNorTakenAway() {
        everywhere(
                (vm, terms) -> {
                    if (!vm.held()) return;
                    for (var seen : observations()) {
                        var step = VmLifecycle.next(vm, seen, terms, NOW);
                        assertThat(step)
                                .isNotInstanceOf(Step.Delete.class)
                                .isNotInstanceOf(Step.Create.class);
                        if (step instanceof Step.Become(VmState next, VmReason reason, String d)
                                && next == VmState.DELETING) {
                            assertThat(reason).isEqualTo(VmReason.VANISHED);
                        }
                    }
                });
    }

    @Test
    void aCreateIsSentOnceUnlessTheCloudTellsDoubles() {
        everywhere(
                (vm, terms) -> {
                    for (var seen : observations()) {
                        if (!(VmLifecycle.next(vm, seen, terms, NOW) instanceof Step.Create))
                            continue;
                        assertThat(vm.createSentAt() == null || terms.deduplicates())
                                .as("%s seen %s", vm, seen)
                                .isTrue();
                    }
                });
    }

    @Test
    void nothingVanishesBeforeTwoLooksHalfAMinuteApart() {
        everywhere(
                (vm, terms) -> {
                    for (var seen : observations()) {
                        if (VmLifecycle.next(vm, seen, terms, NOW)
                                        instanceof Step.Become(VmState n, VmReason reason, String d)
                                && reason == VmReason.VANISHED) {
                            assertThat(seen).isInstanceOf(NotFound.class);
                            assertThat(vm.absentSince())
                                    .isNotNull()
                                    .isBeforeOrEqualTo(NOW.minusSeconds(30));
                        }
                    }
                });
    }

    private static List<Observation> observations() {
        var all = new ArrayList<Observation>(List.of(new Absent(), new NotFound(), new Unknown()));
        for (var status : Status.values()) all.add(shown(status));
        return all;
    }

    /** Every state with every combination of what else a row may hold. */
    private static void everywhere(BiConsumer<Vm, Terms> check) {
        List<@Nullable Instant> times = Arrays.asList(null, LATELY, NOW.minusSeconds(29), LONG_AGO);
        List<@Nullable CreateResult> answers =
                Arrays.asList(
                        null, CreateResult.ACCEPTED, CreateResult.UNKNOWN, CreateResult.REFUSED);
        for (var state : VmState.values())
            for (var sent : times)
                for (var answer : answers)
                    for (var absent : times)
                        for (var deleteSent : times)
                            for (int bits = 0; bits < 32; bits++) {
                                var row =
                                        new Row(
                                                state,
                                                (bits & 1) == 0 ? null : VmReason.VANISHED,
                                                (bits & 2) == 0 ? LATELY : LONG_AGO,
                                                sent,
                                                sent == null ? null : answer,
                                                (bits & 4) == 0 ? null : "i-1",
                                                (bits & 4) == 0 ? null : LATELY,
                                                absent,
                                                deleteSent,
                                                (bits & 8) == 0 ? null : LATELY,
                                                (bits & 2) == 0 ? null : LATELY,
                                                (bits & 16) != 0);
                                for (var terms : List.of(GUEST, ACTIVE, PORT, DEDUPLICATES))
                                    check.accept(row.vm(), terms);
                            }
    }
}
