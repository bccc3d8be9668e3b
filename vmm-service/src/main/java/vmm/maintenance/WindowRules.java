package vmm.maintenance;

import vmm.maintenance.MaintenanceWindow.Kind;
import vmm.web.Problem;

import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;

/** What must hold for a window, told by field. */
final class WindowRules {
    static final int LONGEST_NOTE = 500;
    static final Duration LONGEST = Duration.ofDays(90);
    static final Duration FARTHEST = Duration.ofDays(5 * 365 + 1);

    private WindowRules() {}

    /** Throws 422 with all that is wrong with a window to be. */
    static void require(Wanted wanted, Instant now) {
        refuse(broken(wanted, now));
    }

    /** Throws 422 with all that is wrong with a change of one that is not over. */
    static void requireChange(MaintenanceWindow before, Wanted wanted, Instant now) {
        var broken = new ArrayList<>(broken(wanted, now));
        boolean begun = !now.isBefore(before.from());
        if (begun && !wanted.from().equals(before.from())) {
            broken.add(new Problem.Field("from", "has passed: it stays " + before.from()));
        }
        if (begun && before.kind() == Kind.UNAVAILABLE && wanted.kind() != Kind.UNAVAILABLE) {
            broken.add(
                    new Problem.Field(
                            "kind",
                            "it has begun and its VMs are drained: end it, and enter another"));
        }
        refuse(broken);
    }

    private static List<Problem.Field> broken(Wanted wanted, Instant now) {
        var broken = new ArrayList<Problem.Field>();
        if (!wanted.from().isBefore(wanted.to())) {
            broken.add(new Problem.Field("to", "must be after from"));
        } else if (!wanted.to().isAfter(now)) {
            broken.add(
                    new Problem.Field(
                            "to", "has passed: it is " + now.truncatedTo(ChronoUnit.SECONDS)));
        } else if (wanted.from().plus(LONGEST).isBefore(wanted.to())) {
            broken.add(
                    new Problem.Field(
                            "to", "must be at most " + LONGEST.toDays() + " days after from"));
        }
        if (wanted.from().isAfter(now.plus(FARTHEST))) {
            broken.add(new Problem.Field("from", "must be within the next five years"));
        }
        return broken;
    }

    private static void refuse(List<Problem.Field> broken) {
        if (!broken.isEmpty()) throw Problem.unprocessable(broken);
    }

    /** A window as somebody asks for it, right or wrong; times to the second. */
    record Wanted(Instant from, Instant to, Kind kind, String note) {
        static Wanted of(Instant from, Instant to, Kind kind, String note) {
            return new Wanted(
                    from.truncatedTo(ChronoUnit.SECONDS),
                    to.truncatedTo(ChronoUnit.SECONDS),
                    kind,
                    note.strip());
        }
    }
}
