package vmm.clouds;

import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Repository;

import vmm.cloud.CloudFailure;
import vmm.event.Instants;

import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;

/**
 * Launches that a cloud refused lately. A failure marks the offering for a while, not the cloud for
 * ever; a failure that is the cloud's marks all its offerings ({@link #WHOLE_CLOUD}).
 */
@Repository
public class LaunchMarks {
    static final String WHOLE_CLOUD = "*";

    /** Karpenter forgets an offering without capacity after as long. */
    static final Duration NO_CAPACITY = Duration.ofMinutes(3);

    static final Duration FIRST = Duration.ofSeconds(30);
    static final Duration LONGEST = Duration.ofMinutes(4);

    private static final Duration FIRST_PAUSE = Duration.ofSeconds(5);
    private static final Duration LONGEST_PAUSE = Duration.ofMinutes(10);

    private final JdbcClient jdbc;

    public LaunchMarks(JdbcClient jdbc) {
        this.jdbc = jdbc;
    }

    /** Marks what a failed launch says about the offering or the cloud. */
    public void mark(String cloud, String flavor, CloudFailure failure, Instant now) {
        switch (failure) {
            case CloudFailure.NoCapacity f ->
                    put(cloud, flavor, NO_CAPACITY, NO_CAPACITY, 1, f.detail(), now);
            case CloudFailure.QuotaExceeded f ->
                    put(cloud, WHOLE_CLOUD, FIRST, LONGEST, 1, f.detail(), now);
            case CloudFailure.Unauthorized f ->
                    put(cloud, WHOLE_CLOUD, FIRST, LONGEST, 1, f.detail(), now);
            case CloudFailure.Rejected f -> put(cloud, flavor, FIRST, LONGEST, 1, f.detail(), now);
            // One lost answer is an accident; the second in a row is the cloud.
            case CloudFailure.Unreachable f ->
                    put(cloud, WHOLE_CLOUD, FIRST, LONGEST, 2, f.detail(), now);
            case CloudFailure.Throttled f -> {
                var wait = pause(f);
                put(cloud, WHOLE_CLOUD, wait, wait, 1, f.detail(), now);
            }
        }
    }

    /** How long a cloud is left alone that throttles us: as it says, within reason. */
    static Duration pause(CloudFailure.Throttled failure) {
        var said = failure.retryAfter().orElse(FIRST_PAUSE);
        return said.compareTo(LONGEST_PAUSE) > 0 ? LONGEST_PAUSE : said;
    }

    /**
     * Marks an offering whose instance went to ERROR or never booted; the second in a row counts.
     */
    public void markFailedBoot(String cloud, String flavor, String reason, Instant now) {
        put(cloud, flavor, FIRST, LONGEST, 2, reason, now);
    }

    /** Forgets what was held against an offering that launched. */
    public void clear(String cloud, String flavor) {
        jdbc.sql("DELETE FROM launch_mark WHERE cloud = :cloud AND flavor IN (:flavor, :all)")
                .param("cloud", cloud)
                .param("flavor", flavor)
                .param("all", WHOLE_CLOUD)
                .update();
    }

    /** What is marked now, by cloud and flavor. */
    public Map<Shelf, String> marked(Instant now) {
        var marks = new HashMap<Shelf, String>();
        jdbc.sql("SELECT cloud, flavor, until, reason FROM launch_mark WHERE until > :now")
                .param("now", Instants.sql(now))
                .query(
                        (row, n) ->
                                marks.put(
                                        new Shelf(row.getString("cloud"), row.getString("flavor")),
                                        row.getString("reason")
                                                + ", again after "
                                                + Objects.requireNonNull(
                                                        Instants.read(row, "until"))))
                .list();
        return marks;
    }

    /** Doubles from {@code first} to {@code longest}, from the {@code from}-th strike in a row. */
    private void put(
            String cloud,
            String flavor,
            Duration first,
            Duration longest,
            int from,
            String reason,
            Instant now) {
        int strikes =
                jdbc.sql(
                                """
                                INSERT INTO launch_mark (cloud, flavor, strikes, until, reason) VALUES (:cloud, :flavor, 1, :now, :reason)
                                ON CONFLICT (cloud, flavor) DO UPDATE SET strikes = launch_mark.strikes + 1, reason = :reason
                                RETURNING strikes
                                """)
                        .param("cloud", cloud)
                        .param("flavor", flavor)
                        .param("now", Instants.sql(now))
                        .param("reason", reason)
                        .query(Integer.class)
                        .single();
        if (strikes < from) return;
        var doubled = first.multipliedBy(1L << Math.min(strikes - from, 10));
        var wait = doubled.compareTo(longest) > 0 ? longest : doubled;
        jdbc.sql(
                        "UPDATE launch_mark SET until = :until WHERE cloud = :cloud AND flavor ="
                                + " :flavor AND until < :until")
                .param("until", Instants.sql(now.plus(wait)))
                .param("cloud", cloud)
                .param("flavor", flavor)
                .update();
    }

    /** A cloud's offering, or {@link #WHOLE_CLOUD}. */
    public record Shelf(String cloud, String flavor) {
        public static Shelf all(String cloud) {
            return new Shelf(cloud, WHOLE_CLOUD);
        }
    }
}
