package vmm.reconcile;

import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Repository;

import vmm.cloud.Instance;
import vmm.event.Instants;

import java.sql.Types;
import java.time.Instant;
import java.util.Collection;
import java.util.Objects;

/** The instances that no live row claims, as the orphan passes saw them. */
@Repository
public class Orphans {
    private final JdbcClient jdbc;

    public Orphans(JdbcClient jdbc) {
        this.jdbc = jdbc;
    }

    /** Counts one more pass that saw it; from one again if it is now something else. */
    Orphan record(String cloud, Kind kind, Instance instance, Instant now) {
        return jdbc.sql(
                        """
                        INSERT INTO orphan (cloud, instance_id, kind, vm_id, name, first_seen_at, last_seen_at)
                        VALUES (:cloud, :instance, :kind, :vm, :name, :now, :now)
                        ON CONFLICT (cloud, instance_id) DO UPDATE SET
                            passes = CASE WHEN orphan.kind = :kind THEN orphan.passes + 1 ELSE 1 END,
                            first_seen_at = CASE WHEN orphan.kind = :kind THEN orphan.first_seen_at ELSE :now END,
                            reported = orphan.reported AND orphan.kind = :kind,
                            kind = :kind, last_seen_at = :now
                        RETURNING passes, first_seen_at, reported
                        """)
                .param("cloud", cloud)
                .param("instance", instance.id())
                .param("kind", kind.name())
                .param("vm", instance.tags().vmId(), Types.VARCHAR)
                .param("name", instance.name())
                .param("now", Instants.sql(now))
                .query(
                        (row, n) ->
                                new Orphan(
                                        row.getInt("passes"),
                                        Objects.requireNonNull(Instants.read(row, "first_seen_at")),
                                        row.getBoolean("reported")))
                .single();
    }

    void recordReported(String cloud, String instanceId) {
        jdbc.sql(
                        "UPDATE orphan SET reported = true WHERE cloud = :cloud AND instance_id ="
                                + " :instance")
                .param("cloud", cloud)
                .param("instance", instanceId)
                .update();
    }

    /** Forgets those of a cloud that are no longer seen. */
    void forgetOthers(String cloud, Collection<String> seen) {
        jdbc.sql("DELETE FROM orphan WHERE cloud = :cloud AND NOT instance_id = ANY (:seen)")
                .param("cloud", cloud)
                .param("seen", seen.toArray(String[]::new))
                .update();
    }

    /** Why no live row claims an instance. */
    enum Kind {
        DEAD_ROW,
        DOUBLE,
        NO_ROW,
        OTHER_STORE,
        REAPPEARED,
        UNTAGGED
    }

    record Orphan(int passes, Instant firstSeenAt, boolean reported) {}
}
