package vmm.maintenance;

import org.jspecify.annotations.Nullable;

import vmm.maintenance.MaintenanceWindow.Kind;

import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * What windows do to a cloud at a moment.
 *
 * @param reason in words, null for none
 * @param changesAt when the strength next changes by the windows that are known, null if it does
 *     not
 */
public record WindowEffect(
        Strength strength, @Nullable String reason, @Nullable Instant changesAt) {

    public static final WindowEffect NONE = new WindowEffect(Strength.NONE, null, null);

    /** From weak to strong; each includes the one before, but for NONE. */
    public enum Strength {
        NONE,
        /** Launches go there only where nothing else has room. */
        LAST_RESORT,
        /** Nothing is launched there. */
        NO_LAUNCHES,
        /** What is READY or warms there does not count: others are launched instead. */
        LEAVING,
        /** And what nobody uses is drained. */
        GONE
    }

    /** The window that rules at a moment, and how. */
    private record Ruling(Strength strength, MaintenanceWindow window) {
        /** The strongest; of equals the one that lasts longest. */
        static final Comparator<Ruling> WEAKEST_FIRST =
                Comparator.comparing(Ruling::strength)
                        .thenComparing(ruling -> ruling.window().to())
                        .thenComparing(ruling -> ruling.window().id());
    }

    public boolean mayLaunch() {
        return strength.compareTo(Strength.NO_LAUNCHES) < 0;
    }

    /** Whether READY and warming VMs there count for a pool's target. */
    public boolean counts() {
        return strength.compareTo(Strength.LEAVING) < 0;
    }

    /** Whether READY and warming VMs there are to go now. */
    public boolean drains() {
        return strength == Strength.GONE;
    }

    /** By cloud; clouds without a window are not in it ({@link #NONE}). */
    static Map<String, WindowEffect> of(List<MaintenanceWindow> windows, Instant now) {
        return windows.stream()
                .filter(window -> window.cancelledAt() == null)
                .collect(Collectors.groupingBy(MaintenanceWindow::cloud))
                .entrySet()
                .stream()
                .collect(
                        Collectors.toMap(
                                Map.Entry::getKey, cloud -> ofCloud(cloud.getValue(), now)));
    }

    private static WindowEffect ofCloud(List<MaintenanceWindow> windows, Instant now) {
        var ruling = at(windows, now);
        var strength = ruling == null ? Strength.NONE : ruling.strength();
        var changes =
                windows.stream()
                        .flatMap(w -> Stream.of(w.preparationBegins(), w.from(), w.to()))
                        .filter(turn -> turn.isAfter(now))
                        .sorted()
                        .filter(turn -> strength(at(windows, turn)) != strength)
                        .findFirst()
                        .orElse(null);
        return new WindowEffect(strength, ruling == null ? null : reason(ruling), changes);
    }

    private static @Nullable Ruling at(List<MaintenanceWindow> windows, Instant when) {
        return windows.stream()
                .map(window -> new Ruling(strength(window, when), window))
                .filter(ruling -> ruling.strength() != Strength.NONE)
                .max(Ruling.WEAKEST_FIRST)
                .orElse(null);
    }

    private static Strength strength(@Nullable Ruling ruling) {
        return ruling == null ? Strength.NONE : ruling.strength();
    }

    private static Strength strength(MaintenanceWindow window, Instant when) {
        if (!when.isBefore(window.to())) return Strength.NONE;
        if (when.isBefore(window.from())) {
            boolean preparing =
                    window.kind() == Kind.UNAVAILABLE && !when.isBefore(window.preparationBegins());
            return preparing ? Strength.LEAVING : Strength.NONE;
        }
        return switch (window.kind()) {
            case AT_RISK -> Strength.LAST_RESORT;
            case NO_NEW -> Strength.NO_LAUNCHES;
            case UNAVAILABLE -> Strength.GONE;
        };
    }

    private static String reason(Ruling ruling) {
        return (ruling.strength() == Strength.LEAVING ? "ahead of " : "") + ruling.window().words();
    }
}
