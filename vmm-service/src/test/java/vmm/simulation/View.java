package vmm.simulation;

import org.jspecify.annotations.Nullable;

import vmm.event.Instants;
import vmm.maintenance.MaintenanceWindow.Kind;
import vmm.vm.VmState;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.UUID;

/**
 * What our tables say after a step: live VMs, open claims, maintenance windows, and the events that
 * are new.
 */
record View(
        SortedMap<UUID, VmRow> vms,
        SortedMap<UUID, ClaimRow> open,
        List<WindowRow> windows,
        List<EventRow> events) {
    static final View NOTHING = new View(new TreeMap<>(), new TreeMap<>(), List.of(), List.of());

    private static final String CLAIM =
            "SELECT id, pool_id, state, vm_id, effective_at, requested_at, granted_at, expires_at,"
                    + " ended_at, end_reason, max_lifetime_s FROM allocation ";
    private static final String ALL =
            """
            SELECT id, pool_id, cloud, flavor, state, version, reason, held, instance_id, create_sent_at, create_answer
            FROM vm WHERE state <> 'DELETED' ORDER BY id;
            """
                    + CLAIM
                    + """
                    WHERE state <> 'ENDED' ORDER BY id;
                    SELECT id, cloud, kind, starts, ends, version FROM maintenance_window
                    WHERE cancelled_at IS NULL ORDER BY id;
                    SELECT id, at, type, vm_id, allocation_id, from_state, to_state, reason, detail, actor
                    FROM event WHERE id > ? ORDER BY id
                    """;

    record VmRow(
            UUID id,
            long pool,
            String cloud,
            String flavor,
            VmState state,
            long version,
            @Nullable String reason,
            boolean held,
            @Nullable String instance,
            @Nullable Instant createSentAt,
            @Nullable String createAnswer) {

        /** Counts for its pool's maximum. */
        boolean live() {
            return state != VmState.DELETING || held;
        }
    }

    record ClaimRow(
            UUID id,
            long pool,
            String state,
            @Nullable UUID vm,
            Instant effectiveAt,
            Instant requestedAt,
            @Nullable Instant grantedAt,
            @Nullable Instant expiresAt,
            @Nullable Instant endedAt,
            @Nullable String endReason,
            long lifetimeSeconds) {

        boolean before(ClaimRow other) {
            int order = effectiveAt.compareTo(other.effectiveAt);
            if (order == 0) order = requestedAt.compareTo(other.requestedAt);
            // PostgreSQL orders UUIDs as unsigned bytes, which is the order of their text.
            return order == 0 ? id.toString().compareTo(other.id.toString()) < 0 : order < 0;
        }
    }

    /** One that was not called off. */
    record WindowRow(UUID id, String cloud, Kind kind, Instant from, Instant to, long version) {

        boolean isOn(Instant when) {
            return !when.isBefore(from) && when.isBefore(to);
        }

        /** Whatever the clock of a replica shows. */
        boolean isSurelyOn(Instant when, Duration skew) {
            return isOn(when.minus(skew)) && isOn(when.plus(skew));
        }
    }

    record EventRow(
            long id,
            Instant at,
            String type,
            @Nullable UUID vm,
            @Nullable UUID claim,
            @Nullable String from,
            @Nullable String to,
            @Nullable String reason,
            @Nullable String detail,
            String actor) {}

    /** Reads views over one connection, in one round trip each. */
    static final class Reader {
        private final Connection connection;
        private final PreparedStatement all;
        private final PreparedStatement some;

        Reader(Connection connection) throws SQLException {
            this.connection = connection;
            this.all = connection.prepareStatement(ALL);
            this.some = connection.prepareStatement(CLAIM + "WHERE id = ANY (?) ORDER BY id");
        }

        View read(long afterEvent) throws SQLException {
            all.setLong(1, afterEvent);
            all.execute();
            var vms = new TreeMap<UUID, VmRow>();
            try (var rows = all.getResultSet()) {
                while (rows.next()) {
                    var vm = vm(rows);
                    vms.put(vm.id, vm);
                }
            }
            all.getMoreResults();
            var open = new TreeMap<UUID, ClaimRow>();
            try (var rows = all.getResultSet()) {
                while (rows.next()) {
                    var claim = claim(rows);
                    open.put(claim.id, claim);
                }
            }
            all.getMoreResults();
            var windows = new ArrayList<WindowRow>();
            try (var rows = all.getResultSet()) {
                while (rows.next()) windows.add(window(rows));
            }
            all.getMoreResults();
            var events = new ArrayList<EventRow>();
            try (var rows = all.getResultSet()) {
                while (rows.next()) events.add(event(rows));
            }
            return new View(vms, open, windows, events);
        }

        SortedMap<UUID, ClaimRow> claims(List<UUID> ids) throws SQLException {
            some.setArray(1, connection.createArrayOf("uuid", ids.toArray()));
            var found = new TreeMap<UUID, ClaimRow>();
            try (var rows = some.executeQuery()) {
                while (rows.next()) {
                    var claim = claim(rows);
                    found.put(claim.id, claim);
                }
            }
            return found;
        }

        /** Claims whose owner was warned, and when. */
        SortedMap<UUID, Instant> warnings() throws SQLException {
            var found = new TreeMap<UUID, Instant>();
            try (var statement = connection.createStatement();
                    var rows =
                            statement.executeQuery(
                                    "SELECT id, warned_at FROM allocation WHERE warned_at IS NOT"
                                            + " NULL")) {
                while (rows.next()) {
                    found.put(
                            rows.getObject(1, UUID.class),
                            java.util.Objects.requireNonNull(Instants.read(rows, "warned_at")));
                }
            }
            return found;
        }

        SortedMap<UUID, ClaimRow> allClaims() throws SQLException {
            var found = new TreeMap<UUID, ClaimRow>();
            try (var statement = connection.createStatement();
                    var rows = statement.executeQuery(CLAIM)) {
                while (rows.next()) {
                    var claim = claim(rows);
                    found.put(claim.id, claim);
                }
            }
            return found;
        }

        private static VmRow vm(ResultSet row) throws SQLException {
            return new VmRow(
                    row.getObject(1, UUID.class),
                    row.getLong(2),
                    row.getString(3),
                    row.getString(4),
                    VmState.valueOf(row.getString(5)),
                    row.getLong(6),
                    row.getString(7),
                    row.getBoolean(8),
                    row.getString(9),
                    Instants.read(row, "create_sent_at"),
                    row.getString(11));
        }

        private static ClaimRow claim(ResultSet row) throws SQLException {
            return new ClaimRow(
                    row.getObject(1, UUID.class),
                    row.getLong(2),
                    row.getString(3),
                    row.getObject(4, UUID.class),
                    java.util.Objects.requireNonNull(Instants.read(row, "effective_at")),
                    java.util.Objects.requireNonNull(Instants.read(row, "requested_at")),
                    Instants.read(row, "granted_at"),
                    Instants.read(row, "expires_at"),
                    Instants.read(row, "ended_at"),
                    row.getString(10),
                    row.getLong(11));
        }

        private static WindowRow window(ResultSet row) throws SQLException {
            return new WindowRow(
                    row.getObject(1, UUID.class),
                    row.getString(2),
                    Kind.valueOf(row.getString(3)),
                    java.util.Objects.requireNonNull(Instants.read(row, "starts")),
                    java.util.Objects.requireNonNull(Instants.read(row, "ends")),
                    row.getLong(6));
        }

        private static EventRow event(ResultSet row) throws SQLException {
            return new EventRow(
                    row.getLong(1),
                    java.util.Objects.requireNonNull(Instants.read(row, "at")),
                    row.getString(3),
                    row.getObject(4, UUID.class),
                    row.getObject(5, UUID.class),
                    row.getString(6),
                    row.getString(7),
                    row.getString(8),
                    row.getString(9),
                    row.getString(10));
        }
    }
}
