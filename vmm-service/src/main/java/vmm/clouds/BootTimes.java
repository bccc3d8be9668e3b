package vmm.clouds;

import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;

import vmm.event.Instants;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

/**
 * How long launches take, from sending the create to READY, by pool and offering: the last 100 of
 * 30 days, those that were late themselves left out where enough others are there. Read at most
 * once in some seconds.
 */
@Component
public class BootTimes {
    /** Fewer say nothing. */
    static final int ENOUGH = 5;

    /** A launch is not late before it takes so much longer than most, however fast they are. */
    static final Duration LEAST_DELAY = Duration.ofSeconds(5);

    private static final Duration FRESH = Duration.ofSeconds(5);
    private static final Duration HISTORY = Duration.ofDays(30);

    private final JdbcClient jdbc;
    private final InstantSource clock;
    private @Nullable Measured last;

    public BootTimes(JdbcClient jdbc, InstantSource clock) {
        this.jdbc = jdbc;
        this.clock = clock;
    }

    /**
     * After how long a launch is late: twice the p95 of its own pool's on that offering, or while
     * that has no history of all on the offering, else of its pool's on other clouds, else of all;
     * empty while nothing was ever launched. Late launches count where there are no others: an
     * offering that is slower than others by nature is not late for ever.
     */
    public Optional<Duration> lateAfter(long pool, String cloud, String flavor) {
        var measured = measured();
        return measured.ofPoolThere(pool, cloud, flavor)
                .or(() -> measured.ofOffering(cloud, flavor))
                .or(() -> measured.ofPool(pool))
                .or(measured::ofAll)
                .map(BootTimes::late);
    }

    /** What is known of one offering, whoever launched there. */
    public Quantiles of(String cloud, String flavor) {
        return measured().quantiles(cloud, flavor);
    }

    private static Duration late(double p95) {
        var expected = Duration.ofMillis((long) (p95 * 1000));
        return expected.plus(expected.compareTo(LEAST_DELAY) > 0 ? expected : LEAST_DELAY);
    }

    private synchronized Measured measured() {
        Instant now = clock.instant();
        var known = last;
        if (known == null || known.at().plus(FRESH).isBefore(now) || known.at().isAfter(now)) {
            known = read(now);
            last = known;
        }
        return known;
    }

    private Measured read(Instant now) {
        var samples =
                jdbc.sql(
                                """
                                SELECT place.pool_id, place.cloud, place.flavor, launched.seconds, launched.late
                                FROM (SELECT DISTINCT pool_id, cloud, flavor FROM placement) AS place CROSS JOIN LATERAL (
                                    SELECT extract(epoch FROM ready_at - create_sent_at)::float8 AS seconds, late_since IS NOT NULL AS late
                                    FROM vm
                                    WHERE vm.pool_id = place.pool_id AND vm.cloud = place.cloud AND vm.flavor = place.flavor
                                      AND ready_at > :since AND create_sent_at IS NOT NULL
                                    ORDER BY late_since IS NOT NULL, ready_at DESC LIMIT 100) AS launched
                                ORDER BY launched.seconds
                                """)
                        .param("since", Instants.sql(now.minus(HISTORY)))
                        .query(
                                (row, n) ->
                                        new Sample(
                                                row.getLong("pool_id"),
                                                new Offering(
                                                        row.getString("cloud"),
                                                        row.getString("flavor")),
                                                row.getDouble("seconds"),
                                                row.getBoolean("late")))
                        .list();
        return Measured.of(now, samples);
    }

    /**
     * Seconds from create to READY of one offering.
     *
     * @param launches how many were measured; the others are null without any
     */
    public record Quantiles(
            int launches, @Nullable Double p50Seconds, @Nullable Double p95Seconds) {}

    private record Offering(String cloud, String flavor) {}

    private record Sample(long pool, Offering offering, double seconds, boolean late) {}

    private record Place(long pool, Offering offering) {}

    /** Shortest first. */
    private record Measured(
            Instant at,
            Map<Place, List<Double>> byPlace,
            Map<Offering, List<Double>> byOffering,
            Map<Long, List<Double>> byPool,
            List<Double> all) {

        static Measured of(Instant at, List<Sample> samples) {
            return new Measured(
                    at,
                    by(samples, sample -> new Place(sample.pool(), sample.offering())),
                    by(samples, Sample::offering),
                    by(samples, Sample::pool),
                    by(samples, sample -> "all").getOrDefault("all", List.of()));
        }

        /** Without those that were late, where enough are left. */
        private static <K> Map<K, List<Double>> by(List<Sample> samples, Function<Sample, K> key) {
            var all = new HashMap<K, List<Double>>();
            var punctual = new HashMap<K, List<Double>>();
            for (var sample : samples) {
                all.computeIfAbsent(key.apply(sample), k -> new ArrayList<>())
                        .add(sample.seconds());
                if (!sample.late()) {
                    punctual.computeIfAbsent(key.apply(sample), k -> new ArrayList<>())
                            .add(sample.seconds());
                }
            }
            punctual.forEach(
                    (k, seconds) -> {
                        if (seconds.size() >= ENOUGH) all.put(k, seconds);
                    });
            return all;
        }

        Optional<Double> ofPoolThere(long pool, String cloud, String flavor) {
            return p95(
                    byPlace.getOrDefault(new Place(pool, new Offering(cloud, flavor)), List.of()));
        }

        Optional<Double> ofOffering(String cloud, String flavor) {
            return p95(byOffering.getOrDefault(new Offering(cloud, flavor), List.of()));
        }

        Optional<Double> ofPool(long pool) {
            return p95(byPool.getOrDefault(pool, List.of()));
        }

        Optional<Double> ofAll() {
            return p95(all);
        }

        Quantiles quantiles(String cloud, String flavor) {
            var own = byOffering.getOrDefault(new Offering(cloud, flavor), List.of());
            return own.isEmpty()
                    ? new Quantiles(0, null, null)
                    : new Quantiles(own.size(), rank(own, 0.5), rank(own, 0.95));
        }

        private static Optional<Double> p95(List<Double> seconds) {
            return seconds.size() < ENOUGH ? Optional.empty() : Optional.of(rank(seconds, 0.95));
        }

        /** The nearest rank. */
        private static double rank(List<Double> sorted, double q) {
            return sorted.get(Math.max((int) Math.ceil(q * sorted.size()), 1) - 1);
        }
    }
}
