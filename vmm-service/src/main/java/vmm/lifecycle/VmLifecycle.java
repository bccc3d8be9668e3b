package vmm.lifecycle;

import org.jspecify.annotations.Nullable;

import vmm.cloud.Instance;
import vmm.lifecycle.Observation.Absent;
import vmm.lifecycle.Observation.NotFound;
import vmm.lifecycle.Observation.Present;
import vmm.lifecycle.Observation.Unknown;
import vmm.vm.Vm;
import vmm.vm.VmReason;
import vmm.vm.VmState;

import java.time.Duration;
import java.time.Instant;

/**
 * What one VM needs next, from its row and what was seen of its instance. A pure function: the
 * loops, the tests and the simulation run this one.
 */
public final class VmLifecycle {
    private static final Step WAIT = new Step.Wait();

    private VmLifecycle() {}

    public static Step next(Vm vm, Observation seen, Terms terms, Instant now) {
        Step step =
                switch (vm.state()) {
                    case REQUESTED -> requested(vm, seen, terms, now);
                    case PROVISIONING -> provisioning(vm, seen, terms, now);
                    case BOOTSTRAPPING -> bootstrapping(vm, seen, terms, now);
                    case READY -> ready(vm, seen, terms, now);
                    case ALLOCATED -> allocated(vm, seen, terms, now);
                    case DELETING -> deleting(vm, seen, terms, now);
                    case DELETED -> WAIT;
                };
        return vm.held() && isForbidden(step) ? WAIT : step;
    }

    /**
     * What a hold forbids: also a create, as a row that came back with an older copy of the
     * database may have been launched already. A VM that vanished is gone whoever holds it.
     */
    private static boolean isForbidden(Step step) {
        return switch (step) {
            case Step.Delete d -> true;
            case Step.Create c -> true;
            case Step.Become(VmState next, VmReason reason, String detail) ->
                    next == VmState.DELETING && reason != VmReason.VANISHED;
            case Step.Wait w -> false;
            case Step.Look l -> false;
            case Step.Start s -> false;
            case Step.NoteAbsent n -> false;
            case Step.Probe p -> false;
        };
    }

    private static Step requested(Vm vm, Observation seen, Terms terms, Instant now) {
        if (seen instanceof Present)
            return new Step.Become(VmState.PROVISIONING, null, "adopted: the cloud shows it");
        Instant sent = vm.createSentAt();
        if (sent == null) {
            if (over(vm.createdAt(), terms.bootTimeout(), now)) {
                return gone(
                        VmReason.LAUNCH_FAILED,
                        "could not be sent to the cloud for " + terms.bootTimeout());
            }
            return seen instanceof Unknown ? WAIT : new Step.Create();
        }
        Vm.CreateResult answer = vm.createResult();
        if (answer == Vm.CreateResult.ACCEPTED)
            return new Step.Become(VmState.PROVISIONING, null, "accepted");
        if (answer == Vm.CreateResult.REFUSED)
            return gone(VmReason.LAUNCH_FAILED, "the cloud refused it");
        // The answer is lost or still to come. Only a listing that lacks it, after the grace, says
        // that nothing came.
        if (seen instanceof Unknown) return WAIT;
        if (terms.deduplicates()) {
            // Not from the last sending: each moves that on.
            if (over(vm.createdAt(), terms.bootTimeout(), now)) {
                return gone(VmReason.LAUNCH_FAILED, "the cloud never answered");
            }
            return over(sent, Terms.BEFORE_ASKING_AGAIN, now) ? new Step.Create() : WAIT;
        }
        return over(sent, terms.createGrace(), now)
                ? gone(
                        VmReason.LAUNCH_FAILED,
                        "no answer to the create, and the cloud never showed it")
                : WAIT;
    }

    private static Step provisioning(Vm vm, Observation seen, Terms terms, Instant now) {
        return switch (seen) {
            case Present(Instance instance) ->
                    switch (instance.status()) {
                        case RUNNING -> new Step.Become(VmState.BOOTSTRAPPING, null, "runs");
                        case BUILDING, STOPPED ->
                                late(vm, VmReason.LAUNCH_TIMEOUT, "not running", terms, now);
                        case ERROR -> failed(vm, instance, terms, now);
                        case DELETING -> look(vm);
                    };
            case Absent a ->
                    vm.seenAt() == null
                            ? late(vm, VmReason.LAUNCH_TIMEOUT, "never listed", terms, now)
                            : look(vm);
            case NotFound n -> missing(vm, terms, now);
            case Unknown u ->
                    vm.guestReadyAt() == null
                            ? WAIT
                            : new Step.Become(
                                    VmState.BOOTSTRAPPING, null, "runs: its guest reported");
        };
    }

    private static Step bootstrapping(Vm vm, Observation seen, Terms terms, Instant now) {
        return switch (seen) {
            case Present(Instance instance) ->
                    switch (instance.status()) {
                        case RUNNING -> whenReady(vm, instance.address(), terms, now);
                        case BUILDING, STOPPED ->
                                late(vm, VmReason.BOOTSTRAP_TIMEOUT, "not running", terms, now);
                        case ERROR -> failed(vm, instance, terms, now);
                        case DELETING -> look(vm);
                    };
            case Absent a -> look(vm);
            case NotFound n -> missing(vm, terms, now);
            case Unknown u ->
                    terms.readyWhen() instanceof ReadyWhen.GuestReport && vm.guestReadyAt() != null
                            ? new Step.Become(VmState.READY, null, "its guest reported ready")
                            : WAIT;
        };
    }

    private static Step whenReady(Vm vm, @Nullable String address, Terms terms, Instant now) {
        return switch (terms.readyWhen()) {
            case ReadyWhen.InstanceActive i -> new Step.Become(VmState.READY, null, "runs");
            case ReadyWhen.GuestReport g ->
                    vm.guestReadyAt() != null
                            ? new Step.Become(VmState.READY, null, "its guest reported ready")
                            : late(
                                    vm,
                                    VmReason.BOOTSTRAP_TIMEOUT,
                                    "its guest did not report ready",
                                    terms,
                                    now);
            case ReadyWhen.PortOpen(int port) -> {
                var tooLate =
                        late(
                                vm,
                                VmReason.BOOTSTRAP_TIMEOUT,
                                "port " + port + " did not answer",
                                terms,
                                now);
                yield tooLate.equals(WAIT) && address != null
                        ? new Step.Probe(address, port)
                        : tooLate;
            }
        };
    }

    private static Step ready(Vm vm, Observation seen, Terms terms, Instant now) {
        return switch (seen) {
            case Present(Instance instance) ->
                    switch (instance.status()) {
                        case RUNNING, BUILDING -> WAIT;
                        case STOPPED -> broken("shut off while it waited in reserve", terms);
                        case ERROR -> broken(error(instance), terms);
                        case DELETING -> look(vm);
                    };
            case Absent a -> look(vm);
            case NotFound n -> missing(vm, terms, now);
            case Unknown u -> WAIT;
        };
    }

    /** Where many look broken at once, it is rather the cloud that shows them wrong. */
    private static Step broken(String why, Terms terms) {
        return terms.brake() ? WAIT : gone(VmReason.UNHEALTHY, why);
    }

    /**
     * In ERROR or shut off it stays its owner's: shown so, with a restart offered, and not
     * replaced.
     */
    private static Step allocated(Vm vm, Observation seen, Terms terms, Instant now) {
        return switch (seen) {
            case Present(Instance instance) ->
                    switch (instance.status()) {
                        case DELETING -> look(vm);
                        case STOPPED ->
                                vm.restartAskedAt() == null ? WAIT : new Step.Start(instance.id());
                        case BUILDING, RUNNING, ERROR -> WAIT;
                    };
            case Absent a -> look(vm);
            case NotFound n -> missing(vm, terms, now);
            case Unknown u -> WAIT;
        };
    }

    private static Step deleting(Vm vm, Observation seen, Terms terms, Instant now) {
        if (vm.reason() == VmReason.VANISHED)
            return new Step.Become(VmState.DELETED, null, "vanished");
        if (vm.createSentAt() == null || vm.createResult() == Vm.CreateResult.REFUSED) {
            if (!(seen instanceof Present))
                return new Step.Become(VmState.DELETED, null, "nothing was made");
        }
        return switch (seen) {
            case Present(Instance instance) -> {
                boolean asked =
                        vm.deleteSentAt() != null
                                && !over(vm.deleteSentAt(), Terms.BEFORE_ASKING_AGAIN, now);
                yield asked ? WAIT : new Step.Delete(instance.id());
            }
            case Absent a -> {
                if (vm.instanceId() != null) yield new Step.Look(vm.instanceId());
                Instant sent = vm.createSentAt();
                yield sent == null || over(sent, terms.createGrace(), now)
                        ? new Step.Become(VmState.DELETED, null, "the cloud never showed it")
                        : WAIT;
            }
            case NotFound n ->
                    new Step.Become(VmState.DELETED, null, "the cloud has no such instance");
            // The wish to delete does not depend on what we see.
            case Unknown u ->
                    vm.instanceId() != null && vm.deleteSentAt() == null
                            ? new Step.Delete(vm.instanceId())
                            : WAIT;
        };
    }

    private static Step look(Vm vm) {
        return vm.instanceId() == null ? WAIT : new Step.Look(vm.instanceId());
    }

    private static Step missing(Vm vm, Terms terms, Instant now) {
        if (terms.down()) return WAIT;
        Instant since = vm.absentSince();
        if (since == null) return new Step.NoteAbsent();
        return since.plus(terms.betweenLooks()).isAfter(now)
                ? WAIT
                : gone(
                        VmReason.VANISHED,
                        "the cloud said twice, since " + since + ", that it has no such instance");
    }

    private static Step late(Vm vm, VmReason reason, String what, Terms terms, Instant now) {
        Instant sent = vm.createSentAt() == null ? vm.createdAt() : vm.createSentAt();
        return over(sent, terms.bootTimeout(), now)
                ? gone(reason, what + " after " + terms.bootTimeout())
                : WAIT;
    }

    /** Where the listing does not say why, the instance itself is asked before it is given up. */
    private static Step failed(Vm vm, Instance instance, Terms terms, Instant now) {
        boolean ask =
                instance.detail() == null
                        && late(vm, VmReason.LAUNCH_FAILED, "", terms, now) == WAIT;
        return ask ? new Step.Look(instance.id()) : gone(VmReason.LAUNCH_FAILED, error(instance));
    }

    private static String error(Instance instance) {
        return instance.detail() == null
                ? "the instance is in ERROR"
                : "the instance is in ERROR: " + instance.detail();
    }

    private static boolean over(Instant since, Duration limit, Instant now) {
        return since.plus(limit).isBefore(now);
    }

    private static Step gone(VmReason reason, String detail) {
        return new Step.Become(VmState.DELETING, reason, detail);
    }
}
