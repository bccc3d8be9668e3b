package vmm.cloud.simulated;

import org.jspecify.annotations.Nullable;

import vmm.cloud.LaunchSpec;
import vmm.cloud.Leftover;

import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.Supplier;

/**
 * The instances of one simulated cloud, in PostgreSQL. An instance exists from its birth until it
 * is gone.
 */
final class Instances {

    /** Deleted rows are kept a little longer than any listing looks back. */
    private static final Duration KEPT = Weather.LONGEST_LAG.plusMinutes(5);

    /** Why an instance goes to ERROR. */
    static final String NO_ROOM = "no valid host was found";

    private static final String EXISTS = " created_at <= ? AND (gone_at IS NULL OR gone_at > ?)";

    /** What became of a request for an instance. */
    sealed interface Birth {
        record Born(String id) implements Birth {}

        record NoRoom() implements Birth {}

        record OverQuota() implements Birth {}
    }

    /** Which limits hold for a request, and whether its name is enough to find its instance. */
    record Rules(OptionalInt capacity, OptionalInt quota, boolean uniqueName) {
        boolean needLock() {
            return capacity.isPresent() || quota.isPresent() || uniqueName;
        }
    }

    private final Sql sql;
    private final String cloud;

    Instances(Sql sql, String cloud) {
        this.sql = sql;
        this.cloud = cloud;
    }

    /**
     * Makes an instance unless a limit is reached; requests that limits concern are served one
     * after the other.
     */
    Birth bear(
            LaunchSpec spec,
            Instant now,
            Instant born,
            Faults.Fate fate,
            Rules rules,
            Supplier<String> ids)
            throws SQLException {
        if (!rules.needLock()) return new Birth.Born(plant(spec, born, fate, ids));
        return sql.inTransaction(
                connection -> {
                    Sql.query(
                            connection,
                            "SELECT name FROM simulated_cloud.cloud WHERE name = ? FOR UPDATE",
                            row -> row.getString("name"),
                            cloud);
                    var twin =
                            rules.uniqueName
                                    ? adopt(connection, spec, now)
                                    : Optional.<String>empty();
                    if (twin.isPresent()) return new Birth.Born(twin.get());
                    if (rules.capacity.isPresent() || rules.quota.isPresent()) {
                        int count = count(connection, now);
                        if (count >= rules.quota.orElse(Integer.MAX_VALUE))
                            return new Birth.OverQuota();
                        if (count >= rules.capacity.orElse(Integer.MAX_VALUE))
                            return new Birth.NoRoom();
                    }
                    return new Birth.Born(insert(connection, spec, born, fate, ids));
                });
    }

    /** Makes an instance whatever the limits; answers its id. */
    String plant(LaunchSpec spec, Instant born, Faults.Fate fate, Supplier<String> ids)
            throws SQLException {
        return sql.alone(connection -> insert(connection, spec, born, fate, ids));
    }

    Optional<SimulatedInstance> find(String id, String installation, Instant at)
            throws SQLException {
        return sql
                .query(
                        "SELECT "
                                + SimulatedInstance.COLUMNS
                                + " FROM simulated_cloud.instance"
                                + " WHERE cloud = ? AND instance_id = ? AND installation = ? AND"
                                + EXISTS,
                        SimulatedInstance::read,
                        cloud,
                        id,
                        installation,
                        at,
                        at)
                .stream()
                .findFirst();
    }

    List<SimulatedInstance> of(String installation, Instant at) throws SQLException {
        return sql.query(
                "SELECT "
                        + SimulatedInstance.COLUMNS
                        + " FROM simulated_cloud.instance"
                        + " WHERE cloud = ? AND installation = ? AND"
                        + EXISTS
                        + " ORDER BY created_at, instance_id",
                SimulatedInstance::read,
                cloud,
                installation,
                at,
                at);
    }

    List<SimulatedInstance> all(Instant at) throws SQLException {
        return sql.query(
                "SELECT "
                        + SimulatedInstance.COLUMNS
                        + " FROM simulated_cloud.instance"
                        + " WHERE cloud = ? AND"
                        + EXISTS
                        + " ORDER BY created_at, instance_id",
                SimulatedInstance::read,
                cloud,
                at,
                at);
    }

    /** Instances asked for that are not born yet. */
    int unborn(Instant now) throws SQLException {
        return sql.query(
                        "SELECT count(*) FROM simulated_cloud.instance WHERE cloud = ? AND"
                                + " created_at > ?",
                        row -> row.getInt(1),
                        cloud,
                        now)
                .getFirst();
    }

    int count(Instant now) throws SQLException {
        return sql.alone(connection -> count(connection, now));
    }

    Optional<String> userData(String id) throws SQLException {
        return sql
                .query(
                        "SELECT user_data FROM simulated_cloud.instance WHERE cloud = ? AND"
                                + " instance_id = ?",
                        row -> row.getString("user_data"),
                        cloud,
                        id)
                .stream()
                .findFirst();
    }

    List<String> flavors(Instant now) throws SQLException {
        return sql.query(
                "SELECT DISTINCT flavor FROM simulated_cloud.instance WHERE cloud = ? AND"
                        + EXISTS
                        + " ORDER BY 1",
                row -> row.getString("flavor"),
                cloud,
                now,
                now);
    }

    List<String> images(Instant now) throws SQLException {
        return sql.query(
                "SELECT DISTINCT image FROM simulated_cloud.instance WHERE cloud = ? AND"
                        + EXISTS
                        + " ORDER BY 1",
                row -> row.getString("image"),
                cloud,
                now,
                now);
    }

    /**
     * The first delete counts; an instance that is shutting down sends no more reports.
     *
     * @return whether it was the first
     */
    boolean requestDelete(String id, String installation, Instant now, Instant goneAt)
            throws SQLException {
        return sql.update(
                        """
                        UPDATE simulated_cloud.instance SET delete_requested_at = ?, gone_at = ?, next_activity_at = NULL
                        WHERE cloud = ? AND instance_id = ? AND installation = ? AND created_at <= ?
                        AND delete_requested_at IS NULL AND gone_at IS NULL\
                        """,
                        now,
                        goneAt,
                        cloud,
                        id,
                        installation,
                        now)
                > 0;
    }

    void leaveBehind(String id, String leftover, Instant at) throws SQLException {
        sql.update(
                "INSERT INTO simulated_cloud.leftover (cloud, leftover_id, instance_id, left_at)"
                        + " VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING",
                cloud,
                leftover,
                id,
                at);
    }

    List<Leftover> leftovers(Instant now) throws SQLException {
        return sql.query(
                "SELECT leftover_id, instance_id FROM simulated_cloud.leftover WHERE cloud = ? AND"
                        + " left_at <= ? ORDER BY left_at, leftover_id",
                row ->
                        new Leftover(
                                "port", row.getString("leftover_id"), row.getString("instance_id")),
                cloud,
                now);
    }

    void removeLeftover(String leftover) throws SQLException {
        sql.update(
                "DELETE FROM simulated_cloud.leftover WHERE cloud = ? AND leftover_id = ?",
                cloud,
                leftover);
    }

    /** Boots an instance that is shut off; its guest reports anew. */
    void start(String id, String installation, Instant now, Instant runsAt, Instant reportsAt)
            throws SQLException {
        sql.update(
                """
                UPDATE simulated_cloud.instance
                SET stopped_at = NULL, runs_at = ?, reports_at = ?, reported_at = NULL, next_activity_at = ?
                WHERE cloud = ? AND instance_id = ? AND installation = ? AND stopped_at <= ?
                AND delete_requested_at IS NULL AND gone_at IS NULL AND error_at IS NULL\
                """,
                runsAt,
                reportsAt,
                reportsAt,
                cloud,
                id,
                installation,
                now);
    }

    boolean stop(String id, Instant now) throws SQLException {
        return sql.update(
                        """
                        UPDATE simulated_cloud.instance SET stopped_at = ?, next_activity_at = NULL
                        WHERE cloud = ? AND instance_id = ? AND runs_at <= ? AND stopped_at IS NULL
                        AND delete_requested_at IS NULL AND gone_at IS NULL\
                        """,
                        now,
                        cloud,
                        id,
                        now)
                > 0;
    }

    boolean vanish(String id, Instant now) throws SQLException {
        return sql.update(
                        """
                        UPDATE simulated_cloud.instance SET gone_at = ?, next_activity_at = NULL
                        WHERE cloud = ? AND instance_id = ? AND created_at <= ? AND (gone_at IS NULL OR gone_at > ?)\
                        """,
                        now,
                        cloud,
                        id,
                        now,
                        now)
                > 0;
    }

    /** Forgets what has been gone for a while. */
    void purge(Instant now) throws SQLException {
        sql.update(
                "DELETE FROM simulated_cloud.instance WHERE cloud = ? AND gone_at < ?",
                cloud,
                now.minus(KEPT));
    }

    /** The instance of that name, born at the latest now, so that an id once given can be found. */
    private Optional<String> adopt(Connection connection, LaunchSpec spec, Instant now)
            throws SQLException {
        return Sql.query(
                        connection,
                        """
                        UPDATE simulated_cloud.instance SET created_at = least(created_at, ?)
                        WHERE cloud = ? AND name = ? AND installation = ?
                        AND delete_requested_at IS NULL AND gone_at IS NULL
                        RETURNING instance_id\
                        """,
                        row -> row.getString("instance_id"),
                        now,
                        cloud,
                        spec.name(),
                        spec.tags().installation())
                .stream()
                .findFirst();
    }

    private int count(Connection connection, Instant now) throws SQLException {
        return Sql.query(
                        connection,
                        "SELECT count(*) FROM simulated_cloud.instance"
                                + " WHERE cloud = ? AND (gone_at IS NULL OR gone_at > ?)",
                        row -> row.getInt(1),
                        cloud,
                        now)
                .getFirst();
    }

    private String insert(
            Connection connection,
            LaunchSpec spec,
            Instant born,
            Faults.Fate fate,
            Supplier<String> ids)
            throws SQLException {
        var tags = spec.tags();
        for (int attempt = 0; attempt < 10; attempt++) {
            var id = ids.get();
            int inserted =
                    Sql.update(
                            connection,
                            """
                            INSERT INTO simulated_cloud.instance (cloud, instance_id, name, installation, store, vm_id, image,
                                flavor, network, user_data, created_at, runs_at, error_at, error, reports_at, next_activity_at)
                            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING\
                            """,
                            cloud,
                            id,
                            spec.name(),
                            tags.installation(),
                            tags.store(),
                            tags.vmId(),
                            spec.image(),
                            spec.flavor(),
                            spec.network(),
                            spec.userData(),
                            born,
                            fate.runsAt(),
                            fate.errorAt(),
                            errorOf(fate),
                            fate.reportsAt(),
                            fate.reportsAt());
            if (inserted > 0) return id;
        }
        throw new SQLException("no free instance id in ten draws", "23505");
    }

    private static @Nullable String errorOf(Faults.Fate fate) {
        return fate.errorAt() == null ? null : NO_ROOM;
    }
}
