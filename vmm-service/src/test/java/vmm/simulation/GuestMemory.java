package vmm.simulation;

import org.jspecify.annotations.Nullable;

import vmm.guest.GuestReports;

import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;

/** What guests reported and the service accepted, and of what it warned. */
final class GuestMemory {
    /** Replicas' clocks differ a little. */
    private static final Duration TOLERANCE = Duration.ofSeconds(3);

    private static final class Reports {
        /** When it reported, and the last use that was known then; MIN for none. */
        private final TreeMap<Instant, Instant> times = new TreeMap<>();

        private @Nullable Instant lastUse() {
            return times.values().stream()
                    .filter(use -> use.isAfter(Instant.MIN))
                    .max(Comparator.naturalOrder())
                    .orElse(null);
        }
    }

    private final Map<UUID, Reports> reports = new HashMap<>();
    private final Map<UUID, Instant> warned = new HashMap<>();

    void accepted(UUID vm, @Nullable Instant lastUse, Instant now) {
        var of = reports.computeIfAbsent(vm, id -> new Reports());
        of.times.put(now, lastUse == null ? Instant.MIN : lastUse);
    }

    void warned(UUID claim, Instant at) {
        warned.put(claim, at);
    }

    void withdrawn(UUID claim) {
        warned.remove(claim);
    }

    /**
     * Our tables went back: what was reported since the copy is forgotten by the service, and so
     * are its warnings.
     */
    void forgetSince(Instant copy, Map<UUID, Instant> warnings) {
        reports.values().forEach(of -> of.times.tailMap(copy, false).clear());
        warned.clear();
        warned.putAll(warnings);
    }

    /** What is wrong with calling a claim abandoned, null if nothing is. */
    @Nullable String objection(View.ClaimRow claim, Duration idle, Duration warning) {
        var end = java.util.Objects.requireNonNull(claim.endedAt());
        var granted = java.util.Objects.requireNonNull(claim.grantedAt());
        var since = end.minus(idle);
        if (granted.isAfter(since.plus(TOLERANCE))) return "it was granted only at " + granted;
        var told = warned.get(claim.id());
        if (told == null) return "nobody was warned";
        if (told.isAfter(end.minus(warning).plus(TOLERANCE)))
            return "the warning went out only at " + told;
        var of = reports.get(java.util.Objects.requireNonNull(claim.vm()));
        if (of == null || of.times.isEmpty()) return "its guest never reported";
        var lastUse = of.lastUse();
        if (lastUse != null && lastUse.isAfter(since.plus(TOLERANCE)))
            return "it was used at " + lastUse;
        boolean used = lastUse != null && !lastUse.isBefore(granted.minus(TOLERANCE));
        if (!used && "ABANDONED".equals(claim.endReason())) return "nobody ever came";
        if (lastUse != null
                && lastUse.isAfter(granted.plus(TOLERANCE))
                && "NEVER_CONNECTED".equals(claim.endReason()))
            return "somebody came at " + lastUse;
        return silence(of, since, end);
    }

    private static @Nullable String silence(Reports of, Instant since, Instant end) {
        var before = of.times.floorKey(since.plus(TOLERANCE));
        if (before == null) return "its guest said nothing before " + of.times.firstKey();
        var longest = GuestReports.SILENCE.plus(TOLERANCE);
        var last = before;
        for (var at : of.times.tailMap(before, false).keySet()) {
            if (at.isAfter(end)) break;
            if (last.plus(longest).isBefore(at))
                return "its guest was silent from " + last + " to " + at;
            last = at;
        }
        return last.plus(longest).isBefore(end) ? "its guest is silent since " + last : null;
    }
}
