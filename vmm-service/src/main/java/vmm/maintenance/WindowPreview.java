package vmm.maintenance;

import io.swagger.v3.oas.annotations.media.Schema;

import org.jspecify.annotations.Nullable;

import vmm.clouds.QuotaRoom;
import vmm.maintenance.MaintenanceWindow.Kind;
import vmm.placement.Placement;
import vmm.placement.Shelf;
import vmm.pool.Pool;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.UUID;
import java.util.stream.Collectors;

/**
 * What a window would do, in numbers: a pure function of counts as they are now, with the choice of
 * clouds that refill makes.
 *
 * @param leadSeconds the longest of the cloud's pools, 0 unless UNAVAILABLE
 * @param enough whether no pool misses anything at the start
 */
@Schema(name = "MaintenanceWindowPreview")
record WindowPreview(
        long leadSeconds,
        Instant preparationBegins,
        boolean enough,
        String summary,
        List<PoolPreview> pools,
        List<Session> sessions) {

    private static final int UNLIMITED = 1_000_000;

    /**
     * Which window it is about.
     *
     * @param lead zero unless UNAVAILABLE
     */
    record Proposal(
            String cloud,
            Kind kind,
            Instant from,
            Instant to,
            Duration lead,
            Instant preparationBegins) {}

    /**
     * Another cloud.
     *
     * @param cap our own, null for none
     * @param live rows there that are not DELETED
     * @param quota what its quota leaves, if that is known
     * @param obstacle why nothing may be launched there, null if something may
     * @param lastResort whether it is used only where nothing else has room
     */
    record Elsewhere(
            String cloud,
            @Nullable Integer cap,
            int live,
            Optional<QuotaRoom.Left> quota,
            @Nullable String obstacle,
            boolean lastResort) {

        Room room() {
            return new Room(byCap(), quota);
        }

        private int byCap() {
            return cap == null ? UNLIMITED : Math.max(0, cap - live);
        }

        /** What is in the way of more of a flavor, with its number. */
        String limit(String flavor) {
            var tightest = quota.flatMap(left -> left.tightest(flavor)).orElse(null);
            if (tightest == null || tightest.fits() >= byCap()) {
                return "the cap of " + cloud + " (" + cap + ") leaves " + byCap();
            }
            return "the quota of "
                    + cloud
                    + " leaves "
                    + (tightest.each() == 1 ? "" : tightest.left() + " " + tightest.of() + ", ")
                    + tightest.fits()
                    + (tightest.each() == 1
                            ? ""
                            : " of " + flavor + " with " + tightest.each() + " each");
        }
    }

    /** What another cloud has left while launches are given out, of all flavors together. */
    record Room(int byCap, Optional<QuotaRoom.Left> quota) {
        static final Room NONE = new Room(0, Optional.empty());

        int of(String flavor) {
            return quota.flatMap(left -> left.tightest(flavor))
                    .map(limit -> Math.min(limit.fits(), byCap))
                    .orElse(byCap);
        }

        Room without(String flavor) {
            return new Room(byCap - 1, quota.map(left -> left.without(flavor)));
        }
    }

    /**
     * A pool as it is.
     *
     * @param target the highest between preparation and end
     * @param live VMs that count for the maximum
     * @param inUse of those, the ones that are allocated or held, on any cloud
     * @param countedElsewhere READY and warming ones on clouds that stay
     */
    record PoolNow(
            String name,
            int target,
            int maxSize,
            int live,
            int inUse,
            int readyThere,
            int warmingThere,
            int allocatedThere,
            int countedElsewhere,
            List<Placed> placements) {

        int wanted() {
            return Math.clamp(target, 0, Math.max(0, maxSize - inUse));
        }

        double fill() {
            return (double) countedElsewhere / Math.max(1, target);
        }
    }

    /**
     * A placement with the pool's VMs that are there.
     *
     * @param counted READY or warming
     * @param live not DELETED
     */
    record Placed(Pool.Place place, int counted, int live) {}

    /** What becomes of one pool. */
    @Schema(name = "MaintenancePoolPreview")
    record PoolPreview(
            String pool,
            int readyThere,
            int warmingThere,
            int allocatedThere,
            int target,
            List<Raise> raised,
            int missing,
            String why) {

        int lost() {
            return readyThere + warmingThere;
        }
    }

    /** Launches on another cloud. */
    @Schema(name = "MaintenanceRaise")
    record Raise(String cloud, int by) {}

    /** A machine in use there whose lease lasts into the window. */
    @Schema(name = "MaintenanceSession")
    record Session(
            UUID allocationId,
            String user,
            String vmType,
            UUID vm,
            Instant expiresAt,
            boolean endsWithin) {}

    /**
     * Pools take the rooms of the other clouds in the order in which refill serves them: the
     * emptiest first.
     */
    static WindowPreview of(
            Proposal proposal,
            List<PoolNow> pools,
            Map<String, Elsewhere> elsewhere,
            List<Session> sessions) {
        var rooms = new HashMap<String, Room>();
        elsewhere.forEach((name, cloud) -> rooms.put(name, cloud.room()));
        var previews =
                pools.stream()
                        .sorted(
                                Comparator.comparingDouble(PoolNow::fill)
                                        .thenComparing(PoolNow::name))
                        .map(
                                pool ->
                                        proposal.kind() == Kind.UNAVAILABLE
                                                ? replaced(proposal, pool, elsewhere, rooms)
                                                : kept(proposal, pool, elsewhere))
                        .sorted(Comparator.comparing(PoolPreview::pool))
                        .toList();
        return new WindowPreview(
                proposal.lead().toSeconds(),
                proposal.preparationBegins(),
                previews.stream().allMatch(pool -> pool.missing() == 0),
                summary(proposal, previews, sessions),
                previews,
                sessions);
    }

    /** Of an UNAVAILABLE window: what is there does not count, so others are launched. */
    private static PoolPreview replaced(
            Proposal proposal,
            PoolNow pool,
            Map<String, Elsewhere> elsewhere,
            Map<String, Room> rooms) {
        int needed = Math.max(0, pool.wanted() - pool.countedElsewhere());
        int bySize = Math.max(0, pool.maxSize() - pool.live());
        List<Shelf> shelves = shelves(proposal, pool, elsewhere, rooms);
        var raised = new TreeMap<String, Integer>();
        int launched = 0;
        while (launched < Math.min(needed, bySize)) {
            var chosen = Placement.choose(shelves).orElse(null);
            if (chosen == null) break;
            rooms.computeIfPresent(chosen.cloud(), (cloud, room) -> room.without(chosen.flavor()));
            shelves.replaceAll(shelf -> refitted(shelf.afterLaunchOn(chosen), rooms));
            raised.merge(chosen.cloud(), 1, Integer::sum);
            launched++;
        }
        int missing = needed - launched;
        List<String> limits =
                missing == 0
                        ? List.of()
                        : limits(pool, launched == bySize, shelves, proposal, elsewhere);
        return new PoolPreview(
                pool.name(),
                pool.readyThere(),
                pool.warmingThere(),
                pool.allocatedThere(),
                pool.target(),
                raised.entrySet().stream()
                        .map(raise -> new Raise(raise.getKey(), raise.getValue()))
                        .toList(),
                missing,
                why(pool, raised, missing, limits));
    }

    private static String why(
            PoolNow pool, Map<String, Integer> raised, int missing, List<String> limits) {
        var text = new StringBuilder();
        text.append(pool.readyThere())
                .append(" ready and ")
                .append(pool.warmingThere())
                .append(" warming there go");
        if (raised.isEmpty() && missing == 0) {
            text.append("; ")
                    .append(pool.countedElsewhere())
                    .append(" elsewhere are enough for ")
                    .append(wanted(pool));
        }
        if (!raised.isEmpty()) {
            text.append("; launched: ")
                    .append(
                            raised.entrySet().stream()
                                    .map(raise -> raise.getValue() + " on " + raise.getKey())
                                    .collect(Collectors.joining(", ")));
        }
        if (missing > 0) {
            text.append("; ")
                    .append(missing)
                    .append(" missing of ")
                    .append(wanted(pool))
                    .append(": ")
                    .append(String.join("; ", limits));
        }
        return text.toString();
    }

    private static String wanted(PoolNow pool) {
        return pool.wanted() == pool.target()
                ? "the target of " + pool.target()
                : "the target of "
                        + pool.target()
                        + ", of which max size "
                        + pool.maxSize()
                        + " leaves "
                        + pool.wanted();
    }

    /** What is in the way, each with its number. */
    private static List<String> limits(
            PoolNow pool,
            boolean byMaxSize,
            List<Shelf> shelves,
            Proposal proposal,
            Map<String, Elsewhere> elsewhere) {
        if (byMaxSize) {
            return List.of(
                    "max size "
                            + pool.maxSize()
                            + " leaves "
                            + Math.max(0, pool.maxSize() - pool.live())
                            + " while the "
                            + (pool.readyThere() + pool.warmingThere())
                            + " on "
                            + proposal.cloud()
                            + " are there; the rest follows at the start");
        }
        if (shelves.isEmpty()) return List.of("it has no placement on another cloud");
        var limits = new ArrayList<String>();
        for (var shelf : shelves) {
            if (shelf.standing() == Shelf.Standing.CLOSED) {
                limits.add(shelf.cloud() + ": " + shelf.why());
            } else if (shelf.cloudRoom() <= 0) {
                var cloud = elsewhere.get(shelf.cloud());
                if (cloud != null) limits.add(cloud.limit(shelf.flavor()));
            } else {
                limits.add(
                        "its placement on "
                                + shelf.cloud()
                                + " ("
                                + shelf.flavor()
                                + ") allows "
                                + maxVms(pool, shelf));
            }
        }
        return limits.stream().distinct().toList();
    }

    private static int maxVms(PoolNow pool, Shelf shelf) {
        return pool.placements().stream()
                .filter(placed -> placed.place().position() == shelf.position())
                .map(placed -> placed.place().maxVms())
                .map(max -> max == null ? UNLIMITED : max)
                .findFirst()
                .orElse(UNLIMITED);
    }

    /** The pool's placements on other clouds, as a planner sees them. */
    private static List<Shelf> shelves(
            Proposal proposal,
            PoolNow pool,
            Map<String, Elsewhere> elsewhere,
            Map<String, Room> rooms) {
        var shelves = new ArrayList<Shelf>();
        for (var placed : pool.placements()) {
            var place = placed.place();
            var cloud = elsewhere.get(place.cloud());
            if (cloud == null || place.cloud().equals(proposal.cloud())) continue;
            Integer most = place.maxVms();
            shelves.add(
                    new Shelf(
                            place.position(),
                            place.cloud(),
                            place.image(),
                            place.flavor(),
                            place.network(),
                            place.options(),
                            place.weight(),
                            placed.counted(),
                            most == null ? UNLIMITED : most - placed.live(),
                            rooms.getOrDefault(place.cloud(), Room.NONE).of(place.flavor()),
                            standing(cloud),
                            cloud.obstacle(),
                            false));
        }
        return shelves;
    }

    /** Flavors of a cloud share its quota: what one takes, the others have less of. */
    private static Shelf refitted(Shelf shelf, Map<String, Room> rooms) {
        return new Shelf(
                shelf.position(),
                shelf.cloud(),
                shelf.image(),
                shelf.flavor(),
                shelf.network(),
                shelf.options(),
                shelf.weight(),
                shelf.counted(),
                shelf.ownRoom(),
                rooms.getOrDefault(shelf.cloud(), Room.NONE).of(shelf.flavor()),
                shelf.standing(),
                shelf.why(),
                false);
    }

    private static Shelf.Standing standing(Elsewhere cloud) {
        if (cloud.obstacle() != null) return Shelf.Standing.CLOSED;
        return cloud.lastResort() ? Shelf.Standing.LAST_RESORT : Shelf.Standing.OFFERED;
    }

    /** Of a window that takes nothing away. */
    private static PoolPreview kept(
            Proposal proposal, PoolNow pool, Map<String, Elsewhere> elsewhere) {
        return new PoolPreview(
                pool.name(),
                pool.readyThere(),
                pool.warmingThere(),
                pool.allocatedThere(),
                pool.target(),
                List.of(),
                0,
                keptWhy(proposal, pool, elsewhere));
    }

    private static String keptWhy(
            Proposal proposal, PoolNow pool, Map<String, Elsewhere> elsewhere) {
        var rooms = new HashMap<String, Room>();
        elsewhere.forEach((name, cloud) -> rooms.put(name, cloud.room()));
        var shelves = shelves(proposal, pool, elsewhere, rooms);
        var usable =
                shelves.stream()
                        .filter(Shelf::usable)
                        .map(Shelf::cloud)
                        .distinct()
                        .sorted()
                        .toList();
        if (!usable.isEmpty()) {
            return "nothing is lost; launches go to " + String.join(", ", usable);
        }
        if (proposal.kind() == Kind.AT_RISK) {
            return "nothing is lost; launches still go there: no other cloud has room";
        }
        return "nothing is lost, but what is taken is not replaced before the end: "
                + String.join("; ", limits(pool, false, shelves, proposal, elsewhere));
    }

    private static String summary(
            Proposal proposal, List<PoolPreview> pools, List<Session> sessions) {
        return what(proposal, pools) + " " + who(proposal, sessions);
    }

    private static String what(Proposal proposal, List<PoolPreview> pools) {
        int lost = pools.stream().mapToInt(PoolPreview::lost).sum();
        int ready = pools.stream().mapToInt(PoolPreview::readyThere).sum();
        return switch (proposal.kind()) {
            case AT_RISK ->
                    proposal.cloud()
                            + " is used only where nothing else has room; nothing is replaced.";
            case NO_NEW ->
                    "Nothing is launched on "
                            + proposal.cloud()
                            + "; the "
                            + ready
                            + " ready there are handed out.";
            case UNAVAILABLE -> {
                int raised =
                        pools.stream()
                                .flatMap(pool -> pool.raised().stream())
                                .mapToInt(Raise::by)
                                .sum();
                int missing = pools.stream().mapToInt(PoolPreview::missing).sum();
                yield proposal.cloud()
                        + " loses "
                        + lost
                        + " ready or warming VMs of "
                        + pools.stream().filter(pool -> pool.lost() > 0).count()
                        + " pools; "
                        + raised
                        + " are launched on other clouds before the start, "
                        + missing
                        + " remain missing"
                        + pools.stream()
                                .filter(pool -> pool.missing() > 0)
                                .map(pool -> pool.pool() + " " + pool.missing())
                                .collect(
                                        Collectors.joining(
                                                ", ",
                                                missing == 0 ? "" : " (",
                                                missing == 0 ? "" : ")"))
                        + ".";
            }
        };
    }

    private static String who(Proposal proposal, List<Session> sessions) {
        return "Machines in use there at the start: "
                + sessions.size()
                + ", of which "
                + sessions.stream().filter(Session::endsWithin).count()
                + " have leases that end before "
                + proposal.to()
                + ".";
    }
}
