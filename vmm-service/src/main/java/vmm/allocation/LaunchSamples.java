package vmm.allocation;

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

/**
 * The measured launch times of all pools, read at most once in some seconds: they change slowly and
 * are asked for often.
 */
@Component
public class LaunchSamples {
    private static final Duration FRESH = Duration.ofSeconds(5);

    /** Launches older than this say nothing about the next. */
    private static final Duration HISTORY = Duration.ofDays(30);

    private final JdbcClient jdbc;
    private final InstantSource clock;
    private @Nullable Measured last;

    public LaunchSamples(JdbcClient jdbc, InstantSource clock) {
        this.jdbc = jdbc;
        this.clock = clock;
    }

    /**
     * Seconds from create to READY of a pool's last launches; where it has none, those of others on
     * the same clouds.
     */
    public List<Double> of(long pool, List<String> clouds) {
        var measured = measured();
        var own = measured.byPool().get(pool);
        if (own != null) return own;
        var others = new ArrayList<Double>();
        clouds.forEach(cloud -> others.addAll(measured.byCloud().getOrDefault(cloud, List.of())));
        return others;
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
        var byPool = new HashMap<Long, List<Double>>();
        var byCloud = new HashMap<String, List<Double>>();
        jdbc.sql(
                        """
                        SELECT pool.id, launched.cloud, launched.seconds FROM pool CROSS JOIN LATERAL (
                            SELECT cloud, extract(epoch FROM ready_at - create_sent_at)::float8 AS seconds FROM vm
                            WHERE pool_id = pool.id AND ready_at IS NOT NULL AND ready_at > :since
                            ORDER BY ready_at DESC LIMIT 100) AS launched
                        WHERE launched.seconds IS NOT NULL
                        """)
                .param("since", Instants.sql(now.minus(HISTORY)))
                .query(
                        row -> {
                            double seconds = row.getDouble("seconds");
                            byPool.computeIfAbsent(row.getLong("id"), id -> new ArrayList<>())
                                    .add(seconds);
                            byCloud.computeIfAbsent(
                                            row.getString("cloud"), name -> new ArrayList<>())
                                    .add(seconds);
                        });
        return new Measured(now, byPool, byCloud);
    }

    private record Measured(
            Instant at, Map<Long, List<Double>> byPool, Map<String, List<Double>> byCloud) {}
}
