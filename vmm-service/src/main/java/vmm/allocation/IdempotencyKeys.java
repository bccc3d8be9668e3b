package vmm.allocation;

import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Repository;

import vmm.event.Instants;

import java.time.Instant;
import java.util.Optional;
import java.util.UUID;

/**
 * The Idempotency-Keys of the last day: a repeated request is answered with the allocation it made
 * the first time.
 */
@Repository
public class IdempotencyKeys {
    private final JdbcClient jdbc;

    public IdempotencyKeys(JdbcClient jdbc) {
        this.jdbc = jdbc;
    }

    /**
     * Takes a key for an allocation. A transaction that took the same key and is not over yet is
     * waited for.
     *
     * @return who took it before, empty if it is now ours
     */
    Optional<Taken> claim(Key key, UUID allocation, Instant now) {
        int taken =
                jdbc.sql(
                                """
                                INSERT INTO idempotency_key (user_name, key, request, allocation_id, created_at)
                                VALUES (:user, :key, :request, :allocation, :now) ON CONFLICT DO NOTHING
                                """)
                        .param("user", key.user())
                        .param("key", key.key())
                        .param("request", key.request())
                        .param("allocation", allocation)
                        .param("now", Instants.sql(now))
                        .update();
        if (taken == 1) return Optional.empty();
        return find(key);
    }

    /** What a key stands for, if it was taken. */
    Optional<Taken> find(Key key) {
        return jdbc.sql(
                        "SELECT request, allocation_id FROM idempotency_key WHERE user_name = :user"
                                + " AND key = :key")
                .param("user", key.user())
                .param("key", key.key())
                .query(
                        (row, n) ->
                                new Taken(
                                        row.getString("request"),
                                        row.getObject("allocation_id", UUID.class)))
                .optional();
    }

    void forget(Key key) {
        jdbc.sql("DELETE FROM idempotency_key WHERE user_name = :user AND key = :key")
                .param("user", key.user())
                .param("key", key.key())
                .update();
    }

    /**
     * Lets one request of a person in at a time, to the end of the transaction, so that a quota
     * holds.
     */
    void lockPerson(String user) {
        jdbc.sql("SELECT pg_advisory_xact_lock(hashtext('vmm.person'), hashtext(:user))")
                .param("user", user)
                .query((row, n) -> 0)
                .list();
    }

    /** Deletes keys older than an instant. */
    public int purge(Instant before) {
        return jdbc.sql("DELETE FROM idempotency_key WHERE created_at < :before")
                .param("before", Instants.sql(before))
                .update();
    }

    /**
     * @param request digest of what was asked
     */
    public record Key(String user, String key, String request) {}

    record Taken(String request, UUID allocation) {}
}
