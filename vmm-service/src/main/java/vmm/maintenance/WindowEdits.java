package vmm.maintenance;

import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Service;
import org.springframework.transaction.support.TransactionOperations;

import vmm.clouds.Clouds;
import vmm.event.Events;
import vmm.event.Events.NewEvent;
import vmm.event.LoopKind;
import vmm.event.Wakes;
import vmm.vm.Ids;
import vmm.web.IfMatch;
import vmm.web.Problem;
import vmm.web.ProblemType;

import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;

/**
 * What administrators change about windows. Each change is one transaction, with an event that says
 * who changed what; owners of machines there are told in it, again, or that it is off.
 */
@Service
class WindowEdits {
    private final MaintenanceWindows windows;
    private final MaintenanceNotices notices;
    private final WindowLeads leads;
    private final Clouds clouds;
    private final Events events;
    private final Ids ids;
    private final TransactionOperations transactions;
    private final InstantSource clock;
    private final Wakes wakes;

    WindowEdits(
            MaintenanceWindows windows,
            MaintenanceNotices notices,
            WindowLeads leads,
            Clouds clouds,
            Events events,
            Ids ids,
            TransactionOperations transactions,
            InstantSource clock,
            Wakes wakes) {
        this.windows = windows;
        this.notices = notices;
        this.leads = leads;
        this.clouds = clouds;
        this.events = events;
        this.ids = ids;
        this.transactions = transactions;
        this.clock = clock;
        this.wakes = wakes;
    }

    /** Enters one; its id. */
    UUID create(String cloud, WindowRules.Wanted wanted, String actor) {
        UUID id = ids.next();
        transactions.executeWithoutResult(
                status -> {
                    Instant now = clock.instant();
                    if (clouds.find(cloud).isEmpty()) throw Problem.notFound("cloud");
                    WindowRules.require(wanted, now);
                    var window =
                            new MaintenanceWindow(
                                    id,
                                    cloud,
                                    wanted.from(),
                                    wanted.to(),
                                    wanted.kind(),
                                    wanted.note(),
                                    0,
                                    now,
                                    actor,
                                    null,
                                    prepareFrom(cloud, wanted.from(), now));
                    windows.insert(window);
                    notices.send(window, now);
                    append(
                            cloud,
                            "MAINTENANCE_PLANNED",
                            wanted.kind()
                                    + " "
                                    + MaintenanceWindow.span(wanted.from(), wanted.to())
                                    + (wanted.note().isEmpty() ? "" : ": " + wanted.note()),
                            actor,
                            now);
                });
        return id;
    }

    void change(
            String cloud,
            UUID id,
            @Nullable String ifMatch,
            WindowRequest.Patch patch,
            String actor) {
        transactions.executeWithoutResult(
                status -> {
                    Instant now = clock.instant();
                    var before = open(cloud, id, ifMatch, now);
                    var after = patch.appliedTo(before);
                    var changes = changes(before, after);
                    if (changes.isEmpty()) return;
                    WindowRules.requireChange(before, after, now);
                    windows.change(
                            id,
                            after.from(),
                            after.to(),
                            after.kind(),
                            after.note(),
                            prepareFrom(cloud, after.from(), now));
                    notices.change(before, windows.find(cloud, id).orElseThrow(), now);
                    append(
                            cloud,
                            "MAINTENANCE_CHANGED",
                            before.words() + ": " + String.join(", ", changes),
                            actor,
                            now);
                });
    }

    /** Calls off one that has not begun; one that has ends now. Either is kept. */
    void end(String cloud, UUID id, @Nullable String ifMatch, String actor) {
        transactions.executeWithoutResult(
                status -> {
                    Instant now = clock.instant().truncatedTo(ChronoUnit.MICROS);
                    var window = open(cloud, id, ifMatch, now);
                    if (now.isAfter(window.from())) {
                        windows.change(
                                id,
                                window.from(),
                                now,
                                window.kind(),
                                window.note(),
                                window.preparationBegins());
                        notices.callOff(window, "is over, earlier than planned", now);
                        append(cloud, "MAINTENANCE_ENDED", window.words(), actor, now);
                    } else {
                        windows.cancel(id, now);
                        notices.callOff(window, "is called off", now);
                        append(cloud, "MAINTENANCE_CANCELLED", window.words(), actor, now);
                    }
                });
    }

    private Instant prepareFrom(String cloud, Instant from, Instant now) {
        return from.minus(leads.longest(cloud, now));
    }

    /** Locked; one that may still be changed. */
    private MaintenanceWindow open(String cloud, UUID id, @Nullable String ifMatch, Instant now) {
        var window =
                windows.lock(cloud, id).orElseThrow(() -> Problem.notFound("maintenance window"));
        IfMatch.of(ifMatch).require(window.version());
        if (window.cancelledAt() != null) {
            throw Problem.of(
                    ProblemType.ALREADY_ENDED,
                    "It was cancelled at " + window.cancelledAt() + ": enter another.");
        }
        if (!now.isBefore(window.to())) {
            throw Problem.of(
                    ProblemType.ALREADY_ENDED, "It ended at " + window.to() + ": enter another.");
        }
        return window;
    }

    private static List<String> changes(MaintenanceWindow before, WindowRules.Wanted after) {
        var changes = new ArrayList<String>();
        change("from", before.from(), after.from(), changes);
        change("to", before.to(), after.to(), changes);
        change("kind", before.kind(), after.kind(), changes);
        change("note", "'" + before.note() + "'", "'" + after.note() + "'", changes);
        return changes;
    }

    private static void change(String field, Object before, Object after, List<String> changes) {
        if (!before.equals(after)) changes.add(field + " " + before + " → " + after);
    }

    private void append(String cloud, String what, String detail, String actor, Instant now) {
        events.append(NewEvent.ofCloud(cloud, what, detail, actor), now);
        wakes.wake(LoopKind.REFILL, Wakes.ALL);
    }
}
