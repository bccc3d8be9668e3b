package vmm.clouds;

import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Repository;

import vmm.cloud.CloudFailure;
import vmm.event.Events;
import vmm.event.Events.NewEvent;
import vmm.event.Instants;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Types;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/** The rows of the clouds. Health is a row, so that all replicas and every screen agree. */
@Repository
public class Clouds {
    /**
     * Listings that must fail in a row before a cloud is called UNHEALTHY: one may be an accident,
     * three are not.
     */
    static final int FAILURES_UNTIL_UNHEALTHY = 3;

    private static final String SELECT =
            """
            SELECT cloud.*, (SELECT count(*) FROM vm WHERE vm.cloud = cloud.name AND vm.state <> 'DELETED') AS live FROM cloud
            """;

    private static final Logger log = LoggerFactory.getLogger(Clouds.class);

    /** Between two listings of a slow cloud where VMs move. */
    private static final Duration LONGEST_REST = Duration.ofSeconds(10);

    private final JdbcClient jdbc;
    private final Events events;

    public Clouds(JdbcClient jdbc, Events events) {
        this.jdbc = jdbc;
        this.events = events;
    }

    public List<CloudState> all() {
        return jdbc.sql(SELECT + "ORDER BY name").query(Clouds::read).list();
    }

    public Optional<CloudState> find(String name) {
        return jdbc.sql(SELECT + "WHERE name = :name")
                .param("name", name)
                .query(Clouds::read)
                .optional();
    }

    /**
     * Locks clouds in the order of their names, against other launches, to the end of the
     * transaction.
     */
    public List<CloudState> lock(Collection<String> names) {
        jdbc.sql("SELECT name FROM cloud WHERE name IN (:names) ORDER BY name FOR NO KEY UPDATE")
                .param("names", names)
                .query(String.class)
                .list();
        return jdbc.sql(SELECT + "WHERE name IN (:names) ORDER BY name")
                .param("names", names)
                .query(Clouds::read)
                .list();
    }

    /**
     * Records a complete listing. While VMs move, a cloud that takes long to list is left alone
     * twice as long, at most {@link #LONGEST_REST}: listings must not keep it from launching.
     */
    public void recordListed(CloudState cloud, Instant began, Instant ended) {
        var rest = Duration.between(began, ended).multipliedBy(2);
        if (rest.compareTo(LONGEST_REST) > 0) rest = LONGEST_REST;
        jdbc.sql(
                        "UPDATE cloud SET listed_at = :began, failures = 0, look_after = :after"
                                + " WHERE name = :name")
                .param("began", Instants.sql(began))
                .param("after", Instants.sql(ended.plus(rest)))
                .param("name", cloud.name())
                .update();
        if (cloud.health() == CloudState.Health.UNHEALTHY) {
            become(cloud.name(), CloudState.Health.HEALTHY, "listings succeed again", began);
        }
    }

    /**
     * Records a listing that failed; after some in a row the cloud is UNHEALTHY. The next is tried
     * after 1 s, then twice as long each time, at most 30 s. A cloud that throttles us is not sick:
     * it is left alone for as long as it says.
     *
     * @param now when it had failed
     */
    public void recordFailure(CloudState cloud, CloudFailure failure, Instant now) {
        var pause =
                failure instanceof CloudFailure.Throttled throttled
                        ? LaunchMarks.pause(throttled)
                        : Duration.ZERO;
        boolean strike = !(failure instanceof CloudFailure.Throttled);
        int failures =
                jdbc.sql(
                                """
                                UPDATE cloud SET failures = failures + :strike,
                                       look_after = CAST(:now AS timestamptz)
                                           + greatest(least(30, 2 ^ least(failures, 10)), :pause) * interval '1 second'
                                WHERE name = :name RETURNING failures
                                """)
                        .param("strike", strike ? 1 : 0)
                        .param("pause", pause.toSeconds())
                        .param("now", Instants.sql(now))
                        .param("name", cloud.name())
                        .query(Integer.class)
                        .single();
        boolean sick =
                strike && failures >= FAILURES_UNTIL_UNHEALTHY
                        || failure instanceof CloudFailure.Unauthorized;
        if (sick && cloud.health() != CloudState.Health.UNHEALTHY) {
            become(cloud.name(), CloudState.Health.UNHEALTHY, why(failure, failures), now);
        }
    }

    /**
     * Records that we have no credentials for a cloud whose row exists: what runs there is neither
     * watched nor deleted, and nothing that warms there is counted on.
     */
    public void recordUnconnected(CloudState cloud, Instant now) {
        jdbc.sql("UPDATE cloud SET look_after = :later WHERE name = :name")
                .param("later", Instants.sql(now.plusSeconds(30)))
                .param("name", cloud.name())
                .update();
        if (cloud.health() == CloudState.Health.UNHEALTHY) return;
        String why =
                "the fleet file does not name it, so there are no credentials: its "
                        + cloud.live()
                        + " VMs are neither watched nor deleted until it does";
        log.warn("cloud={} {}", cloud.name(), why);
        become(cloud.name(), CloudState.Health.UNHEALTHY, why, now);
    }

    /** Stops or resumes launches on a cloud; what runs there runs on. */
    public boolean pause(String name, boolean paused, @Nullable String why) {
        return jdbc.sql("UPDATE cloud SET paused = :paused, pause_reason = :why WHERE name = :name")
                        .param("paused", paused)
                        .param("why", paused ? why : null, Types.VARCHAR)
                        .param("name", name)
                        .update()
                == 1;
    }

    private static String why(CloudFailure failure, int failures) {
        return switch (failure) {
            case CloudFailure.Unauthorized u ->
                    "it does not accept our credentials: "
                            + u.detail()
                            + "; check them in the fleet file";
            case CloudFailure.Unreachable f ->
                    failures + " listings failed in a row: " + f.detail();
            case CloudFailure.Throttled f ->
                    failures + " listings were throttled in a row: " + f.detail();
            case CloudFailure.NoCapacity f -> f.detail();
            case CloudFailure.QuotaExceeded f -> f.detail();
            case CloudFailure.Rejected f -> "it rejects our listings: " + f.detail();
        };
    }

    private void become(String name, CloudState.Health health, @Nullable String why, Instant now) {
        int changed =
                jdbc.sql(
                                """
                                UPDATE cloud SET health = :health, health_reason = :why, health_since = :now
                                WHERE name = :name AND health <> :health
                                """)
                        .param("health", health.name())
                        .param(
                                "why",
                                health == CloudState.Health.HEALTHY ? null : why,
                                Types.VARCHAR)
                        .param("now", Instants.sql(now))
                        .param("name", name)
                        .update();
        if (changed == 1) {
            events.append(
                    NewEvent.ofCloud(name, health.name(), Objects.toString(why, ""), "lifecycle"),
                    now);
        }
    }

    static CloudState read(ResultSet row, int n) throws SQLException {
        return new CloudState(
                row.getString("name"),
                row.getString("kind"),
                row.getString("region"),
                row.getObject("max_vms", Integer.class),
                row.getBoolean("paused"),
                row.getString("pause_reason"),
                CloudState.Health.valueOf(row.getString("health")),
                row.getString("health_reason"),
                Objects.requireNonNull(Instants.read(row, "health_since")),
                Instants.read(row, "listed_at"),
                row.getInt("live"));
    }
}
