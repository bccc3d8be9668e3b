package vmm.pool.schedule;

import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Service;
import org.springframework.transaction.support.TransactionOperations;

import vmm.event.Events;
import vmm.event.Events.NewEvent;
import vmm.event.LoopKind;
import vmm.event.Wakes;
import vmm.sizing.Schedule;
import vmm.web.IfMatch;
import vmm.web.Problem;

import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;

/**
 * What administrators change about schedules. Each change is one transaction, with an event that
 * says who changed what.
 */
@Service
class ScheduleEdits {
    private final ScheduleConfigurations configurations;
    private final ScheduleViews views;
    private final JdbcClient jdbc;
    private final Events events;
    private final TransactionOperations transactions;
    private final InstantSource clock;
    private final Wakes wakes;

    ScheduleEdits(
            ScheduleConfigurations configurations,
            ScheduleViews views,
            JdbcClient jdbc,
            Events events,
            TransactionOperations transactions,
            InstantSource clock,
            Wakes wakes) {
        this.configurations = configurations;
        this.views = views;
        this.jdbc = jdbc;
        this.events = events;
        this.transactions = transactions;
        this.clock = clock;
        this.wakes = wakes;
    }

    ScheduleView create(ScheduleRules.Wanted wanted, String actor) {
        inTransaction(
                () -> {
                    Schedule schedule = ScheduleRules.require(wanted);
                    long pool = poolId(schedule.pool());
                    if (configurations.findByName(schedule.name()).isPresent()) {
                        throw Problem.conflict(
                                "There is a schedule '"
                                        + schedule.name()
                                        + "' already: take another name.");
                    }
                    configurations.saveAndFlush(ScheduleConfiguration.of(schedule, pool));
                    append(schedule, "CREATED", words(schedule), actor);
                });
        return view(wanted.name());
    }

    ScheduleView change(
            String name,
            @Nullable String ifMatch,
            ScheduleRequest.SchedulePatch patch,
            String actor) {
        inTransaction(
                () -> {
                    var row = existing(name, ifMatch);
                    Schedule before = row.schedule(poolName(row.poolId()));
                    Schedule after = ScheduleRules.require(patch.appliedTo(before));
                    if (after.equals(before)) return;
                    row.take(after, poolId(after.pool()));
                    configurations.saveAndFlush(row);
                    append(after, "CHANGED", changes(before, after), actor);
                    wakes.wake(LoopKind.REFILL, before.pool());
                });
        return view(name);
    }

    void delete(String name, @Nullable String ifMatch, String actor) {
        inTransaction(
                () -> {
                    var row = existing(name, ifMatch);
                    Schedule schedule = row.schedule(poolName(row.poolId()));
                    configurations.delete(row);
                    configurations.flush();
                    append(schedule, "DELETED", words(schedule), actor);
                });
    }

    private ScheduleConfiguration existing(String name, @Nullable String ifMatch) {
        var row = configurations.findByName(name).orElseThrow(() -> Problem.notFound("schedule"));
        IfMatch.of(ifMatch).require(row.version());
        return row;
    }

    /** Locked, so that it is not deleted meanwhile. */
    private long poolId(String pool) {
        return jdbc.sql("SELECT id FROM pool WHERE name = :name AND NOT deleted FOR SHARE")
                .param("name", pool)
                .query(Long.class)
                .optional()
                .orElseThrow(
                        () -> Problem.unprocessable("pool", "there is no pool '" + pool + "'"));
    }

    private String poolName(long id) {
        return jdbc.sql("SELECT name FROM pool WHERE id = :id")
                .param("id", id)
                .query(String.class)
                .single();
    }

    private void append(Schedule schedule, String what, String detail, String actor) {
        var event =
                new NewEvent(
                        "schedule",
                        null,
                        null,
                        schedule.pool(),
                        null,
                        null,
                        what,
                        schedule.name() + ": " + detail,
                        actor);
        events.append(event, clock.instant());
        wakes.wake(LoopKind.REFILL, schedule.pool());
    }

    private static String words(Schedule schedule) {
        return "target "
                + schedule.target()
                + " for "
                + schedule.duration()
                + " at "
                + schedule.cron()
                + " "
                + schedule.zone().getId();
    }

    private static String changes(Schedule before, Schedule after) {
        var changes = new ArrayList<String>();
        change("pool", before.pool(), after.pool(), changes);
        change("cron", before.cron(), after.cron(), changes);
        change("zone", before.zone().getId(), after.zone().getId(), changes);
        change("duration", before.duration(), after.duration(), changes);
        change("target", before.target(), after.target(), changes);
        return String.join(", ", changes);
    }

    private static void change(String field, Object before, Object after, List<String> changes) {
        if (!before.equals(after)) changes.add(field + " " + before + " → " + after);
    }

    private ScheduleView view(String name) {
        return views.find(name).orElseThrow(() -> Problem.notFound("schedule"));
    }

    private void inTransaction(Runnable work) {
        transactions.executeWithoutResult(status -> work.run());
    }
}
