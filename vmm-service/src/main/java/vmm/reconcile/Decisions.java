package vmm.reconcile;

import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Repository;

import vmm.event.Instants;

import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Objects;

/** What refill decided and why, kept for those who ask later. */
@Repository
public class Decisions {
    private final JdbcClient jdbc;

    public Decisions(JdbcClient jdbc) {
        this.jdbc = jdbc;
    }

    /**
     * Keeps a plan that does something, or that cannot do what is wanted, unless its reasons are
     * the last ones kept.
     */
    void record(String pool, PoolPlan plan, Instant now) {
        if (plan.actions().isEmpty() && plan.missing() == 0) return;
        jdbc.sql(
                        """
                        INSERT INTO decision (at, pool, summary, reasons)
                        SELECT :now, :pool, :summary, CAST(:reasons AS text[])
                        WHERE NOT EXISTS (
                            SELECT 1 FROM (SELECT summary, reasons FROM decision WHERE pool = :pool ORDER BY id DESC LIMIT 1) AS last
                            WHERE last.summary = :summary AND last.reasons = CAST(:reasons AS text[]))
                        """)
                .param("now", Instants.sql(now))
                .param("pool", pool)
                .param("summary", plan.summary())
                .param("reasons", plan.reasons().toArray(String[]::new))
                .update();
    }

    /** The newest with an id below one, newest first. */
    List<Kept> before(long id, Wanted wanted, int limit) {
        var conditions = new StringBuilder();
        var params = new HashMap<String, Object>();
        if (wanted.pool() != null) {
            conditions.append("AND pool = :pool ");
            params.put("pool", wanted.pool());
        }
        if (wanted.from() != null) {
            conditions.append("AND at >= :from ");
            params.put("from", Instants.sql(wanted.from()));
        }
        if (wanted.to() != null) {
            conditions.append("AND at < :to ");
            params.put("to", Instants.sql(wanted.to()));
        }
        return jdbc.sql(
                        "SELECT * FROM decision WHERE id < :id "
                                + conditions
                                + "ORDER BY id DESC LIMIT :limit")
                .params(params)
                .param("id", id)
                .param("limit", limit)
                .query(
                        (row, n) ->
                                new Kept(
                                        row.getLong("id"),
                                        Objects.requireNonNull(Instants.read(row, "at")),
                                        row.getString("pool"),
                                        row.getString("summary"),
                                        List.of((String[]) row.getArray("reasons").getArray())))
                .list();
    }

    /** Deletes decisions older than an instant. */
    int purge(Instant before) {
        return jdbc.sql("DELETE FROM decision WHERE at < :before")
                .param("before", Instants.sql(before))
                .update();
    }

    /** Which decisions: null is all; {@code from} is inclusive, {@code to} is not. */
    record Wanted(@Nullable String pool, @Nullable Instant from, @Nullable Instant to) {}

    /** A decision that was kept. */
    record Kept(long id, Instant at, String pool, String summary, List<String> reasons) {}
}
