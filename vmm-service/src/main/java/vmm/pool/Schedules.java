package vmm.pool;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Repository;

import vmm.sizing.Schedule;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.DateTimeException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** The schedules as refill reads them. */
@Repository
public class Schedules {
    /** For {@link #read}; with the pool's {@code max_size}. */
    public static final String SELECT =
            """
            SELECT schedule.*, pool.name AS pool, pool.max_size FROM schedule JOIN pool ON pool.id = schedule.pool_id
            """;

    private static final Logger log = LoggerFactory.getLogger(Schedules.class);

    private final JdbcClient jdbc;

    public Schedules(JdbcClient jdbc) {
        this.jdbc = jdbc;
    }

    /**
     * Those of one pool, by name. One that cannot be read any more (a time zone that is gone) has
     * no effect and stops no other.
     */
    public List<Schedule> of(String pool) {
        return jdbc
                .sql(SELECT + "WHERE pool.name = :pool ORDER BY schedule.name")
                .param("pool", pool)
                .query(Schedules::readable)
                .list()
                .stream()
                .flatMap(Optional::stream)
                .toList();
    }

    private static Optional<Schedule> readable(ResultSet row, int n) throws SQLException {
        try {
            return Optional.of(read(row, n));
        } catch (IllegalArgumentException | DateTimeException unreadable) {
            log.warn(
                    "schedule '{}' has no effect, change or delete it: {}",
                    row.getString("name"),
                    unreadable.getMessage());
            return Optional.empty();
        }
    }

    public static Schedule read(ResultSet row, int n) throws SQLException {
        return Schedule.of(
                row.getString("name"),
                row.getString("pool"),
                row.getString("cron"),
                row.getString("zone"),
                Duration.ofSeconds(row.getLong("duration_s")),
                row.getInt("target"));
    }
}
