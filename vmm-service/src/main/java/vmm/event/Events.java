package vmm.event;

import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Repository;

import java.time.Instant;
import java.util.List;
import java.util.OptionalLong;
import java.util.UUID;

/** The table of events: written with what they tell, numbered when published. */
@Repository
public class Events {
    private final JdbcClient jdbc;

    public Events(JdbcClient jdbc) {
        this.jdbc = jdbc;
    }

    /** Writes something that is not a change of a VM's state. */
    public void append(NewEvent event, Instant now) {
        jdbc.sql(
                        """
                        INSERT INTO event (at, type, vm_id, allocation_id, pool, cloud, user_name, reason, detail, actor)
                        VALUES (:now, :type, :vm, :allocation, :pool, :cloud, :user, :reason, :detail, :actor)
                        """)
                .param("now", Instants.sql(now))
                .param("type", event.type())
                .param("vm", event.vm(), java.sql.Types.OTHER)
                .param("allocation", event.allocation(), java.sql.Types.OTHER)
                .param("pool", event.pool(), java.sql.Types.VARCHAR)
                .param("cloud", event.cloud(), java.sql.Types.VARCHAR)
                .param("user", event.user(), java.sql.Types.VARCHAR)
                .param("reason", event.reason(), java.sql.Types.VARCHAR)
                .param("detail", event.detail(), java.sql.Types.VARCHAR)
                .param("actor", event.actor())
                .update();
    }

    /**
     * Numbers what was committed since, one publisher at a time: the lock is held to the commit, so
     * numbers appear in order. To be called in a transaction.
     *
     * @return how many were numbered
     */
    public int publish(int limit) {
        jdbc.sql("SELECT pg_advisory_xact_lock(hashtext('vmm.event.publish'))")
                .query((row, n) -> 0)
                .list();
        return jdbc.sql(
                        """
                        UPDATE event SET seq = numbered.seq
                        FROM (SELECT id, nextval('event_seq') AS seq
                              FROM (SELECT id FROM event WHERE seq IS NULL ORDER BY id LIMIT :limit) AS unpublished) AS numbered
                        WHERE event.id = numbered.id
                        """)
                .param("limit", limit)
                .update();
    }

    /** Published events above a number, in order. */
    public List<Event> after(long seq, int limit) {
        return jdbc.sql("SELECT * FROM event WHERE seq > :seq ORDER BY seq LIMIT :limit")
                .param("seq", seq)
                .param("limit", limit)
                .query(Event.ROWS)
                .list();
    }

    /** The number of the newest published event, 0 if there is none. */
    public long last() {
        return jdbc.sql("SELECT COALESCE(max(seq), 0) FROM event").query(Long.class).single();
    }

    /** The number of the oldest event that is kept, empty if there is none. */
    public OptionalLong first() {
        return jdbc
                .sql("SELECT seq FROM event WHERE seq IS NOT NULL ORDER BY seq LIMIT 1")
                .query(Long.class)
                .optional()
                .stream()
                .mapToLong(Long::longValue)
                .findFirst();
    }

    /** The timeline of one VM, oldest first. */
    public List<Event> ofVm(UUID vm) {
        return jdbc.sql("SELECT * FROM event WHERE vm_id = :vm ORDER BY id LIMIT 1000")
                .param("vm", vm)
                .query(Event.ROWS)
                .list();
    }

    /** Deletes events older than an instant, some at a time. */
    public int purge(Instant before, int limit) {
        return jdbc.sql(
                        """
                        DELETE FROM event WHERE id IN (SELECT id FROM event WHERE at < :before AND seq IS NOT NULL LIMIT :limit)
                        """)
                .param("before", Instants.sql(before))
                .param("limit", limit)
                .update();
    }

    /** An event to be: {@code type} is allocation, pool, cloud, vm or schedule. */
    public record NewEvent(
            String type,
            @Nullable UUID vm,
            @Nullable UUID allocation,
            @Nullable String pool,
            @Nullable String cloud,
            @Nullable String user,
            @Nullable String reason,
            @Nullable String detail,
            String actor) {

        /** Something about a cloud. */
        public static NewEvent ofCloud(String cloud, String reason, String detail, String actor) {
            return new NewEvent("cloud", null, null, null, cloud, null, reason, detail, actor);
        }

        /** Something about a VM that is not a change of its state. */
        public static NewEvent ofVm(
                UUID vm, String pool, String cloud, String reason, String detail, String actor) {
            return new NewEvent("vm", vm, null, pool, cloud, null, reason, detail, actor);
        }

        /** Something about a pool. */
        public static NewEvent ofPool(String pool, String reason, String detail, String actor) {
            return new NewEvent("pool", null, null, pool, null, null, reason, detail, actor);
        }
    }
}
