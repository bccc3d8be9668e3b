package vmm.pool.schedule;

import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Repository;

import vmm.pool.Schedules;
import vmm.web.Cursor;
import vmm.web.Limit;
import vmm.web.Page;

import java.time.Instant;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.Optional;

/** The schedules as administrators read them. */
@Repository
class ScheduleViews {
    private final JdbcClient jdbc;
    private final InstantSource clock;

    ScheduleViews(JdbcClient jdbc, InstantSource clock) {
        this.jdbc = jdbc;
        this.clock = clock;
    }

    /** By pool, then name. */
    Page<ScheduleView> page(@Nullable String pool, @Nullable Cursor after, Limit limit) {
        Instant now = clock.instant();
        var params = new HashMap<String, Object>();
        String where = "WHERE true";
        if (pool != null) {
            where += " AND pool.name = :pool";
            params.put("pool", pool);
        }
        if (after != null) {
            where +=
                    " AND (pool.name COLLATE \"C\", schedule.name COLLATE \"C\") > (:lastPool,"
                            + " :lastName)";
            params.put("lastPool", after.ofSize(2).parts().getFirst());
            params.put("lastName", after.parts().getLast());
        }
        var rows =
                jdbc.sql(
                                Schedules.SELECT
                                        + where
                                        + " ORDER BY pool.name COLLATE \"C\", schedule.name COLLATE"
                                        + " \"C\" LIMIT :limit")
                        .params(params)
                        .param("limit", limit.plusOne())
                        .query(
                                (row, n) ->
                                        ScheduleView.of(
                                                Schedules.read(row, n),
                                                row.getLong("version"),
                                                row.getInt("max_size"),
                                                now))
                        .list();
        return Page.of(rows, limit, schedule -> Cursor.at(schedule.pool(), schedule.name()));
    }

    Optional<ScheduleView> find(String name) {
        return jdbc.sql(Schedules.SELECT + "WHERE schedule.name = :name")
                .param("name", name)
                .query(
                        (row, n) ->
                                ScheduleView.of(
                                        Schedules.read(row, n),
                                        row.getLong("version"),
                                        row.getInt("max_size"),
                                        clock.instant()))
                .optional();
    }
}
