package vmm.maintenance;

import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Repository;

import vmm.event.Instants;
import vmm.maintenance.MaintenanceWindow.Kind;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.UUID;

/**
 * Tells those who use a machine on a cloud that it will be gone or at risk for a while: an event of
 * their allocation, once for each window, and a notice that their allocation shows.
 */
@Repository
public class MaintenanceNotices {
    /** What begins sooner is told also to those whose time is over before. */
    static final Duration SOON = Duration.ofDays(14);

    private final JdbcClient jdbc;
    private final MaintenanceWindows windows;

    public MaintenanceNotices(JdbcClient jdbc, MaintenanceWindows windows) {
        this.jdbc = jdbc;
        this.windows = windows;
    }

    /**
     * Tells whoever is concerned by a window to come and was not told yet: those who came since it
     * was saved, or whose time comes near. May be called as often as one likes, by several
     * replicas.
     *
     * @return how many were told
     */
    public int sendDue(Instant now) {
        return windows.endingAfter(now).stream().mapToInt(window -> send(window, now)).sum();
    }

    /**
     * Tells the owners of machines on a cloud of a window that takes it away or puts it at risk, if
     * it begins before their machine must end (its lease with all extensions), or soon.
     *
     * <p>Nobody is told of a window that was changed since it was read: the version says so.
     *
     * @return how many were told
     */
    int send(MaintenanceWindow window, Instant now) {
        if (window.kind() == Kind.NO_NEW || window.cancelledAt() != null) return 0;
        return jdbc.sql(
                        """
                        WITH due AS (
                            SELECT * FROM maintenance_window WHERE id = :window AND version = :version AND cancelled_at IS NULL
                            FOR SHARE),
                        told AS (
                            INSERT INTO maintenance_notice (allocation_id, window_id, noticed_at, text)
                            SELECT allocation.id, due.id, :now, CASE WHEN its.last > due.starts THEN :during ELSE :before END
                            FROM due JOIN vm ON vm.cloud = due.cloud AND vm.state = 'ALLOCATED'
                            JOIN allocation ON allocation.vm_id = vm.id AND allocation.state = 'ACTIVE'
                            CROSS JOIN LATERAL (
                                SELECT allocation.granted_at + allocation.max_lifetime_s * interval '1 second' AS last) AS its
                            WHERE its.last > due.starts OR due.starts <= :soon
                            ON CONFLICT DO NOTHING RETURNING allocation_id, text)
                        INSERT INTO event (at, type, vm_id, allocation_id, pool, cloud, user_name, reason, detail, actor)
                        SELECT :now, 'allocation', allocation.vm_id, allocation.id, pool.name, :cloud, allocation.user_name,
                               'MAINTENANCE', told.text, 'maintenance'
                        FROM told JOIN allocation ON allocation.id = told.allocation_id JOIN pool ON pool.id = allocation.pool_id
                        ORDER BY allocation.id
                        """)
                .param("window", window.id())
                .param("version", window.version())
                .param("cloud", window.cloud())
                .param("now", Instants.sql(now))
                .param("soon", Instants.sql(now.plus(SOON)))
                .param("during", words(window) + ": your machine there may " + danger(window))
                .param("before", words(window) + ": the time of your machine there ends before.")
                .update();
    }

    private static String words(MaintenanceWindow window) {
        return "Maintenance of "
                + window.cloud()
                + " from "
                + MaintenanceWindow.span(window.from(), window.to())
                + (window.note().isEmpty() ? "" : " (" + window.note() + ")");
    }

    private static String danger(MaintenanceWindow window) {
        return (window.kind() == Kind.AT_RISK ? "be interrupted" : "be out of reach or stop")
                + ". Save what you need elsewhere before.";
    }

    /**
     * Tells all again, of a window that was changed; whom it concerns no more, that it is moved.
     */
    void change(MaintenanceWindow before, MaintenanceWindow after, Instant now) {
        var told = forget(before);
        send(after, now);
        boolean moved = after.kind() != Kind.NO_NEW;
        tellOff(
                before,
                told,
                moved
                        ? "is moved: " + MaintenanceWindow.span(after.from(), after.to())
                        : "is called off",
                now);
    }

    /**
     * Takes back what was told, and says so.
     *
     * @param what became of it: "is called off"
     */
    void callOff(MaintenanceWindow window, String what, Instant now) {
        tellOff(window, forget(window), what, now);
    }

    private List<UUID> forget(MaintenanceWindow window) {
        return jdbc.sql(
                        "DELETE FROM maintenance_notice WHERE window_id = :window RETURNING"
                                + " allocation_id")
                .param("window", window.id())
                .query(
                        (row, n) ->
                                Objects.requireNonNull(row.getObject("allocation_id", UUID.class)))
                .list();
    }

    /** Those of them who were not told anew. */
    private void tellOff(MaintenanceWindow window, List<UUID> told, String what, Instant now) {
        jdbc.sql(
                        """
                        INSERT INTO event (at, type, vm_id, allocation_id, pool, cloud, user_name, reason, detail, actor)
                        SELECT :now, 'allocation', allocation.vm_id, allocation.id, pool.name, :cloud, allocation.user_name,
                               'MAINTENANCE_CANCELLED', :text, 'maintenance'
                        FROM allocation JOIN pool ON pool.id = allocation.pool_id
                        WHERE allocation.id = ANY (:told) AND allocation.state = 'ACTIVE'
                          AND NOT EXISTS (SELECT 1 FROM maintenance_notice WHERE window_id = :window AND allocation_id = allocation.id)
                        ORDER BY allocation.id
                        """)
                .param("window", window.id())
                .param("told", told.toArray(UUID[]::new))
                .param("cloud", window.cloud())
                .param("now", Instants.sql(now))
                .param(
                        "text",
                        "Maintenance of "
                                + window.cloud()
                                + " from "
                                + MaintenanceWindow.span(window.from(), window.to())
                                + " "
                                + what
                                + ".")
                .update();
    }
}
