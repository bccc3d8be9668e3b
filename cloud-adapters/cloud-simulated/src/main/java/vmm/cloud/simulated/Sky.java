package vmm.cloud.simulated;

import org.jspecify.annotations.Nullable;

import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.function.UnaryOperator;

/**
 * The weather over one cloud: its row, the same for all replicas, looked at no more than once a
 * second.
 */
final class Sky {

    private static final Duration FRESH = Duration.ofSeconds(1);

    private record Seen(Weather weather, Instant at) {}

    private final Sql sql;
    private final String cloud;
    private final InstantSource clock;
    private final Weather configured;
    private volatile @Nullable Seen seen;

    Sky(Sql sql, String cloud, InstantSource clock, Weather configured) {
        this.sql = sql;
        this.cloud = cloud;
        this.clock = clock;
        this.configured = configured;
    }

    Weather weather() throws SQLException {
        var now = clock.instant();
        var last = seen;
        if (last != null && Duration.between(last.at, now).abs().compareTo(FRESH) < 0)
            return last.weather;
        if (last == null) configure();
        var rows =
                sql.query(
                        "SELECT weather FROM simulated_cloud.cloud WHERE name = ?",
                        row -> row.getString("weather"),
                        cloud);
        var weather = rows.isEmpty() ? configured : WeatherReport.read(rows.getFirst());
        seen = new Seen(weather, now);
        return weather;
    }

    void set(Weather weather) throws SQLException {
        configure();
        sql.update(
                "UPDATE simulated_cloud.cloud SET weather = ? WHERE name = ?",
                WeatherReport.write(weather),
                cloud);
        seen = new Seen(weather, clock.instant());
    }

    /** The weather of the fleet file. */
    Weather configured() {
        return configured;
    }

    /** Makes one weather of the present one, and of no older one. */
    void change(UnaryOperator<Weather> change) throws SQLException {
        configure();
        var changed =
                sql.inTransaction(
                        connection -> {
                            var now =
                                    Sql.query(
                                                    connection,
                                                    "SELECT weather FROM simulated_cloud.cloud"
                                                            + " WHERE name = ? FOR UPDATE",
                                                    row -> row.getString("weather"),
                                                    cloud)
                                            .getFirst();
                            var next = change.apply(WeatherReport.read(now));
                            Sql.update(
                                    connection,
                                    "UPDATE simulated_cloud.cloud SET weather = ? WHERE name = ?",
                                    WeatherReport.write(next),
                                    cloud);
                            return next;
                        });
        seen = new Seen(changed, clock.instant());
    }

    /** Weather set at run time outlives a restart; a changed fleet file replaces it. */
    private void configure() throws SQLException {
        var text = WeatherReport.write(configured);
        sql.update(
                """
                INSERT INTO simulated_cloud.cloud AS c (name, configured, weather) VALUES (?, ?, ?)
                ON CONFLICT (name) DO UPDATE SET configured = excluded.configured, weather = excluded.weather
                WHERE c.configured <> excluded.configured\
                """,
                cloud,
                text,
                text);
    }
}
