package vmm.usage;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.MultiGauge;
import io.micrometer.core.instrument.MultiGauge.Row;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;

import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;

import vmm.event.Instants;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.UUID;

/**
 * The fleet in numbers, read from the table as a whole. Every replica tells of all of it: take the
 * maximum over replicas, not the sum.
 */
@Component
class FleetMeters {
    /** Launches are looked for again this far back: a transaction may have been slow to commit. */
    private static final Duration OVERLAP = Duration.ofSeconds(30);

    private static final List<String> STATES =
            List.of(
                    "requested",
                    "provisioning",
                    "bootstrapping",
                    "ready",
                    "allocated",
                    "deleting",
                    "held");

    private final JdbcClient jdbc;
    private final InstantSource clock;
    private final MeterRegistry meters;
    private final MultiGauge vms;
    private final MultiGauge targets;
    private final MultiGauge queues;
    private Set<UUID> timed = new HashSet<>();
    private Instant since;

    FleetMeters(JdbcClient jdbc, InstantSource clock, MeterRegistry meters) {
        this.jdbc = jdbc;
        this.clock = clock;
        this.meters = meters;
        this.since = clock.instant();
        this.vms =
                MultiGauge.builder("vmm.pool.vms")
                        .description(
                                "Number of VMs of a pool by state; READY ones that are held count"
                                        + " as held only")
                        .register(meters);
        this.targets =
                MultiGauge.builder("vmm.pool.target")
                        .description("Number of READY VMs that a pool should keep in reserve now")
                        .register(meters);
        this.queues =
                MultiGauge.builder("vmm.queue.length")
                        .description("Number of requests that wait for a VM of a pool")
                        .register(meters);
    }

    /** Reads everything anew: one statement for the gauges, one for launches. */
    synchronized void refresh() {
        var ofVms = new ArrayList<Row<?>>();
        var ofTargets = new ArrayList<Row<?>>();
        var ofQueues = new ArrayList<Row<?>>();
        jdbc.sql(
                        """
                        SELECT pool.name, pool.target, waiting.queued, fleet.*
                        FROM pool
                        CROSS JOIN LATERAL (
                            SELECT count(*) FILTER (WHERE state = 'REQUESTED') AS requested,
                                   count(*) FILTER (WHERE state = 'PROVISIONING') AS provisioning,
                                   count(*) FILTER (WHERE state = 'BOOTSTRAPPING') AS bootstrapping,
                                   count(*) FILTER (WHERE state = 'READY' AND NOT held) AS ready,
                                   count(*) FILTER (WHERE state = 'ALLOCATED') AS allocated,
                                   count(*) FILTER (WHERE state = 'DELETING') AS deleting,
                                   count(*) FILTER (WHERE held) AS held
                            FROM vm WHERE pool_id = pool.id AND state <> 'DELETED') AS fleet
                        CROSS JOIN LATERAL (
                            SELECT count(*) AS queued FROM allocation WHERE pool_id = pool.id AND state = 'QUEUED') AS waiting
                        """)
                .query(
                        row -> {
                            var pool = Tags.of("pool", row.getString("name"));
                            for (String state : STATES)
                                ofVms.add(Row.of(pool.and("state", state), row.getInt(state)));
                            ofTargets.add(Row.of(pool, row.getInt("target")));
                            ofQueues.add(Row.of(pool, row.getInt("queued")));
                        });
        vms.register(ofVms, true);
        targets.register(ofTargets, true);
        queues.register(ofQueues, true);
        timeLaunches();
    }

    private void timeLaunches() {
        Instant now = clock.instant();
        var seen = new HashSet<UUID>();
        jdbc.sql(
                        """
                        SELECT launched.* FROM pool CROSS JOIN LATERAL (
                            SELECT id, cloud, extract(epoch FROM ready_at - create_sent_at)::float8 AS seconds FROM vm
                            WHERE pool_id = pool.id AND ready_at > :since AND create_sent_at IS NOT NULL) AS launched
                        """)
                .param("since", Instants.sql(since))
                .query(
                        row -> {
                            var id = row.getObject("id", UUID.class);
                            seen.add(id);
                            if (!timed.contains(id))
                                launches(row.getString("cloud"))
                                        .record(nanos(row.getDouble("seconds")));
                        });
        timed = seen;
        var from = now.minus(OVERLAP);
        if (from.isAfter(since)) since = from;
    }

    private static Duration nanos(double seconds) {
        return Duration.ofNanos((long) (Math.max(seconds, 0) * 1e9));
    }

    private Timer launches(String cloud) {
        return Timer.builder("vmm.launch.duration")
                .description(
                        "Seconds from sending a create to READY, by cloud; each replica counts all")
                .tag("cloud", cloud)
                .publishPercentileHistogram()
                .minimumExpectedValue(Duration.ofSeconds(1))
                .maximumExpectedValue(Duration.ofMinutes(30))
                .register(meters);
    }
}
