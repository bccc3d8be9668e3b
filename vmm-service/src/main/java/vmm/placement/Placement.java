package vmm.placement;

import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/** Chooses where the next VM goes. */
public final class Placement {
    /**
     * The one farthest below its share first; a weight of 0 only when nothing else is usable; then
     * the fleet file's order.
     */
    private static final Comparator<Shelf> BY_SHARE =
            Comparator.<Shelf, Boolean>comparing(s -> s.weight() == 0)
                    .thenComparingDouble(s -> (s.counted() + 1.0) / Math.max(s.weight(), 1))
                    .thenComparingInt(Shelf::position);

    private Placement() {}

    public static Optional<Shelf> choose(List<Shelf> shelves) {
        return shelves.stream().filter(Shelf::usable).min(BY_SHARE);
    }
}
