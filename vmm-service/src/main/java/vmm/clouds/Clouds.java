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
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/** The rows of the clouds. Health is a row, so that all replicas and every screen agree. */
@Repository
public class Clouds {
    /** A cloud that recovers is HEALTHY when as many may warm at once. */
    static final int WIDE = 32;

    /** What {@link #read} needs beside the row itself and how many live there. */
    static final String PROBE_FAILS =
            "EXISTS (SELECT 1 FROM cloud_probe WHERE cloud_probe.cloud = cloud.name AND failures >="
                    + " "
                    + ProbeState.FAILURES_UNTIL_FAILING
                    + ") AS probe_fails";

    private static final String SELECT =
            """
            SELECT cloud.*, %s, (SELECT count(*) FROM vm WHERE vm.cloud = cloud.name AND vm.state <> 'DELETED') AS live FROM cloud
            """
                    .formatted(PROBE_FAILS);

    private static final Logger log = LoggerFactory.getLogger(Clouds.class);

    /** Between two listings of a slow cloud where VMs move. */
    private static final Duration LONGEST_REST = Duration.ofSeconds(10);

    /** A cloud that recovers, and that nobody tries, is HEALTHY after as long. */
    static final Duration RECOVERY = Duration.ofMinutes(5);

    private static final Duration TROUBLE_LASTS = Duration.ofMinutes(1);

    /** A listing that is put off for longer counts as failed. */
    private static final Duration UNSEEN = Duration.ofMinutes(2);

    private final JdbcClient jdbc;
    private final Breakers breakers;
    private final Events events;

    public Clouds(JdbcClient jdbc, Breakers breakers, Events events) {
        this.jdbc = jdbc;
        this.breakers = breakers;
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
        boolean failed =
                jdbc.sql(
                                """
                                WITH before AS (SELECT failures FROM cloud WHERE name = :name FOR NO KEY UPDATE)
                                UPDATE cloud SET listed_at = :began, failures = 0, list_failure = NULL, refused = false, look_after = :after
                                FROM before WHERE name = :name RETURNING before.failures >= :sick
                                """)
                        .param("began", Instants.sql(began))
                        .param("sick", CloudHealth.FAILURES_UNTIL_UNHEALTHY)
                        .param("after", Instants.sql(ended.plus(rest)))
                        .param("name", cloud.name())
                        .query(Boolean.class)
                        .optional()
                        .orElse(false);
        if (failed) breakers.pullForward(cloud.name(), ended);
        judge(cloud.name(), ended);
    }

    /**
     * Records a listing that failed. The next is tried after 1 s, then twice as long each time, at
     * most 30 s. A cloud that throttles us is left alone for as long as it says, and is not sick
     * before it has shown us nothing for {@link #UNSEEN}.
     *
     * @param now when it had failed
     */
    public void recordFailure(CloudState cloud, CloudFailure failure, Instant now) {
        var pause =
                failure instanceof CloudFailure.Throttled throttled
                        ? Breaker.pause(throttled)
                        : Duration.ZERO;
        boolean patient =
                failure instanceof CloudFailure.Throttled
                        || failure instanceof CloudFailure.HeldBack;
        Instant seen = Objects.requireNonNullElse(cloud.listedAt(), cloud.healthSince());
        boolean overdue = patient && seen.plus(UNSEEN).isBefore(now);
        boolean strike = !patient || overdue;
        jdbc.sql(
                        """
                        UPDATE cloud SET failures = greatest(failures + :strike, :least), refused = refused OR :refused,
                               list_failure = CASE WHEN :strike = 1 THEN :why ELSE list_failure END,
                               look_after = CAST(:now AS timestamptz)
                                   + greatest(least(30, 2 ^ least(failures, 10)), :pause) * interval '1 second'
                        WHERE name = :name
                        """)
                .param("strike", strike ? 1 : 0)
                .param("least", overdue ? CloudHealth.FAILURES_UNTIL_UNHEALTHY : 0)
                .param("refused", failure instanceof CloudFailure.Unauthorized)
                .param("why", why(failure))
                .param("pause", pause.toSeconds())
                .param("now", Instants.sql(now))
                .param("name", cloud.name())
                .update();
        judge(cloud.name(), now);
    }

    /**
     * Records that we have no credentials for a cloud whose row exists: what runs there is neither
     * watched nor deleted, and nothing that warms there is counted on.
     */
    public void recordUnconnected(CloudState cloud, Instant now) {
        String why =
                "the fleet file does not name it, so there are no credentials: what runs there is"
                        + " neither watched nor deleted until it does";
        jdbc.sql(
                        """
                        UPDATE cloud SET look_after = :later, list_failure = :why, refused = true WHERE name = :name
                        """)
                .param("later", Instants.sql(now.plusSeconds(30)))
                .param("why", why)
                .param("name", cloud.name())
                .update();
        if (!cloud.sick()) log.warn("cloud={} {}", cloud.name(), why);
        judge(cloud.name(), now);
    }

    /** Records what is wrong with the calls of the last minute: forgotten after another. */
    public void recordCalls(String name, String trouble, Instant now) {
        jdbc.sql(
                        """
                        UPDATE cloud SET call_trouble = :trouble, call_trouble_until = :until WHERE name = :name
                        """)
                .param("trouble", trouble)
                .param("until", Instants.sql(now.plus(TROUBLE_LASTS)))
                .param("name", name)
                .update();
        judge(name, now);
    }

    /**
     * Judges a cloud anew by its signals, and writes the verdict down if it is another one. One
     * that is no longer sick is RECOVERING: launches there return in steps.
     */
    public void judge(String name, Instant now) {
        breakers.forgetUnused(name);
        jdbc.sql(
                        "UPDATE cloud SET call_trouble = NULL, call_trouble_until = NULL WHERE name"
                                + " = :name AND call_trouble_until <= :now")
                .param("name", name)
                .param("now", Instants.sql(now))
                .update();
        jdbc.sql(SELECT + "WHERE name = :name")
                .param("name", name)
                .query(
                        (row, n) ->
                                new Listed(
                                        read(row, n),
                                        row.getInt("failures"),
                                        row.getString("list_failure"),
                                        row.getBoolean("refused")))
                .optional()
                .ifPresent(listed -> judge(listed, now));
    }

    private void judge(Listed listed, Instant now) {
        var was = listed.cloud();
        var verdict = CloudHealth.judge(signals(listed, now));
        boolean recovers = was.sick() && !verdict.sick();
        int changed =
                jdbc.sql(
                                """
                                UPDATE cloud SET health = :health, health_reason = :why,
                                       health_since = CASE WHEN health <> :health THEN :now ELSE health_since END,
                                       width = CASE WHEN :recovers THEN 1 WHEN :health IN ('UNHEALTHY', 'HEALTHY') THEN NULL ELSE width END
                                WHERE name = :name AND health = :was
                                  AND (health, health_reason) IS DISTINCT FROM (:health, :why)
                                """)
                        .param("health", verdict.health().name())
                        .param("why", verdict.reason(), Types.VARCHAR)
                        .param("now", Instants.sql(now))
                        .param("recovers", recovers)
                        .param("was", was.health().name())
                        .param("name", was.name())
                        .update();
        if (changed == 1 && was.health() != verdict.health()) {
            String why = Objects.toString(verdict.reason(), "all signals are well again");
            log.info("cloud={} is {}: {}", was.name(), verdict.health(), why);
            events.append(
                    NewEvent.ofCloud(was.name(), verdict.health().name(), why, "health"), now);
        }
    }

    /** A cloud's row, with how its listings fare. */
    private record Listed(
            CloudState cloud, int failures, @Nullable String failure, boolean refused) {}

    private CloudHealth.Signals signals(Listed listed, Instant now) {
        var was = listed.cloud();
        var own = breakers.of(was.name());
        boolean recovers =
                was.width() != null
                        && (was.health() != CloudState.Health.RECOVERING
                                || was.healthSince().plus(RECOVERY).isAfter(now));
        return new CloudHealth.Signals(
                listed.failures(),
                listed.failure(),
                listed.refused(),
                own,
                boots(was.name(), own),
                was.reachable() ? List.of() : failingProbes(was.name()),
                was.callTrouble(),
                was.sick() || recovers || isBackUnproved(was, own));
    }

    /** Whether a window is over, and no canary has come of it yet. */
    private static boolean isBackUnproved(CloudState cloud, List<Breaker> own) {
        return cloud.maintenance() == null
                && own.stream().anyMatch(b -> b.open() && b.kind() == Breaker.Kind.WINDOW);
    }

    private List<String> failingProbes(String name) {
        return jdbc.sql(
                        "SELECT name, since, detail FROM cloud_probe WHERE cloud = :cloud AND"
                                + " failures >= :failing ORDER BY name")
                .param("cloud", name)
                .param("failing", ProbeState.FAILURES_UNTIL_FAILING)
                .query(
                        (row, n) ->
                                "probe "
                                        + row.getString("name")
                                        + " fails since "
                                        + Instants.read(row, "since")
                                        + ": "
                                        + row.getString("detail"))
                .list();
    }

    /**
     * Writes down which window keeps launches away from which cloud now, so that it shows.
     *
     * @param byCloud in words; other clouds have none
     * @return whether that was news
     */
    public boolean recordMaintenance(Map<String, String> byCloud) {
        boolean news = false;
        for (var cloud : all()) {
            String words = byCloud.get(cloud.name());
            if (Objects.equals(words, cloud.maintenance())) continue;
            news = true;
            jdbc.sql("UPDATE cloud SET maintenance = :words WHERE name = :name")
                    .param("words", words, Types.VARCHAR)
                    .param("name", cloud.name())
                    .update();
        }
        return news;
    }

    /** As {@link CloudHealth.Signals#boots}: with two that fail, it is hardly the offerings. */
    private boolean boots(String name, List<Breaker> breakers) {
        var failing =
                breakers.stream()
                        .filter(b -> b.open() && b.kind() == Breaker.Kind.BOOT_FAILED)
                        .toList();
        var since = failing.stream().map(Breaker::since).min(Comparator.naturalOrder());
        return since.isEmpty()
                || jdbc.sql(
                                """
                                SELECT EXISTS (SELECT 1 FROM vm WHERE cloud = :name AND state IN ('READY', 'ALLOCATED') AND ready_at > :since)
                                    OR :failing = 1 AND (
                                        SELECT count(DISTINCT (flavor, image)) > 1 FROM placement JOIN pool ON pool.id = pool_id
                                        WHERE cloud = :name AND NOT pool.deleted)
                                """)
                        .param("name", name)
                        .param("failing", failing.size())
                        .param("since", Instants.sql(since.get()))
                        .query(Boolean.class)
                        .single();
    }

    /** A cloud that was away proved itself by one VM: launches there return in steps. */
    public void narrow(String name) {
        jdbc.sql("UPDATE cloud SET width = 1 WHERE name = :name AND width IS NULL")
                .param("name", name)
                .update();
    }

    /**
     * A VM that was launched since a cloud recovers became READY: twice as many may warm at once,
     * and at {@link #WIDE} it has proved itself.
     *
     * @return whether it recovers
     */
    public boolean widen(String name, Instant sentAt, Instant now) {
        int widened =
                jdbc.sql(
                                """
                                UPDATE cloud SET width = CASE WHEN width * 2 >= :wide THEN NULL ELSE width * 2 END
                                WHERE name = :name AND width IS NOT NULL AND health_since <= :sent
                                """)
                        .param("wide", WIDE)
                        .param("sent", Instants.sql(sentAt))
                        .param("name", name)
                        .update();
        if (widened == 1) judge(name, now);
        return widened == 1;
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

    private static String why(CloudFailure failure) {
        return switch (failure) {
            case CloudFailure.Unauthorized u ->
                    "it does not accept our credentials: "
                            + u.detail()
                            + "; check them in the fleet file";
            case CloudFailure.Rejected f -> "it rejects our listings: " + f.detail();
            case CloudFailure.Unreachable f -> f.detail();
            case CloudFailure.Throttled f -> f.detail();
            case CloudFailure.HeldBack f -> f.detail();
            case CloudFailure.NoCapacity f -> f.detail();
            case CloudFailure.QuotaExceeded f -> f.detail();
        };
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
                row.getObject("width", Integer.class),
                row.getString("list_failure") == null && !row.getBoolean("probe_fails"),
                row.getString("call_trouble"),
                row.getString("maintenance"),
                row.getInt("live"));
    }
}
