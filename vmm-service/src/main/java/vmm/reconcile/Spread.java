package vmm.reconcile;

import java.util.List;
import java.util.function.Consumer;

/** How the rows of one pass are worked off: they do not depend on each other. */
@FunctionalInterface
public interface Spread {
    /** Returns when all are done; one that fails fails all, once the others are done. */
    <T> void over(List<T> rows, Consumer<T> work);
}
