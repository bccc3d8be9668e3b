package vmm.simulation;

import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.datasource.DataSourceTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;

import vmm.allocation.Allocations;
import vmm.allocation.Allocator;
import vmm.allocation.IdempotencyKeys;
import vmm.clouds.BootTimes;
import vmm.clouds.Breakers;
import vmm.clouds.CloudConnections;
import vmm.clouds.CloudSignals;
import vmm.clouds.Clouds;
import vmm.clouds.ProbeLook;
import vmm.clouds.Probes;
import vmm.event.Events;
import vmm.event.LoopKind;
import vmm.event.Wakes;
import vmm.guest.CloudInit;
import vmm.guest.GuestReports;
import vmm.guest.GuestTokens;
import vmm.maintenance.MaintenanceNotices;
import vmm.maintenance.MaintenanceWindows;
import vmm.maintenance.WindowDesk;
import vmm.maintenance.WindowLeads;
import vmm.pool.PlacementNames;
import vmm.pool.Pools;
import vmm.pool.Schedules;
import vmm.reconcile.CloudCalls;
import vmm.reconcile.Decisions;
import vmm.reconcile.GrantLoop;
import vmm.reconcile.HealthLoop;
import vmm.reconcile.HousekeepingLoop;
import vmm.reconcile.LifecycleLoop;
import vmm.reconcile.OrphanLoop;
import vmm.reconcile.Orphans;
import vmm.reconcile.PoolCounts;
import vmm.reconcile.PortProbe;
import vmm.reconcile.PublishLoop;
import vmm.reconcile.ReclaimLoop;
import vmm.reconcile.Reconciler;
import vmm.reconcile.RefillLoop;
import vmm.reconcile.ReserveChecks;
import vmm.reconcile.Store;
import vmm.reconcile.VmSteps;
import vmm.reconcile.WindowTurns;
import vmm.vm.Holds;
import vmm.vm.Ids;
import vmm.vm.Vms;

import java.time.Duration;
import java.time.InstantSource;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;

import javax.sql.DataSource;

/** The service's engine as one replica has it: the real thing, put together by hand. */
public final class Engine {
    private static final byte[] KEY =
            "the key of a simulated installation".getBytes(java.nio.charset.StandardCharsets.UTF_8);
    public static final HousekeepingLoop.Retention RETENTION =
            new HousekeepingLoop.Retention(
                    Duration.ofMinutes(70), Duration.ofMinutes(40), Duration.ofMinutes(50));

    public final Ids ids;
    public final Vms vms;
    public final Events events;
    public final Clouds clouds;
    public final Allocations allocations;
    public final Allocator allocator;
    public final GuestReports reports;
    public final GuestTokens tokens = new GuestTokens(KEY);
    public final WindowDesk windowDesk;
    public final TransactionTemplate transactions;
    public final Map<LoopKind, Reconciler> loops = new EnumMap<>(LoopKind.class);

    /** What an engine needs of the world around it. */
    public record Surroundings(
            DataSource database,
            InstantSource clock,
            RandomGenerator random,
            CloudConnections connections,
            CloudCalls calls,
            Wakes wakes,
            PortProbe probe,
            Store store,
            Probes probes,
            ProbeLook look) {

        /** Clouds without probes. */
        public Surroundings(
                DataSource database,
                InstantSource clock,
                RandomGenerator random,
                CloudConnections connections,
                CloudCalls calls,
                Wakes wakes,
                PortProbe probe,
                Store store) {
            this(
                    database,
                    clock,
                    random,
                    connections,
                    calls,
                    wakes,
                    probe,
                    store,
                    cloud -> List.of(),
                    (cloud, what) -> new ProbeLook.Finding(true, 1, "well"));
        }
    }

    public Engine(Surroundings around) {
        var jdbc = JdbcClient.create(around.database);
        this.transactions =
                new TransactionTemplate(new DataSourceTransactionManager(around.database));
        var clock = around.clock;
        var wakes = around.wakes;
        var keys = new IdempotencyKeys(jdbc);
        var pools = new Pools(jdbc);
        var decisions = new Decisions(jdbc);
        this.ids = new Ids(clock, around.random);
        this.vms = new Vms(jdbc);
        this.events = new Events(jdbc);
        var breakers = new Breakers(jdbc, events);
        this.clouds = new Clouds(jdbc, breakers, events);
        this.allocations = new Allocations(jdbc);
        this.allocator = new Allocator(allocations, keys, transactions, clock, wakes);
        this.reports = new GuestReports(jdbc, wakes);
        var signals = new CloudSignals(jdbc, events, transactions);
        var windows = new MaintenanceWindows(jdbc);
        var leads = new WindowLeads(jdbc);
        var notices = new MaintenanceNotices(jdbc, windows);
        this.windowDesk =
                new WindowDesk(
                        windows, notices, leads, clouds, events, ids, transactions, clock, wakes);
        var userData = new CloudInit(tokens, "http://vmm");
        var steps =
                new VmSteps(
                        vms,
                        events,
                        allocations,
                        clouds,
                        breakers,
                        around.calls,
                        around.probe,
                        userData,
                        around.store,
                        transactions,
                        clock,
                        wakes);
        var all =
                List.of(
                        new GrantLoop(allocations, allocator, pools),
                        new RefillLoop(
                                pools,
                                new Schedules(jdbc),
                                new PoolCounts(jdbc),
                                clouds,
                                breakers,
                                signals,
                                windows,
                                vms,
                                decisions,
                                ids,
                                transactions,
                                clock,
                                wakes),
                        new LifecycleLoop(
                                jdbc,
                                pools,
                                clouds,
                                around.connections,
                                new BootTimes(jdbc, clock),
                                windows,
                                vms,
                                steps,
                                new ReserveChecks(
                                        jdbc,
                                        vms,
                                        clouds,
                                        around.calls,
                                        around.probe,
                                        clock,
                                        wakes),
                                around.store,
                                clock,
                                Engine::oneAfterTheOther),
                        new OrphanLoop(
                                clouds,
                                around.connections,
                                vms,
                                new Orphans(jdbc),
                                events,
                                around.calls,
                                around.store,
                                clock),
                        new ReclaimLoop(
                                allocations,
                                new Holds(jdbc),
                                new WindowTurns(windows, notices, leads, clouds, breakers, wakes),
                                transactions,
                                clock,
                                wakes),
                        new HealthLoop(
                                clouds,
                                around.connections,
                                signals,
                                around.probes,
                                around.look,
                                new PlacementNames(jdbc),
                                wakes,
                                clock,
                                InThisThread::new),
                        new PublishLoop(jdbc, events, transactions),
                        new HousekeepingLoop(jdbc, events, decisions, keys, RETENTION, clock));
        for (var loop : all) loops.put(loop.kind(), loop);
    }

    /** So that a seed is a seed. */
    private static <T> void oneAfterTheOther(List<T> rows, Consumer<T> work) {
        rows.forEach(work);
    }
}
