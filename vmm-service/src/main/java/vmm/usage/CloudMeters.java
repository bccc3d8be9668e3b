package vmm.usage;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.MultiGauge;
import io.micrometer.core.instrument.MultiGauge.Row;
import io.micrometer.core.instrument.Tags;

import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;

import vmm.event.Instants;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;

/**
 * The clouds in numbers, read from their rows as a whole. As {@link FleetMeters}: every replica
 * tells of all of them.
 */
@Component
class CloudMeters {
    /** As the API shows it: a pause and a window come first. */
    private static final List<String> HEALTH =
            List.of("healthy", "degraded", "unhealthy", "recovering", "maintenance", "paused");

    /** Columns of a quota by the resource that they limit. */
    private static final List<String> RESOURCES = List.of("instances", "vcpus", "ram_mb");

    private final JdbcClient jdbc;
    private final InstantSource clock;
    private final MultiGauge health;
    private final MultiGauge widths;
    private final MultiGauge listings;
    private final MultiGauge probes;
    private final MultiGauge windows;
    private final MultiGauge limits;
    private final MultiGauge used;
    private final MultiGauge breakers;

    CloudMeters(JdbcClient jdbc, InstantSource clock, MeterRegistry meters) {
        this.jdbc = jdbc;
        this.clock = clock;
        this.health =
                gauge(
                        "vmm.cloud.health",
                        "Number of the cloud's states by name: 1 for the one it is in, 0 for"
                                + " others",
                        meters);
        this.widths =
                gauge(
                        "vmm.cloud.warming.width",
                        "Number of VMs that may warm at once on a cloud that recovers; absent while"
                                + " any number may",
                        meters);
        this.listings =
                MultiGauge.builder("vmm.cloud.listing.age")
                        .description(
                                "Seconds since the last complete listing of a cloud began; absent"
                                        + " before the first")
                        .baseUnit("seconds")
                        .register(meters);
        this.probes =
                gauge(
                        "vmm.cloud.probes.failing",
                        "Number of probes of a cloud that failed three times in a row and have not"
                                + " succeeded since",
                        meters);
        this.windows =
                gauge(
                        "vmm.cloud.windows",
                        "Number of maintenance windows of a cloud that run now or are to come",
                        meters);
        this.limits =
                gauge(
                        "vmm.cloud.quota.limit",
                        "Number of instances, vCPUs or MiB of memory that our account may use;"
                                + " absent where it is not told",
                        meters);
        this.used =
                gauge(
                        "vmm.cloud.quota.used",
                        "Number of instances, vCPUs or MiB of memory that anyone uses of our"
                                + " account; absent where it is not told",
                        meters);
        this.breakers =
                gauge(
                        "vmm.cloud.breaker.open",
                        "Number of open breakers of an offering by kind; flavor * is the whole"
                                + " cloud, and closed ones are absent",
                        meters);
    }

    private static MultiGauge gauge(String name, String description, MeterRegistry meters) {
        return MultiGauge.builder(name).description(description).register(meters);
    }

    /** Reads everything anew: one statement for clouds, one for breakers. */
    synchronized void refresh() {
        refreshClouds();
        refreshBreakers();
    }

    private void refreshClouds() {
        Instant now = clock.instant();
        var rows = new Rows();
        jdbc.sql(
                        """
                        SELECT cloud.name, listed_at, width, max_instances, used_instances, max_vcpus, used_vcpus, max_ram_mb, used_ram_mb,
                               CASE WHEN paused THEN 'paused' WHEN maintenance IS NOT NULL THEN 'maintenance' ELSE lower(health) END AS state,
                               (SELECT count(*) FROM cloud_probe WHERE cloud_probe.cloud = cloud.name AND failures >= 3) AS failing,
                               (SELECT count(*) FROM maintenance_window AS w
                                WHERE w.cloud = cloud.name AND cancelled_at IS NULL AND starts <= :now AND ends > :now) AS running,
                               (SELECT count(*) FROM maintenance_window AS w
                                WHERE w.cloud = cloud.name AND cancelled_at IS NULL AND starts > :now) AS upcoming
                        FROM cloud LEFT JOIN cloud_quota ON cloud_quota.cloud = cloud.name
                        """)
                .param("now", Instants.sql(now))
                .query(
                        row -> {
                            rows.add(row, now);
                        });
        health.register(rows.health, true);
        widths.register(rows.widths, true);
        listings.register(rows.listings, true);
        probes.register(rows.probes, true);
        windows.register(rows.windows, true);
        limits.register(rows.limits, true);
        used.register(rows.used, true);
    }

    private void refreshBreakers() {
        var open = new ArrayList<Row<?>>();
        jdbc.sql(
                        "SELECT cloud, flavor, kind, count(*) AS n FROM breaker WHERE opened_at IS"
                                + " NOT NULL GROUP BY cloud, flavor, kind")
                .query(
                        row -> {
                            var tags = Tags.of("cloud", row.getString("cloud"));
                            tags = tags.and("flavor", row.getString("flavor"));
                            open.add(
                                    Row.of(
                                            tags.and("kind", row.getString("kind")),
                                            row.getInt("n")));
                        });
        breakers.register(open, true);
    }

    /** What the rows of all clouds say. */
    private static final class Rows {
        private final List<Row<?>> health = new ArrayList<>();
        private final List<Row<?>> widths = new ArrayList<>();
        private final List<Row<?>> listings = new ArrayList<>();
        private final List<Row<?>> probes = new ArrayList<>();
        private final List<Row<?>> windows = new ArrayList<>();
        private final List<Row<?>> limits = new ArrayList<>();
        private final List<Row<?>> used = new ArrayList<>();

        private void add(ResultSet row, Instant now) throws SQLException {
            var cloud = Tags.of("cloud", row.getString("name"));
            String state = row.getString("state");
            for (String each : HEALTH)
                health.add(Row.of(cloud.and("state", each), each.equals(state) ? 1 : 0));
            addIfKnown(widths, cloud, row, "width");
            Instant listed = Instants.read(row, "listed_at");
            if (listed != null) {
                double age = Duration.between(listed, now).toMillis() / 1000.0;
                listings.add(Row.of(cloud, Math.max(0, age)));
            }
            probes.add(Row.of(cloud, row.getInt("failing")));
            for (String when : List.of("running", "upcoming"))
                windows.add(Row.of(cloud.and("state", when), row.getInt(when)));
            for (String resource : RESOURCES) {
                var tags = cloud.and("resource", resource);
                addIfKnown(limits, tags, row, "max_" + resource);
                addIfKnown(used, tags, row, "used_" + resource);
            }
        }

        private static void addIfKnown(List<Row<?>> rows, Tags tags, ResultSet row, String column)
                throws SQLException {
            int number = row.getInt(column);
            if (!row.wasNull()) rows.add(Row.of(tags, number));
        }
    }
}
