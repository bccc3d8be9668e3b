package vmm.allocation;

import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Repository;

import vmm.event.Instants;
import vmm.guest.GuestTokens;
import vmm.identity.Person;
import vmm.identity.Role;
import vmm.web.Cursor;
import vmm.web.Limit;
import vmm.web.Page;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Types;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.stream.Collectors;

/** Allocations as people see them: their own, or all for operators. */
@Repository
class AllocationViews {
    private static final String SELECT =
            """
            SELECT allocation.*, pool.name AS pool, vm.cloud, vm.instance_id, vm.instance_status, vm.address, vm.reported_at,
                   vm.last_active_at, vm.guest_image, vm.guest_host_keys, notice.text AS notice, notice.starts AS notice_from, notice.ends AS notice_to,
                   notice.kind AS notice_kind
            FROM allocation JOIN pool ON pool.id = allocation.pool_id LEFT JOIN vm ON vm.id = allocation.vm_id
            LEFT JOIN LATERAL (
                SELECT text, starts, ends, kind FROM maintenance_notice
                JOIN maintenance_window ON maintenance_window.id = maintenance_notice.window_id
                WHERE maintenance_notice.allocation_id = allocation.id AND allocation.state = 'ACTIVE' AND ends > :now
                  AND cancelled_at IS NULL
                ORDER BY starts, window_id LIMIT 1) AS notice ON true
            """;

    static final String ONE =
            SELECT + "WHERE allocation.id = :id AND (:all OR allocation.user_name = :user)";

    static final String CONNECTS =
            "SELECT * FROM pool_connect WHERE pool_id = ANY (:pools) ORDER BY pool_id, position";

    private final JdbcClient jdbc;
    private final Outlooks outlooks;
    private final GuestTokens tokens;
    private final InstantSource clock;

    AllocationViews(JdbcClient jdbc, Outlooks outlooks, GuestTokens tokens, InstantSource clock) {
        this.jdbc = jdbc;
        this.outlooks = outlooks;
        this.tokens = tokens;
        this.clock = clock;
    }

    /** One that this person may see. */
    Optional<AllocationView> find(UUID id, Person viewer) {
        var rows =
                jdbc.sql(ONE)
                        .param("id", id)
                        .param("all", viewer.is(Role.OPERATOR))
                        .param("user", viewer.name())
                        .param("now", Instants.sql(clock.instant()))
                        .query(AllocationViews::read)
                        .list();
        return views(rows, viewer).stream().findFirst();
    }

    /** Newest first; whoever is no operator sees their own, whatever the filter says. */
    Page<AllocationView> list(Filter filter, Limit limit, @Nullable Cursor cursor, Person viewer) {
        var where = new ArrayList<String>();
        if (!filter.states().isEmpty()) where.add("allocation.state = ANY (:states)");
        if (filter.pool() != null) where.add("pool.name = :pool");
        if (filter.vmType() != null) where.add("allocation.vm_type = :type");
        if (filter.cloud() != null) where.add("vm.cloud = :cloud");
        String user = viewer.is(Role.OPERATOR) ? filter.user() : viewer.name();
        if (user != null) where.add("allocation.user_name = :user");
        if (cursor != null) where.add("(allocation.requested_at, allocation.id) < (:at, :after)");
        var query =
                jdbc.sql(
                                SELECT
                                        + (where.isEmpty()
                                                ? ""
                                                : "WHERE " + String.join(" AND ", where))
                                        + " ORDER BY allocation.requested_at DESC, allocation.id"
                                        + " DESC LIMIT :limit")
                        .param(
                                "states",
                                filter.states().stream().map(Enum::name).toArray(String[]::new))
                        .param("pool", filter.pool(), Types.VARCHAR)
                        .param("type", filter.vmType(), Types.VARCHAR)
                        .param("cloud", filter.cloud(), Types.VARCHAR)
                        .param("user", user, Types.VARCHAR)
                        .param("now", Instants.sql(clock.instant()))
                        .param("limit", limit.plusOne());
        if (cursor != null) {
            query =
                    query.param("at", Instants.sql(cursor.ofSize(2).time(0)))
                            .param("after", cursor.value(1, UUID::fromString));
        }
        var page =
                Page.of(
                        query.query(AllocationViews::read).list(),
                        limit,
                        row -> Cursor.at(row.allocation().requestedAt(), row.allocation().id()));
        return new Page<>(views(page.items(), viewer), page.nextCursor());
    }

    private List<AllocationView> views(List<Row> rows, Person viewer) {
        Instant now = clock.instant();
        var waiting = pools(rows, Allocation.State.QUEUED);
        var positions = positions(waiting);
        var pools = outlooks.of(waiting, now);
        var connects = connects(pools(rows, Allocation.State.ACTIVE));
        return rows.stream()
                .map(row -> view(row, viewer, positions, pools, connects, now))
                .toList();
    }

    private AllocationView view(
            Row row,
            Person viewer,
            Map<UUID, Integer> positions,
            Map<Long, Outlook> pools,
            Map<Long, List<Connect>> connects,
            Instant now) {
        var allocation = row.allocation();
        Instant granted = allocation.grantedAt();
        Instant expires = allocation.expiresAt();
        boolean active = allocation.state() == Allocation.State.ACTIVE;
        Integer position = positions.get(allocation.id());
        var pool = pools.get(allocation.poolId());
        var reclaim =
                active ? AllocationView.Reclaim.of(allocation, granted, row.lastActiveAt()) : null;
        return new AllocationView(
                allocation.id(),
                allocation.vmType(),
                allocation.pool(),
                allocation.user(),
                allocation.name(),
                allocation.priority(),
                allocation.state(),
                allocation.requestedAt(),
                granted,
                granted == null || expires == null
                        ? allocation.lease()
                        : Duration.between(granted, expires),
                expires,
                granted == null ? null : granted.plus(allocation.maxLifetime()),
                allocation.endedAt(),
                allocation.endReason(),
                position,
                position == null || pool == null
                        ? null
                        : outlooks.estimate(pool, position)
                                .map(e -> new AllocationView.Wait(e.p50(), e.p90()))
                                .orElse(null),
                position == null || pool == null ? null : WaitReason.of(pool, position),
                allocation.warnedAt(),
                reclaim == null ? active ? allocation.warning() : null : reclaim.words(),
                reclaim,
                active && granted != null
                        ? Activity.of(row.reportedAt(), row.lastActiveAt(), granted, now)
                        : Activity.none(),
                row.notice(),
                active
                        ? machine(
                                row, viewer, connects.getOrDefault(allocation.poolId(), List.of()))
                        : null);
    }

    private AllocationView.@Nullable Machine machine(
            Row row, Person viewer, List<Connect> templates) {
        UUID vm = row.allocation().vmId();
        String cloud = row.cloud();
        if (vm == null || cloud == null) return null;
        String owner = row.allocation().user();
        String secret = owner.equals(viewer.name()) ? tokens.secret(vm) : null;
        return new AllocationView.Machine(
                vm,
                cloud,
                row.instanceId(),
                row.address(),
                templates.stream()
                        .flatMap(template -> template.fill(row.address(), secret, owner).stream())
                        .toList(),
                AllocationView.InstanceStatus.of(row.instanceStatus()),
                row.image(),
                row.hostKeys());
    }

    private static List<Long> pools(List<Row> rows, Allocation.State state) {
        return rows.stream()
                .map(Row::allocation)
                .filter(allocation -> allocation.state() == state)
                .map(Allocation::poolId)
                .distinct()
                .toList();
    }

    /** Places in the queues of some pools, 1 is next. */
    private Map<UUID, Integer> positions(List<Long> pools) {
        record Place(UUID id, int position) {}
        if (pools.isEmpty()) return Map.of();
        return jdbc
                .sql(
                        """
                        SELECT id, row_number() OVER (PARTITION BY pool_id ORDER BY effective_at, requested_at, id)::int AS position
                        FROM allocation WHERE state = 'QUEUED' AND pool_id = ANY (:pools)
                        """)
                .param("pools", pools.toArray(Long[]::new))
                .query(
                        (row, n) ->
                                new Place(row.getObject("id", UUID.class), row.getInt("position")))
                .list()
                .stream()
                .collect(Collectors.toMap(Place::id, Place::position));
    }

    private Map<Long, List<Connect>> connects(List<Long> pools) {
        record Way(long pool, Connect template) {}
        if (pools.isEmpty()) return Map.of();
        return jdbc
                .sql(CONNECTS)
                .param("pools", pools.toArray(Long[]::new))
                .query(
                        (row, n) ->
                                new Way(
                                        row.getLong("pool_id"),
                                        new Connect(
                                                row.getString("kind"),
                                                row.getString("url"),
                                                row.getString("command"))))
                .list()
                .stream()
                .collect(
                        Collectors.groupingBy(
                                Way::pool, Collectors.mapping(Way::template, Collectors.toList())));
    }

    private static Row read(ResultSet row, int n) throws SQLException {
        return new Row(
                Allocation.read(row, n),
                row.getString("cloud"),
                row.getString("instance_id"),
                row.getString("instance_status"),
                row.getString("address"),
                Instants.read(row, "reported_at"),
                Instants.read(row, "last_active_at"),
                row.getString("guest_image"),
                hostKeys(row),
                notice(row));
    }

    private static List<String> hostKeys(ResultSet row) throws SQLException {
        var keys = row.getArray("guest_host_keys");
        return keys == null ? List.of() : List.of((String[]) keys.getArray());
    }

    private static AllocationView.@Nullable Notice notice(ResultSet row) throws SQLException {
        String text = row.getString("notice");
        Instant from = Instants.read(row, "notice_from");
        Instant to = Instants.read(row, "notice_to");
        return text == null || from == null || to == null
                ? null
                : new AllocationView.Notice(text, from, to, row.getString("notice_kind"));
    }

    /** Which allocations; null and an empty list are no restriction. */
    record Filter(
            List<Allocation.State> states,
            @Nullable String pool,
            @Nullable String vmType,
            @Nullable String cloud,
            @Nullable String user) {}

    private record Row(
            Allocation allocation,
            @Nullable String cloud,
            @Nullable String instanceId,
            @Nullable String instanceStatus,
            @Nullable String address,
            @Nullable Instant reportedAt,
            @Nullable Instant lastActiveAt,
            @Nullable String image,
            List<String> hostKeys,
            AllocationView.@Nullable Notice notice) {}
}
