package vmm.cloud.simulated;

import org.jspecify.annotations.Nullable;

import vmm.cloud.Instance;
import vmm.cloud.Tags;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.Objects;

/**
 * One instance of a simulated cloud as it really is, whatever listings say; null instants are
 * never.
 *
 * @param createdAt when it is born; in the future for a late birth
 * @param reportsAt when its guest is up
 * @param reportedAt when its guest's first report was answered
 */
public record SimulatedInstance(
        String id,
        String name,
        Tags tags,
        String image,
        String flavor,
        @Nullable String network,
        Instant createdAt,
        @Nullable Instant runsAt,
        @Nullable Instant errorAt,
        @Nullable String error,
        @Nullable Instant stoppedAt,
        @Nullable Instant reportsAt,
        @Nullable Instant reportedAt,
        @Nullable Instant deleteRequestedAt,
        @Nullable Instant goneAt) {

    static final String COLUMNS =
            "instance_id, name, installation, store, vm_id, image, flavor, network, created_at,"
                    + " runs_at, error_at, error, stopped_at, reports_at, reported_at,"
                    + " delete_requested_at, gone_at";

    static SimulatedInstance read(ResultSet row) throws SQLException {
        return new SimulatedInstance(
                row.getString("instance_id"),
                row.getString("name"),
                new Tags(
                        row.getString("installation"),
                        row.getString("store"),
                        row.getString("vm_id")),
                row.getString("image"),
                row.getString("flavor"),
                row.getString("network"),
                Objects.requireNonNull(Sql.instant(row, "created_at")),
                Sql.instant(row, "runs_at"),
                Sql.instant(row, "error_at"),
                row.getString("error"),
                Sql.instant(row, "stopped_at"),
                Sql.instant(row, "reports_at"),
                Sql.instant(row, "reported_at"),
                Sql.instant(row, "delete_requested_at"),
                Sql.instant(row, "gone_at"));
    }

    /** What a cloud would call its state at an instant at which it exists. */
    public Instance.Status statusAt(Instant at) {
        if (reached(deleteRequestedAt, at)) return Instance.Status.DELETING;
        if (reached(errorAt, at)) return Instance.Status.ERROR;
        if (reached(stoppedAt, at)) return Instance.Status.STOPPED;
        return reached(runsAt, at) ? Instance.Status.RUNNING : Instance.Status.BUILDING;
    }

    /** What a cloud shows of it. */
    Instance shownAt(Instant at) {
        var status = statusAt(at);
        return new Instance(
                id,
                name,
                tags,
                status,
                status == Instance.Status.ERROR ? error : null,
                status == Instance.Status.ERROR && Instances.NO_ROOM.equals(error),
                reached(runsAt, at) ? Guest.address(id) : null,
                createdAt);
    }

    private static boolean reached(@Nullable Instant event, Instant at) {
        return event != null && !event.isAfter(at);
    }
}
