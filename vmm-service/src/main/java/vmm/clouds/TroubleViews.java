package vmm.clouds;

import io.swagger.v3.oas.annotations.media.Schema;

import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;

import vmm.event.Instants;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.UUID;

/** What is held against a cloud, how long its launches take, and what became of it. */
@Component
class TroubleViews {
    private final JdbcClient jdbc;
    private final Breakers breakers;
    private final BootTimes bootTimes;
    private final InstantSource clock;

    TroubleViews(JdbcClient jdbc, Breakers breakers, BootTimes bootTimes, InstantSource clock) {
        this.jdbc = jdbc;
        this.breakers = breakers;
        this.bootTimes = bootTimes;
        this.clock = clock;
    }

    Troubles of(String cloud) {
        Instant now = clock.instant();
        return new Troubles(
                breakers.of(cloud).stream().map(b -> BreakerView.of(b, now)).toList(),
                offerings(cloud));
    }

    private List<OfferingStatus> offerings(String cloud) {
        return jdbc.sql(
                        """
                        SELECT place.flavor, place.pool_id, COALESCE(moving.warming, 0)::int AS warming, COALESCE(moving.late, 0)::int AS late
                        FROM (SELECT flavor, min(pool_id) AS pool_id FROM placement WHERE cloud = :cloud GROUP BY flavor) AS place
                        LEFT JOIN (SELECT flavor, count(*) AS warming, count(late_since) AS late FROM vm
                                   WHERE cloud = :cloud AND state IN ('REQUESTED', 'PROVISIONING', 'BOOTSTRAPPING') GROUP BY flavor)
                            AS moving ON moving.flavor = place.flavor
                        ORDER BY place.flavor
                        """)
                .param("cloud", cloud)
                .query(
                        (row, n) -> {
                            String flavor = row.getString("flavor");
                            var times = bootTimes.of(cloud, flavor);
                            return new OfferingStatus(
                                    flavor,
                                    times.launches(),
                                    times.p50Seconds(),
                                    times.p95Seconds(),
                                    bootTimes
                                            .lateAfter(row.getLong("pool_id"), cloud, flavor)
                                            .map(Duration::toMillis)
                                            .map(millis -> millis / 1000.0)
                                            .orElse(null),
                                    row.getInt("warming"),
                                    row.getInt("late"));
                        })
                .list();
    }

    /** Newest first. */
    List<CloudHistoryEntry> history(String cloud, long before, int limit) {
        return jdbc.sql(
                        """
                        SELECT id, at, reason, detail, actor FROM event
                        WHERE type = 'cloud' AND cloud = :cloud AND id < :before ORDER BY id DESC LIMIT :limit
                        """)
                .param("cloud", cloud)
                .param("before", before)
                .param("limit", limit)
                .query(
                        (row, n) ->
                                CloudHistoryEntry.of(
                                        row.getLong("id"),
                                        Objects.requireNonNull(Instants.read(row, "at")),
                                        Objects.toString(row.getString("reason"), ""),
                                        Objects.toString(row.getString("detail"), ""),
                                        row.getString("actor")))
                .list();
    }

    record Troubles(List<BreakerView> breakers, List<OfferingStatus> offerings) {}

    /** Whether launches go on. */
    enum BreakerState {
        CLOSED,
        OPEN,
        HALF_OPEN
    }

    /**
     * A breaker.
     *
     * @param flavor null for the whole cloud
     * @param image null for any
     * @param until no canary before; null when there is no such time
     */
    @Schema(name = "Breaker")
    record BreakerView(
            @Nullable String flavor,
            @Nullable String image,
            Breaker.Kind kind,
            BreakerState state,
            int strikes,
            Instant since,
            @Nullable Instant until,
            String reason,
            @Nullable UUID canary) {

        static BreakerView of(Breaker breaker, Instant now) {
            var state =
                    !breaker.open()
                            ? BreakerState.CLOSED
                            : breaker.due(now) ? BreakerState.HALF_OPEN : BreakerState.OPEN;
            return new BreakerView(
                    breaker.ofWholeCloud() ? null : breaker.flavor(),
                    breaker.image().equals(Breaker.ANY) ? null : breaker.image(),
                    breaker.kind(),
                    state,
                    breaker.strikesAt(now),
                    breaker.since(),
                    breaker.until(),
                    breaker.reason(),
                    breaker.canary());
        }
    }

    /**
     * How long launches of an offering take, and how many are under way.
     *
     * @param launches that its times are measured from
     * @param lateAfterSeconds null: not before the boot timeout
     * @param late of those that warm
     */
    @Schema(name = "OfferingStatus")
    record OfferingStatus(
            String flavor,
            int launches,
            @Nullable Double p50Seconds,
            @Nullable Double p95Seconds,
            @Nullable Double lateAfterSeconds,
            int warming,
            int late) {}

    /**
     * Something that happened to a cloud.
     *
     * @param health after a change of it, null for anything else
     */
    @Schema(name = "CloudHistoryEntry")
    record CloudHistoryEntry(
            String id,
            Instant at,
            @Nullable String health,
            String what,
            String detail,
            String actor) {

        static CloudHistoryEntry of(long id, Instant at, String what, String detail, String actor) {
            boolean health =
                    Arrays.stream(CloudState.Health.values())
                            .anyMatch(
                                    value ->
                                            value.name().equals(what)
                                                    && value != CloudState.Health.PAUSED);
            return new CloudHistoryEntry(
                    Long.toString(id), at, health ? what : null, what, detail, actor);
        }
    }
}
