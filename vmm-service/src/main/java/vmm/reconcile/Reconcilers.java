package vmm.reconcile;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;

import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;

import vmm.event.Instants;
import vmm.event.LoopKind;
import vmm.event.Wakes;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicReference;

/** The rows of the loops: paused or not, what the last pass did, and who has a cloud in hand. */
public final class Reconcilers {
    /** What another replica pauses is paused here after as long. */
    private static final Duration FRESH = Duration.ofSeconds(1);

    /** Passes that changed nothing are written at most this often. */
    private static final Duration QUIET = Duration.ofSeconds(15);

    /** A replica that died holds nothing once its lease is over. */
    private static final String SELECT =
            """
            SELECT name, kind, paused, CASE WHEN lease_until > clock_timestamp() THEN holder END AS holder, lease_until, last_started_at, last_finished_at, last_report, last_error
            FROM reconciler
            """;

    private final JdbcClient jdbc;
    private final InstantSource clock;
    private final MeterRegistry meters;
    private final String replica;
    private final Map<String, Instant> written = new ConcurrentHashMap<>();
    private final AtomicReference<@Nullable Instant> refreshedAt = new AtomicReference<>();
    private volatile Set<String> paused = Set.of();

    /**
     * @param replica name of this process, unique among those on one database
     */
    public Reconcilers(JdbcClient jdbc, InstantSource clock, MeterRegistry meters, String replica) {
        this.jdbc = jdbc;
        this.clock = clock;
        this.meters = meters;
        this.replica = replica;
    }

    /** {@code lifecycle:rutherford} for loops of a cloud, else the kind alone. */
    static String name(LoopKind loop, String key) {
        String kind = loop.name().toLowerCase(java.util.Locale.ROOT);
        return loop.ofCloud() && !key.equals(Wakes.ALL) ? kind + ":" + key : kind;
    }

    /** Makes the rows of loops that have none yet. */
    void register(LoopKind loop, String key) {
        jdbc.sql("INSERT INTO reconciler (name, kind) VALUES (:name, :kind) ON CONFLICT DO NOTHING")
                .param("name", name(loop, key))
                .param("kind", loop.name())
                .update();
    }

    /**
     * As of a second ago at most: each replica looks by itself, and only one of its passes at a
     * time.
     */
    boolean paused(LoopKind loop, String key) {
        Instant now = clock.instant();
        Instant last = refreshedAt.get();
        boolean due = last == null || now.isBefore(last) || !now.isBefore(last.plus(FRESH));
        if (due && refreshedAt.compareAndSet(last, now)) refresh();
        return paused.contains(name(loop, key));
    }

    /** Reads who is paused. */
    void refresh() {
        paused =
                Set.copyOf(
                        jdbc.sql("SELECT name FROM reconciler WHERE paused")
                                .query((row, n) -> row.getString("name"))
                                .list());
    }

    boolean pause(String name, boolean pause) {
        boolean known =
                jdbc.sql("UPDATE reconciler SET paused = :paused WHERE name = :name")
                                .param("paused", pause)
                                .param("name", name)
                                .update()
                        == 1;
        refresh();
        return known;
    }

    /** Takes a cloud in hand for a pass; by the database's clock, which all replicas share. */
    boolean lease(LoopKind loop, String key) {
        return jdbc.sql(
                                """
                                UPDATE reconciler SET holder = :me, lease_until = clock_timestamp() + interval '10 seconds'
                                WHERE name = :name AND (holder IS NULL OR holder = :me OR lease_until < clock_timestamp())
                                """)
                        .param("me", replica)
                        .param("name", name(loop, key))
                        .update()
                == 1;
    }

    void release(LoopKind loop, String key) {
        jdbc.sql("UPDATE reconciler SET holder = NULL WHERE name = :name AND holder = :me")
                .param("me", replica)
                .param("name", name(loop, key))
                .update();
    }

    void report(LoopKind loop, String key, Pass pass, Duration took) {
        Timer.builder("vmm.reconcile.duration")
                .description("Seconds that a pass of a loop took; each replica counts its own")
                .tag("loop", loop.name().toLowerCase(java.util.Locale.ROOT))
                .register(meters)
                .record(took);
        Instant now = clock.instant();
        String name = name(loop, key);
        Instant last = written.get(name);
        boolean due = last == null || last.plus(QUIET).isBefore(now);
        // A busy loop writes each second, a quiet one now and then: a fleet at rest writes next to
        // nothing.
        boolean news = pass.changed() > 0 && (last == null || last.plusSeconds(1).isBefore(now));
        if (!due && !news) return;
        written.put(name, now);
        String subject = name.contains(":") || key.equals(Wakes.ALL) ? "" : key + ": ";
        jdbc.sql(
                        """
                        UPDATE reconciler SET last_started_at = :began, last_finished_at = :now, last_report = :report,
                               last_error = NULL
                        WHERE name = :name
                        """)
                .param("began", Instants.sql(now.minus(took)))
                .param("now", Instants.sql(now))
                .param("report", subject + pass.report())
                .param("name", name)
                .update();
    }

    void reportFailure(LoopKind loop, String key, Throwable failure) {
        try {
            jdbc.sql(
                            "UPDATE reconciler SET last_finished_at = :now, last_error = :error"
                                    + " WHERE name = :name")
                    .param("now", Instants.sql(clock.instant()))
                    .param("error", key + ": " + failure)
                    .param("name", name(loop, key))
                    .update();
        } catch (RuntimeException databaseAway) {
            failure.addSuppressed(databaseAway);
        }
    }

    List<Row> all() {
        return jdbc.sql(SELECT + "ORDER BY name").query(Reconcilers::read).list();
    }

    Optional<Row> find(String name) {
        return jdbc.sql(SELECT + "WHERE name = :name")
                .param("name", name)
                .query(Reconcilers::read)
                .optional();
    }

    private static Row read(java.sql.ResultSet row, int n) throws java.sql.SQLException {
        return new Row(
                row.getString("name"),
                LoopKind.valueOf(row.getString("kind")),
                row.getBoolean("paused"),
                row.getString("holder"),
                Instants.read(row, "lease_until"),
                Instants.read(row, "last_started_at"),
                Instants.read(row, "last_finished_at"),
                row.getString("last_report"),
                row.getString("last_error"));
    }

    record Row(
            String name,
            LoopKind kind,
            boolean paused,
            @Nullable String holder,
            @Nullable Instant leaseUntil,
            @Nullable Instant lastStartedAt,
            @Nullable Instant lastFinishedAt,
            @Nullable String lastReport,
            @Nullable String lastError) {}
}
