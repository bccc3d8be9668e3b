package vmm.simulation;

import vmm.simulation.View.VmRow;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/**
 * Copies of our tables, the restore of one of them, and the drill after it. The clouds know nothing
 * of it.
 */
final class Restores {
    private final Simulation sim;
    private final Dice dice;
    private final List<String> tables;
    private boolean drill;
    private Instant copied = Instant.MIN;

    Restores(Simulation sim, Dice dice) {
        this.sim = sim;
        this.dice = dice;
        this.tables =
                sim.jdbc
                        .sql(
                                "SELECT table_name FROM information_schema.tables WHERE"
                                    + " table_schema = 'public' AND table_type = 'BASE TABLE' AND"
                                    + " table_name <> 'flyway_schema_history' ORDER BY 1")
                        .query(String.class)
                        .list();
    }

    void begin() {
        if (dice.chance(0.5)) return;
        sim.time.after(
                dice.minutes(1, 25),
                () -> {
                    if (!sim.chaos.on()) return;
                    copy();
                    sim.time.after(dice.minutes(1, 40), this::restore);
                });
    }

    boolean drill() {
        return drill;
    }

    private void copy() {
        sim.step(
                new Act(null, "a copy of the database is made"),
                () -> {
                    var script = new ArrayList<String>();
                    script.add("CREATE SCHEMA copy");
                    for (var table : tables)
                        script.add("CREATE TABLE copy." + table + " AS TABLE public." + table);
                    script.add(
                            "CREATE TABLE copy.event_seq AS SELECT last_value, is_called FROM"
                                    + " event_seq");
                    sim.script(String.join(";", script));
                    copied = sim.time.instant();
                });
    }

    private void restore() {
        if (!sim.chaos.on()) return;
        sim.tally.count(Mischief.DATABASE_RESTORED);
        sim.replicas.forEach(Replica::die);
        sim.step(
                new Act(null, "THE DATABASE IS RESTORED"),
                () -> {
                    var script = new ArrayList<String>();
                    script.add("SET session_replication_role = replica");
                    script.add("TRUNCATE " + String.join(", ", tables));
                    for (var table : tables) {
                        script.add(
                                "INSERT INTO public."
                                        + table
                                        + " OVERRIDING SYSTEM VALUE TABLE copy."
                                        + table);
                    }
                    script.add(
                            "SELECT setval('event_seq', last_value, is_called) FROM"
                                    + " copy.event_seq");
                    script.add("SET session_replication_role = DEFAULT");
                    script.add("DROP SCHEMA copy CASCADE");
                    sim.script(String.join(";", script));
                    sim.script(afterRestore());
                    restored();
                });
        drill = true;
        sim.replicas.forEach(replica -> sim.time.after(dice.seconds(1, 60), replica::start));
        sim.time.after(dice.minutes(8, 30), this::lookAtHeld);
    }

    private void restored() {
        try {
            sim.limits.read();
            sim.oracle.restored(copied);
        } catch (java.sql.SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    /** What operators are told to run. */
    private static String afterRestore() {
        try {
            for (var path : List.of("../db/after-restore.sql", "db/after-restore.sql")) {
                if (Files.exists(Path.of(path))) return Files.readString(Path.of(path));
            }
            throw new IllegalStateException(
                    "no db/after-restore.sql near " + Path.of("").toAbsolutePath());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Operators let go what nobody got meanwhile, and take what somebody did. */
    void lookAtHeld() {
        if (!drill) return;
        for (var vm : held()) {
            if (suspicious(vm)) sim.operators.forceHeld(vm);
            else sim.operators.letGo(vm.id());
        }
        // A replica may have died in the middle of it.
        drill = held().stream().anyMatch(this::suspicious);
        if (drill) sim.time.after(dice.seconds(5, 20), this::lookAtHeld);
    }

    private List<VmRow> held() {
        return sim.view().vms().values().stream().filter(VmRow::held).toList();
    }

    private boolean suspicious(VmRow vm) {
        return sim.oracle.grantOf(vm.id()) != null
                || (vm.createSentAt() == null && sim.witness.wasCreated(vm.id()));
    }
}
