package vmm.allocation;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * How long the n-th waiting request of a pool will wait: a pure function over measured launch
 * times.
 *
 * <p>Requests are granted in order, so the n-th waits until n of the pool's coming VMs are READY. A
 * VM that has been launching for {@code e} seconds is READY within {@code t} more with the
 * probability
 *
 * <pre>  F(t | e) = |{samples in (e, e + t]}| / (|{samples &gt; e}| + 1)</pre>
 *
 * <p>(the one added is the launch itself, so that few measurements promise little). Launches are
 * taken as independent, so the chance that at least n of w are READY by then is the tail of a
 * Poisson-binomial distribution; the estimate at q is the least {@code t} at which that chance
 * reaches q, or the longest that any sample allows if it never does. A VM that has taken longer
 * than every sample counts as launched now: it comes any moment or is replaced. Requests beyond the
 * launching VMs count launches that begin now, as far as there is room for them; beyond that the
 * wait depends on people who give VMs back, and nothing is said.
 */
public final class Estimates {
    private Estimates() {}

    /**
     * From now, in seconds.
     *
     * @param p50 half of such waits are shorter
     * @param p90 nine of ten are
     */
    public record Estimate(double p50, double p90) {}

    /**
     * @param n place in the queue, 1 is next
     * @param elapsed for each launching VM of the pool, seconds since its create was sent
     * @param samples measured seconds from create to READY, in any order
     * @param room how many more VMs may be launched
     * @return empty if nothing was measured or there is no room
     */
    public static Optional<Estimate> of(
            int n, List<Double> elapsed, List<Double> samples, int room) {
        if (samples.isEmpty() || n > elapsed.size() + Math.max(room, 0)) return Optional.empty();
        double[] sorted = samples.stream().mapToDouble(Double::doubleValue).sorted().toArray();
        var coming = new ArrayList<Double>();
        for (double e : elapsed) coming.add(e < sorted[sorted.length - 1] ? Math.max(e, 0) : 0);
        while (coming.size() < n) coming.add(0.0);
        double least = coming.stream().mapToDouble(Double::doubleValue).min().orElse(0);
        double longest = sorted[sorted.length - 1] - least;
        return Optional.of(
                new Estimate(
                        quantile(0.5, n, coming, sorted, longest),
                        quantile(0.9, n, coming, sorted, longest)));
    }

    /** By bisection: the chance only grows. To the tenth of a second, rounded up. */
    private static double quantile(
            double q, int n, List<Double> coming, double[] sorted, double longest) {
        double low = 0;
        double high = longest;
        while (high - low > 0.01) {
            double middle = (low + high) / 2;
            if (chance(n, middle, coming, sorted) >= q) high = middle;
            else low = middle;
        }
        return Math.ceil(high * 10) / 10;
    }

    /**
     * That at least n are READY after t: P[k] is the chance that exactly k of those looked at are,
     * P[n] that n or more are.
     */
    private static double chance(int n, double t, List<Double> coming, double[] sorted) {
        var ready = new double[n + 1];
        ready[0] = 1;
        for (double e : coming) {
            double p = within(t, e, sorted);
            ready[n] += ready[n - 1] * p;
            for (int k = n - 1; k > 0; k--) ready[k] = ready[k] * (1 - p) + ready[k - 1] * p;
            ready[0] *= 1 - p;
        }
        return ready[n];
    }

    private static double within(double t, double e, double[] sorted) {
        int longer = sorted.length - upTo(e, sorted);
        return (upTo(e + t, sorted) - (sorted.length - longer)) / (longer + 1.0);
    }

    /** How many samples are at most this long. */
    private static int upTo(double seconds, double[] sorted) {
        int low = 0;
        int high = sorted.length;
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (sorted[middle] <= seconds + 1e-9) low = middle + 1;
            else high = middle;
        }
        return low;
    }
}
