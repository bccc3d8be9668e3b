package vmm.reconcile;

import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** Measured times from launch to READY, in seconds, shortest first. */
record LaunchTimes(List<Double> seconds) {
    static LaunchTimes of(List<Double> sorted) {
        return new LaunchTimes(sorted);
    }

    Optional<Duration> p95() {
        return quantile(0.95);
    }

    /** The nearest-rank quantile; empty without a measurement. */
    Optional<Duration> quantile(double q) {
        if (seconds.isEmpty()) return Optional.empty();
        int rank = (int) Math.ceil(q * seconds.size());
        return Optional.of(Duration.ofMillis((long) (seconds.get(Math.max(rank, 1) - 1) * 1000)));
    }
}
