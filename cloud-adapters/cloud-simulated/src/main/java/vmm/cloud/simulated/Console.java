package vmm.cloud.simulated;

import vmm.cloud.Instance;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** What an instance would have written to its console, made from the instants of its row. */
final class Console {

    private Console() {}

    /** Empty for one that has not begun to run. */
    static Optional<String> of(SimulatedInstance instance, Instant now) {
        var runs = instance.runsAt();
        if (runs == null || runs.isAfter(now)) return Optional.empty();
        var lines = new ArrayList<String>();
        lines.add(line(0, "Booting image " + instance.image() + " on " + instance.flavor()));
        lines.add(line(120, "random: crng init done"));
        lines.add(line(950, "eth0: link is up, address " + Guest.address(instance.id())));
        lines.add(line(1400, "cloud-init: user data was read (not shown)"));
        lines.addAll(guest(instance, runs, now));
        return Optional.of(String.join("\n", lines) + "\n");
    }

    private static List<String> guest(SimulatedInstance instance, Instant runs, Instant now) {
        var stopped = instance.stoppedAt();
        if (instance.statusAt(now) == Instance.Status.STOPPED && stopped != null) {
            return List.of(line(since(runs, stopped), "reboot: Power down"));
        }
        var reports = instance.reportsAt();
        return reports == null || reports.isAfter(now)
                ? List.of(line(1800, "vmm-guest: starting"))
                : List.of(
                        line(1800, "vmm-guest: starting"),
                        line(since(runs, reports), "vmm-guest: up"),
                        instance.name() + " login: ");
    }

    private static long since(Instant began, Instant then) {
        return Math.max(1800, Duration.between(began, then).toMillis());
    }

    private static String line(long millis, String text) {
        return String.format(Locale.ROOT, "[%12.6f] %s", millis / 1000.0, text);
    }
}
