package vmm.allocation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.stream.DoubleStream;

class EstimatesTest {
    /**
     * 10, 20 … 90 seconds: each a tenth of what is to be expected, and a tenth for the unexpected.
     */
    private static final List<Double> NINE = seconds(10, 20, 30, 40, 50, 60, 70, 80, 90);

    record Row(
            String what,
            int n,
            List<Double> elapsed,
            List<Double> samples,
            int room,
            double p50,
            double p90) {
        @Override
        public String toString() {
            return what;
        }
    }

    static List<Row> known() {
        return List.of(
                new Row("one that was just launched", 1, seconds(0), NINE, 0, 50, 90),
                new Row("one that has not been launched yet", 1, seconds(), NINE, 1, 50, 90),
                new Row("what has passed is taken off", 1, seconds(49), NINE, 0, 21, 41),
                new Row("the last known moment", 1, seconds(85), NINE, 0, 5, 5),
                new Row(
                        "longer than any: it comes or is replaced",
                        1,
                        seconds(100),
                        NINE,
                        0,
                        50,
                        90),
                new Row("the first of four is soon", 1, seconds(0, 0, 0, 0), NINE, 0, 20, 50),
                new Row("the last of four is late", 4, seconds(0, 0, 0, 0), NINE, 0, 90, 90),
                new Row("the second needs a new one", 2, seconds(40), NINE, 1, 60, 90),
                new Row("one measurement promises itself", 1, seconds(0), seconds(7), 0, 7, 7));
    }

    @ParameterizedTest
    @MethodSource("known")
    void waitsAre(Row row) {
        var estimate =
                Estimates.of(row.n(), row.elapsed(), row.samples(), row.room()).orElseThrow();
        assertThat(estimate.p50()).isCloseTo(row.p50(), within(0.11));
        assertThat(estimate.p90()).isCloseTo(row.p90(), within(0.11));
    }

    @Test
    void nothingIsSaidWithoutAMeasurementOrBeyondTheRoom() {
        assertThat(Estimates.of(1, seconds(3), List.of(), 5)).isEmpty();
        assertThat(Estimates.of(3, seconds(3), NINE, 1)).isEmpty();
        assertThat(Estimates.of(1, seconds(), NINE, 0)).isEmpty();
        assertThat(Estimates.of(1, seconds(), NINE, -4)).isEmpty();
    }

    @Test
    void whatIsMeasuredAsNothingTakesNothing() {
        assertThat(Estimates.of(1, seconds(0), seconds(0, 0), 0))
                .isEqualTo(Optional.of(new Estimates.Estimate(0, 0)));
    }

    /**
     * Waits of the n-th of some launches under way, whose times come from the same skewed
     * distribution as the measured ones: with 100 measurements, 80 to 95 of 100 waits are shorter
     * than p90, and about half shorter than p50. Measured with this seed: 91.5 and 50.5.
     */
    @Test
    void theEstimateIsCalibrated() {
        var random = new Random(20261120);
        int waits = 4000;
        int belowHalf = 0;
        int belowNine = 0;
        for (int i = 0; i < waits; i++) {
            var samples = new ArrayList<Double>();
            for (int k = 0; k < 100; k++) samples.add(launch(random));
            int n = 1 + random.nextInt(3);
            var elapsed = new ArrayList<Double>();
            var left = new ArrayList<Double>();
            for (int k = 0; k < n + random.nextInt(3); k++) {
                double age = random.nextDouble() * 60;
                double time = launch(random);
                if (time <= age) continue; // READY already: not under way
                elapsed.add(age);
                left.add(time - age);
            }
            while (left.size() < n) left.add(launch(random)); // launched now
            Collections.sort(left);
            var estimate = Estimates.of(n, elapsed, samples, n).orElseThrow();
            if (left.get(n - 1) <= estimate.p50()) belowHalf++;
            if (left.get(n - 1) <= estimate.p90()) belowNine++;
        }
        double half = 100.0 * belowHalf / waits;
        double nine = 100.0 * belowNine / waits;
        assertThat(nine).isBetween(80.0, 95.0);
        assertThat(half).isBetween(42.0, 58.0);
    }

    /** A minute, give or take, and one in twenty thrice as long. */
    private static double launch(Random random) {
        double seconds = 60 * Math.exp(0.35 * random.nextGaussian());
        return random.nextInt(20) == 0 ? 3 * seconds : seconds;
    }

    private static List<Double> seconds(double... seconds) {
        return DoubleStream.of(seconds).boxed().toList();
    }
}
