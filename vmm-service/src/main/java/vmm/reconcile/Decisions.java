package vmm.reconcile;

import java.time.Instant;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Repository;
import vmm.event.Instants;

/** What refill decided and why, kept for those who ask later. */
@Repository
public class Decisions {
    private final JdbcClient jdbc;

    public Decisions(JdbcClient jdbc) {
        this.jdbc = jdbc;
    }

    /** Keeps a plan that does something, or that cannot do what is wanted, unless its reasons are the last ones kept. */
    void record(String pool, PoolPlan plan, Instant now) {
        if (plan.actions().isEmpty() && plan.missing() == 0) return;
        jdbc.sql("""
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

    /** Deletes decisions older than an instant. */
    int purge(Instant before) {
        return jdbc.sql("DELETE FROM decision WHERE at < :before")
                .param("before", Instants.sql(before))
                .update();
    }
}
