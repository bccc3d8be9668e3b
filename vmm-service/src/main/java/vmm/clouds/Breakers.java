package vmm.clouds;

import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Repository;

import vmm.cloud.CloudFailure;
import vmm.clouds.Breaker.Kind;
import vmm.event.Events;
import vmm.event.Events.NewEvent;
import vmm.event.Instants;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Types;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Collectors;

/**
 * The breakers of all clouds and offerings: rows, so that all replicas agree and a restart forgets
 * nothing. What may be sent while one is open stands in {@link vmm.vm.Vms#startCreate}.
 */
@Repository
public class Breakers {
    private final JdbcClient jdbc;
    private final Events events;

    public Breakers(JdbcClient jdbc, Events events) {
        this.jdbc = jdbc;
        this.events = events;
    }

    /** Those of one cloud. */
    public List<Breaker> of(String cloud) {
        return jdbc.sql("SELECT * FROM breaker WHERE cloud = :cloud ORDER BY flavor, image, kind")
                .param("cloud", cloud)
                .query(Breakers::read)
                .list();
    }

    /** Forgets what is held against offerings that no pool uses any more. */
    void forgetUnused(String cloud) {
        jdbc.sql(
                        """
                        DELETE FROM breaker WHERE cloud = :cloud AND flavor <> '*' AND NOT EXISTS (
                            SELECT 1 FROM placement JOIN pool ON pool.id = pool_id
                            WHERE placement.cloud = breaker.cloud AND placement.flavor = breaker.flavor
                              AND breaker.image IN (placement.image, '*') AND NOT pool.deleted)
                        """)
                .param("cloud", cloud)
                .update();
    }

    /** All that are open. */
    public List<Breaker> open() {
        return jdbc.sql(
                        "SELECT * FROM breaker WHERE opened_at IS NOT NULL"
                                + " ORDER BY cloud, flavor, image, kind")
                .query(Breakers::read)
                .list();
    }

    /** Strikes for what a launch was answered; in a transaction. */
    public void strike(Launch launch, CloudFailure failure, Instant now) {
        var pause =
                failure instanceof CloudFailure.Throttled throttled
                        ? Breaker.pause(throttled)
                        : null;
        strike(launch, Kind.of(failure), pause, failure.detail(), now);
    }

    /** Strikes for what became of a launch; in a transaction. */
    public void strike(Launch launch, Kind kind, String reason, Instant now) {
        strike(launch, kind, null, reason, now);
    }

    /**
     * Opens the one of a cloud that a window takes away, once for each window: a canary is due at
     * its end.
     *
     * @param began when the window began
     * @param end of the window, as it is planned now
     * @return whether that was news
     */
    public boolean openForWindow(
            String cloud, String reason, Instant began, Instant end, Instant now) {
        return jdbc.sql(
                                """
                                INSERT INTO breaker (cloud, flavor, image, kind, strikes, since, opened_at, until, reason)
                                VALUES (:cloud, '*', '*', 'WINDOW', 1, :now, :now, :end, :reason)
                                ON CONFLICT (cloud, flavor, image, kind) DO UPDATE SET until = :end, reason = :reason, strikes = 1,
                                    opened_at = COALESCE(breaker.opened_at, :now), since = COALESCE(breaker.opened_at, :now),
                                    closed_at = NULL
                                WHERE (breaker.opened_at IS NULL AND breaker.closed_at < :began)
                                   OR (breaker.opened_at IS NOT NULL AND breaker.until <> :end
                                       AND breaker.canary IS NULL AND breaker.strikes = 1)
                                """)
                        .param("cloud", cloud)
                        .param("now", Instants.sql(now))
                        .param("began", Instants.sql(began))
                        .param("end", Instants.sql(end))
                        .param("reason", reason)
                        .update()
                == 1;
    }

    /**
     * One strike. A launch that was sent before a breaker opened adds nothing to it: the refusals
     * of one burst are one opening. The canary's failure opens all again that it was to prove.
     */
    private void strike(
            Launch launch, Kind kind, @Nullable Duration pause, String reason, Instant now) {
        String flavor = kind.flavor(launch.flavor());
        String image = kind.image(launch.image());
        jdbc.sql(
                        """
                        INSERT INTO breaker (cloud, flavor, image, kind, strikes, since, reason)
                        VALUES (:cloud, :flavor, :image, :kind, 0, :now, :reason) ON CONFLICT DO NOTHING
                        """)
                .param("cloud", launch.cloud())
                .param("flavor", flavor)
                .param("image", image)
                .param("kind", kind.name())
                .param("now", Instants.sql(now))
                .param("reason", reason)
                .update();
        var struck =
                jdbc.sql(
                                """
                                SELECT * FROM breaker
                                WHERE cloud = :cloud AND (canary = :vm OR flavor = :flavor AND image = :image AND kind = :kind)
                                ORDER BY flavor, image, kind FOR NO KEY UPDATE
                                """)
                        .param("cloud", launch.cloud())
                        .param("flavor", flavor)
                        .param("image", image)
                        .param("kind", kind.name())
                        .param("vm", launch.vm())
                        .query(Breakers::read)
                        .list();
        for (var breaker : struck) {
            boolean canary = launch.vm().equals(breaker.canary());
            if (!canary && (breaker.open() || breaker.closedAfter(launch.sentAt()))) continue;
            int strikes = breaker.strikesAt(now) + 1;
            boolean anew = strikes == 1;
            var wait =
                    pause != null && breaker.kind() == kind ? pause : breaker.kind().wait(strikes);
            boolean opens = strikes >= breaker.kind().opensAt();
            if (opens) {
                String why = breaker.kind() == kind ? reason : "its canary failed: " + reason;
                tell(
                        breaker,
                        "BREAKER_OPENED",
                        breaker.kind().words() + ": " + why + "; again after " + now.plus(wait),
                        now);
            }
            jdbc.sql(
                            """
                            UPDATE breaker SET strikes = :strikes, canary = NULL, opened_at = :opened, until = :until,
                                   since = CASE WHEN :anew THEN :now ELSE since END,
                                   closed_at = CASE WHEN :anew OR :opens THEN NULL ELSE closed_at END,
                                   reason = CASE WHEN kind = :kind THEN :reason ELSE reason END
                            WHERE cloud = :cloud AND flavor = :flavor AND image = :image AND kind = :own
                            """)
                    .param("strikes", strikes)
                    .param("anew", anew)
                    .param("opens", opens)
                    .param("now", Instants.sql(now))
                    .param(
                            "opened",
                            opens ? Instants.sql(now) : null,
                            Types.TIMESTAMP_WITH_TIMEZONE)
                    .param(
                            "until",
                            opens ? Instants.sql(now.plus(wait)) : null,
                            Types.TIMESTAMP_WITH_TIMEZONE)
                    .param("kind", kind.name())
                    .param("reason", reason)
                    .param("cloud", breaker.cloud())
                    .param("flavor", breaker.flavor())
                    .param("image", breaker.image())
                    .param("own", breaker.kind().name())
                    .update();
        }
    }

    /** Whether a launch there that becomes READY proves anything. */
    public boolean canBeProved(Launch launch) {
        return about(
                        launch,
                        """
                        SELECT width IS NOT NULL OR EXISTS (
                            SELECT 1 FROM breaker WHERE breaker.cloud = :cloud AND flavor IN (:flavor, '*') AND image IN (:image, '*')
                              AND (opened_at IS NOT NULL OR closed_at IS NULL))
                        FROM cloud WHERE name = :cloud
                        """)
                .query(Boolean.class)
                .single();
    }

    /**
     * Forgets what is held against an offering and its cloud, as a launch became READY: what was
     * opened or struck before that launch was sent, and strikes of boots whenever that was.
     *
     * @param late whether it took too long: then its lateness is not forgiven
     * @return the kinds of those that were open
     */
    public Set<Kind> clear(Launch launch, boolean late, Instant now) {
        Instant sentAt = Objects.requireNonNull(launch.sentAt());
        lock(launch);
        about(
                        launch,
                        """
                        DELETE FROM breaker WHERE cloud = :cloud AND flavor IN (:flavor, '*') AND image IN (:image, '*')
                          AND opened_at IS NULL AND closed_at IS NULL
                          AND (since <= :sent OR kind IN ('BOOT_FAILED', 'LATE')) AND (kind <> 'LATE' OR NOT :late)
                        """)
                .param("sent", Instants.sql(sentAt))
                .param("late", late)
                .update();
        var closed =
                about(
                                launch,
                                """
                                UPDATE breaker SET opened_at = NULL, until = NULL, canary = NULL, closed_at = :now
                                WHERE cloud = :cloud AND flavor IN (:flavor, '*') AND image IN (:image, '*')
                                  AND opened_at <= :sent AND (kind <> 'LATE' OR NOT :late) RETURNING *
                                """)
                        .param("sent", Instants.sql(sentAt))
                        .param("late", late)
                        .param("now", Instants.sql(now))
                        .query(Breakers::read)
                        .list();
        for (var breaker : closed) {
            String why = breaker.kind().words() + " no more: VM " + launch.vm() + " became READY";
            tell(breaker, "BREAKER_CLOSED", why, now);
        }
        return closed.stream().map(Breaker::kind).collect(Collectors.toSet());
    }

    private void tell(Breaker breaker, String what, String why, Instant now) {
        events.append(
                NewEvent.ofCloud(breaker.cloud(), what, breaker.where() + why, "health"), now);
    }

    /** A create was accepted: that an earlier one was not was an accident. */
    public void forgetAccident(Launch launch) {
        jdbc.sql(
                        """
                        DELETE FROM breaker WHERE cloud = :cloud AND flavor = '*' AND kind = 'UNREACHABLE'
                          AND opened_at IS NULL AND closed_at IS NULL AND since <= :sent
                        """)
                .param("cloud", launch.cloud())
                .param("sent", Instants.sql(Objects.requireNonNull(launch.sentAt())))
                .update();
    }

    /**
     * Makes a VM the canary of all that is open for it; under the lock of its cloud's row. Where
     * nothing is, others failed to boot there: what it tries is closed too until it is READY.
     */
    public void assignCanary(Launch launch, Instant now) {
        lock(launch);
        int assigned =
                about(
                                launch,
                                """
                                UPDATE breaker SET canary = :vm
                                WHERE cloud = :cloud AND flavor IN (:flavor, '*') AND image IN (:image, '*') AND opened_at IS NOT NULL
                                """)
                        .param("vm", launch.vm())
                        .update();
        if (assigned == 0) suspect(launch, now);
    }

    /** A statement about what concerns a launch, by its cloud, flavor and image. */
    private JdbcClient.StatementSpec about(Launch launch, String sql) {
        return jdbc.sql(sql)
                .param("cloud", launch.cloud())
                .param("flavor", launch.flavor())
                .param("image", launch.image());
    }

    /** In the order of strikes: two orders would be a deadlock. */
    private void lock(Launch launch) {
        about(
                        launch,
                        """
                        SELECT kind FROM breaker WHERE cloud = :cloud AND flavor IN (:flavor, '*') AND image IN (:image, '*')
                        ORDER BY flavor, image, kind FOR NO KEY UPDATE
                        """)
                .query(String.class)
                .list();
    }

    private void suspect(Launch launch, Instant now) {
        String why =
                launch.flavor() + " with " + launch.image() + ": others did not boot, one tries";
        events.append(NewEvent.ofCloud(launch.cloud(), "BREAKER_OPENED", why, "health"), now);
        about(
                        launch,
                        """
                        INSERT INTO breaker (cloud, flavor, image, kind, since, opened_at, until, reason, canary)
                        VALUES (:cloud, :flavor, :image, 'BOOT_FAILED', :now, :now, :now, 'others did not boot', :vm)
                        ON CONFLICT (cloud, flavor, image, kind) DO UPDATE SET strikes = 1, since = :now, opened_at = :now, until = :now,
                            closed_at = NULL, reason = excluded.reason, canary = :vm
                        """)
                .param("now", Instants.sql(now))
                .param("vm", launch.vm())
                .update();
    }

    /** Listings succeed again where they failed: the next canary need not wait any longer. */
    public void pullForward(String cloud, Instant now) {
        jdbc.sql(
                        """
                        UPDATE breaker SET until = :now
                        WHERE cloud = :cloud AND flavor = '*' AND kind IN ('UNREACHABLE', 'UNAUTHORIZED') AND until > :now
                        """)
                .param("now", Instants.sql(now))
                .param("cloud", cloud)
                .update();
    }

    static Breaker read(ResultSet row, int n) throws SQLException {
        return new Breaker(
                row.getString("cloud"),
                row.getString("flavor"),
                row.getString("image"),
                Kind.valueOf(row.getString("kind")),
                row.getInt("strikes"),
                Objects.requireNonNull(Instants.read(row, "since")),
                Instants.read(row, "opened_at"),
                Instants.read(row, "until"),
                Instants.read(row, "closed_at"),
                row.getString("reason"),
                row.getObject("canary", UUID.class));
    }

    /**
     * One VM's launch, and where.
     *
     * @param sentAt when its create was sent, null if it was not yet
     */
    public record Launch(
            UUID vm, String cloud, String flavor, String image, @Nullable Instant sentAt) {}
}
