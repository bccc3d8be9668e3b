package vmm.simulation;

import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;

import vmm.cloud.simulated.SimulatedCloud;
import vmm.reconcile.Store;

import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;

import javax.sql.DataSource;

/**
 * One simulated world: two replicas of the service on one database, three clouds, people,
 * operators, intruders, and everything that goes wrong between them; first chaos, then calm. The
 * same for the same seed.
 */
final class Simulation implements AutoCloseable {
    static final Store STORE = new Store("sim", "0199-store");
    private static final int AUDIT_EVERY = 50;

    private final DataSource database;
    private final Connection eyes;
    private final JdbcClient jdbc;
    private final VirtualTime time;
    private final Strands strands = new Strands();
    private final Tally tally = new Tally();
    private final Chronicle chronicle;
    private final Points points;
    private final Dice luck;
    private final Scenario scenario;
    private final Skies skies;
    private final Limits limits;
    private final Requests requests = new Requests();
    private final GuestMemory guests = new GuestMemory();
    private final Witness witness;
    private final Oracle oracle;
    private final List<Replica> replicas = new ArrayList<>();
    private final Map<String, Long> poolIds;
    private final Operators operators;
    private final Restores restores;
    private final List<String> notes = new ArrayList<>();
    private @Nullable Act act;
    private boolean chaos = true;
    private boolean wrote;
    private long steps;
    private double pauseRatio;

    Simulation(long seed, DataSource database, boolean aloud) throws SQLException {
        var world = new Dice(seed, "world");
        this.database = database;
        this.eyes = database.getConnection();
        this.jdbc =
                JdbcClient.create(
                        new org.springframework.jdbc.datasource.SingleConnectionDataSource(
                                eyes, true));
        var start =
                Instant.parse("2026-03-02T08:00:00Z")
                        .plus(Duration.ofMinutes(world.between(0, 1000)));
        // Statistics that are taken at some moment of real time may change the order of rows.
        for (var table : List.of("vm", "allocation", "event")) {
            script("ALTER TABLE " + table + " SET (autovacuum_enabled = off)");
        }
        this.time = new VirtualTime(start);
        this.chronicle = new Chronicle(aloud);
        this.points = new Points(new Dice(seed, "points"), tally);
        this.luck = new Dice(seed, "luck");
        this.scenario = Scenario.of(new Dice(seed, "scenario"), start);
        this.poolIds = scenario.store(jdbc, start);
        this.skies = new Skies(this, new Dice(seed, "skies"), seed);
        this.limits = new Limits(jdbc, scenario, skies::truth);
        limits.read();
        this.witness = new Witness(jdbc, STORE, time);
        this.oracle = new Oracle(eyes, limits, requests, witness, guests, tally);
        replicas.add(new Replica("A", this, new Dice(seed, "A")));
        replicas.add(new Replica("B", this, new Dice(seed, "B")));
        setDanger(true);
        skies.begin();
        new Ticks(this, new Dice(seed, "ticks")).begin();
        new People(this, new Dice(seed, "people")).begin();
        this.operators = new Operators(this, new Dice(seed, "operators"));
        operators.begin();
        new Intruder(this, new Dice(seed, "intruder")).begin();
        this.restores = new Restores(this, new Dice(seed, "restores"));
        restores.begin();
        replicas.forEach(Replica::start);
    }

    /** Chaos for some steps, then calm until all is well. */
    void run(int chaoticSteps) throws SQLException {
        while (steps < chaoticSteps) time.runNext();
        new Calm(this).run();
        oracle.audit(time.instant());
    }

    /** Does something in one step, then looks whether all is as it must be. */
    void step(Act what, Runnable work) {
        stepOn(
                what,
                () -> {
                    work.run();
                    return null;
                });
    }

    /**
     * @param move answers the strand that it moved, if any
     */
    void stepOn(Act what, Callable<Strands.@Nullable Strand> move) {
        var outer = act;
        if (outer != null) throw new IllegalStateException(what + " within " + outer);
        steps++;
        act = what;
        notes.clear();
        Strands.@Nullable Strand strand = null;
        boolean crashed = false;
        try {
            strand = move.call();
        } catch (Crash crash) {
            crashed = true;
            crash(what.on, crash);
        } catch (Violation violation) {
            record(what, List.of());
            throw violation;
        } catch (Exception e) {
            record(what, List.of());
            throw (Violation) new Violation("errors", what + ": " + e).initCause(e);
        } finally {
            act = null;
        }
        check(what, !crashed && (strand == null || strand.over()));
    }

    private void check(Act what, boolean over) {
        try {
            var news = wrote ? oracle.check(what) : List.<View.EventRow>of();
            wrote = false;
            record(what, news);
            if (over && what.lifecyclePass) oracle.passOver(what);
            if (steps % AUDIT_EVERY == 0) oracle.audit(time.instant());
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        } catch (Violation violation) {
            record(what, List.of());
            throw violation;
        }
    }

    private void crash(@Nullable Replica dead, Crash crash) {
        note("DIES " + crash.getMessage());
        if (dead != null) crash(dead);
    }

    /** A replica dies and comes back after a while. */
    void crash(Replica replica) {
        tally.count(Mischief.CRASH);
        replica.die();
        if (replicas.stream().noneMatch(Replica::alive)) tally.count(Mischief.SERVICE_DOWN);
        time.after(luck.chance(0.8) ? luck.seconds(1, 30) : luck.minutes(1, 6), replica::start);
    }

    private void record(Act what, List<View.EventRow> news) {
        var line = new StringBuilder(what.toString());
        if (!notes.isEmpty()) line.append(": ").append(String.join("; ", notes));
        for (var event : news) line.append(" | ").append(words(event));
        chronicle.add(steps, time.instant(), line.toString());
        notes.clear();
    }

    private static String words(View.EventRow event) {
        var words = new ArrayList<String>();
        if (event.vm() != null) words.add("vm " + brief(event.vm().toString()));
        if (event.claim() != null) words.add("claim " + brief(event.claim().toString()));
        if (event.to() != null)
            words.add((event.from() == null ? "" : event.from() + " ") + "-> " + event.to());
        if (event.reason() != null) words.add(event.reason());
        if (event.detail() != null) words.add("(" + event.detail() + ")");
        return words.stream().collect(Collectors.joining(" "));
    }

    /** The end of an id: enough to tell it from others. */
    static String brief(String id) {
        return id.length() > 8 ? id.substring(id.length() - 8) : id;
    }

    /** The last steps, to read. */
    String story(int steps) {
        return chronicle.tail(this.steps - steps);
    }

    long digest() {
        return chronicle.digest();
    }

    /** A replica stands still for a while, in the middle of what it does. */
    void standStill(Replica replica) {
        var some = luck.chance(0.5) ? luck.seconds(3, 60) : luck.minutes(1, 8);
        tally.count(Mischief.REPLICA_PAUSED);
        note("STANDS STILL for " + some.toSeconds() + " s");
        replica.pauseFor(some);
        replica.stop(act(), some);
    }

    /** A call of a cloud takes its time: others go on meanwhile. */
    void callTakes(Duration some) {
        var doing = act;
        if (doing == null || doing.on == null || !strands.inStrand()) return;
        doing.on.stop(doing, some);
        act = doing;
    }

    void setDanger(boolean on) {
        chaos = on;
        points.setDanger(on ? 0.0015 : 0);
        pauseRatio = on ? 0.004 : 0;
    }

    boolean pauses(String point) {
        return pauseRatio > 0
                && strands.inStrand()
                && points.strikes(Tally.Kind.PAUSE, point, pauseRatio);
    }

    boolean losesWake() {
        return chaos && luck.chance(0.08);
    }

    boolean blinds() {
        return chaos && luck.chance(0.1);
    }

    void note(String what) {
        notes.add(what);
    }

    void wrote() {
        wrote = true;
    }

    /** A replica that answers now, if there is one. */
    @Nullable Replica anyUp() {
        var up = replicas.stream().filter(Replica::up).toList();
        return up.isEmpty() ? null : luck.pick(up);
    }

    boolean portAnswers(String address, int port) {
        return skies.portAnswers(address);
    }

    WatchedProvider provider(Replica replica, String cloud) {
        return skies.provider(replica, cloud);
    }

    Operators operators() {
        return operators;
    }

    Restores restores() {
        return restores;
    }

    /** Whether the operators still look at what a restore left. */
    boolean drill() {
        return restores.drill();
    }

    Act act() {
        if (act == null) throw new IllegalStateException("nobody acts");
        return act;
    }

    boolean chaos() {
        return chaos;
    }

    View view() {
        return oracle.view();
    }

    DataSource database() {
        return database;
    }

    JdbcClient jdbc() {
        return jdbc;
    }

    /** Runs a script behind the back of the service. */
    void script(String sql) {
        try (var statement = eyes.createStatement()) {
            statement.execute(sql);
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    VirtualTime time() {
        return time;
    }

    Strands strands() {
        return strands;
    }

    Tally tally() {
        return tally;
    }

    /** Adds the faults that the clouds counted themselves. */
    void countFaults() {
        skies.clouds()
                .values()
                .forEach(
                        cloud ->
                                cloud.faults()
                                        .forEach(
                                                (fault, times) ->
                                                        tally.add(
                                                                Tally.Kind.FAULT,
                                                                fault.name(),
                                                                times)));
    }

    Points points() {
        return points;
    }

    Store store() {
        return STORE;
    }

    Scenario scenario() {
        return scenario;
    }

    Skies skies() {
        return skies;
    }

    Limits limits() {
        return limits;
    }

    Requests requests() {
        return requests;
    }

    GuestMemory guests() {
        return guests;
    }

    Witness witness() {
        return witness;
    }

    Oracle oracle() {
        return oracle;
    }

    List<Replica> replicas() {
        return replicas;
    }

    List<String> pools() {
        return List.copyOf(poolIds.keySet());
    }

    long poolId(String name) {
        return new TreeMap<>(poolIds).get(name);
    }

    long steps() {
        return steps;
    }

    Map<String, SimulatedCloud> clouds() {
        return skies.clouds();
    }

    @Override
    public void close() throws SQLException {
        replicas.forEach(Replica::die);
        strands.close();
        skies.close();
        eyes.close();
    }
}
