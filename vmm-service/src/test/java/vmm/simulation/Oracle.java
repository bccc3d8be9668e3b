package vmm.simulation;

import org.jspecify.annotations.Nullable;

import vmm.simulation.View.ClaimRow;
import vmm.simulation.View.EventRow;
import vmm.simulation.View.VmRow;
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
    private static final Duration CREATE_GRACE = Duration.ofMinutes(2);

    private final View.Reader reader;
    private final Limits limits;
    private final Requests requests;
    private final Witness witness;
    private final GuestMemory guests;
    private final Stream stream;
    private final Tally tally;
    private final Map<UUID, VmState> chain = new HashMap<>();
    private final Map<UUID, UUID> grants = new HashMap<>();
    private final TreeMap<UUID, String> operatorTook = new TreeMap<>();
    private View view = View.NOTHING;
    private long lastEvent;
    private boolean counting = true;

    Oracle(
            Connection connection,
            Limits limits,
            Requests requests,
            Witness witness,
            GuestMemory guests,
            Tally tally)
            throws SQLException {
        this.reader = new View.Reader(connection);
        this.stream = new Stream(connection);
        this.limits = limits;
        this.requests = requests;
        this.witness = witness;
        this.guests = guests;
        this.tally = tally;
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
        operatorTook.put(vm, "");
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
        for (var event : now.events()) event(act, event, before, now);
        states(now);
        claims(act, before, now);
        if (counting) maxima(before, now);
        counting = true;
        return now.events();
    }

    private void event(Act act, EventRow event, View before, View now) throws SQLException {
        lastEvent = Math.max(lastEvent, event.id());
        if ("WARNED".equals(event.reason())) guests.warned(required(event.claim()), event.at());
        if ("WARNING_WITHDRAWN".equals(event.reason())) guests.withdrawn(required(event.claim()));
        if (event.to() == null || event.vm() == null) return;
        var vm = event.vm();
        var from = event.from() == null ? null : VmState.valueOf(event.from());
        var to = VmState.valueOf(event.to());
        var was = chain.put(vm, to);
        if (was != from)
            throw new Violation("6", vm + " was " + was + " and goes from " + from + " to " + to);
        if (from == null) {
            if (to != VmState.REQUESTED) throw new Violation("6", vm + " begins as " + to);
            return;
        }
        if (!from.canBecome(to)) throw new Violation("6", vm + " goes from " + from + " to " + to);
        tally.count(Tally.Kind.TRANSITION, from + " to " + to);
        if (to == VmState.DELETING)
            going(act, event, before.vms().get(vm), now.vms().get(vm), from);
        if (to == VmState.DELETED && act.lifecyclePass) unseen(act, event, before.vms().get(vm));
        if (to == VmState.DELETED) chain.remove(vm);
    }

    /** Whether a VM may go, for the reason that is given. */
    private void going(
            Act act, EventRow event, @Nullable VmRow before, @Nullable VmRow now, VmState from)
            throws SQLException {
        var vm = required(event.vm());
        var reason = String.valueOf(event.reason());
        String instance = now == null ? before == null ? null : before.instance() : now.instance();
        if (reason.equals("VANISHED")) witness.vanished(vm, instance, limits.truth());
        if (reason.equals("FORCED") && from != VmState.ALLOCATED && !operatorTook.containsKey(vm)) {
            throw new Violation("2", vm + " was taken by no operator");
        }
        if (from != VmState.ALLOCATED
                && before != null
                && before.held()
                && !List.of("VANISHED", "FORCED").contains(reason)) {
            throw new Violation("2", vm + " is held and goes: " + reason);
        }
        if (from == VmState.REQUESTED) tooEarly(act, before);
        boolean nothingThere =
                before != null
                        && (before.createSentAt() == null
                                || "REFUSED".equals(before.createAnswer()));
        if (act.lifecyclePass
                && Boolean.FALSE.equals(act.listed)
                && !nothingThere
                && !reason.equals("VANISHED")) {
            throw new Violation("5", vm + " goes for " + reason + " in a pass that could not list");
        }
    }

    /**
     * A create without an answer is given up on a listing that was made when its grace was over,
     * and on no other.
     */
    private void tooEarly(Act act, @Nullable VmRow before) {
        if (!act.lifecyclePass || before == null) return;
        if (before.createSentAt() == null
                || "REFUSED".equals(before.createAnswer())
                || act.listedAt == null) return;
        if (act.listedAt.isBefore(before.createSentAt().plus(CREATE_GRACE).minus(TOLERANCE))
                && !limits.deduplicates(before.cloud())) {
            throw new Violation("5", before.id() + " is given up on a listing of " + act.listedAt);
        }
    }

    /**
     * In a pass that could not list, nothing is confirmed gone but what was looked at, or never
     * made.
     */
    private static void unseen(Act act, EventRow event, @Nullable VmRow before) {
        if (!Boolean.FALSE.equals(act.listed) || before == null) return;
        boolean known =
                before.createSentAt() == null
                        || "REFUSED".equals(before.createAnswer())
                        || "VANISHED".equals(before.reason());
        if (!known && event.detail() != null && event.detail().contains("never showed")) {
            throw new Violation("5", before.id() + " is called gone in a pass that could not list");
        }
    }

    private void states(View now) {
        for (var vm : now.vms().values()) {
            if (chain.get(vm.id()) != vm.state()) {
                throw new Violation(
                        "6",
                        vm.id() + " is " + vm.state() + ", by its events " + chain.get(vm.id()));
            }
        }
        if (chain.size() != now.vms().size()) {
            var lost =
                    chain.keySet().stream()
                            .filter(id -> !now.vms().containsKey(id))
                            .sorted()
                            .toList();
            throw new Violation("6", "live by their events, and not in the table: " + lost);
        }
    }

    private void claims(Act act, View before, View now) throws SQLException {
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

    private void maxima(View before, View now) {
        for (var pool : limits.pools().values()) {
            long live = live(now, pool.id());
            if (live > pool.max() && live > live(before, pool.id())) {
                throw new Violation(
                        "3", pool.name() + " has " + live + " live VMs of " + pool.max());
            }
            for (var place : pool.places()) {
                long here = at(now, pool.id(), place);
                if (place.maxVms() != null
                        && here > place.maxVms()
                        && here > at(before, pool.id(), place)) {
                    throw new Violation("3", pool.name() + " has " + here + " VMs at " + place);
                }
            }
        }
        limits.caps()
                .forEach(
                        (cloud, cap) -> {
                            long here = on(now, cloud);
                            if (here > cap && here > on(before, cloud))
                                throw new Violation(
                                        "3", cloud + " has " + here + " rows of " + cap);
                        });
    }

    static long live(View view, long pool) {
        return view.vms().values().stream().filter(vm -> vm.pool() == pool && vm.live()).count();
    }

    static long on(View view, String cloud) {
        return view.vms().values().stream().filter(vm -> vm.cloud().equals(cloud)).count();
    }

    static long at(View view, long pool, Scenario.Place place) {
        return view.vms().values().stream()
                .filter(
                        vm ->
                                vm.pool() == pool
                                        && vm.cloud().equals(place.cloud())
                                        && vm.flavor().equals(place.flavor()))
                .count();
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
        chain.clear();
        guests.forgetSince(copy, reader.warnings());
        stream.restored();
        SortedMap<UUID, ClaimRow> rows = reader.allClaims();
        for (var asked : requests.all()) {
            asked.row = rows.get(asked.id);
            asked.lost |= asked.row == null;
        }
        var restored = reader.read(Long.MAX_VALUE - 1);
        for (var vm : restored.vms().values()) chain.put(vm.id(), vm.state());
        lastEvent = stream.lastEvent();
        view = restored;
    }

    private static <T> T required(@Nullable T value) {
        if (value == null) throw new Violation("6", "an event or claim lacks what it is about");
        return value;
    }
}
