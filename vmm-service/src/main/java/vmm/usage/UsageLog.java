package vmm.usage;

import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Repository;

import vmm.event.Instants;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Types;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;

/** Every request is a row; this counts them by day and type. */
@Repository
class UsageLog {
    static final String SELECT =
            """
            WITH asked AS (
                SELECT (requested_at AT TIME ZONE 'UTC')::date AS day, vm_type,
                       count(*)::int AS requests,
                       (count(*) FILTER (WHERE granted_at = requested_at))::int AS at_once,
                       (count(*) FILTER (WHERE granted_at > requested_at))::int AS after_wait,
                       (count(*) FILTER (WHERE end_reason = 'REFUSED'))::int AS refused,
                       (count(*) FILTER (WHERE end_reason = 'CANCELLED'))::int AS given_up,
                       (count(*) FILTER (WHERE state = 'QUEUED'))::int AS waiting,
                       percentile_cont(ARRAY [0.5, 0.9]) WITHIN GROUP (ORDER BY extract(epoch FROM granted_at - requested_at))
                           FILTER (WHERE granted_at IS NOT NULL) AS waits
                FROM allocation
                WHERE requested_at >= :from AND requested_at < :to AND (vm_type = :type OR :type IS NULL)
                GROUP BY 1, 2),
            lived AS (
                SELECT vm_type, granted_at, ended_at, end_reason FROM allocation
                WHERE state = 'ENDED' AND ended_at >= :from AND requested_at < :to AND (vm_type = :type OR :type IS NULL)
                UNION ALL
                SELECT vm_type, granted_at, NULL, NULL FROM allocation
                WHERE state = 'ACTIVE' AND granted_at < :to AND (vm_type = :type OR :type IS NULL)),
            held AS (
                SELECT (starts AT TIME ZONE 'UTC')::date AS day, vm_type,
                       sum(extract(epoch FROM least(COALESCE(ended_at, :now), starts + interval '1 day')
                                              - greatest(granted_at, starts)))::float8 / 3600 AS hours
                FROM lived
                CROSS JOIN LATERAL generate_series(
                    greatest(date_trunc('day', granted_at, 'UTC'), :from),
                    least(COALESCE(ended_at, :now), CAST(:to AS timestamptz) - interval '1 microsecond'),
                    interval '1 day') AS starts
                WHERE granted_at IS NOT NULL
                GROUP BY 1, 2),
            ended AS (
                SELECT day, vm_type, string_agg(end_reason || '=' || n, ';' ORDER BY end_reason) AS reasons
                FROM (SELECT (ended_at AT TIME ZONE 'UTC')::date AS day, vm_type, end_reason, count(*) AS n FROM lived
                      WHERE ended_at < :to AND end_reason IS NOT NULL GROUP BY 1, 2, 3) AS by_reason
                GROUP BY 1, 2)
            SELECT day, vm_type, COALESCE(requests, 0) AS requests, COALESCE(at_once, 0) AS at_once,
                   COALESCE(after_wait, 0) AS after_wait, COALESCE(refused, 0) AS refused, COALESCE(given_up, 0) AS given_up,
                   COALESCE(waiting, 0) AS waiting, waits[1]::float8 AS p50, waits[2]::float8 AS p90,
                   COALESCE(hours, 0) AS hours, COALESCE(reasons, '') AS reasons
            FROM asked FULL JOIN held USING (day, vm_type) FULL JOIN ended USING (day, vm_type)
            ORDER BY day, vm_type
            """;

    private final JdbcClient jdbc;

    UsageLog(JdbcClient jdbc) {
        this.jdbc = jdbc;
    }

    /** Days from first to last, both included. */
    List<UsageRow> days(LocalDate from, LocalDate to, @Nullable String vmType, Instant now) {
        return jdbc.sql(SELECT)
                .param("from", from.atStartOfDay().atOffset(ZoneOffset.UTC))
                .param("to", to.plusDays(1).atStartOfDay().atOffset(ZoneOffset.UTC))
                .param("type", vmType, Types.VARCHAR)
                .param("now", Instants.sql(now))
                .query(UsageLog::read)
                .list();
    }

    private static UsageRow read(ResultSet row, int n) throws SQLException {
        return new UsageRow(
                row.getObject("day", LocalDate.class),
                row.getString("vm_type"),
                row.getInt("requests"),
                row.getInt("at_once"),
                row.getInt("after_wait"),
                row.getInt("refused"),
                row.getInt("given_up"),
                row.getInt("waiting"),
                seconds(row.getObject("p50", Double.class)),
                seconds(row.getObject("p90", Double.class)),
                Math.round(row.getDouble("hours") * 1000) / 1000.0,
                reasons(row.getString("reasons")));
    }

    private static @Nullable Double seconds(@Nullable Double measured) {
        return measured == null ? null : Math.round(measured * 1000) / 1000.0;
    }

    private static SortedMap<String, Integer> reasons(String text) {
        var reasons = new TreeMap<String, Integer>();
        for (String pair : text.isEmpty() ? new String[0] : text.split(";")) {
            int equals = pair.indexOf('=');
            reasons.put(pair.substring(0, equals), Integer.valueOf(pair.substring(equals + 1)));
        }
        return reasons;
    }
}
