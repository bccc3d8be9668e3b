package vmm.simulation;

import org.junit.jupiter.api.Test;

import vmm.allocation.ConcurrentClaimsTest;

import java.lang.reflect.InvocationTargetException;
import java.util.ArrayList;
import java.util.List;

/**
 * Looks for what is wrong with the engine on the class path, in as many seeds as are named, then by
 * concurrent claims. Prints what it found and ends with 1, or with 0 if it found nothing: {@code
 * .ci/mutants.sh} runs it on mutants.
 */
public final class Hunt {
    private Hunt() {}

    /**
     * @param arguments simulation or concurrency, then how many seeds
     */
    public static void main(String[] arguments) {
        var found =
                arguments[0].equals("concurrency")
                        ? concurrency()
                        : simulation(Long.parseLong(arguments[1]));
        System.out.println(found.isEmpty() ? "SURVIVED" : "CAUGHT " + found.getFirst());
        // The database ends with the process.
        System.exit(found.isEmpty() ? 0 : 1);
    }

    private static List<String> simulation(long seeds) {
        var run = new SimulationRun(false);
        run.run(1, seeds, 0, java.time.Duration.ZERO);
        return run.failures().stream()
                .map(f -> "seed " + f.seed() + ", step " + f.step() + ", invariant " + f.what())
                .toList();
    }

    private static List<String> concurrency() {
        SimulationRun.quiet();
        var found = new ArrayList<String>();
        for (var method : ConcurrentClaimsTest.class.getDeclaredMethods()) {
            if (!method.isAnnotationPresent(Test.class)) continue;
            var test = new ConcurrentClaimsTest();
            test.begin();
            try {
                method.invoke(test);
            } catch (InvocationTargetException e) {
                String why =
                        String.valueOf(e.getCause().getMessage())
                                .strip()
                                .lines()
                                .findFirst()
                                .orElse("");
                found.add("ConcurrentClaimsTest." + method.getName() + ": " + why);
            } catch (IllegalAccessException e) {
                throw new IllegalStateException(e);
            } finally {
                test.end();
            }
            if (!found.isEmpty()) return found;
        }
        return found;
    }
}
