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

    final DataSource database;
    private final Connection eyes;
    final JdbcClient jdbc;
    final VirtualTime time;
    final Strands strands = new Strands();
    final Tally tally = new Tally();
    private final Chronicle chronicle;
    final Points points;
    final Chaos chaos;
    final Scenario scenario;
    final Skies skies;
    final Limits limits;
    final Requests requests = new Requests();
    final GuestMemory guests = new GuestMemory();
    final Witness witness;
    final Closures closures;
    final Oracle oracle;
    final List<Replica> replicas = new ArrayList<>();
    private final Map<String, Long> poolIds;
    final Operators operators;
    final Administrators administrators;
    final Restores restores;
    private final List<String> notes = new ArrayList<>();
    private @Nullable Act act;
    private boolean wrote;
    private long steps;

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
        this.chaos = new Chaos(this, new Dice(seed, "luck"));
        this.scenario = Scenario.of(new Dice(seed, "scenario"), start);
        this.poolIds = scenario.store(jdbc, start);
        this.skies = new Skies(this, new Dice(seed, "skies"), seed);
        this.limits = new Limits(jdbc, scenario, skies::truth);
        limits.read();
        this.witness = new Witness(jdbc, STORE, time);
        this.closures = new Closures(time);
        this.oracle = new Oracle(eyes, limits, requests, witness, guests, closures, tally);
        replicas.add(new Replica("A", this, new Dice(seed, "A")));
        replicas.add(new Replica("B", this, new Dice(seed, "B")));
        skies.begin();
        new Ticks(this, new Dice(seed, "ticks")).begin();
        new People(this, new Dice(seed, "people")).begin();
        this.operators = new Operators(this, new Dice(seed, "operators"));
        operators.begin();
        this.administrators = new Administrators(this, new Dice(seed, "administrators"));
        administrators.begin();
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
            if (steps % AUDIT_EVERY == 0) {
                oracle.audit(time.instant());
                new CloudJudgements(jdbc).noneFlaps(time.instant());
            }
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        } catch (Violation violation) {
            record(what, List.of());
            throw violation;
        }
    }

    private void crash(@Nullable Replica dead, Crash crash) {
        note("DIES " + crash.getMessage());
        if (dead != null) chaos.crash(dead);
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

    /** A call of a cloud takes its time: others go on meanwhile. */
    void callTakes(Duration some) {
        var doing = act;
        if (doing == null || doing.on == null || !strands.inStrand()) return;
        doing.on.stop(doing, some);
        act = doing;
    }

    void note(String what) {
        notes.add(what);
    }

    void wrote() {
        wrote = true;
    }

    boolean portAnswers(String address, int port) {
        return skies.portAnswers(address);
    }

    WatchedProvider provider(Replica replica, String cloud) {
        return skies.provider(replica, cloud);
    }

    /** Whether the operators still look at what a restore left. */
    boolean drill() {
        return restores.drill();
    }

    Act act() {
        if (act == null) throw new IllegalStateException("nobody acts");
        return act;
    }

    View view() {
        return oracle.view();
    }

    /** Runs a script behind the back of the service. */
    void script(String sql) {
        try (var statement = eyes.createStatement()) {
            statement.execute(sql);
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Adds the faults that the clouds counted themselves, and what was decided about them. */
    void countFaults() {
        new CloudJudgements(jdbc).count(tally);
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
