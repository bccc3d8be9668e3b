package vmm.simulation;

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
                    "QUOTA", "our quota is used up",
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
        tally.expect(Tally.Kind.DECISION, "TAKEN_BACK_UNSENT");
        tally.expect(Tally.Kind.DECISION, "SHARE_REPLACED");
        tally.expect(Tally.Kind.DECISION, "ROOM_MADE");
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
        tally.add(
                Tally.Kind.DECISION,
                "TAKEN_BACK_UNSENT",
                events("vm", "UNHEALTHY", "it was not sent yet"));
        tally.add(Tally.Kind.DECISION, "ROOM_MADE", events("vm", "SURPLUS", "its room is needed"));
        tally.add(
                Tally.Kind.DECISION,
                "SHARE_REPLACED",
                events("vm", "SURPLUS", "its share is back on another cloud"));
    }

    private long events(
            String type, @org.jspecify.annotations.Nullable String reason, String words) {
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
