package vmm.simulation;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;

import org.jspecify.annotations.Nullable;
import org.slf4j.LoggerFactory;

import vmm.database.TestDatabase;

import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicLong;

/** Runs seeds, two at a time, each on a database of its own, until there were enough. */
final class SimulationRun {
    private static final int AT_ONCE = 2;
    private static final int STORY = 60;
    private static final int PROGRESS = 50;

    /** A seed that went wrong. */
    record Failure(long seed, long step, String what, String story) {}

    /** One world that was run to its end. */
    record World(long steps, long digest, Optional<Failure> failure) {}

    private final Tally tally = new Tally();
    private final AtomicLong steps = new AtomicLong();
    private final AtomicLong seeds = new AtomicLong();
    private final List<Failure> failures = new ArrayList<>();
    private final boolean aloud;
    private long nanos;

    SimulationRun(boolean aloud) {
        this.aloud = aloud;
    }

    /**
     * Runs seeds from one on: at least so many, and so many steps, and so long; stops at the first
     * failures.
     */
    void run(long from, long count, long least, Duration atLeast) {
        quiet();
        long began = System.nanoTime();
        var next = new AtomicLong(from);
        Runnable worker =
                () -> {
                    while (failures().isEmpty()) {
                        long seed = next.getAndIncrement();
                        boolean enough =
                                seed >= from + count
                                        && steps.get() >= least
                                        && Duration.ofNanos(System.nanoTime() - began)
                                                        .compareTo(atLeast)
                                                >= 0;
                        if (enough) return;
                        one(seed).failure().ifPresent(this::add);
                    }
                };
        try (var pool = Executors.newFixedThreadPool(AT_ONCE)) {
            var all = new ArrayList<Future<?>>();
            for (int i = 0; i < AT_ONCE; i++) all.add(pool.submit(worker));
            for (var future : all) future.get();
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
        nanos = System.nanoTime() - began;
    }

    /** Runs one seed. */
    World one(long seed) {
        quiet();
        try (var database = database();
                var simulation = new Simulation(seed, database, aloud)) {
            Optional<Failure> failure = Optional.empty();
            try {
                simulation.run(new Dice(seed, "length").between(800, 1400));
            } catch (Violation violation) {
                failure = Optional.of(failure(seed, simulation, violation));
            }
            steps.addAndGet(simulation.steps());
            seeds.incrementAndGet();
            simulation.countFaults();
            tally.addAll(simulation.tally);
            if (seeds.get() % PROGRESS == 0)
                System.out.println(seeds.get() + " seeds, " + steps.get() + " steps so far");
            return new World(simulation.steps(), simulation.digest(), failure);
        } catch (SQLException e) {
            throw new IllegalStateException("seed " + seed, e);
        }
    }

    private static TestDatabase.Fresh database() throws SQLException {
        var database = TestDatabase.fresh();
        database.addDataSourceProperty("options", "-c synchronous_commit=off -c jit=off");
        database.addDataSourceProperty("prepareThreshold", "2");
        return database;
    }

    private static Failure failure(long seed, Simulation simulation, Violation violation) {
        var story =
                new StringBuilder()
                        .append("seed ")
                        .append(seed)
                        .append(", step ")
                        .append(simulation.steps())
                        .append(", invariant ")
                        .append(violation.getMessage())
                        .append("\nthe last ")
                        .append(STORY)
                        .append(" steps:\n")
                        .append(simulation.story(STORY));
        @Nullable Throwable cause = violation.getCause();
        if (cause != null) {
            var writer = new java.io.StringWriter();
            cause.printStackTrace(new java.io.PrintWriter(writer));
            story.append('\n').append(writer);
        }
        story.append("\nseed ")
                .append(seed)
                .append(", step ")
                .append(simulation.steps())
                .append(", invariant ")
                .append(violation.getMessage())
                .append("\nreplay: make sim SEED=")
                .append(seed);
        return new Failure(seed, simulation.steps(), violation.getMessage(), story.toString());
    }

    private synchronized void add(Failure failure) {
        failures.add(failure);
    }

    synchronized List<Failure> failures() {
        return List.copyOf(failures);
    }

    Tally tally() {
        return tally;
    }

    String summary() {
        double seconds = nanos / 1e9;
        return "%d steps of %d seeds in %.0f s: %.0f steps/s"
                .formatted(steps.get(), seeds.get(), seconds, steps.get() / seconds);
    }

    /** The engine logs what it cleans up after; here there is a lot of that. */
    static void quiet() {
        for (var name : List.of("vmm", "com.zaxxer", "org.flywaydb", "org.springframework")) {
            ((Logger) LoggerFactory.getLogger(name)).setLevel(Level.OFF);
        }
    }
}
