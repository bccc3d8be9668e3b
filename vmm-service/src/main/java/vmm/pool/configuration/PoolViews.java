package vmm.pool.configuration;

import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Repository;

import vmm.event.Instants;
import vmm.pool.configuration.PoolView.ConnectView;
import vmm.pool.configuration.PoolView.PlacementView;
import vmm.vm.Options;
import vmm.vm.StateCounts;
import vmm.web.Cursor;
import vmm.web.Limit;
import vmm.web.Page;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/** The pools as administrators read them: four statements, however many pools. */
@Repository
class PoolViews {
    /** Launch times older than this say nothing about today. */
    private static final Duration HISTORY = Duration.ofDays(30);

    private static final String SELECT =
            """
            SELECT pool.*, launches.*,
                   (SELECT count(*) FROM allocation WHERE pool_id = pool.id AND state = 'QUEUED') AS queued,
                   ARRAY(SELECT name FROM vm_type WHERE pool_id = pool.id ORDER BY position, name) AS vm_types
            FROM pool LEFT JOIN LATERAL (
                SELECT percentile_disc(0.5) WITHIN GROUP (ORDER BY seconds) AS p50,
                       percentile_disc(0.95) WITHIN GROUP (ORDER BY seconds) AS p95
                FROM (SELECT extract(epoch FROM ready_at - create_sent_at)::float8 AS seconds FROM vm
                      WHERE pool_id = pool.id AND ready_at IS NOT NULL AND ready_at > :since
                      ORDER BY ready_at DESC LIMIT 100) AS last
                WHERE seconds IS NOT NULL) AS launches ON true
            WHERE NOT pool.deleted AND %s
            ORDER BY pool.name COLLATE "C" LIMIT :limit
            """;
    private static final String COUNTS =
            """
            SELECT vm.pool_id, vm.cloud, vm.flavor, vm.options, %s FROM vm WHERE vm.pool_id IN (:pools) AND vm.state <> 'DELETED'
            GROUP BY vm.pool_id, vm.cloud, vm.flavor, vm.options
            """
                    .formatted(StateCounts.COLUMNS);

    private final JdbcClient jdbc;
    private final InstantSource clock;

    PoolViews(JdbcClient jdbc, InstantSource clock) {
        this.jdbc = jdbc;
        this.clock = clock;
    }

    /** By name. */
    Page<PoolView> page(@Nullable Cursor after, Limit limit) {
        String last = after == null ? "" : after.ofSize(1).parts().getFirst();
        return Page.of(
                read("pool.name COLLATE \"C\" > :name", last, limit.plusOne()),
                limit,
                pool -> Cursor.at(pool.name()));
    }

    Optional<PoolView> find(String name) {
        return read("pool.name = :name", name, 1).stream().findFirst();
    }

    private List<PoolView> read(String which, String name, int limit) {
        record Row(long id, PoolView bare) {}
        List<Row> rows =
                jdbc.sql(SELECT.formatted(which))
                        .param("name", name)
                        .param("since", Instants.sql(clock.instant().minus(HISTORY)))
                        .param("limit", limit)
                        .query((row, n) -> new Row(row.getLong("id"), bare(row)))
                        .list();
        if (rows.isEmpty()) return List.of();
        List<Long> ids = rows.stream().map(Row::id).toList();
        var counts = counts(ids);
        var places = placements(ids);
        var ways = connects(ids);
        return rows.stream()
                .map(
                        row ->
                                whole(
                                        row.bare(),
                                        counts.getOrDefault(row.id(), Map.of()),
                                        places.getOrDefault(row.id(), List.of()),
                                        ways.getOrDefault(row.id(), List.of())))
                .toList();
    }

    private Map<Long, Map<Shelf, StateCounts>> counts(List<Long> pools) {
        var counts = new HashMap<Long, Map<Shelf, StateCounts>>();
        jdbc.sql(COUNTS)
                .param("pools", pools)
                .query(
                        row -> {
                            counts.computeIfAbsent(row.getLong("pool_id"), id -> new HashMap<>())
                                    .put(
                                            new Shelf(
                                                    row.getString("cloud"),
                                                    row.getString("flavor"),
                                                    Options.read(row)),
                                            StateCounts.read(row));
                        });
        return counts;
    }

    private Map<Long, List<PlacementView>> placements(List<Long> pools) {
        record Row(long pool, PlacementView place) {}
        return jdbc
                .sql("SELECT * FROM placement WHERE pool_id IN (:pools) ORDER BY pool_id, position")
                .param("pools", pools)
                .query(
                        (row, n) ->
                                new Row(
                                        row.getLong("pool_id"),
                                        new PlacementView(
                                                row.getString("cloud"),
                                                row.getString("image"),
                                                row.getString("flavor"),
                                                row.getString("network"),
                                                Options.read(row),
                                                row.getString("note"),
                                                row.getInt("weight"),
                                                row.getObject("max_vms", Integer.class),
                                                StateCounts.NONE)))
                .list()
                .stream()
                .collect(
                        Collectors.groupingBy(
                                Row::pool, Collectors.mapping(Row::place, Collectors.toList())));
    }

    private Map<Long, List<ConnectView>> connects(List<Long> pools) {
        record Row(long pool, ConnectView way) {}
        return jdbc
                .sql(
                        "SELECT * FROM pool_connect WHERE pool_id IN (:pools) ORDER BY pool_id,"
                                + " position")
                .param("pools", pools)
                .query(
                        (row, n) ->
                                new Row(
                                        row.getLong("pool_id"),
                                        new ConnectView(
                                                row.getString("kind"),
                                                row.getString("url"),
                                                row.getString("command"))))
                .list()
                .stream()
                .collect(
                        Collectors.groupingBy(
                                Row::pool, Collectors.mapping(Row::way, Collectors.toList())));
    }

    private static PoolView whole(
            PoolView bare,
            Map<Shelf, StateCounts> counts,
            List<PlacementView> places,
            List<ConnectView> ways) {
        var counted =
                places.stream()
                        .map(
                                p ->
                                        new PlacementView(
                                                p.cloud(),
                                                p.image(),
                                                p.flavor(),
                                                p.network(),
                                                p.options(),
                                                p.note(),
                                                p.weight(),
                                                p.maxVms(),
                                                counts.getOrDefault(
                                                        new Shelf(
                                                                p.cloud(), p.flavor(), p.options()),
                                                        StateCounts.NONE)))
                        .toList();
        return new PoolView(
                bare.name(),
                bare.version(),
                bare.poolSize(),
                bare.maxSize(),
                bare.target(),
                bare.targetReason(),
                bare.queued(),
                counts.values().stream().reduce(StateCounts.NONE, StateCounts::plus),
                counted,
                bare.vmTypes(),
                bare.readyWhen(),
                bare.bootTimeout(),
                bare.lease(),
                bare.maxLifetime(),
                bare.idleTimeout(),
                bare.warning(),
                ways,
                bare.launchP50Seconds(),
                bare.launchP95Seconds(),
                bare.explanation());
    }

    /** The pool's own row, its placements, ways to connect and counts still to come. */
    private static PoolView bare(ResultSet row) throws SQLException {
        return new PoolView(
                row.getString("name"),
                row.getLong("version"),
                row.getInt("pool_size"),
                row.getInt("max_size"),
                row.getInt("target"),
                row.getString("target_reason"),
                row.getInt("queued"),
                StateCounts.NONE,
                List.of(),
                Arrays.asList((String[]) row.getArray("vm_types").getArray()),
                row.getString("ready_when"),
                Duration.ofSeconds(row.getLong("boot_timeout_s")),
                Duration.ofSeconds(row.getLong("lease_s")),
                Duration.ofSeconds(row.getLong("max_lifetime_s")),
                Duration.ofSeconds(row.getLong("idle_timeout_s")),
                Duration.ofSeconds(row.getLong("warning_s")),
                List.of(),
                row.getObject("p50", Double.class),
                row.getObject("p95", Double.class),
                explanation(row));
    }

    private record Shelf(String cloud, String flavor, Map<String, String> options) {}

    private static PoolView.@Nullable PoolExplanation explanation(ResultSet row)
            throws SQLException {
        var at = Instants.read(row, "plan_at");
        if (at == null) return null;
        return new PoolView.PoolExplanation(
                row.getString("plan_summary"),
                List.of((String[]) row.getArray("plan_reasons").getArray()),
                at);
    }
}
