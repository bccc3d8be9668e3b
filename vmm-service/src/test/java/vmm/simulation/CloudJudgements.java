package vmm.simulation;

import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** What is decided about clouds: how often each kind, and that no breaker flaps. */
final class CloudJudgements {
    /**
     * A breaker waits 30 s, 1, 2 and then 4 minutes, also across canaries that closed it in
     * between: no more openings than these fit into ten minutes. A short pause that a cloud asked
     * for, and room that it has not, are not counted: those waits are their own.
     */
    private static final int MOST = 7;

    private static final Duration WHILE = Duration.ofMinutes(10);

    /** By the beginning of the detail of the event. */
    private static final Map<String, String> OPENINGS =
            Map.of(
                    "UNREACHABLE", "creates fail: ",
                    "UNAUTHORIZED", "it does not accept our credentials",
                    "QUOTA", "%: our quota is used up",
                    "NO_CAPACITY", "%: no capacity",
                    "REJECTED", "%: it rejects our creates",
                    "THROTTLED", "it throttles us",
                    "BOOT_FAILED", "%: launches there failed",
                    "LATE", "%: launches there are late");

    private static final Map<String, String> LAUNCHES =
            Map.of(
                    "HEDGED", "instead of one that is late on ",
                    "CANARY", "to try ",
                    "SHARE_RESTORED", "to restore the share of ",
                    "FOR_PEOPLE_WAITING", "for people waiting");

    /** Decisions that an event tells: its type, its reason, and how its detail begins. */
    private record Told(String what, String type, @Nullable String reason, String words) {}

    private static final List<Told> TOLD =
            List.of(
                    new Told("TAKEN_BACK_UNSENT", "vm", "UNHEALTHY", "it was not sent yet"),
                    new Told("ROOM_MADE", "vm", "SURPLUS", "its room is needed"),
                    new Told(
                            "SHARE_REPLACED",
                            "vm",
                            "SURPLUS",
                            "its share is back on another cloud"),
                    new Told("DRAINED", "vm", "CLOUD_DRAINED", ""),
                    new Told(
                            "TRIED_AFTER_WINDOW",
                            "vm",
                            null,
                            "to try %: a maintenance window is over"),
                    new Told("HOLD_ENDED_BY_ITSELF", "vm", "LET_GO", "its time is over"),
                    new Told("BRAKE", "cloud", "DEGRADED", "%many VMs look broken at once"),
                    new Told("PROBE_MADE_SICK", "cloud", "UNHEALTHY", "%probe tunnel fails since"),
                    new Told("MAINTENANCE_TOLD", "allocation", "MAINTENANCE", ""),
                    new Told("MAINTENANCE_CALLED_OFF", "allocation", "MAINTENANCE_CANCELLED", ""));

    /** Decisions that a row tells. */
    private static final Map<String, String> ROWS =
            Map.of(
                    "WINDOW opened", "SELECT count(*) FROM breaker WHERE kind = 'WINDOW'",
                    "REPLACED_AHEAD_OF_WINDOW",
                            """
                            SELECT count(*) FROM decision WHERE summary LIKE '% launched%'
                              AND array_to_string(reasons, ' ') LIKE '%ahead of maintenance window%'
                            """);

    private static final List<String> HEALTH =
            List.of("UNHEALTHY", "DEGRADED", "RECOVERING", "HEALTHY", "BREAKER_CLOSED");

    private final JdbcClient jdbc;

    CloudJudgements(JdbcClient jdbc) {
        this.jdbc = jdbc;
    }

    static void expect(Tally tally) {
        OPENINGS.keySet().forEach(kind -> tally.expect(Tally.Kind.DECISION, kind + " opened"));
        LAUNCHES.keySet().forEach(kind -> tally.expect(Tally.Kind.DECISION, kind));
        HEALTH.forEach(health -> tally.expect(Tally.Kind.DECISION, health));
        TOLD.forEach(told -> tally.expect(Tally.Kind.DECISION, told.what));
        ROWS.keySet().forEach(what -> tally.expect(Tally.Kind.DECISION, what));
        tally.expect(Tally.Kind.DECISION, "LISTING_DOUBTED");
        tally.expect(Tally.Kind.DECISION, "QUOTA_READ");
        tally.expect(Tally.Kind.DECISION, "SHARES_LOOKED_AT");
    }

    /** What the events still tell at the end. */
    void count(Tally tally) {
        OPENINGS.forEach(
                (kind, words) ->
                        tally.add(
                                Tally.Kind.DECISION,
                                kind + " opened",
                                events("cloud", "BREAKER_OPENED", words)));
        LAUNCHES.forEach(
                (kind, words) -> tally.add(Tally.Kind.DECISION, kind, events("vm", null, words)));
        HEALTH.forEach(
                health -> tally.add(Tally.Kind.DECISION, health, events("cloud", health, "")));
        TOLD.forEach(
                told ->
                        tally.add(
                                Tally.Kind.DECISION,
                                told.what,
                                events(told.type, told.reason, told.words)));
        ROWS.forEach(
                (what, sql) ->
                        tally.add(
                                Tally.Kind.DECISION,
                                what,
                                jdbc.sql(sql).query(Long.class).single()));
    }

    private long events(String type, @Nullable String reason, String words) {
        return jdbc.sql(
                        """
                        SELECT count(*) FROM event WHERE type = :type AND detail LIKE :words
                          AND (CAST(:reason AS text) IS NULL OR reason = :reason)
                        """)
                .param("type", type)
                .param("reason", reason, java.sql.Types.VARCHAR)
                .param("words", words + "%")
                .query(Long.class)
                .single();
    }

    /** That no breaker opened more often lately than its waits allow. */
    void noneFlaps(Instant now) {
        var openings = new TreeMap<String, Integer>();
        jdbc.sql(
                        """
                        SELECT cloud || ' ' || split_part(detail, ': ', 1) || ' ' || split_part(detail, ': ', 2) AS breaker
                        FROM event WHERE type = 'cloud' AND reason = 'BREAKER_OPENED' AND at > :since
                          AND detail NOT LIKE '%throttles%' AND detail NOT LIKE '%no capacity%'
                        """)
                .param("since", java.sql.Timestamp.from(now.minus(WHILE)))
                .query((row, n) -> openings.merge(name(row.getString(1)), 1, Integer::sum))
                .list();
        openings.forEach(
                (breaker, times) -> {
                    if (times > MOST) {
                        throw new Violation(
                                "4.2", breaker + " opened " + times + " times within " + WHILE);
                    }
                });
    }

    /** The cloud, the flavor if it names one, and the kind. */
    private static String name(String words) {
        return OPENINGS.entrySet().stream()
                .filter(
                        kind ->
                                words.contains(
                                        kind.getValue().replace("%: ", "").replace(": ", "")))
                .map(
                        kind ->
                                words.split(" ", 3)[0]
                                        + " "
                                        + flavor(words, kind.getValue())
                                        + kind.getKey())
                .findFirst()
                .orElse(words);
    }

    private static String flavor(String words, String kind) {
        return kind.startsWith("%") ? words.split(" ", 3)[1] + " " : "";
    }
}
