package vmm.placement;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Chooses where the next VM goes. */
public final class Placement {
    /**
     * What is offered before a last resort, and that before where launches are late; a weight of 0
     * only when nothing else is usable; then the one farthest below its share; then the fleet
     * file's order.
     */
    private static final Comparator<Shelf> BY_SHARE =
            Comparator.<Shelf, Boolean>comparing(s -> s.standing() != Shelf.Standing.OFFERED)
                    .thenComparing(s -> s.standing() != Shelf.Standing.LAST_RESORT)
                    .thenComparing(s -> s.weight() == 0)
                    .thenComparingDouble(s -> (s.counted() + 1.0) / Math.max(s.weight(), 1))
                    .thenComparingInt(Shelf::position);

    private Placement() {}

    public static Optional<Shelf> choose(List<Shelf> shelves) {
        return shelves.stream().filter(Shelf::usable).min(BY_SHARE);
    }

    /**
     * How far each of the shelves that are offered is from its share, by position: as if they were
     * all placed anew, and no more of them than are wanted. Positive where there are too many.
     */
    public static Map<Integer, Integer> excess(List<Shelf> shelves, int wanted) {
        var offered = shelves.stream().filter(s -> s.standing() == Shelf.Standing.OFFERED).toList();
        var excess = new HashMap<Integer, Integer>();
        offered.forEach(shelf -> excess.put(shelf.position(), shelf.counted()));
        var empty = new ArrayList<Shelf>();
        for (var shelf : offered) {
            int onCloud =
                    offered.stream()
                            .filter(s -> s.cloud().equals(shelf.cloud()))
                            .mapToInt(Shelf::counted)
                            .sum();
            empty.add(shelf.emptied(onCloud));
        }
        int there = offered.stream().mapToInt(Shelf::counted).sum();
        int together = Math.min(there, wanted);
        for (int n = 0; n < together; n++) {
            var chosen = choose(empty).orElse(null);
            if (chosen == null) return Map.of();
            empty.replaceAll(shelf -> shelf.afterLaunchOn(chosen));
            excess.merge(chosen.position(), -1, Integer::sum);
        }
        return excess;
    }
}
