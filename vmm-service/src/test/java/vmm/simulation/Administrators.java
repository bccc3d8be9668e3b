package vmm.simulation;

import vmm.maintenance.MaintenanceWindow.Kind;
import vmm.maintenance.WindowDesk;
import vmm.simulation.View.WindowRow;
import vmm.web.Problem;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.function.Consumer;

/** The administrators: they enter maintenance windows of all kinds, move them, and end them. */
final class Administrators {
    /** What begins and ends so soon is waited for when all is calm; the rest is ended. */
    private static final Duration SOON = Duration.ofMinutes(20);

    private final Simulation sim;
    private final Dice dice;

    Administrators(Simulation sim, Dice dice) {
        this.sim = sim;
        this.dice = dice;
    }

    void begin() {
        sim.time.after(
                dice.minutes(1, 9),
                () -> {
                    if (!sim.chaos.on()) return;
                    begin();
                    act();
                });
    }

    private void act() {
        var open = open();
        int n = dice.between(1, 100);
        if (open.isEmpty() || n <= 40) enter(open);
        else if (n <= 80) move(dice.pick(open));
        else end(dice.pick(open));
    }

    /** Windows that are not over. */
    private List<WindowRow> open() {
        var now = sim.time.instant();
        return sim.view().windows().stream().filter(window -> window.to().isAfter(now)).toList();
    }

    /** One for each cloud, mostly. */
    private void enter(List<WindowRow> open) {
        var cloud = dice.pick(sim.scenario.clouds()).name();
        if (open.stream().anyMatch(w -> w.cloud().equals(cloud)) && dice.chance(0.8)) return;
        var kind = kind();
        var from = sim.time.instant().plus(dice.minutes(-1, 12));
        var to = from.plus(dice.minutes(2, 12));
        sim.tally.count(
                switch (kind) {
                    case AT_RISK -> Mischief.WINDOW_AT_RISK;
                    case NO_NEW -> Mischief.WINDOW_NO_NEW;
                    case UNAVAILABLE -> Mischief.WINDOW_UNAVAILABLE;
                });
        edit(
                "enters " + kind + " of " + cloud + " " + from + " to " + to,
                desk -> desk.enter(cloud, from, to, kind));
    }

    private Kind kind() {
        return dice.chance(0.6) ? Kind.UNAVAILABLE : dice.pick(List.of(Kind.values()));
    }

    private void move(WindowRow window) {
        boolean begun = !sim.time.instant().isBefore(window.from());
        Instant from = begun ? window.from() : window.from().plus(dice.minutes(-3, 3));
        Instant to = window.to().plus(dice.minutes(-2, 4));
        var kind = !begun && dice.chance(0.3) ? kind() : window.kind();
        sim.tally.count(Mischief.WINDOW_MOVED);
        edit(
                "makes " + window + " " + kind + " " + from + " to " + to,
                desk -> desk.change(window.cloud(), window.id(), window.version(), from, to, kind));
    }

    private void end(WindowRow window) {
        sim.tally.count(Mischief.WINDOW_ENDED);
        edit("ends " + window, desk -> desk.end(window.cloud(), window.id(), window.version()));
    }

    /** As calm begins: what is left of windows is soon over. */
    void clearUp() {
        var latest = sim.time.instant().plus(SOON);
        open().stream().filter(window -> window.to().isAfter(latest)).forEach(this::end);
    }

    /** What is wrong by the clock of one replica is refused. */
    private void edit(String what, Consumer<WindowDesk> work) {
        var replica = sim.chaos.anyUp();
        if (replica == null) return;
        replica.run(
                new Act(replica, "administrator " + what),
                false,
                () -> {
                    try {
                        work.accept(replica.engine().windowDesk);
                    } catch (Problem refused) {
                        sim.note("refused: " + refused.getMessage());
                    }
                });
    }
}
