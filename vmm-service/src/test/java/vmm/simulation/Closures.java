package vmm.simulation;

import org.jspecify.annotations.Nullable;

import vmm.maintenance.MaintenanceWindow.Kind;
import vmm.simulation.View.EventRow;
import vmm.simulation.View.WindowRow;

import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.function.Predicate;

/**
 * Whether maintenance windows keep launches away, and take back what they may and nothing else. A
 * plan goes by the windows themselves; what was planned before is kept from being sent once a pass
 * of reclaim has written down that the window is on.
 */
final class Closures {
    /** How far the clocks of two replicas are apart, and some rounding. */
    private static final Duration SKEW = Duration.ofSeconds(2);

    /** A version of a window. */
    private record Edition(UUID window, long version) {}

    private final VirtualTime time;
    private final Map<Edition, Instant> known = new HashMap<>();
    private final Map<Edition, Instant> written = new HashMap<>();
    private List<WindowRow> windows = List.of();

    Closures(VirtualTime time) {
        this.time = time;
    }

    /** What our table says after a step. */
    void see(List<WindowRow> now) {
        windows = now;
        for (var window : now) known.putIfAbsent(edition(window), time.instant());
    }

    /** Our tables went back to a copy: what was written down since is lost. */
    void restored(List<WindowRow> now) {
        known.clear();
        written.clear();
        see(now);
    }

    /** A pass of reclaim is over. */
    void turned() {
        var now = time.instant();
        windows.stream()
                .filter(window -> window.isSurelyOn(now, SKEW))
                .forEach(window -> written.putIfAbsent(edition(window), now));
    }

    /** A row is made for a VM to be launched. */
    void planned(EventRow event, String cloud) {
        var window = find(cloud, w -> w.kind() != Kind.AT_RISK && w.isOn(event.at()));
        if (window != null)
            throw new Violation(
                    "4.3", event.vm() + " is planned on " + cloud + " within " + window);
    }

    /** Before a create goes out. */
    void sending(String cloud, String vm) {
        var now = time.instant();
        var window =
                find(
                        cloud,
                        w ->
                                w.kind() != Kind.AT_RISK
                                        && w.isSurelyOn(now, SKEW)
                                        && written.containsKey(edition(w)));
        if (window != null)
            throw new Violation(
                    "4.3", "a create for " + vm + " on " + cloud + " goes out within " + window);
    }

    /** A VM goes: drained only within a window, and never vanished in one. */
    void going(Act act, EventRow event, String cloud) {
        if ("CLOUD_DRAINED".equals(event.reason())
                && find(cloud, w -> isAway(w) && w.isOn(event.at())) == null) {
            throw new Violation("4.3", event.vm() + " is drained, and " + cloud + " is not away");
        }
        var judged = act.judgedAt;
        if (!"VANISHED".equals(event.reason()) || judged == null) return;
        var window =
                find(
                        cloud,
                        w ->
                                isAway(w)
                                        && w.isSurelyOn(judged, SKEW)
                                        && !known.getOrDefault(edition(w), Instant.MAX)
                                                .isAfter(judged));
        if (window != null)
            throw new Violation("4.3", event.vm() + " vanished on " + cloud + " within " + window);
    }

    private static boolean isAway(WindowRow window) {
        return window.kind() == Kind.UNAVAILABLE;
    }

    private @Nullable WindowRow find(String cloud, Predicate<WindowRow> which) {
        return windows.stream()
                .filter(window -> window.cloud().equals(cloud))
                .filter(which)
                .findFirst()
                .orElse(null);
    }

    private static Edition edition(WindowRow window) {
        return new Edition(window.id(), window.version());
    }
}
