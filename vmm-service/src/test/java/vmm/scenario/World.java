package vmm.scenario;

import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;

import vmm.allocation.Allocation;
import vmm.allocation.Request;
import vmm.cloud.CloudConfig;
import vmm.cloud.CloudProvider;
import vmm.cloud.CloudProviderFactory;
import vmm.cloud.ManualClock;
import vmm.cloud.simulated.SimulatedCloud;
import vmm.cloud.simulated.SimulatedInstance;
import vmm.cloud.simulated.Weather;
import vmm.database.TestDatabase;
import vmm.event.Instants;
import vmm.event.LoopKind;
import vmm.event.Wakes;
import vmm.maintenance.MaintenanceWindow;
import vmm.reconcile.Store;

import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import java.util.function.BooleanSupplier;

/**
 * A small world: the real engine on a database of its own, a few simulated clouds, and a clock that
 * moves only when it is told to. Nothing runs beside the test: a second passes, the loops that are
 * due have their pass, what they wake and what they ask of clouds is done, and only then the next
 * second passes.
 */
final class World implements AutoCloseable {
    static final Store STORE = new Store("scenario", "0199-scenario");

    /** From create to the guest's report, in fair weather. */
    static final Duration BOOT = Duration.ofSeconds(20);

    private static final Instant START = Instant.parse("2026-03-02T08:00:00Z");
    private static final Duration STEP = Duration.ofSeconds(1);
    private static final Duration CALL_TIMEOUT = Duration.ofSeconds(20);
    private static final Duration LEASE = Duration.ofHours(8);
    private static final int WAKES_IN_A_SECOND = 1_000;

    /** Seconds between two ticks, as the service has them. */
    private static final Map<LoopKind, Integer> PACE =
            Map.of(
                    LoopKind.GRANT, 1,
                    LoopKind.LIFECYCLE, 1,
                    LoopKind.PUBLISH, 5,
                    LoopKind.REFILL, 5,
                    LoopKind.RECLAIM, 5,
                    LoopKind.HEALTH, 5,
                    LoopKind.ORPHAN, 60,
                    LoopKind.HOUSEKEEPING, 600);

    private static final List<LoopKind> ORDER =
            List.of(
                    LoopKind.LIFECYCLE,
                    LoopKind.GRANT,
                    LoopKind.REFILL,
                    LoopKind.RECLAIM,
                    LoopKind.HEALTH,
                    LoopKind.ORPHAN,
                    LoopKind.PUBLISH,
                    LoopKind.HOUSEKEEPING);

    /** Where a pool may be placed. */
    record Place(String cloud, String flavor, int weight) {
        static Place on(String cloud) {
            return on(cloud, 10);
        }

        static Place on(String cloud, int weight) {
            return new Place(cloud, "m1", weight);
        }
    }

    /** A row of the table of VMs. */
    record Machine(
            UUID id,
            String cloud,
            String flavor,
            String state,
            @Nullable String reason,
            String detail,
            String instance,
            String address) {}

    private record Woken(LoopKind kind, String key) {}

    private final TestDatabase.Fresh database = TestDatabase.fresh();
    private final JdbcClient jdbc = JdbcClient.create(database);
    private final ManualClock clock = new ManualClock(START);
    private final Map<String, SimulatedCloud> clouds = new TreeMap<>();
    private final Map<String, ObservedCloud> observed = new TreeMap<>();
    private final List<Replica> replicas = new ArrayList<>();
    private final LinkedHashSet<Woken> woken = new LinkedHashSet<>();
    private final Set<String> unnamed = new HashSet<>();
    private final Set<String> deadAddresses = new HashSet<>();
    private final Set<UUID> silentGuests = new HashSet<>();
    private long seconds;
    private int people;

    World(String... names) {
        for (var name : names) {
            jdbc.sql("INSERT INTO cloud (name, kind, health_since) VALUES (?, 'simulated', ?)")
                    .params(name, Instants.sql(START))
                    .update();
            var cloud = open(name);
            cloud.setWeather(fair());
            clouds.put(name, cloud);
            observed.put(name, new ObservedCloud(cloud, clock));
        }
        replicas.add(new Replica(this, 1));
    }

    private SimulatedCloud open(String name) {
        var config =
                new CloudConfig(
                        STORE.installation(),
                        name,
                        "simulated",
                        Optional.empty(),
                        Optional.empty(),
                        Map.of(),
                        Map.of(),
                        CALL_TIMEOUT);
        return new SimulatedCloud(
                config,
                new CloudProviderFactory.Surroundings(clock, database),
                new Random(name.hashCode()),
                clock::advance,
                this::report);
    }

    /** Instances come in {@link #BOOT} and go in two seconds. */
    static Weather fair() {
        return Weather.CALM.with("bootTime", BOOT).with("bootJitter", 0);
    }

    // What is there.

    TestDatabase.Fresh database() {
        return database;
    }

    JdbcClient jdbc() {
        return jdbc;
    }

    ManualClock clock() {
        return clock;
    }

    Instant now() {
        return clock.instant();
    }

    SimulatedCloud cloud(String name) {
        return Objects.requireNonNull(clouds.get(name));
    }

    ObservedCloud observed(String name) {
        return Objects.requireNonNull(observed.get(name));
    }

    /** Empty for one that the fleet file does not name. */
    Optional<CloudProvider> connection(String name) {
        return unnamed.contains(name)
                ? Optional.empty()
                : Optional.ofNullable((CloudProvider) observed.get(name));
    }

    boolean portAnswers(String address) {
        return !deadAddresses.contains(address);
    }

    // What is done to it.

    void weather(String cloud, String what, Object value) {
        cloud(cloud).setWeather(cloud(cloud).weather().with(what, value));
    }

    void calm(String cloud) {
        cloud(cloud).setWeather(fair());
    }

    /** The fleet file names a cloud no more, or again. */
    void name(String cloud, boolean named) {
        if (named) unnamed.remove(cloud);
        else unnamed.add(cloud);
    }

    void deaden(Machine vm) {
        deadAddresses.add(vm.address);
    }

    void revive(Machine vm) {
        deadAddresses.remove(vm.address);
    }

    void silence(Machine vm) {
        silentGuests.add(vm.id);
    }

    /** An edit of the tables, as an operator's edit makes it. */
    void edit(String sql, Object... params) {
        jdbc.sql(sql).params(Arrays.asList(params)).update();
    }

    void pool(String name, int size, int max, Place... places) {
        long id =
                jdbc.sql(
                                """
                                INSERT INTO pool (name, pool_size, max_size, ready_when, boot_timeout_s, lease_s, max_lifetime_s,
                                                  idle_timeout_s, warning_s)
                                VALUES (?, ?, ?, 'guestReport', 300, ?, ?, ?, 600) RETURNING id
                                """)
                        .params(
                                name,
                                size,
                                max,
                                LEASE.toSeconds(),
                                LEASE.toSeconds() * 3,
                                LEASE.toSeconds())
                        .query(Long.class)
                        .single();
        for (int i = 0; i < places.length; i++) {
            edit(
                    """
                    INSERT INTO placement (pool_id, position, cloud, image, flavor, weight) VALUES (?, ?, ?, 'image', ?, ?)
                    """,
                    id,
                    i,
                    places[i].cloud,
                    places[i].flavor,
                    places[i].weight);
        }
    }

    void window(String cloud, MaintenanceWindow.Kind kind, Duration in, Duration lasts) {
        edit(
                """
                INSERT INTO maintenance_window (id, cloud, starts, ends, kind, note, created_at, created_by)
                VALUES (?, ?, ?, ?, ?, 'new firmware', ?, 'admin')
                """,
                first().engine().ids.next(),
                cloud,
                Instants.sql(now().plus(in)),
                Instants.sql(now().plus(in).plus(lasts)),
                kind.name(),
                Instants.sql(now()));
    }

    /** Somebody asks for a VM and waits for it. */
    UUID claim(String pool) {
        var engine = replicas.get(people % replicas.size()).engine();
        var id = engine.ids.next();
        var request =
                new Request(
                        id,
                        pool,
                        poolId(pool),
                        pool,
                        "person-" + ++people,
                        null,
                        LEASE,
                        LEASE.multipliedBy(3),
                        0);
        engine.allocator.allocate(request, true, Optional.empty(), Optional.empty());
        settle();
        return id;
    }

    Allocation allocation(UUID id) {
        return first().engine().allocations.find(id).orElseThrow();
    }

    boolean served(UUID claim) {
        return allocation(claim).state() == Allocation.State.ACTIVE;
    }

    boolean waits(UUID claim) {
        return allocation(claim).state() == Allocation.State.QUEUED;
    }

    /** The VM that a claim was granted. */
    Machine machineOf(UUID claim) {
        return machine(Objects.requireNonNull(allocation(claim).vmId()));
    }

    void release(UUID claim) {
        first().engine().allocator.end(allocation(claim), "person", Allocation.EndReason.RELEASED);
        settle();
    }

    Replica first() {
        return replicas.getFirst();
    }

    /** One more process of the service on the same database. */
    void addReplica() {
        replicas.add(new Replica(this, replicas.size() + 1));
    }

    /** All processes die with what they had in mind, and one is started. */
    void restart() {
        int number = replicas.size() + 1;
        replicas.clear();
        woken.clear();
        replicas.add(new Replica(this, number));
    }

    // Time.

    void run(Duration some) {
        Instant end = now().plus(some);
        while (now().isBefore(end)) second();
    }

    /** Runs until something is so; how long that took. */
    Duration until(String what, Duration limit, BooleanSupplier met) {
        Instant began = now();
        while (!met.getAsBoolean()) {
            if (now().isAfter(began.plus(limit))) {
                throw new AssertionError(
                        "not within " + limit + ": " + what + System.lineSeparator() + story());
            }
            second();
        }
        return Duration.between(began, now());
    }

    private void second() {
        clock.advance(STEP);
        seconds++;
        clouds.values().forEach(cloud -> cloud.tick(100));
        settle();
        for (var kind : ORDER) {
            if (seconds % Objects.requireNonNull(PACE.get(kind)) == 0) tick(kind);
        }
    }

    /** What waits in every process is granted, planned or stepped in all; the rest by turns. */
    private void tick(LoopKind kind) {
        boolean all = Set.of(LoopKind.GRANT, LoopKind.REFILL, LoopKind.LIFECYCLE).contains(kind);
        var keys = new LinkedHashSet<String>();
        var those =
                all
                        ? replicas
                        : List.of(
                                replicas.get(
                                        (int) (seconds / PACE.getOrDefault(kind, 1))
                                                % replicas.size()));
        those.forEach(replica -> keys.addAll(replica.due(kind)));
        for (var key : keys) {
            those.forEach(replica -> replica.pass(kind, key));
            settle();
        }
    }

    void wake(LoopKind kind, String key) {
        boolean all =
                key.equals(Wakes.ALL) && (kind == LoopKind.REFILL || kind == LoopKind.LIFECYCLE);
        if (!all) {
            woken.add(new Woken(kind, key));
            return;
        }
        var names =
                kind == LoopKind.LIFECYCLE
                        ? List.copyOf(clouds.keySet())
                        : jdbc.sql("SELECT name FROM pool ORDER BY name")
                                .query((row, n) -> row.getString("name"))
                                .list();
        names.forEach(name -> woken.add(new Woken(kind, name)));
    }

    /** Does what was asked of clouds, and runs what was woken, until nothing is left. */
    private void settle() {
        for (int n = 0; n < WAKES_IN_A_SECOND; n++) {
            replicas.forEach(Replica::makeCalls);
            if (woken.isEmpty()) return;
            var next = woken.removeFirst();
            List.copyOf(replicas).forEach(replica -> replica.pass(next.kind, next.key));
        }
        throw new IllegalStateException("the loops wake each other without end: " + woken);
    }

    private int report(String url, String token, String json) throws IOException {
        var vm = UUID.fromString(token.substring(0, token.indexOf('.')));
        if (silentGuests.contains(vm)) throw new IOException("the guest is silent");
        var engine = first().engine();
        if (!engine.tokens.accepts(vm, token)) return 401;
        boolean heard =
                url.endsWith("/ready")
                        ? engine.reports.ready(vm, "image", List.of(), now())
                        : engine.reports.activity(vm, now(), now());
        return heard ? 204 : 410;
    }

    // What is to be seen.

    private long poolId(String pool) {
        return jdbc.sql("SELECT id FROM pool WHERE name = ?")
                .param(pool)
                .query(Long.class)
                .single();
    }

    /** Every row that a pool ever had and that is kept, oldest first. */
    List<Machine> machines(String pool) {
        return machines("pool_id = ?", poolId(pool));
    }

    List<Machine> machines(String pool, String cloud, String state) {
        return machines("pool_id = ? AND cloud = ? AND state = ?", poolId(pool), cloud, state);
    }

    Machine machine(UUID id) {
        return machines("id = ?", id).getFirst();
    }

    private List<Machine> machines(String where, Object... params) {
        return jdbc.sql("SELECT * FROM vm WHERE " + where + " ORDER BY created_at, id")
                .params(Arrays.asList(params))
                .query(
                        (row, n) ->
                                new Machine(
                                        row.getObject("id", UUID.class),
                                        row.getString("cloud"),
                                        row.getString("flavor"),
                                        row.getString("state"),
                                        row.getString("reason"),
                                        Objects.toString(row.getString("detail"), ""),
                                        Objects.toString(row.getString("instance_id"), ""),
                                        Objects.toString(row.getString("address"), "")))
                .list();
    }

    int ready(String pool) {
        return machines("pool_id = ? AND state = 'READY' AND NOT held", poolId(pool)).size();
    }

    int ready(String pool, String cloud) {
        return machines(pool, cloud, "READY").size();
    }

    String health(String cloud) {
        return jdbc.sql("SELECT health FROM cloud WHERE name = ?")
                .param(cloud)
                .query((row, n) -> row.getString("health"))
                .single();
    }

    /** What refill says of a pool now. */
    String plan(String pool) {
        return jdbc.sql(
                        """
                        SELECT plan_summary || '; ' || array_to_string(plan_reasons, '; ') AS plan FROM pool WHERE name = ?
                        """)
                .param(pool)
                .query((row, n) -> Objects.toString(row.getString("plan"), ""))
                .single();
    }

    /** When something was told of a cloud, oldest first. */
    List<Instant> told(String cloud, String reason) {
        return told("cloud", cloud, reason);
    }

    /** When something was told of VMs on a cloud, oldest first. */
    List<Instant> toldOfVms(String cloud, String reason) {
        return told("vm", cloud, reason);
    }

    private List<Instant> told(String type, String cloud, String reason) {
        return jdbc.sql(
                        "SELECT at FROM event WHERE type = ? AND cloud = ? AND reason = ? ORDER BY"
                                + " id")
                .params(type, cloud, reason)
                .query((row, n) -> Objects.requireNonNull(Instants.read(row, "at")))
                .list();
    }

    /** The instances that a cloud really has. */
    List<SimulatedInstance> truth(String cloud) {
        return cloud(cloud).truth();
    }

    /** The last events and plans, to read where a test fails. */
    String story() {
        var lines =
                jdbc.sql(
                                """
                                SELECT * FROM (SELECT id, to_char(at AT TIME ZONE 'UTC', 'HH24:MI:SS') || ' '
                                       || concat_ws(' ', type, right(vm_id::text, 6), pool, cloud, from_state, to_state, reason, detail) AS line
                                       FROM event ORDER BY id DESC LIMIT 60) AS last ORDER BY id
                                """)
                        .query((row, n) -> row.getString("line"))
                        .list();
        var plans =
                jdbc.sql(
                                """
                                SELECT concat_ws(' ', name, plan_summary, array_to_string(plan_reasons, '; ')) AS line FROM pool
                                """)
                        .query((row, n) -> row.getString("line"))
                        .list();
        var all = new ArrayList<>(lines);
        all.addAll(plans);
        return "now " + now() + System.lineSeparator() + String.join(System.lineSeparator(), all);
    }

    @Override
    public void close() {
        clouds.values().forEach(SimulatedCloud::close);
        database.close();
    }
}
