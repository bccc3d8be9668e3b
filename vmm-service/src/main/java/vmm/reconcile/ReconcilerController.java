package vmm.reconcile;

import io.swagger.v3.oas.annotations.media.Schema;

import jakarta.validation.Valid;
import jakarta.validation.constraints.NotNull;

import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.ResponseStatus;
import org.springframework.web.bind.annotation.RestController;

import vmm.event.Wakes;
import vmm.identity.Person;
import vmm.web.Page;
import vmm.web.Problem;

import java.time.Instant;
import java.util.Locale;

/**
 * The loops over HTTP. Here a loop of a cloud is called {@code lifecycle-rutherford}; the name of
 * its row, with a colon, is understood as well.
 */
@RestController
@RequestMapping(path = "/api/v1/reconcilers", produces = MediaType.APPLICATION_JSON_VALUE)
class ReconcilerController {
    private static final Logger log = LoggerFactory.getLogger(ReconcilerController.class);

    private final Reconcilers rows;
    private final Loops loops;

    ReconcilerController(Reconcilers rows, Loops loops) {
        this.rows = rows;
        this.loops = loops;
    }

    @GetMapping
    Page<ReconcilerView> listReconcilers() {
        return Page.whole(rows.all().stream().map(this::view).toList());
    }

    /** On all replicas: one that has its cloud in hand runs once more. */
    @PostMapping("/{name}/run")
    @ResponseStatus(HttpStatus.ACCEPTED)
    ReconcilerView runReconciler(@PathVariable String name) {
        var row = find(name);
        if (row.paused()) throw Problem.conflict("It is paused: let it go on first.");
        rows.refresh();
        loops.wake(row.kind(), key(row));
        return view(find(name));
    }

    @PostMapping(path = "/{name}/pause", consumes = MediaType.APPLICATION_JSON_VALUE)
    ReconcilerView pauseReconciler(
            @PathVariable String name,
            @Valid @RequestBody ReconcilerPauseRequest pause,
            Person person) {
        var row = find(name);
        rows.pause(row.name(), pause.paused());
        if (row.paused() != pause.paused()) {
            log.info(
                    "{} {} by {}",
                    row.name(),
                    pause.paused() ? "paused" : "goes on",
                    person.name());
            if (!pause.paused()) loops.wake(row.kind(), key(row));
        }
        return view(find(name));
    }

    private Reconcilers.Row find(String name) {
        return rows.find(name)
                .or(() -> rows.find(name.replaceFirst("-", ":")))
                .orElseThrow(() -> Problem.notFound("reconciler"));
    }

    private static String key(Reconcilers.Row row) {
        int colon = row.name().indexOf(':');
        return colon < 0 ? Wakes.ALL : row.name().substring(colon + 1);
    }

    private ReconcilerView view(Reconcilers.Row row) {
        return new ReconcilerView(
                row.name().replace(':', '-'),
                row.kind().name().toLowerCase(Locale.ROOT),
                state(row),
                row.paused(),
                Ticks.interval(row.kind()).toSeconds(),
                row.lastStartedAt(),
                row.lastFinishedAt(),
                row.lastReport(),
                row.lastError(),
                row.holder(),
                row.holder() == null ? null : row.leaseUntil());
    }

    private ReconcilerState state(Reconcilers.Row row) {
        if (row.paused()) return ReconcilerState.PAUSED;
        if (row.holder() != null || loops.running(row.kind(), key(row)))
            return ReconcilerState.RUNNING;
        return row.lastError() == null ? ReconcilerState.IDLE : ReconcilerState.FAILED;
    }

    /** What a loop does just now, as far as this replica knows. */
    enum ReconcilerState {
        IDLE,
        RUNNING,
        PAUSED,
        FAILED
    }

    /**
     * A loop and its last report.
     *
     * @param everySeconds how often its tick comes; a change wakes it sooner
     * @param holder the replica that has its cloud in hand
     * @param leaseUntil until when, unless it takes it again
     */
    @Schema(name = "Reconciler")
    record ReconcilerView(
            String name,
            String kind,
            ReconcilerState state,
            boolean paused,
            double everySeconds,
            @Nullable Instant lastStartedAt,
            @Nullable Instant lastFinishedAt,
            @Nullable String lastReport,
            @Nullable String lastError,
            @Nullable String holder,
            @Nullable Instant leaseUntil) {}

    /** The wish to pause a loop, or to let it go on. */
    @Schema(name = "ReconcilerPauseRequest")
    record ReconcilerPauseRequest(@NotNull Boolean paused) {}
}
