package vmm.simulation;

import org.jspecify.annotations.Nullable;

import vmm.allocation.Allocation;
import vmm.allocation.Allocator.Outcome;
import vmm.allocation.IdempotencyKeys;
import vmm.allocation.Request;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/** The scientists: they claim, wait or not, ask again, extend, give back and give up. */
final class People {
    private static final int KEYS_REMEMBERED = 12;

    /** A request that was sent under a key, to be sent again. */
    private record Sent(
            String user,
            String key,
            String pool,
            int priority,
            boolean waits,
            @Nullable UUID answer) {}

    private final Simulation sim;
    private final Dice dice;
    private final List<Sent> sent = new ArrayList<>();
    private final double minutesBetween;
    private int keys;

    People(Simulation sim, Dice dice) {
        this.sim = sim;
        this.dice = dice;
        this.minutesBetween = dice.ratio(0.15, 1.2);
    }

    void begin() {
        sim.time.after(
                dice.minutes(0.05 * minutesBetween, 2 * minutesBetween),
                () -> {
                    if (!sim.chaos.on()) return;
                    begin();
                    act();
                });
    }

    private void act() {
        int n = dice.between(1, 100);
        if (n <= 45) claim();
        else if (n <= 55) repeat();
        else if (n <= 58) reuse();
        else if (n <= 75) end();
        else if (n <= 83) restart();
        else extend();
    }

    private void claim() {
        boolean keyed = dice.chance(0.6);
        var what =
                new Sent(
                        "user-" + dice.between(1, 6),
                        keyed ? "key-" + ++keys : "",
                        dice.pick(sim.pools()),
                        dice.chance(0.2) ? dice.between(1, 3) : 0,
                        dice.chance(0.8),
                        null);
        send(what);
    }

    private void repeat() {
        if (sent.isEmpty()) return;
        sim.tally.count(Mischief.KEY_REPEATED);
        send(dice.pick(sent));
    }

    private void reuse() {
        if (sent.isEmpty()) return;
        sim.tally.count(Mischief.KEY_REUSED);
        var old = dice.pick(sent);
        send(new Sent(old.user, old.key, old.pool, old.priority + 7, old.waits, old.answer));
    }

    private void send(Sent what) {
        var replica = sim.chaos.anyUp();
        if (replica == null) return;
        var pool =
                sim.scenario.pools().stream()
                        .filter(p -> p.name().equals(what.pool))
                        .findFirst()
                        .orElseThrow();
        replica.run(
                new Act(replica, what.user + " claims " + what.pool),
                false,
                () -> {
                    var id = replica.newId();
                    var asked =
                            sim.requests.ask(
                                    id,
                                    what.user,
                                    what.pool,
                                    what.key.isEmpty() ? null : what.key,
                                    what.waits);
                    var request =
                            new Request(
                                    id,
                                    what.pool,
                                    sim.poolId(what.pool),
                                    what.pool,
                                    what.user,
                                    null,
                                    pool.lease(),
                                    pool.lifetime(),
                                    what.priority);
                    Optional<IdempotencyKeys.Key> key =
                            what.key.isEmpty()
                                    ? Optional.empty()
                                    : Optional.of(
                                            new IdempotencyKeys.Key(
                                                    what.user,
                                                    what.key,
                                                    "digest-" + what.priority));
                    if (key.isPresent() && what.answer == null) remember(what);
                    var outcome =
                            replica.engine()
                                    .allocator
                                    .allocate(request, what.waits, key, Optional.of(4));
                    sim.note(outcome.toString());
                    answered(what, asked, outcome);
                });
    }

    private void answered(Sent what, Requests.Asked asked, Outcome outcome) {
        switch (outcome) {
            case Outcome.Granted(UUID id) -> taken(what, asked, id);
            case Outcome.Queued(UUID id) -> taken(what, asked, id);
            case Outcome.Refused(UUID id) -> asked.acknowledged = true;
            case Outcome.Repeated(UUID id) -> {
                if (what.answer != null && !what.answer.equals(id) && !lost(what.answer)) {
                    throw new Violation(
                            "8", what.key + " was answered " + what.answer + " and now " + id);
                }
                var first = sim.requests.find(id);
                if (first == null)
                    throw new Violation(
                            "8", what.key + " stands for " + id + ", which nobody asked for");
                first.acknowledged = true;
                remember(new Sent(what.user, what.key, what.pool, what.priority, what.waits, id));
            }
            case Outcome.KeyReused() -> {
                if (what.answer == null && what.priority < 7)
                    throw new Violation("8", what.key + " was never used for another");
            }
            case Outcome.OverQuota(int quota) -> {}
        }
    }

    private void taken(Sent what, Requests.Asked asked, UUID id) {
        asked.acknowledged = true;
        if (what.key.isEmpty()) return;
        if (what.answer != null && !lost(what.answer)) {
            throw new Violation(
                    "8", what.key + " was answered " + what.answer + " and now makes " + id);
        }
        if (what.priority >= 7) sent.removeIf(s -> s.key.equals(what.key));
        remember(new Sent(what.user, what.key, what.pool, what.priority, what.waits, id));
    }

    private boolean lost(UUID id) {
        var asked = sim.requests.find(id);
        return asked == null || asked.lost;
    }

    private void remember(Sent what) {
        if (what.priority >= 7) return;
        sent.removeIf(s -> s.key.equals(what.key));
        sent.add(what);
        if (sent.size() > KEYS_REMEMBERED) sent.removeFirst();
    }

    private void end() {
        var open = new ArrayList<>(sim.requests.in("ACTIVE"));
        if (dice.chance(0.3)) open.addAll(sim.requests.in("QUEUED"));
        if (open.isEmpty()) return;
        end(dice.pick(open));
    }

    /** Gives back, or gives up. */
    void end(Requests.Asked asked) {
        var replica = sim.chaos.anyUp();
        if (replica == null) return;
        replica.run(
                new Act(replica, asked.user + " ends " + Simulation.brief(asked.id.toString())),
                false,
                () -> {
                    asked.ended = true;
                    replica.engine()
                            .allocations
                            .find(asked.id)
                            .ifPresent(
                                    a ->
                                            sim.note(
                                                    ""
                                                            + replica.engine()
                                                                    .allocator
                                                                    .end(
                                                                            a,
                                                                            a.user(),
                                                                            Allocation.EndReason
                                                                                    .RELEASED)));
                });
    }

    /** Asks for a VM to be started that was shut off. */
    private void restart() {
        var active = sim.requests.in("ACTIVE");
        var replica = sim.chaos.anyUp();
        if (active.isEmpty() || replica == null) return;
        var off = active.stream().filter(a -> isOff(a.row)).toList();
        var asked = dice.pick(off.isEmpty() ? active : off);
        replica.run(
                new Act(replica, asked.user + " restarts " + Simulation.brief(asked.id.toString())),
                false,
                () -> {
                    boolean done = replica.engine().allocator.restart(asked.id, asked.user);
                    if (done) sim.tally.count(Mischief.RESTARTED);
                    sim.note("" + done);
                });
    }

    private boolean isOff(View.@Nullable ClaimRow claim) {
        return claim != null
                && claim.vm() != null
                && sim.skies.truth().stream()
                        .anyMatch(
                                i ->
                                        i.stoppedAt() != null
                                                && claim.vm().toString().equals(i.tags().vmId()));
    }

    private void extend() {
        var active = sim.requests.in("ACTIVE");
        var replica = sim.chaos.anyUp();
        if (active.isEmpty() || replica == null) return;
        var asked = dice.pick(active);
        replica.run(
                new Act(replica, asked.user + " extends " + Simulation.brief(asked.id.toString())),
                false,
                () -> {
                    var by = Duration.ofMinutes(dice.between(2, 40));
                    sim.note("" + replica.engine().allocator.extend(asked.id, by, asked.user));
                });
    }
}
