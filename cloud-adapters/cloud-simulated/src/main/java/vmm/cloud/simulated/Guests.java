package vmm.cloud.simulated;

import java.io.IOException;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/**
 * The guests of one simulated cloud: they report ready until answered, then their activity while
 * they run.
 */
final class Guests {

    /** Claimed at once; a claim must outlast as many posts that time out. */
    private static final int BATCH = 8;

    private static final Duration CLAIM = Duration.ofSeconds(30);
    private static final Duration RETRY = Duration.ofSeconds(5);

    private record Due(
            String instanceId,
            String image,
            boolean reported,
            Instant since,
            Optional<GuestConfig> config) {}

    private final Sql sql;
    private final String cloud;
    private final InstantSource clock;
    private final GuestTransport transport;
    private final SimulatedOptions options;

    Guests(
            Sql sql,
            String cloud,
            InstantSource clock,
            GuestTransport transport,
            SimulatedOptions options) {
        this.sql = sql;
        this.cloud = cloud;
        this.clock = clock;
        this.transport = transport;
        this.options = options;
    }

    /** Sends what is due, the longest overdue first, and answers how many guests had their turn. */
    int tick(int max) throws SQLException {
        int done = 0;
        while (done < max && !Thread.currentThread().isInterrupted()) {
            int wanted = Math.min(BATCH, max - done);
            var now = Sql.toMicros(clock.instant());
            var batch = claim(now, wanted);
            for (var due : batch) report(due, now);
            done += batch.size();
            if (batch.size() < wanted) break;
        }
        return done;
    }

    /**
     * Moves the next instant of due guests on, in one short statement, so that no other replica
     * sends the same. Activity that is lost is not sent again; a first report is, once the claim is
     * over or a failure was seen.
     */
    private List<Due> claim(Instant now, int max) throws SQLException {
        var claimed =
                sql.query(
                        """
                        UPDATE simulated_cloud.instance i
                        SET next_activity_at = CASE WHEN i.reported_at IS NULL THEN ?::timestamptz ELSE ?::timestamptz END
                        FROM (SELECT instance_id, next_activity_at AS since FROM simulated_cloud.instance
                              WHERE cloud = ? AND next_activity_at <= ?
                              ORDER BY next_activity_at LIMIT ? FOR UPDATE SKIP LOCKED) due
                        WHERE i.cloud = ? AND i.instance_id = due.instance_id
                        RETURNING i.instance_id, i.image, i.reported_at IS NOT NULL AS reported, due.since, i.user_data\
                        """,
                        Guests::read,
                        now.plus(CLAIM),
                        now.plus(options.activityEvery()),
                        cloud,
                        now,
                        max,
                        cloud);
        return claimed.stream()
                .sorted(Comparator.comparing(Due::since).thenComparing(Due::instanceId))
                .toList();
    }

    private static Due read(ResultSet row) throws SQLException {
        return new Due(
                row.getString("instance_id"),
                row.getString("image"),
                row.getBoolean("reported"),
                Objects.requireNonNull(Sql.instant(row, "since")),
                GuestConfig.in(row.getString("user_data")));
    }

    private void report(Due due, Instant claimedAt) throws SQLException {
        var claim = claimedAt.plus(due.reported ? options.activityEvery() : CLAIM);
        if (due.config.isEmpty()) {
            sql.update(
                    """
                    UPDATE simulated_cloud.instance SET next_activity_at = NULL
                    WHERE cloud = ? AND instance_id = ? AND next_activity_at = ?\
                    """,
                    cloud,
                    due.instanceId,
                    claim);
            return;
        }
        var config = due.config.get();
        var guest = new Guest(due.instanceId, due.image);
        if (due.reported) {
            boolean used = Guest.isUsed(due.instanceId, options.idleRatio());
            post(config, "/api/v1/guest/activity", guest.activity(clock.instant(), used));
        } else {
            ready(due, claim, post(config, "/api/v1/guest/ready", guest.ready()));
        }
    }

    /** Unless the instance was stopped or deleted meanwhile. */
    private void ready(Due due, Instant claim, int status) throws SQLException {
        var now = clock.instant();
        boolean heard = status >= 200 && status < 300;
        boolean unwanted = status == 410;
        sql.update(
                """
                UPDATE simulated_cloud.instance SET reported_at = ?::timestamptz, next_activity_at = ?::timestamptz
                WHERE cloud = ? AND instance_id = ? AND next_activity_at = ?\
                """,
                heard ? now : null,
                unwanted ? null : now.plus(heard ? options.activityEvery() : RETRY),
                cloud,
                due.instanceId,
                claim);
    }

    /** The status, or 0 if there was no answer. */
    private int post(GuestConfig config, String path, String json) {
        try {
            return transport.post(config.url() + path, config.token(), json);
        } catch (IOException e) {
            return 0;
        }
    }
}
