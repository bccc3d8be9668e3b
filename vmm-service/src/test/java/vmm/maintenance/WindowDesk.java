package vmm.maintenance;

import org.springframework.transaction.support.TransactionOperations;

import vmm.clouds.Clouds;
import vmm.event.Events;
import vmm.event.Wakes;
import vmm.maintenance.MaintenanceWindow.Kind;
import vmm.vm.Ids;
import vmm.web.IfMatch;

import java.time.Instant;
import java.time.InstantSource;
import java.util.UUID;

/** Lets tests of other packages change windows as administrators do. */
public final class WindowDesk {
    private static final String ACTOR = "admin";

    private final WindowEdits edits;

    public WindowDesk(
            MaintenanceWindows windows,
            MaintenanceNotices notices,
            WindowLeads leads,
            Clouds clouds,
            Events events,
            Ids ids,
            TransactionOperations transactions,
            InstantSource clock,
            Wakes wakes) {
        this.edits =
                new WindowEdits(
                        windows, notices, leads, clouds, events, ids, transactions, clock, wakes);
    }

    public void enter(String cloud, Instant from, Instant to, Kind kind) {
        edits.create(cloud, WindowRules.Wanted.of(from, to, kind, "patching"), ACTOR);
    }

    /** A window that was read at a version. */
    public void change(String cloud, UUID id, long version, Instant from, Instant to, Kind kind) {
        var patch = new WindowRequest.Patch(from, to, kind, null);
        edits.change(cloud, id, IfMatch.etag(version), patch, ACTOR);
    }

    /** Calls it off, or ends it if it has begun. */
    public void end(String cloud, UUID id, long version) {
        edits.end(cloud, id, IfMatch.etag(version), ACTOR);
    }
}
