package vmm.pool;

import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Repository;

import vmm.event.Instants;
import vmm.vm.Options;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Types;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/** The pools as the loops read them, and what refill writes of them. */
@Repository
public class Pools {
    private final JdbcClient jdbc;

    public Pools(JdbcClient jdbc) {
        this.jdbc = jdbc;
    }

    public List<Pool> all() {
        Map<Long, List<Pool.Place>> places = places("ORDER BY pool_id, position", Map.of());
        return jdbc.sql("SELECT * FROM pool ORDER BY name")
                .query((row, n) -> read(row, places.getOrDefault(row.getLong("id"), List.of())))
                .list();
    }

    public Optional<Pool> find(String name) {
        var places =
                places(
                        "WHERE pool_id = (SELECT id FROM pool WHERE name = :name) ORDER BY"
                                + " position",
                        Map.of("name", name));
        return jdbc.sql("SELECT * FROM pool WHERE name = :name")
                .param("name", name)
                .query((row, n) -> read(row, places.getOrDefault(row.getLong("id"), List.of())))
                .optional();
    }

    /**
     * Locks a pool against other launches and plans, to the end of the transaction, and reads it.
     */
    public Optional<Pool> lock(String name) {
        boolean there =
                jdbc.sql("SELECT 1 FROM pool WHERE name = :name FOR NO KEY UPDATE")
                        .param("name", name)
                        .query(Integer.class)
                        .optional()
                        .isPresent();
        return there ? find(name) : Optional.empty();
    }

    /** Records what refill decided; the pool's configuration and its version stay. */
    public void recordPlan(long pool, Planned plan, Instant now) {
        var surplusSince = plan.surplusSince();
        jdbc.sql(
                        """
                        UPDATE pool SET target = :target, target_reason = :reason, surplus_since = :since,
                               plan_at = :now, plan_summary = :summary, plan_reasons = CAST(:reasons AS text[])
                        WHERE id = :pool AND (target, target_reason, surplus_since, plan_summary, plan_reasons)
                              IS DISTINCT FROM (:target, :reason, :since, :summary, CAST(:reasons AS text[]))
                        """)
                .param("now", Instants.sql(now))
                .param("summary", plan.summary())
                .param("reasons", plan.reasons().toArray(String[]::new))
                .param("target", plan.target())
                .param("reason", plan.targetReason())
                .param(
                        "since",
                        surplusSince == null ? null : Instants.sql(surplusSince),
                        Types.TIMESTAMP_WITH_TIMEZONE)
                .param("pool", pool)
                .update();
    }

    /**
     * What refill decided.
     *
     * @param summary what is wanted and there
     * @param reasons one for each placement: how many are there, and why
     */
    public record Planned(
            int target,
            String targetReason,
            @Nullable Instant surplusSince,
            String summary,
            List<String> reasons) {}

    /**
     * How long this pool's last launches took from sending the create to READY, in seconds,
     * shortest first: at most the last 100, none older than {@code since}.
     */
    public List<Double> launchSeconds(long pool, Instant since) {
        return jdbc.sql(
                        """
                        SELECT seconds FROM (
                            SELECT extract(epoch FROM ready_at - create_sent_at)::float8 AS seconds FROM vm
                            WHERE pool_id = :pool AND ready_at IS NOT NULL AND ready_at > :since
                            ORDER BY ready_at DESC LIMIT 100) AS last
                        WHERE seconds IS NOT NULL ORDER BY seconds
                        """)
                .param("pool", pool)
                .param("since", Instants.sql(since))
                .query((row, n) -> row.getDouble("seconds"))
                .list();
    }

    private Map<Long, List<Pool.Place>> places(String where, Map<String, ?> params) {
        record Row(long pool, Pool.Place place) {}
        return jdbc
                .sql("SELECT * FROM placement " + where)
                .params(params)
                .query(
                        (row, n) ->
                                new Row(
                                        row.getLong("pool_id"),
                                        new Pool.Place(
                                                row.getInt("position"),
                                                row.getString("cloud"),
                                                row.getString("image"),
                                                row.getString("flavor"),
                                                row.getString("network"),
                                                Options.read(row),
                                                row.getInt("weight"),
                                                row.getObject("max_vms", Integer.class))))
                .list()
                .stream()
                .collect(
                        Collectors.groupingBy(
                                Row::pool, Collectors.mapping(Row::place, Collectors.toList())));
    }

    private static Pool read(ResultSet row, List<Pool.Place> places) throws SQLException {
        return new Pool(
                row.getLong("id"),
                row.getString("name"),
                row.getInt("pool_size"),
                row.getInt("max_size"),
                row.getString("ready_when"),
                Duration.ofSeconds(row.getLong("boot_timeout_s")),
                Duration.ofSeconds(row.getLong("lease_s")),
                Duration.ofSeconds(row.getLong("max_lifetime_s")),
                Duration.ofSeconds(row.getLong("idle_timeout_s")),
                Duration.ofSeconds(row.getLong("warning_s")),
                row.getInt("target"),
                row.getString("target_reason"),
                Instants.read(row, "surplus_since"),
                row.getBoolean("deleted"),
                places);
    }
}
