package vmm.reconcile;

import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.stereotype.Component;
import org.springframework.transaction.support.TransactionOperations;

import vmm.allocation.Allocations;
import vmm.cloud.CloudFailure;
import vmm.cloud.CloudProvider;
import vmm.cloud.CreateAnswer;
import vmm.cloud.Instance;
import vmm.cloud.LaunchSpec;
import vmm.cloud.Tags;
import vmm.clouds.Breaker;
import vmm.clouds.Breakers;
import vmm.clouds.Clouds;
import vmm.event.Events;
import vmm.event.Events.NewEvent;
import vmm.event.LoopKind;
import vmm.event.Wakes;
import vmm.guest.CloudInit;
import vmm.lifecycle.Observation;
import vmm.lifecycle.Step;
import vmm.lifecycle.Terms;
import vmm.lifecycle.VmLifecycle;
import vmm.vm.Vm;
import vmm.vm.VmReason;
import vmm.vm.VmState;
import vmm.vm.Vms;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/**
 * Carries out the steps of one VM. Creates and deletes run beside the pass; nothing holds a
 * transaction across a call.
 */
@Component
public class VmSteps {
    /**
     * How long a create without an answer may still bear an instance, before its row is given up.
     */
    static final Duration CREATE_GRACE = Duration.ofMinutes(2);

    /**
     * A create that could not be sent this soon after it was recorded is not sent: a row may have
     * been given up since.
     */
    static final Duration SEND_WITHIN = Duration.ofSeconds(10);

    /** States a VM can go through in one pass: PROVISIONING to READY. */
    private static final int STEPS_A_PASS = 4;

    private static final Logger log = LoggerFactory.getLogger(VmSteps.class);

    private final Vms vms;
    private final Events events;
    private final Allocations allocations;
    private final Clouds clouds;
    private final Breakers breakers;
    private final CloudCalls calls;
    private final PortProbe probe;
    private final CloudInit cloudInit;
    private final Store store;
    private final TransactionOperations transactions;
    private final InstantSource clock;
    private final Wakes wakes;

    public VmSteps(
            Vms vms,
            Events events,
            Allocations allocations,
            Clouds clouds,
            Breakers breakers,
            CloudCalls calls,
            PortProbe probe,
            CloudInit cloudInit,
            Store store,
            TransactionOperations transactions,
            InstantSource clock,
            Wakes wakes) {
        this.vms = vms;
        this.events = events;
        this.allocations = allocations;
        this.clouds = clouds;
        this.breakers = breakers;
        this.calls = calls;
        this.probe = probe;
        this.cloudInit = cloudInit;
        this.store = store;
        this.transactions = transactions;
        this.clock = clock;
        this.wakes = wakes;
    }

    /**
     * Takes a VM as far as one observation allows; whether its state changed. What is recorded of
     * that is one transaction; calls begin after it.
     *
     * @param asOf when the observation began: a pass that was held up in between must not take it
     *     for newer than it is
     */
    boolean take(Vm read, Observation seen, Instant asOf, Terms terms, CloudProvider provider) {
        var step = VmLifecycle.next(read, seen, terms, asOf);
        var news = news(read, seen);
        var taken =
                news.isPresent() || step instanceof Step.Become
                        ? transactions.execute(status -> record(read, seen, news, asOf, terms))
                        : new Taken(read, step);
        if (taken == null) return false;
        boolean changed = taken.vm().state() != read.state();
        if (changed) judgeCloud(taken.vm());
        carryOut(taken.next(), taken.vm(), terms, provider);
        return changed;
    }

    /** How far a VM has come, and what is to be done next. */
    private record Taken(Vm vm, Step next) {}

    private Taken record(
            Vm read, Observation seen, Optional<Instance> news, Instant asOf, Terms terms) {
        // The allocation's row first, as whoever releases it does: two orders would be a deadlock.
        if (read.state() == VmState.ALLOCATED) allocations.lockOf(read.id());
        news.ifPresent(instance -> recordSeen(read, instance));
        Vm vm = read;
        for (int i = 0; i < STEPS_A_PASS; i++) {
            var step = VmLifecycle.next(vm, seen, terms, asOf);
            if (!(step instanceof Step.Become(VmState state, VmReason reason, String detail))) {
                return new Taken(vm, step);
            }
            var after = become(vm, state, reason, detail, clock.instant());
            if (after.isEmpty()) break;
            if (reason != null) markFailure(vm, seen, reason, detail);
            vm = after.get();
        }
        return new Taken(vm, new Step.Wait());
    }

    private void carryOut(Step step, Vm vm, Terms terms, CloudProvider provider) {
        switch (step) {
            case Step.Wait w -> {}
            case Step.Become b -> {}
            case Step.Create c ->
                    calls.submitCreate(vm.cloud(), vm.id(), () -> create(vm, provider));
            case Step.Delete(String instance) -> submit(vm, () -> delete(vm, instance, provider));
            case Step.Look(String instance) ->
                    submit(vm, () -> look(vm.id(), instance, terms, provider));
            case Step.Start(String instance) -> submit(vm, () -> start(vm, instance, provider));
            // By when the look was over: the second one counts from when it begins.
            case Step.NoteAbsent n -> vms.recordAbsent(vm.id(), clock.instant());
            case Step.Probe(String address, int port) -> submit(vm, () -> probe(vm, address, port));
        }
    }

    private void submit(Vm vm, Runnable call) {
        calls.submit(vm.cloud(), vm.id(), call);
    }

    /** In a transaction, with what follows from the change. */
    private Optional<Vm> become(
            Vm vm, VmState next, @Nullable VmReason reason, String detail, Instant now) {
        var after = vms.change(vm, next, reason, detail, now, "lifecycle");
        if (after.isEmpty()) return after;
        if (vm.state() == VmState.ALLOCATED) allocations.endVanished(vm.id(), now);
        if (next == VmState.READY) wakes.wake(LoopKind.GRANT, vm.pool());
        if (next == VmState.DELETING) wakes.wake(LoopKind.REFILL, vm.pool());
        if (reason != null) {
            log.warn(
                    "lifecycle pool={} vm={} cloud={} reason={}: {}",
                    vm.pool(),
                    vm.id(),
                    vm.cloud(),
                    reason,
                    detail);
        }
        return after;
    }

    private void becomeNow(Vm vm, VmState next, @Nullable VmReason reason, String detail) {
        var after =
                transactions.execute(status -> become(vm, next, reason, detail, clock.instant()));
        if (after != null) after.ifPresent(this::judgeCloud);
    }

    /**
     * What the change of a VM says about its cloud, after the commit: the cloud's row is never
     * locked after a VM's, as refill locks them the other way round.
     */
    private void judgeCloud(Vm vm) {
        Instant now = clock.instant();
        Instant sent = vm.createSentAt();
        if (vm.state() == VmState.READY && sent != null) {
            if (!breakers.canBeProved(launch(vm))) return;
            boolean closed = Boolean.TRUE.equals(transactions.execute(status -> proved(vm, now)));
            if (clouds.widen(vm.cloud(), sent, now)) wakes.wake(LoopKind.REFILL, vm.pool());
            if (closed) clouds.judge(vm.cloud(), now);
        } else if (vm.state() == VmState.DELETING && vm.reason() != null) {
            clouds.judge(vm.cloud(), now);
        }
    }

    /**
     * Clears what a VM that is READY disproves, the cloud's row locked as by refill; whether any
     * breaker was closed. One that was away as planned begins narrow.
     */
    private boolean proved(Vm vm, Instant now) {
        clouds.lock(List.of(vm.cloud()));
        var closed = breakers.clear(launch(vm), vm.lateSince() != null, now);
        if (closed.contains(Breaker.Kind.WINDOW)) clouds.narrow(vm.cloud());
        return !closed.isEmpty();
    }

    /** What a create was answered. */
    private void strike(Vm vm, CloudFailure failure, Instant now) {
        transactions.executeWithoutResult(status -> breakers.strike(launch(vm), failure, now));
        clouds.judge(vm.cloud(), now);
        wakes.wake(LoopKind.REFILL, vm.pool());
    }

    private static Breakers.Launch launch(Vm vm) {
        return new Breakers.Launch(vm.id(), vm.cloud(), vm.flavor(), vm.image(), vm.createSentAt());
    }

    /**
     * Records a VM that should have been READY by now, and holds it against its offering; whether
     * that is news. Its cloud is not judged yet.
     */
    boolean late(Vm vm, Duration limit, Instant now) {
        boolean unanswered = vm.state() == VmState.REQUESTED && vm.createResult() == null;
        String why = unanswered ? "its create is unanswered" : "not ready after " + limit;
        var news =
                transactions.execute(
                        status -> {
                            if (!vms.recordLate(vm, now)) return false;
                            events.append(
                                    NewEvent.ofVm(
                                            vm.id(),
                                            vm.pool(),
                                            vm.cloud(),
                                            "LATE",
                                            why,
                                            "lifecycle"),
                                    now);
                            breakers.strike(launch(vm), Breaker.Kind.LATE, why, now);
                            return true;
                        });
        if (!Boolean.TRUE.equals(news)) return false;
        wakes.wake(LoopKind.REFILL, vm.pool());
        return true;
    }

    /** What a VM that was given up while it warmed says about its offering. */
    private void markFailure(Vm vm, Observation seen, VmReason reason, String detail) {
        // What the cloud refused or did not answer was held against it at once.
        if (!VmState.WARMING.contains(vm.state())
                || (vm.state() == VmState.REQUESTED
                        && vm.createResult() != Vm.CreateResult.ACCEPTED)) return;
        Instant now = clock.instant();
        boolean noRoom =
                reason == VmReason.LAUNCH_FAILED
                        && seen instanceof Observation.Present(Instance instance)
                        && instance.noRoom();
        if (noRoom) {
            breakers.strike(launch(vm), new CloudFailure.NoCapacity(vm.flavor(), detail), now);
        } else if (!vms.provedSince(vm)) {
            breakers.strike(launch(vm), Breaker.Kind.BOOT_FAILED, detail, now);
        }
    }

    /** What the row does not say yet, so that a fleet at rest writes nothing. */
    private static Optional<Instance> news(Vm vm, Observation seen) {
        if (!(seen instanceof Observation.Present(Instance instance))) return Optional.empty();
        boolean known =
                vm.seenAt() != null
                        && vm.absentSince() == null
                        && vm.instanceId() != null
                        && instance.status().name().equals(vm.instanceStatus())
                        && (instance.address() == null || vm.address() != null);
        return known ? Optional.empty() : Optional.of(instance);
    }

    private void recordSeen(Vm vm, Instance instance) {
        vms.recordSeen(
                vm.id(),
                instance.id(),
                instance.status().name(),
                instance.address(),
                clock.instant());
    }

    /** Reads the row, <em>then</em> asks for the very instance, and decides again. */
    private void look(UUID id, String instanceId, Terms terms, CloudProvider provider) {
        vms.find(id)
                .ifPresent(
                        vm -> {
                            Instant began = clock.instant();
                            take(vm, lookAt(vm, instanceId, provider), began, terms, provider);
                        });
    }

    /** One that is being deleted is as good as gone, but for a row that waits for just that. */
    private static Observation lookAt(Vm vm, String instanceId, CloudProvider provider) {
        try {
            Optional<Instance> found = provider.get(instanceId);
            return found.filter(
                            i ->
                                    i.status() != Instance.Status.DELETING
                                            || vm.state() == VmState.DELETING)
                    .<Observation>map(Observation.Present::new)
                    .orElseGet(Observation.NotFound::new);
        } catch (CloudFailure failure) {
            return new Observation.Unknown();
        }
    }

    /**
     * Sends a create, once: the right to is recorded and committed first, and the deadline looked
     * at last.
     */
    private CloudCalls.Sent create(Vm wanted, CloudProvider provider) {
        var sending = vms.startCreate(wanted, clock.instant());
        if (sending.isEmpty()) return CloudCalls.Sent.NOT;
        Vm vm = sending.get();
        Instant recorded = java.util.Objects.requireNonNull(vm.createSentAt());
        if (recorded.plus(SEND_WITHIN).isBefore(clock.instant())) {
            vms.recordRefused(vm);
            return CloudCalls.Sent.NOT;
        }
        var answer = provider.create(spec(vm));
        if (!(answer instanceof CreateAnswer.Accepted)) calls.createFailed(vm.cloud());
        switch (answer) {
            // Where the row was changed meanwhile, the next pass goes by the answer.
            case CreateAnswer.Accepted(String instanceId) -> {
                transactions.executeWithoutResult(
                        status -> {
                            vms.recordAnswer(vm.id(), Vm.CreateResult.ACCEPTED, instanceId);
                            become(vm, VmState.PROVISIONING, null, "accepted", clock.instant());
                        });
                breakers.forgetAccident(launch(vm));
                return CloudCalls.Sent.ACCEPTED;
            }
            case CreateAnswer.Refused(CloudFailure.HeldBack why) -> {
                vms.recordUnsent(vm);
                return CloudCalls.Sent.NOT;
            }
            // This sending made nothing; what an earlier one made is still to be seen.
            case CreateAnswer.Refused(CloudFailure why) when vm.createAttempts() > 1 -> {
                return unanswered(vm, why);
            }
            case CreateAnswer.Refused(CloudFailure why) -> {
                vms.recordRefused(vm);
                strike(vm, why, clock.instant());
                vms.find(vm.id())
                        .filter(row -> row.state() == VmState.REQUESTED && !row.held())
                        .ifPresent(
                                row ->
                                        becomeNow(
                                                row,
                                                VmState.DELETING,
                                                VmReason.LAUNCH_FAILED,
                                                why.kind() + ": " + why.detail()));
                return CloudCalls.Sent.FAILED;
            }
            case CreateAnswer.Unknown(CloudFailure why) -> {
                return unanswered(vm, why);
            }
        }
    }

    private CloudCalls.Sent unanswered(Vm vm, CloudFailure why) {
        vms.recordAnswer(vm.id(), Vm.CreateResult.UNKNOWN, null);
        strike(vm, why, clock.instant());
        log.warn(
                "lifecycle pool={} vm={} cloud={} answer to its create is unknown: {}",
                vm.pool(),
                vm.id(),
                vm.cloud(),
                why.detail());
        return CloudCalls.Sent.FAILED;
    }

    private LaunchSpec spec(Vm vm) {
        return new LaunchSpec(
                "vmm-" + store.installation() + "-" + vm.id(),
                new Tags(store.installation(), store.id(), vm.id().toString()),
                vm.image(),
                vm.flavor(),
                vm.network(),
                vm.options(),
                cloudInit.of(vm.id()));
    }

    /** Looks at the row once more: a hold may have come between. */
    private void delete(Vm doomed, String instanceId, CloudProvider provider) {
        boolean still =
                vms.find(doomed.id())
                        .filter(vm -> vm.state() == VmState.DELETING && !vm.held())
                        .isPresent();
        if (!still) return;
        vms.recordDeleteSent(doomed.id(), clock.instant());
        try {
            provider.delete(instanceId);
        } catch (CloudFailure failure) {
            log.info(
                    "lifecycle pool={} vm={} cloud={} delete will be asked again: {}",
                    doomed.pool(),
                    doomed.id(),
                    doomed.cloud(),
                    failure.detail());
        }
    }

    private void start(Vm stopped, String instanceId, CloudProvider provider) {
        try {
            provider.start(instanceId);
        } catch (CloudFailure failure) {
            log.info(
                    "lifecycle pool={} vm={} cloud={} start will be asked again: {}",
                    stopped.pool(),
                    stopped.id(),
                    stopped.cloud(),
                    failure.detail());
        }
    }

    private void probe(Vm booting, String address, int port) {
        if (!probe.answers(address, port)) return;
        vms.find(booting.id())
                .filter(vm -> vm.version() == booting.version())
                .ifPresent(vm -> becomeNow(vm, VmState.READY, null, "port " + port + " answers"));
    }
}
