package vmm.vm;

import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Repository;

import vmm.event.Event;
import vmm.event.Events;
import vmm.event.Instants;
import vmm.web.Cursor;
import vmm.web.Limit;
import vmm.web.Page;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;

/** The fleet as operators read it. */
@Repository
class VmViews {
    private static final String SELECT =
            """
            SELECT vm.*, pool.name AS pool, 'vmm-' || (SELECT name FROM installation) || '-' || vm.id AS name,
                   allocation.id AS allocation_id, allocation.user_name,
                   (SELECT event.detail FROM event WHERE event.vm_id = vm.id AND to_state = 'REQUESTED' ORDER BY event.id LIMIT 1)
                       AS launch_reason
            FROM vm JOIN pool ON pool.id = vm.pool_id LEFT JOIN allocation ON allocation.vm_id = vm.id
            """;

    private final JdbcClient jdbc;
    private final Events events;

    VmViews(JdbcClient jdbc, Events events) {
        this.jdbc = jdbc;
        this.events = events;
    }

    /** Newest first. */
    Page<VmView> page(Filter filter, @Nullable Cursor after, Limit limit) {
        var conditions = new ArrayList<String>();
        var params = new HashMap<String, Object>();
        if (filter.states().isEmpty()) {
            conditions.add("vm.state <> 'DELETED'");
        } else {
            conditions.add("vm.state IN (:states)");
            params.put("states", filter.states().stream().map(VmState::name).toList());
        }
        equal("pool.name", "pool", filter.pool(), conditions, params);
        equal("vm.cloud", "cloud", filter.cloud(), conditions, params);
        equal("allocation.user_name", "user", filter.user(), conditions, params);
        equal("vm.held", "held", filter.held(), conditions, params);
        if (after != null) {
            conditions.add("(vm.created_at, vm.id) < (:createdAt, :id)");
            params.put("createdAt", Instants.sql(after.ofSize(2).time(0)));
            params.put("id", after.value(1, UUID::fromString));
        }
        var rows =
                jdbc.sql(
                                SELECT
                                        + "WHERE "
                                        + String.join(" AND ", conditions)
                                        + " ORDER BY vm.created_at DESC, vm.id DESC LIMIT :limit")
                        .params(params)
                        .param("limit", limit.plusOne())
                        .query(VmViews::read)
                        .list();
        return Page.of(rows, limit, vm -> Cursor.at(vm.createdAt(), vm.id()));
    }

    private static void equal(
            String column,
            String param,
            @Nullable Object wanted,
            List<String> conditions,
            Map<String, Object> params) {
        if (wanted == null) return;
        conditions.add(column + " = :" + param);
        params.put(param, wanted);
    }

    Optional<VmView> find(UUID id) {
        return jdbc.sql(SELECT + "WHERE vm.id = :id")
                .param("id", id)
                .query(VmViews::read)
                .optional();
    }

    Optional<VmView.WithTimeline> findWithTimeline(UUID id) {
        return find(id).map(vm -> new VmView.WithTimeline(vm, timeline(vm)));
    }

    private List<VmView.TimelineEntry> timeline(VmView vm) {
        var happened = events.ofVm(vm.id());
        // Where the beginning is past its retention, the first change that is left tells the state
        // before it.
        String state =
                happened.stream()
                        .filter(event -> event.to() != null)
                        .findFirst()
                        .map(Event::from)
                        .orElse(vm.state().name());
        var entries = new ArrayList<VmView.TimelineEntry>();
        for (var event : happened) {
            String before = event.to() == null ? state : event.from();
            state = event.to() == null ? state : event.to();
            entries.add(
                    new VmView.TimelineEntry(
                            event.at(),
                            before,
                            state,
                            event.reason(),
                            event.detail(),
                            event.actor()));
        }
        return entries;
    }

    private static VmView read(ResultSet row, int n) throws SQLException {
        var state = VmState.valueOf(row.getString("state"));
        return new VmView(
                row.getObject("id", UUID.class),
                row.getString("pool"),
                row.getString("cloud"),
                row.getString("image"),
                row.getString("flavor"),
                Options.read(row),
                row.getString("instance_id"),
                row.getString("name"),
                state,
                row.getString("reason"),
                row.getString("address"),
                Objects.requireNonNull(Instants.read(row, "created_at")),
                Objects.requireNonNull(Instants.read(row, "state_since")),
                row.getObject("allocation_id", UUID.class),
                row.getString("user_name"),
                row.getBoolean("held"),
                row.getString("held_reason"),
                Instants.read(row, "held_until"),
                VmView.InstanceStatus.of(row.getString("instance_status")),
                VmState.WARMING.contains(state) && row.getObject("late_since") != null,
                Instants.read(row, "late_since"),
                row.getString("launch_reason"),
                why(state, row),
                guest(row));
    }

    private static VmView.@Nullable Guest guest(ResultSet row) throws SQLException {
        var ready = Instants.read(row, "guest_ready_at");
        var reported = Instants.read(row, "reported_at");
        if (ready == null && reported == null) return null;
        return new VmView.Guest(
                row.getString("guest_image"),
                ready,
                reported,
                Instants.read(row, "last_active_at"),
                List.of((String[]) row.getArray("guest_host_keys").getArray()));
    }

    private static @Nullable String why(VmState state, ResultSet row) throws SQLException {
        if (state != VmState.DELETING && state != VmState.DELETED) return null;
        String reason = row.getString("reason");
        String detail = row.getString("detail");
        if (reason == null || detail == null) return reason == null ? detail : reason;
        return reason + ": " + detail;
    }

    /** Which VMs are wanted; null or empty is all, but DELETED only when asked for. */
    record Filter(
            Set<VmState> states,
            @Nullable String pool,
            @Nullable String cloud,
            @Nullable String user,
            @Nullable Boolean held) {}
}
