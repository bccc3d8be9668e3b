package vmm.maintenance;

import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Repository;

import vmm.event.Instants;
import vmm.maintenance.MaintenanceWindow.Kind;
import vmm.web.Cursor;
import vmm.web.Limit;
import vmm.web.Page;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;

/** The table of windows, and the one place where the loops ask what they do now. */
@Repository
public class MaintenanceWindows {
    private final JdbcClient jdbc;

    public MaintenanceWindows(JdbcClient jdbc) {
        this.jdbc = jdbc;
    }

    /**
     * What windows do now, by cloud; a cloud that is not in it has {@link WindowEffect#NONE}. One
     * small statement.
     */
    public Map<String, WindowEffect> effects(Instant now) {
        return WindowEffect.of(near(now), now);
    }

    /**
     * Reckons anew when the preparation of windows begins that are near and have not begun to be
     * prepared.
     */
    public void reckon(WindowLeads leads, Instant now) {
        for (var window : near(now)) {
            if (window.kind() != Kind.UNAVAILABLE) continue;
            if (!window.preparationBegins().isAfter(now)) continue;
            prepare(window.id(), window.from().minus(leads.longest(window.cloud(), now)));
        }
    }

    private void prepare(UUID id, Instant from) {
        jdbc.sql(
                        "UPDATE maintenance_window SET prepare_from = least(prepare_from, :from)"
                                + " WHERE id = :id")
                .param("id", id)
                .param("from", Instants.sql(from))
                .update();
    }

    /** Those that are on. */
    public List<MaintenanceWindow> active(Instant now) {
        return near(now).stream().filter(window -> !window.from().isAfter(now)).toList();
    }

    /** Those that are on, or begin within the longest lead there is. */
    List<MaintenanceWindow> near(Instant now) {
        return jdbc.sql(
                        """
                        SELECT * FROM maintenance_window WHERE cancelled_at IS NULL AND ends > :now AND starts <= :soon
                        ORDER BY starts, id
                        """)
                .param("now", Instants.sql(now))
                .param("soon", Instants.sql(now.plus(WindowLead.LONGEST)))
                .query(MaintenanceWindows::read)
                .list();
    }

    /**
     * UNAVAILABLE windows that ended after {@code since} and by {@code now}, the last to end of
     * each cloud, unless another such window of the cloud is on: clouds that have to prove
     * themselves.
     */
    public List<MaintenanceWindow> justEnded(Instant since, Instant now) {
        return jdbc.sql(
                        """
                        SELECT DISTINCT ON (cloud) * FROM maintenance_window AS over
                        WHERE kind = 'UNAVAILABLE' AND cancelled_at IS NULL AND ends > :since AND ends <= :now
                          AND NOT EXISTS (SELECT 1 FROM maintenance_window AS other
                              WHERE other.cloud = over.cloud AND other.kind = 'UNAVAILABLE' AND other.cancelled_at IS NULL
                                AND other.starts <= :now AND other.ends > :now)
                        ORDER BY cloud, ends DESC, id
                        """)
                .param("since", Instants.sql(since))
                .param("now", Instants.sql(now))
                .query(MaintenanceWindows::read)
                .list();
    }

    Optional<MaintenanceWindow> find(String cloud, UUID id) {
        return jdbc.sql("SELECT * FROM maintenance_window WHERE id = :id AND cloud = :cloud")
                .param("id", id)
                .param("cloud", cloud)
                .query(MaintenanceWindows::read)
                .optional();
    }

    /** Locked against other edits and notices to the end of the transaction. */
    Optional<MaintenanceWindow> lock(String cloud, UUID id) {
        return jdbc.sql(
                        "SELECT * FROM maintenance_window WHERE id = :id AND cloud = :cloud FOR"
                                + " UPDATE")
                .param("id", id)
                .param("cloud", cloud)
                .query(MaintenanceWindows::read)
                .optional();
    }

    /** Of one cloud, the latest start first. */
    Page<MaintenanceWindow> ofCloud(String cloud, @Nullable Cursor after, Limit limit) {
        var params = new HashMap<String, Object>();
        String where = "WHERE cloud = :cloud";
        params.put("cloud", cloud);
        if (after != null) {
            where += " AND (starts, id) < (:at, :after)";
            position(after, params);
        }
        return page(where + " ORDER BY starts DESC, id DESC", params, limit);
    }

    /**
     * Of all clouds, those with any part in a stretch of time, the earliest start first.
     *
     * @param to null for no end
     */
    Page<MaintenanceWindow> between(
            Instant from, @Nullable Instant to, @Nullable Cursor after, Limit limit) {
        var params = new HashMap<String, Object>();
        String where = "WHERE ends > :from";
        params.put("from", Instants.sql(from));
        if (to != null) {
            where += " AND starts < :to";
            params.put("to", Instants.sql(to));
        }
        if (after != null) {
            where += " AND (starts, id) > (:at, :after)";
            position(after, params);
        }
        return page(where + " ORDER BY starts, id", params, limit);
    }

    /** Of all clouds, also cancelled ones, by start. */
    List<MaintenanceWindow> endingAfter(Instant since) {
        return jdbc.sql("SELECT * FROM maintenance_window WHERE ends > :since ORDER BY starts, id")
                .param("since", Instants.sql(since))
                .query(MaintenanceWindows::read)
                .list();
    }

    private static void position(Cursor after, Map<String, Object> params) {
        params.put("at", Instants.sql(after.ofSize(2).time(0)));
        params.put("after", after.value(1, UUID::fromString));
    }

    private Page<MaintenanceWindow> page(String where, Map<String, Object> params, Limit limit) {
        var rows =
                jdbc.sql("SELECT * FROM maintenance_window " + where + " LIMIT :limit")
                        .params(params)
                        .param("limit", limit.plusOne())
                        .query(MaintenanceWindows::read)
                        .list();
        return Page.of(rows, limit, window -> Cursor.at(window.from(), window.id()));
    }

    void insert(MaintenanceWindow window) {
        jdbc.sql(
                        """
                        INSERT INTO maintenance_window (id, cloud, starts, ends, kind, note, version, created_at, created_by, prepare_from)
                        VALUES (:id, :cloud, :starts, :ends, :kind, :note, :version, :at, :by, :prepare)
                        """)
                .param("id", window.id())
                .param("cloud", window.cloud())
                .param("starts", Instants.sql(window.from()))
                .param("ends", Instants.sql(window.to()))
                .param("kind", window.kind().name())
                .param("note", window.note())
                .param("version", window.version())
                .param("at", Instants.sql(window.createdAt()))
                .param("by", window.createdBy())
                .param("prepare", Instants.sql(window.preparationBegins()))
                .update();
    }

    /** Makes a locked one what it should be, at its next version. */
    void change(UUID id, Instant from, Instant to, Kind kind, String note, Instant prepareFrom) {
        jdbc.sql(
                        """
                        UPDATE maintenance_window SET starts = :starts, ends = :ends, kind = :kind, note = :note, prepare_from = :prepare,
                               version = version + 1
                        WHERE id = :id
                        """)
                .param("id", id)
                .param("starts", Instants.sql(from))
                .param("ends", Instants.sql(to))
                .param("kind", kind.name())
                .param("note", note)
                .param("prepare", Instants.sql(prepareFrom))
                .update();
    }

    /** Calls off a locked one that has not begun. */
    void cancel(UUID id, Instant now) {
        jdbc.sql(
                        "UPDATE maintenance_window SET cancelled_at = :now, version = version + 1"
                                + " WHERE id = :id")
                .param("id", id)
                .param("now", Instants.sql(now))
                .update();
    }

    private static MaintenanceWindow read(ResultSet row, int n) throws SQLException {
        return new MaintenanceWindow(
                row.getObject("id", UUID.class),
                row.getString("cloud"),
                Objects.requireNonNull(Instants.read(row, "starts")),
                Objects.requireNonNull(Instants.read(row, "ends")),
                Kind.valueOf(row.getString("kind")),
                row.getString("note"),
                row.getLong("version"),
                Objects.requireNonNull(Instants.read(row, "created_at")),
                row.getString("created_by"),
                Instants.read(row, "cancelled_at"),
                Instants.read(row, "prepare_from"));
    }
}
