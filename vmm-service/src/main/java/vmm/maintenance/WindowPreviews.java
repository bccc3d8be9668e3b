package vmm.maintenance;

import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;

import vmm.clouds.CloudSignals;
import vmm.clouds.CloudState;
import vmm.clouds.Clouds;
import vmm.event.Instants;
import vmm.maintenance.MaintenanceWindow.Kind;
import vmm.maintenance.WindowPreview.Elsewhere;
import vmm.maintenance.WindowPreview.Placed;
import vmm.maintenance.WindowPreview.PoolNow;
import vmm.maintenance.WindowPreview.Proposal;
import vmm.maintenance.WindowPreview.Session;
import vmm.pool.Pool;
import vmm.pool.Pools;
import vmm.pool.Schedules;
import vmm.sizing.SizeCurve;
import vmm.vm.Options;
import vmm.vm.VmState;
import vmm.web.Problem;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.UUID;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/** Reads what {@link WindowPreview} is made from. Saves nothing. */
@Component
class WindowPreviews {
    private final JdbcClient jdbc;
    private final MaintenanceWindows windows;
    private final WindowLeads leads;
    private final Pools pools;
    private final Schedules schedules;
    private final Clouds clouds;
    private final CloudSignals signals;
    private final InstantSource clock;

    WindowPreviews(
            JdbcClient jdbc,
            MaintenanceWindows windows,
            WindowLeads leads,
            Pools pools,
            Schedules schedules,
            Clouds clouds,
            CloudSignals signals,
            InstantSource clock) {
        this.jdbc = jdbc;
        this.windows = windows;
        this.leads = leads;
        this.pools = pools;
        this.schedules = schedules;
        this.clouds = clouds;
        this.signals = signals;
        this.clock = clock;
    }

    /**
     * Throws 404 without such a cloud or window, and 422 as for one that is saved.
     *
     * @param except the window that would become this one, which then counts no more as it is; null
     *     for a new one
     */
    WindowPreview of(String cloud, WindowRules.Wanted wanted, @Nullable UUID except) {
        Instant now = clock.instant();
        if (clouds.find(cloud).isEmpty()) throw Problem.notFound("cloud");
        if (except == null) WindowRules.require(wanted, now);
        else WindowRules.requireChange(edited(cloud, except), wanted, now);
        Map<Long, Duration> leadOf = leads.ofPools(cloud, now);
        var proposal = proposal(cloud, wanted, leadOf, now);
        List<CloudState> states = clouds.all();
        List<MaintenanceWindow> others = others(proposal);
        Set<String> gone = named(others, window -> window.kind() == Kind.UNAVAILABLE);
        Set<String> sick =
                states.stream()
                        .filter(CloudState::sick)
                        .map(CloudState::name)
                        .collect(Collectors.toSet());
        Predicate<Row> stays =
                row ->
                        !gone.contains(row.cloud())
                                && !(row.warming() && sick.contains(row.cloud()));
        Map<Long, List<Row>> rows = rows();
        var concerned =
                pools.all().stream()
                        .filter(pool -> !pool.deleted())
                        .filter(
                                pool ->
                                        leadOf.containsKey(pool.id())
                                                || rows.getOrDefault(pool.id(), List.of()).stream()
                                                        .anyMatch(row -> row.cloud().equals(cloud)))
                        .map(
                                pool ->
                                        poolNow(
                                                pool,
                                                target(pool, leadOf, proposal),
                                                rows.getOrDefault(pool.id(), List.of()),
                                                cloud,
                                                stays))
                        .toList();
        return WindowPreview.of(
                proposal, concerned, elsewhere(cloud, states, others, now), sessions(proposal));
    }

    private MaintenanceWindow edited(String cloud, UUID id) {
        return windows.find(cloud, id).orElseThrow(() -> Problem.notFound("maintenance window"));
    }

    private static Proposal proposal(
            String cloud, WindowRules.Wanted wanted, Map<Long, Duration> leadOf, Instant now) {
        Duration lead =
                wanted.kind() == Kind.UNAVAILABLE
                        ? leadOf.values().stream()
                                .max(Duration::compareTo)
                                .orElse(WindowLead.SHORTEST)
                        : Duration.ZERO;
        Instant begins = wanted.from().minus(lead);
        if (begins.isBefore(now)) begins = now.isBefore(wanted.from()) ? now : wanted.from();
        return new Proposal(cloud, wanted.kind(), wanted.from(), wanted.to(), lead, begins);
    }

    /** The other clouds, with what other windows make of them in that time. */
    private Map<String, Elsewhere> elsewhere(
            String cloud, List<CloudState> states, List<MaintenanceWindow> others, Instant now) {
        Set<String> risky = named(others, window -> window.kind() == Kind.AT_RISK);
        return states.stream()
                .filter(other -> !other.name().equals(cloud))
                .map(
                        other ->
                                new Elsewhere(
                                        other.name(),
                                        other.maxVms(),
                                        other.live(),
                                        signals.left(other.name(), now),
                                        obstacle(other, others),
                                        risky.contains(other.name())))
                .collect(Collectors.toMap(Elsewhere::cloud, other -> other));
    }

    private static @Nullable String obstacle(CloudState cloud, List<MaintenanceWindow> others) {
        if (cloud.paused()) {
            return "paused" + (cloud.pauseReason() == null ? "" : ": " + cloud.pauseReason());
        }
        if (cloud.sick()) return "unhealthy: " + cloud.healthReason();
        return others.stream()
                .filter(window -> window.cloud().equals(cloud.name()))
                .filter(window -> window.kind() != Kind.AT_RISK)
                .map(MaintenanceWindow::words)
                .findFirst()
                .orElse(null);
    }

    /** Windows of other clouds that have any part between preparation and end. */
    private List<MaintenanceWindow> others(Proposal proposal) {
        return windows.endingAfter(proposal.preparationBegins()).stream()
                .filter(window -> !window.cloud().equals(proposal.cloud()))
                .filter(window -> window.overlaps(proposal.preparationBegins(), proposal.to()))
                .toList();
    }

    private static Set<String> named(
            List<MaintenanceWindow> windows, Predicate<MaintenanceWindow> which) {
        return windows.stream()
                .filter(which)
                .map(MaintenanceWindow::cloud)
                .collect(Collectors.toSet());
    }

    /** The highest between preparation and end. */
    private int target(Pool pool, Map<Long, Duration> leadOf, Proposal proposal) {
        return SizeCurve.over(
                        pool.poolSize(),
                        pool.maxSize(),
                        schedules.of(pool.name()),
                        leadOf.getOrDefault(pool.id(), WindowLead.SHORTEST),
                        proposal.preparationBegins(),
                        proposal.to())
                .stream()
                .mapToInt(SizeCurve.Step::target)
                .max()
                .orElse(pool.poolSize());
    }

    /**
     * @param stays whether what counts on another cloud now counts then
     */
    private static PoolNow poolNow(
            Pool pool, int target, List<Row> rows, String cloud, Predicate<Row> stays) {
        Predicate<Row> there = row -> row.cloud().equals(cloud);
        return new PoolNow(
                pool.name(),
                target,
                pool.maxSize(),
                count(rows, row -> row.state() != VmState.DELETING || row.held()),
                count(rows, row -> row.state() == VmState.ALLOCATED || row.held()),
                count(rows, there.and(row -> row.state() == VmState.READY && !row.held())),
                count(rows, there.and(Row::warming)),
                count(rows, there.and(row -> row.state() == VmState.ALLOCATED)),
                count(rows, there.negate().and(Row::counts).and(stays)),
                pool.placements().stream()
                        .map(
                                place ->
                                        new Placed(
                                                place,
                                                count(rows, row -> row.counts() && row.at(place)),
                                                count(rows, row -> row.at(place))))
                        .toList());
    }

    private static int count(List<Row> rows, Predicate<Row> which) {
        return rows.stream().filter(which).mapToInt(Row::n).sum();
    }

    /** VMs that are not DELETED, by pool. */
    private Map<Long, List<Row>> rows() {
        return jdbc
                .sql(
                        """
                        SELECT pool_id, cloud, flavor, options, state, held, late_since IS NOT NULL AS late, count(*)::int AS n FROM vm
                        WHERE state <> 'DELETED' GROUP BY pool_id, cloud, flavor, options, state, held, late
                        """)
                .query(
                        (row, n) ->
                                new Row(
                                        row.getLong("pool_id"),
                                        row.getString("cloud"),
                                        row.getString("flavor"),
                                        Options.read(row),
                                        VmState.valueOf(row.getString("state")),
                                        row.getBoolean("held"),
                                        row.getBoolean("late"),
                                        row.getInt("n")))
                .list()
                .stream()
                .collect(Collectors.groupingBy(Row::pool));
    }

    private List<Session> sessions(Proposal proposal) {
        return jdbc.sql(
                        """
                        SELECT allocation.id, user_name, vm_type, vm_id, expires_at
                        FROM allocation JOIN vm ON vm.id = allocation.vm_id
                        WHERE vm.cloud = :cloud AND vm.state = 'ALLOCATED' AND allocation.state = 'ACTIVE' AND expires_at > :from
                        ORDER BY expires_at, allocation.id
                        """)
                .param("cloud", proposal.cloud())
                .param("from", Instants.sql(proposal.from()))
                .query(
                        (row, n) -> {
                            Instant expires =
                                    Objects.requireNonNull(Instants.read(row, "expires_at"));
                            return new Session(
                                    row.getObject("id", UUID.class),
                                    row.getString("user_name"),
                                    row.getString("vm_type"),
                                    row.getObject("vm_id", UUID.class),
                                    expires,
                                    !expires.isAfter(proposal.to()));
                        })
                .list();
    }

    private record Row(
            long pool,
            String cloud,
            String flavor,
            Map<String, String> options,
            VmState state,
            boolean held,
            boolean late,
            int n) {
        boolean warming() {
            return VmState.WARMING.contains(state) && !held;
        }

        boolean counts() {
            return warming() && !late || state == VmState.READY && !held;
        }

        boolean at(Pool.Place place) {
            return cloud.equals(place.cloud())
                    && flavor.equals(place.flavor())
                    && options.equals(place.options());
        }
    }
}
