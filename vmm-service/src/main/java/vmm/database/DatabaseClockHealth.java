package vmm.database;

import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.HealthIndicator;

import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.OffsetDateTime;

import javax.sql.DataSource;

/**
 * Whether this machine's clock agrees with the database's.
 *
 * <p>Leases and deadlines are instants that replicas write for one another, so a replica with a
 * wrong clock must not serve.
 */
final class DatabaseClockHealth implements HealthIndicator {

    private static final Duration TOLERANCE = Duration.ofSeconds(2);

    private final DataSource database;
    private final InstantSource clock;

    DatabaseClockHealth(DataSource database, InstantSource clock) {
        this.database = database;
        this.clock = clock;
    }

    @Override
    public Health health() {
        try (var connection = database.getConnection();
                var statement = connection.createStatement()) {
            Instant before = clock.instant();
            Instant there;
            try (var row = statement.executeQuery("SELECT clock_timestamp()")) {
                row.next();
                there = row.getObject(1, OffsetDateTime.class).toInstant();
            }
            Duration skew = skew(before, there, clock.instant());
            Health.Builder health =
                    skew.abs().compareTo(TOLERANCE) > 0 ? Health.down() : Health.up();
            return health.withDetail("skewMillis", skew.toMillis()).build();
        } catch (SQLException e) {
            return Health.down(e).build();
        }
    }

    /**
     * How far the database is ahead, at least: it read its clock at some moment between before and
     * after.
     */
    static Duration skew(Instant before, Instant there, Instant after) {
        if (there.isBefore(before)) {
            return Duration.between(before, there);
        }
        return there.isAfter(after) ? Duration.between(after, there) : Duration.ZERO;
    }
}
