package vmm.maintenance;

import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Repository;

import vmm.event.Instants;
import vmm.maintenance.MaintenanceWindow.Kind;

import java.time.Duration;
import java.time.Instant;
import java.util.UUID;
import java.util.function.Function;

/**
 * Tells those who use a machine on a cloud that it will be gone for a while: an event of their
 * allocation, once for each window, and a notice that their allocation shows.
 */
@Repository
public class MaintenanceNotices {
    private final JdbcClient jdbc;
    private final MaintenanceWindows windows;

    public MaintenanceNotices(JdbcClient jdbc, MaintenanceWindows windows) {
        this.jdbc = jdbc;
        this.windows = windows;
    }

    /**
     * Tells whoever is concerned by an UNAVAILABLE window whose preparation has begun and was not
     * told yet, also who came since. Leases that end before the window are not concerned. May be
     * called as often as one likes, by several replicas.
     *
     * @param lead of a cloud: {@link WindowLeads#longest}
     * @return how many were told
     */
    public int sendDue(Instant now, Function<String, Duration> lead) {
        return windows.near(now).stream()
                .filter(window -> window.kind() == Kind.UNAVAILABLE)
                .filter(w -> !now.isBefore(w.preparationBegins(lead.apply(w.cloud()))))
                .mapToInt(window -> send(window, now))
                .sum();
    }

    /** Nobody is told of a window that was changed since it was read: the version says so. */
    private int send(MaintenanceWindow window, Instant now) {
        return jdbc.sql(
                        """
                        WITH due AS (
                            SELECT * FROM maintenance_window WHERE id = :window AND version = :version AND cancelled_at IS NULL
                            FOR SHARE),
                        told AS (
                            INSERT INTO maintenance_notice (allocation_id, window_id, noticed_at, text)
                            SELECT allocation.id, due.id, :now, :text
                            FROM due JOIN vm ON vm.cloud = due.cloud AND vm.state = 'ALLOCATED'
                            JOIN allocation ON allocation.vm_id = vm.id AND allocation.state = 'ACTIVE'
                            WHERE allocation.expires_at > due.starts
                            ON CONFLICT DO NOTHING RETURNING allocation_id)
                        INSERT INTO event (at, type, vm_id, allocation_id, pool, cloud, user_name, reason, detail, actor)
                        SELECT :now, 'allocation', allocation.vm_id, allocation.id, pool.name, :cloud, allocation.user_name,
                               'MAINTENANCE', :text, 'maintenance'
                        FROM told JOIN allocation ON allocation.id = told.allocation_id JOIN pool ON pool.id = allocation.pool_id
                        ORDER BY allocation.id
                        """)
                .param("window", window.id())
                .param("version", window.version())
                .param("cloud", window.cloud())
                .param("now", Instants.sql(now))
                .param("text", text(window))
                .update();
    }

    static String text(MaintenanceWindow window) {
        return "Maintenance of "
                + window.cloud()
                + " from "
                + MaintenanceWindow.span(window.from(), window.to())
                + (window.note().isEmpty() ? "" : " (" + window.note() + ")")
                + ": your machine there may be out of reach or stop. Save what you need elsewhere"
                + " before.";
    }

    /** So that all are told again, of a window that was changed. */
    void forget(UUID window) {
        jdbc.sql("DELETE FROM maintenance_notice WHERE window_id = :window")
                .param("window", window)
                .update();
    }

    /**
     * Takes back what was told, and says so.
     *
     * @param what became of it: "is called off"
     */
    void callOff(MaintenanceWindow window, String what, Instant now) {
        jdbc.sql(
                        """
                        WITH told AS (
                            DELETE FROM maintenance_notice WHERE window_id = :window RETURNING allocation_id)
                        INSERT INTO event (at, type, vm_id, allocation_id, pool, cloud, user_name, reason, detail, actor)
                        SELECT :now, 'allocation', allocation.vm_id, allocation.id, pool.name, :cloud, allocation.user_name,
                               'MAINTENANCE_CANCELLED', :text, 'maintenance'
                        FROM told JOIN allocation ON allocation.id = told.allocation_id AND allocation.state = 'ACTIVE'
                        JOIN pool ON pool.id = allocation.pool_id
                        ORDER BY allocation.id
                        """)
                .param("window", window.id())
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
