package vmm.fleet;

import java.util.List;

/**
 * A fleet file that cannot be used: every problem found in it, one a line, as {@code file:line:
 * what to do}.
 */
public final class FleetRefused extends RuntimeException {

    private static final long serialVersionUID = 1;

    private final List<String> problems;

    FleetRefused(List<String> problems) {
        super(String.join(System.lineSeparator(), problems));
        this.problems = List.copyOf(problems);
    }

    public List<String> problems() {
        return problems;
    }
}
