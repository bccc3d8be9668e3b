package vmm.simulation;

import org.jspecify.annotations.Nullable;

import vmm.cloud.simulated.GuestTransport;

import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;

/** The wire between guests and the service, and the people who sit at the guests. */
final class GuestWire implements GuestTransport {
    /** How somebody uses a VM: from when to when. */
    private record Use(UUID claim, @Nullable Instant from, @Nullable Instant until) {}

    private final Simulation sim;
    private final Dice dice;
    private final Map<UUID, Use> uses = new HashMap<>();
    private final Map<UUID, Instant> silentUntil = new HashMap<>();

    GuestWire(Simulation sim, Dice dice) {
        this.sim = sim;
        this.dice = dice;
    }

    @Override
    public int post(String url, String token, String json) throws IOException {
        var vm = UUID.fromString(token.substring(0, token.indexOf('.')));
        if (silent(vm)) throw new IOException("the guest is silent");
        return post(url, vm, token);
    }

    private int post(String url, UUID vm, String token) throws IOException {
        var replica = sim.chaos.anyUp();
        if (replica == null) throw new IOException("nobody answers");
        if (!replica.engine().tokens.accepts(vm, token)) return 401;
        var reports = replica.engine().reports;
        var lastUse = lastUse(vm);
        try {
            if (url.endsWith("/ready"))
                return reports.ready(vm, "image", List.of(), replica.now()) ? 204 : 410;
            if (!reports.activity(vm, lastUse, replica.now())) return 410;
            sim.guests.accepted(vm, lastUse, sim.time.instant());
            return 204;
        } catch (Crash crash) {
            boolean committed = crash.getMessage().startsWith("after") && url.endsWith("/activity");
            if (committed) sim.guests.accepted(vm, lastUse, sim.time.instant());
            sim.note(replica.name() + " DIES " + crash.getMessage());
            sim.chaos.crash(replica);
            throw new IOException("the connection broke");
        }
    }

    /** A report of one guest about another is not believed. */
    void forge(UUID one, UUID other) throws IOException {
        var replica = sim.chaos.anyUp();
        if (replica == null) return;
        sim.tally.count(Mischief.FORGED_REPORT);
        int status =
                post("http://vmm/api/v1/guest/ready", other, replica.engine().tokens.token(one));
        if (status != 401 && status != 0)
            throw new Violation("6", one + " reported as " + other + ": " + status);
    }

    private boolean silent(UUID vm) {
        var now = sim.time.instant();
        var until = silentUntil.get(vm);
        if (until != null && until.isAfter(now)) return true;
        if (!sim.chaos.on() || !dice.chance(0.02)) return false;
        sim.tally.count(Mischief.GUEST_SILENT);
        silentUntil.put(vm, now.plus(dice.minutes(1, 15)));
        return true;
    }

    /** When somebody last used a VM. Some never come, some leave, some stay. */
    private @Nullable Instant lastUse(UUID vm) {
        var claim = sim.oracle.grantOf(vm);
        if (claim == null) return null;
        var now = sim.time.instant();
        var use = uses.get(vm);
        if (use == null || !use.claim.equals(claim)) {
            var from = now.plus(dice.minutes(0, 5));
            boolean comes = dice.chance(0.6);
            use =
                    new Use(
                            claim,
                            comes ? from : null,
                            comes && dice.chance(0.6) ? from.plus(dice.minutes(0, 12)) : null);
            uses.put(vm, use);
        }
        if (use.from == null || use.from.isAfter(now)) return null;
        var last = use.until == null || use.until.isAfter(now) ? now : use.until;
        return last.minus(Duration.ofMillis(dice.between(0, 20_000)));
    }
}
