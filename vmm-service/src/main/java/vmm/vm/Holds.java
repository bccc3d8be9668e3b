package vmm.vm;

import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Repository;

import vmm.event.Instants;

import java.time.Instant;
import java.util.List;
import java.util.UUID;

/** Holds that end by themselves. */
@Repository
public class Holds {
    /** Let go at once; the rest at the next pass. */
    private static final int LIMIT = 500;

    private final JdbcClient jdbc;

    public Holds(JdbcClient jdbc) {
        this.jdbc = jdbc;
    }

    /**
     * Lets go of VMs whose hold is over, each with its event, in one statement. May be repeated,
     * and by several at once: one that somebody is just holding again or letting go is passed over.
     */
    public List<LetGo> letGoOverdue(Instant now, String actor) {
        return jdbc.sql(
                        """
                        WITH overdue AS (
                            SELECT id, held_reason, held_until FROM vm
                            WHERE held AND held_until <= :now AND state <> 'DELETED'
                            ORDER BY held_until LIMIT :limit FOR NO KEY UPDATE SKIP LOCKED),
                        changed AS (
                            UPDATE vm SET held = false, held_reason = NULL, held_until = NULL, version = vm.version + 1
                            FROM overdue, pool WHERE vm.id = overdue.id AND pool.id = vm.pool_id
                            RETURNING vm.id, vm.cloud, pool.name AS pool, overdue.held_reason AS why),
                        told AS (
                            INSERT INTO event (at, type, vm_id, pool, cloud, reason, detail, actor)
                            SELECT :now, 'vm', id, pool, cloud, 'LET_GO', 'its time is over; was held: ' || COALESCE(why, ''), :actor
                            FROM changed)
                        SELECT id, pool, cloud FROM changed
                        """)
                .param("now", Instants.sql(now))
                .param("limit", LIMIT)
                .param("actor", actor)
                .query(
                        (row, n) ->
                                new LetGo(
                                        row.getObject("id", UUID.class),
                                        row.getString("pool"),
                                        row.getString("cloud")))
                .list();
    }

    /** A VM that was held and is so no more. */
    public record LetGo(UUID id, String pool, String cloud) {}
}
