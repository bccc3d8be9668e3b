package vmm.fleet;

import org.yaml.snakeyaml.nodes.Node;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.Set;

/** What is wrong with a fleet file, gathered to be told all at once. */
final class Problems {

    private static final int MOST_TOLD = 200;

    private final String file;
    private final Set<Problem> found = new LinkedHashSet<>();

    Problems(String file) {
        this.file = file;
    }

    void add(Node where, String what) {
        add(where.getStartMark().getLine() + 1, what);
    }

    /** A problem at a line, the first being 1; 0 for the file as such. */
    void add(int line, String what) {
        found.add(new Problem(line, what));
    }

    /** Refuses the file if anything is wrong with it. */
    void refuseAny() {
        if (!found.isEmpty()) throw refused();
    }

    FleetRefused refused() {
        var told =
                new ArrayList<>(
                        found.stream()
                                .sorted(Comparator.comparingInt(Problem::line))
                                .map(
                                        p ->
                                                file
                                                        + (p.line() == 0 ? "" : ":" + p.line())
                                                        + ": "
                                                        + p.what())
                                .limit(MOST_TOLD)
                                .toList());
        if (found.size() > MOST_TOLD) told.add(file + ": … " + found.size() + " problems in all");
        return new FleetRefused(told);
    }

    private record Problem(int line, String what) {}
}
