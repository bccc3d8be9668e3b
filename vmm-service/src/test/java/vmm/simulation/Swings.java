package vmm.simulation;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * How often trouble swings between two breakers of different clouds: one opens after the other was
 * closed, and then that one again.
 */
final class Swings {
    /**
     * What happened to a breaker.
     *
     * @param offering the flavor, or * for the whole cloud
     * @param kind of one that opened; a canary closes all of its offering
     */
    record Turn(Instant at, String cloud, String offering, String kind, boolean opened) {
        String breaker() {
            return cloud + " " + offering + " " + kind;
        }
    }

    /** The pair that swung most within some time, and how often. */
    record Most(String pair, int times) {}

    private static final class Breaker {
        private final String cloud;
        private final String offering;
        private boolean open;

        private Breaker(Turn turn) {
            this.cloud = turn.cloud;
            this.offering = turn.offering;
        }
    }

    /** Two breakers: which of them opened last, and when the other took over from it. */
    private static final class Pair {
        private String last = "";
        private final ArrayDeque<Instant> swings = new ArrayDeque<>();
    }

    private final Duration within;
    private final Map<String, Breaker> breakers = new TreeMap<>();
    private final Map<String, Pair> pairs = new TreeMap<>();
    private Most most = new Most("", 0);

    private Swings(Duration within) {
        this.within = within;
    }

    /**
     * @param turns in the order of time
     */
    static Most most(List<Turn> turns, Duration within) {
        var swings = new Swings(within);
        for (var turn : turns) {
            if (turn.opened) swings.opened(turn);
            else swings.closed(turn);
        }
        return swings.most;
    }

    private void closed(Turn turn) {
        breakers.values().stream()
                .filter(b -> b.cloud.equals(turn.cloud) && b.offering.equals(turn.offering))
                .forEach(b -> b.open = false);
    }

    private void opened(Turn turn) {
        String name = turn.breaker();
        breakers.forEach(
                (other, breaker) -> {
                    if (!breaker.cloud.equals(turn.cloud)) swing(other, breaker, name, turn.at);
                });
        breakers.computeIfAbsent(name, n -> new Breaker(turn)).open = true;
    }

    private void swing(String other, Breaker breaker, String name, Instant at) {
        String key = other.compareTo(name) < 0 ? other + " / " + name : name + " / " + other;
        var pair = pairs.computeIfAbsent(key, k -> new Pair());
        boolean tookOver = !pair.last.equals(name) && !breaker.open;
        pair.last = name;
        if (!tookOver) return;
        pair.swings.add(at);
        while (pair.swings.getFirst().isBefore(at.minus(within))) pair.swings.removeFirst();
        if (pair.swings.size() > most.times) most = new Most(key, pair.swings.size());
    }
}
