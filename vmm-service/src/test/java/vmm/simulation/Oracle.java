package vmm.simulation;

import org.jspecify.annotations.Nullable;

import vmm.simulation.View.ClaimRow;
import vmm.simulation.View.EventRow;
import vmm.vm.VmState;

import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.UUID;

/**
 * Checks after every step what must always hold, from our tables and from what it remembers of the
 * world.
 */
final class Oracle {
    private static final Duration TOLERANCE = Duration.ofSeconds(3);

    private final View.Reader reader;
    private final Limits limits;
    private final Requests requests;
    private final GuestMemory guests;
    private final Stream stream;
    private final Changes changes;
    private final Maxima maxima;
    private final Closures closures;
    private final Map<UUID, UUID> grants = new HashMap<>();
    private View view = View.NOTHING;
    private long lastEvent;
    private boolean counting = true;

    Oracle(
            Connection connection,
            Limits limits,
            Requests requests,
            Witness witness,
            GuestMemory guests,
            Closures closures,
            Tally tally)
            throws SQLException {
        this.reader = new View.Reader(connection);
        this.stream = new Stream(connection);
        this.limits = limits;
        this.requests = requests;
        this.guests = guests;
        this.changes = new Changes(limits, witness, guests, closures, tally);
        this.closures = closures;
        this.maxima = new Maxima(limits);
    }

    View view() {
        return view;
    }

    Stream stream() {
        return stream;
    }

    /**
     * An operator makes a maximum smaller, or more VMs count: what lives may stay, but not grow.
     */
    void operatorActs() {
        counting = false;
    }

    /** An operator takes a VM away that nobody has. */
    void operatorTakes(UUID vm) {
        changes.operatorTakes(vm);
    }

    /** Who was granted a VM, as far as anybody remembers. */
    @Nullable UUID grantOf(UUID vm) {
        return grants.get(vm);
    }

    /** Checks a step; what is new since the last one, in words. */
    List<EventRow> check(Act act) throws SQLException {
        var before = view;
        var now = reader.read(lastEvent);
        view = now;
        closures.see(now.windows());
        for (var event : now.events()) {
            lastEvent = Math.max(lastEvent, event.id());
            changes.check(act, event, before, now);
        }
        changes.checkStates(now);
        claims(before, now);
        if (counting) maxima.check(before, now);
        counting = true;
        return now.events();
    }

    private void claims(View before, View now) throws SQLException {
        var given = new ArrayList<ClaimRow>();
        int active = 0;
        for (var claim : now.open().values()) {
            var asked = requests.find(claim.id());
            if (asked == null) throw new Violation("8", "nobody made the request " + claim.id());
            if (asked.isIn("ENDED"))
                throw new Violation("8", claim.id() + " had ended and is " + claim.state());
            if (claim.state().equals("ACTIVE")) {
                active++;
                if (asked.row == null || asked.isIn("QUEUED")) given.add(claim);
                holds(claim, asked.row, now);
            } else if (asked.isIn("ACTIVE"))
                throw new Violation("1", claim.id() + " was granted and waits again");
            if (claim.state().equals("QUEUED") && asked.row == null && asked.acknowledged)
                nothingIsReady(claim, now);
            asked.row = claim;
        }
        long allocated =
                now.vms().values().stream().filter(vm -> vm.state() == VmState.ALLOCATED).count();
        if (allocated != active)
            throw new Violation("1", allocated + " VMs are allocated to " + active + " claims");
        for (var claim : given) granted(claim, before, now);
        ended(now);
    }

    private void holds(ClaimRow claim, @Nullable ClaimRow was, View now) {
        var vm = required(claim.vm());
        var row = now.vms().get(vm);
        if (row == null || row.state() != VmState.ALLOCATED) {
            throw new Violation(
                    "2",
                    claim.id()
                            + " is active and its VM "
                            + vm
                            + " is "
                            + (row == null ? "gone" : row.state()));
        }
        if (was != null && was.vm() != null && !vm.equals(was.vm())) {
            throw new Violation("1", claim.id() + " had " + was.vm() + " and has " + vm);
        }
    }

    private void granted(ClaimRow claim, View before, View now) {
        var vm = required(claim.vm());
        var other = grants.put(vm, claim.id());
        if (other != null && !other.equals(claim.id())) {
            throw new Violation("1", vm + " was granted to " + other + " and to " + claim.id());
        }
        var row = before.vms().get(vm);
        if (row != null && row.held())
            throw new Violation("2", vm + " is held and was granted to " + claim.id());
        for (var waiting : now.open().values()) {
            boolean passedOver =
                    waiting.pool() == claim.pool()
                            && waiting.state().equals("QUEUED")
                            && before.open().containsKey(waiting.id())
                            && waiting.before(claim);
            if (passedOver)
                throw new Violation(
                        "7", waiting.id() + " waits, and " + claim.id() + " behind it was granted");
        }
    }

    /** What is no longer open must have ended, and truly for the reason that is kept. */
    private void ended(View now) throws SQLException {
        var gone = new ArrayList<UUID>();
        for (var asked : requests.all()) {
            if (asked.lost || asked.isIn("ENDED") || now.open().containsKey(asked.id)) continue;
            if (asked.row != null || asked.acknowledged) gone.add(asked.id);
        }
        if (gone.isEmpty()) return;
        var rows = reader.claims(gone);
        for (var id : gone) {
            var row = rows.get(id);
            var asked = required(requests.find(id));
            if (row == null) throw new Violation("8", "the request " + id + " is lost");
            new Endings(limits, guests).check(asked, row);
            if ("REFUSED".equals(row.endReason())) nothingIsReady(row, now);
            asked.row = row;
        }
    }

    /** Nobody is told to wait, or to go, while something is READY. */
    private static void nothingIsReady(ClaimRow claim, View now) {
        for (var vm : now.vms().values()) {
            if (vm.pool() == claim.pool() && vm.state() == VmState.READY && !vm.held()) {
                throw new Violation(
                        "11",
                        claim.id()
                                + " is told "
                                + claim.state()
                                + ", and "
                                + vm.id()
                                + " is READY");
            }
        }
    }

    /** A pass that was shown the instance of a REQUESTED row has adopted it at its end. */
    void passOver(Act act) {
        for (var vm : act.shown) {
            var version = act.requestedBefore.get(vm);
            var row = view.vms().get(vm);
            if (version != null
                    && row != null
                    && row.state() == VmState.REQUESTED
                    && row.version() == version) {
                throw new Violation(
                        "5",
                        "the listing showed the instance of " + vm + ", and nobody adopted it");
            }
        }
    }

    /**
     * All rows of requests, now and then: what ended stays so, nothing acknowledged is lost, one
     * request a key.
     */
    void audit(Instant now) throws SQLException {
        stream.check();
        var rows = reader.allClaims();
        var byKey = new TreeMap<String, UUID>();
        for (var asked : requests.all()) {
            var row = rows.remove(asked.id);
            if (row == null) {
                boolean old =
                        asked.row != null
                                && asked.row.endedAt() != null
                                && asked.row
                                        .endedAt()
                                        .plus(Engine.RETENTION.allocations())
                                        .minus(TOLERANCE)
                                        .isBefore(now);
                if (old) asked.lost = true;
                else if (asked.acknowledged && !asked.lost)
                    throw new Violation("8", "the request " + asked.id + " is lost");
                continue;
            }
            if (asked.isIn("ENDED") && !row.equals(asked.row)) {
                throw new Violation(
                        "8", asked.id + " had ended as " + asked.row + " and is now " + row);
            }
            if (asked.key == null || "REFUSED".equals(row.endReason())) continue;
            var twin = byKey.put(asked.user + "/" + asked.key, asked.id);
            if (twin != null)
                throw new Violation(
                        "8", "the key " + asked.key + " stands for " + twin + " and " + asked.id);
        }
        if (!rows.isEmpty()) throw new Violation("8", "nobody made the requests " + rows.keySet());
    }

    /** Our tables went back to a copy of that time. */
    void restored(Instant copy) throws SQLException {
        view = View.NOTHING;
        guests.forgetSince(copy, reader.warnings());
        stream.restored();
        SortedMap<UUID, ClaimRow> rows = reader.allClaims();
        for (var asked : requests.all()) {
            asked.row = rows.get(asked.id);
            asked.lost |= asked.row == null;
        }
        var restored = reader.read(Long.MAX_VALUE - 1);
        changes.restored(restored);
        closures.restored(restored.windows());
        lastEvent = stream.lastEvent();
        view = restored;
    }

    static <T> T required(@Nullable T value) {
        if (value == null) throw new Violation("6", "an event or claim lacks what it is about");
        return value;
    }
}
