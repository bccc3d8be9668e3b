package vmm.vm;

import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Service;
import org.springframework.transaction.support.TransactionOperations;

import vmm.event.Events;
import vmm.event.Events.NewEvent;
import vmm.event.Instants;
import vmm.event.LoopKind;
import vmm.event.Wakes;
import vmm.web.Problem;

import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;

/** What operators do to single VMs: hold them, let go of them, delete them. */
@Service
class VmEdits {
    /** A row moves on under our eyes a few times at most. */
    private static final int TRIES = 5;

    /** As a claim ends elsewhere: its VM goes with it, in one statement, with one event. */
    private static final String END =
            """
            WITH ended AS (
                UPDATE allocation SET state = 'ENDED', ended_at = :now, end_reason = 'FORCED'
                WHERE vm_id = :id AND state = 'ACTIVE'
                RETURNING id, vm_id, user_name),
            changed AS (
                UPDATE vm SET state = 'DELETING', state_since = :now, version = version + 1, absent_since = NULL,
                       reason = 'FORCED', detail = :detail
                FROM ended WHERE vm.id = ended.vm_id AND vm.state = 'ALLOCATED'
                RETURNING vm.id, vm.pool_id, vm.cloud)
            INSERT INTO event (at, type, vm_id, allocation_id, pool, cloud, user_name, from_state, to_state, reason, detail, actor)
            SELECT :now, 'allocation', changed.id, ended.id, pool.name, changed.cloud, ended.user_name, 'ALLOCATED', 'DELETING',
                   'FORCED', :detail, :actor
            FROM ended JOIN changed ON changed.id = ended.vm_id JOIN pool ON pool.id = changed.pool_id
            """;

    private final JdbcClient jdbc;
    private final Vms vms;
    private final VmViews views;
    private final Events events;
    private final TransactionOperations transactions;
    private final InstantSource clock;
    private final Wakes wakes;

    VmEdits(
            JdbcClient jdbc,
            Vms vms,
            VmViews views,
            Events events,
            TransactionOperations transactions,
            InstantSource clock,
            Wakes wakes) {
        this.jdbc = jdbc;
        this.vms = vms;
        this.views = views;
        this.events = events;
        this.transactions = transactions;
        this.clock = clock;
        this.wakes = wakes;
    }

    /**
     * Keeps a VM from being granted and deleted, or lets it go; what is so already stays without a
     * trace.
     *
     * @param until when it is let go of itself; null: not before somebody does
     */
    VmView hold(
            UUID id, boolean held, @Nullable String why, @Nullable Instant until, String actor) {
        return Objects.requireNonNull(
                transactions.execute(
                        status -> {
                            lock(id);
                            VmView vm = find(id);
                            if (vm.state() == VmState.DELETED) throw deleted();
                            if (vm.held() == held && (!held || isHeld(vm, why, until))) return vm;
                            vms.hold(id, held, why, until);
                            String detail =
                                    Objects.toString(
                                                    why, held ? "" : "was held: " + vm.holdReason())
                                            + (until == null ? "" : " (until " + until + ")");
                            events.append(
                                    NewEvent.ofVm(
                                            id,
                                            vm.pool(),
                                            vm.cloud(),
                                            held ? "HELD" : "LET_GO",
                                            detail,
                                            actor),
                                    clock.instant());
                            if (!held) {
                                wakes.wake(LoopKind.GRANT, vm.pool());
                                wakes.wake(LoopKind.LIFECYCLE, vm.cloud());
                            }
                            wakes.wake(LoopKind.REFILL, vm.pool());
                            return find(id);
                        }));
    }

    private static boolean isHeld(VmView vm, @Nullable String why, @Nullable Instant until) {
        var before = vm.heldUntil();
        return Objects.equals(vm.holdReason(), why)
                && (until == null
                        ? before == null
                        : before != null && before.equals(until.truncatedTo(ChronoUnit.MICROS)));
    }

    /**
     * Sends a VM to its end, and with it the claim that it was granted to.
     *
     * @param evenHeld whether a hold does not keep it: it ends in the same transaction, so that
     *     nobody can be granted the VM in between
     */
    VmView delete(UUID id, boolean evenHeld, String actor) {
        for (int i = 0; i < TRIES; i++) {
            var gone =
                    transactions.execute(status -> tryDelete(id, evenHeld, actor, clock.instant()));
            if (gone != null && gone.isPresent()) return gone.get();
        }
        throw Problem.conflict("It is changing state all the time. Try again in a moment.");
    }

    /** Empty if it changed meanwhile. */
    private Optional<VmView> tryDelete(UUID id, boolean evenHeld, String actor, Instant now) {
        Vm vm = vms.find(id).orElseThrow(() -> Problem.notFound("VM"));
        if (vm.held() && !evenHeld) throw held();
        String detail = "deleted by " + actor + (vm.held() ? ", though it was held" : "");
        boolean done =
                switch (vm.state()) {
                    case REQUESTED, PROVISIONING, BOOTSTRAPPING, READY ->
                            vms.become(vm, VmState.DELETING, VmReason.FORCED, detail, now, actor);
                    case ALLOCATED -> end(id, evenHeld, detail, now, actor);
                    case DELETING -> true;
                    case DELETED -> throw deleted();
                };
        if (!done) return Optional.empty();
        if (evenHeld) letGo(id, actor, now);
        wakes.wake(LoopKind.LIFECYCLE, vm.cloud());
        wakes.wake(LoopKind.REFILL, vm.pool());
        return views.find(id);
    }

    /** Of a VM that is on its way out: only that ends what was held of it. */
    private void letGo(UUID id, String actor, Instant now) {
        lock(id);
        VmView vm = find(id);
        if (!vm.held()) return;
        vms.hold(id, false, null);
        events.append(
                NewEvent.ofVm(
                        id, vm.pool(), vm.cloud(), "LET_GO", "was held: " + vm.holdReason(), actor),
                now);
    }

    /**
     * The claim is locked before the VM, as everywhere where one ends, and then nobody holds the VM
     * in between.
     */
    private boolean end(UUID id, boolean evenHeld, String detail, Instant now, String actor) {
        jdbc.sql("SELECT id FROM allocation WHERE vm_id = :id FOR NO KEY UPDATE")
                .param("id", id)
                .query(UUID.class)
                .list();
        lock(id);
        if (!evenHeld && vms.find(id).filter(Vm::held).isPresent()) throw held();
        return jdbc.sql(END)
                        .param("id", id)
                        .param("now", Instants.sql(now))
                        .param("detail", detail)
                        .param("actor", actor)
                        .update()
                == 1;
    }

    private void lock(UUID id) {
        jdbc.sql("SELECT id FROM vm WHERE id = :id FOR NO KEY UPDATE")
                .param("id", id)
                .query(UUID.class)
                .list();
    }

    private VmView find(UUID id) {
        return views.find(id).orElseThrow(() -> Problem.notFound("VM"));
    }

    private static Problem held() {
        return Problem.conflict(
                "It is held. An administrator deletes it as it is with ?held=true. Letting go of it"
                        + " first offers it: a READY one can be granted at once.");
    }

    private static Problem deleted() {
        return Problem.conflict("It is deleted: there is nothing left to hold or to delete.");
    }
}
