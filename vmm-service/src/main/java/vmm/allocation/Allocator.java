package vmm.allocation;

import org.springframework.stereotype.Service;
import org.springframework.transaction.support.TransactionOperations;

import vmm.event.LoopKind;
import vmm.event.Wakes;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Optional;
import java.util.UUID;

/** Grants, queues, extends and ends claims. No cloud is called here. */
@Service
public class Allocator {
    /** Requests granted in one statement. */
    static final int BATCH = 50;

    private final Allocations allocations;
    private final IdempotencyKeys keys;
    private final TransactionOperations transactions;
    private final InstantSource clock;
    private final Wakes wakes;

    public Allocator(
            Allocations allocations,
            IdempotencyKeys keys,
            TransactionOperations transactions,
            InstantSource clock,
            Wakes wakes) {
        this.allocations = allocations;
        this.keys = keys;
        this.transactions = transactions;
        this.clock = clock;
        this.wakes = wakes;
    }

    /**
     * Takes a request in: granted at once if a VM is READY and nobody waits, else queued, or
     * refused if it would not wait.
     *
     * @param wait whether to queue when nothing is READY
     * @param key the caller's Idempotency-Key, if any; a refusal is not kept under it
     * @param quota how many claims a person may have open at once, if limited
     */
    public Outcome allocate(
            Request request,
            boolean wait,
            Optional<IdempotencyKeys.Key> key,
            Optional<Integer> quota) {
        // What a grant or a place in the queue changes is one statement: no transaction around it.
        boolean single = wait && key.isEmpty() && quota.isEmpty();
        var first =
                single
                        ? take(request, wait, key, quota)
                        : transactions.execute(status -> take(request, wait, key, quota));
        if (first == null)
            throw new IllegalStateException("no outcome for request " + request.id());
        if (!(first instanceof Outcome.Queued)) return first;
        // A VM may have become READY, or been hidden by another's lock, meanwhile: look once more
        // before saying so.
        grant(request.poolId(), request.pool());
        return granted(request.id()) ? new Outcome.Granted(request.id()) : first;
    }

    private Outcome take(
            Request request,
            boolean wait,
            Optional<IdempotencyKeys.Key> key,
            Optional<Integer> quota) {
        Instant now = clock.instant();
        if (key.isPresent()) {
            var earlier = keys.claim(key.get(), request.id(), now);
            if (earlier.isPresent()) {
                return earlier.get().request().equals(key.get().request())
                        ? new Outcome.Repeated(earlier.get().allocation())
                        : new Outcome.KeyReused();
            }
        }
        if (quota.isPresent()) {
            keys.lockPerson(request.user());
            if (allocations.countOpen(request.user()) >= quota.get()) {
                key.ifPresent(keys::forget);
                return new Outcome.OverQuota(quota.get());
            }
        }
        if (allocations.claim(request, now)) {
            wakes.wake(LoopKind.REFILL, request.pool());
            return new Outcome.Granted(request.id());
        }
        if (wait) {
            allocations.enqueue(request, now);
            wakes.wake(LoopKind.REFILL, request.pool());
            wakes.wake(LoopKind.GRANT, request.pool());
            return new Outcome.Queued(request.id());
        }
        // Not waiting: one more look with the queue locked and served, so that what others' locks
        // hid is seen, and what is READY beyond those who wait.
        allocations.lockQueue(request.poolId());
        int granted;
        do granted = allocations.grant(request.poolId(), request.pool(), BATCH, now);
        while (granted == BATCH);
        if (allocations.claim(request, now)) {
            wakes.wake(LoopKind.REFILL, request.pool());
            return new Outcome.Granted(request.id());
        }
        key.ifPresent(keys::forget);
        allocations.refuse(request, now);
        wakes.wake(LoopKind.REFILL, request.pool());
        return new Outcome.Refused(request.id());
    }

    /**
     * A grant pass for one pool: its READY VMs to its oldest requests, until one of them runs out.
     */
    public int grant(long pool, String poolName) {
        int all = 0;
        int some;
        do {
            Integer granted =
                    transactions.execute(
                            status -> {
                                allocations.lockQueue(pool);
                                int n = allocations.grant(pool, poolName, BATCH, clock.instant());
                                if (n > 0) wakes.wake(LoopKind.REFILL, poolName);
                                return n;
                            });
            some = granted == null ? 0 : granted;
            all += some;
        } while (some == BATCH);
        return all;
    }

    /** Ends an active claim or takes a queued one back; {@code false} if it had ended already. */
    public boolean end(Allocation allocation, String actor, Allocation.EndReason reason) {
        Boolean ended =
                transactions.execute(
                        status -> {
                            Instant now = clock.instant();
                            boolean done =
                                    allocations.cancel(allocation.id(), actor, now)
                                            || allocations.end(
                                                    allocation.id(), reason, null, actor, now);
                            if (done) wakes.wake(LoopKind.REFILL, allocation.pool());
                            return done;
                        });
        return Boolean.TRUE.equals(ended);
    }

    /** Extends a lease; {@code false} if it ended, or the maximum lifetime does not allow it. */
    public boolean extend(UUID id, Duration by, String actor) {
        return allocations.extend(id, by, actor, clock.instant());
    }

    /**
     * Asks for the shut-off VM of an active claim to be started; {@code false} if it is not shut
     * off.
     */
    public boolean restart(UUID id, String actor) {
        boolean asked = allocations.askRestart(id, actor, clock.instant());
        if (asked) wakes.wake(LoopKind.LIFECYCLE, Wakes.ALL);
        return asked;
    }

    private boolean granted(UUID id) {
        return allocations.find(id).filter(a -> a.state() == Allocation.State.ACTIVE).isPresent();
    }

    /** What became of a request. */
    public sealed interface Outcome {
        record Granted(UUID id) implements Outcome {}

        record Queued(UUID id) implements Outcome {}

        /** Nothing was READY and it would not wait; kept as demand. */
        record Refused(UUID id) implements Outcome {}

        /** The same request was taken in before, under the same key. */
        record Repeated(UUID id) implements Outcome {}

        /** The key stands for another request. */
        record KeyReused() implements Outcome {}

        record OverQuota(int quota) implements Outcome {}
    }
}
