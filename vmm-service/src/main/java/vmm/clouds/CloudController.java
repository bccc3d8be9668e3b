package vmm.clouds;

import io.swagger.v3.oas.annotations.media.Schema;

import jakarta.validation.Valid;
import jakarta.validation.constraints.NotNull;
import jakarta.validation.constraints.Size;

import org.jspecify.annotations.Nullable;
import org.springframework.http.MediaType;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.transaction.support.TransactionOperations;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;

import vmm.event.Events;
import vmm.event.Events.NewEvent;
import vmm.event.LoopKind;
import vmm.event.Wakes;
import vmm.identity.Person;
import vmm.vm.StateCounts;
import vmm.web.Cursor;
import vmm.web.Limit;
import vmm.web.Page;
import vmm.web.Problem;

import java.time.InstantSource;
import java.util.List;
import java.util.Objects;

/** The clouds over HTTP. */
@RestController
@RequestMapping(path = "/api/v1/clouds", produces = MediaType.APPLICATION_JSON_VALUE)
class CloudController {
    private static final String SELECT =
            """
            SELECT cloud.*, counted.*, %s FROM cloud
            LEFT JOIN (SELECT vm.cloud AS counted_on, count(*) AS live, %s FROM vm WHERE vm.state <> 'DELETED' GROUP BY vm.cloud)
                AS counted ON counted_on = cloud.name
            """
                    .formatted(Clouds.PROBE_FAILS, StateCounts.COLUMNS);

    private final JdbcClient jdbc;
    private final Clouds clouds;
    private final SignalViews signals;
    private final TroubleViews troubles;
    private final CloudSettings settings;
    private final Catalogues catalogues;
    private final Events events;
    private final TransactionOperations transactions;
    private final InstantSource clock;
    private final Wakes wakes;

    CloudController(
            JdbcClient jdbc,
            Clouds clouds,
            SignalViews signals,
            TroubleViews troubles,
            CloudSettings settings,
            Catalogues catalogues,
            Events events,
            TransactionOperations transactions,
            InstantSource clock,
            Wakes wakes) {
        this.jdbc = jdbc;
        this.clouds = clouds;
        this.signals = signals;
        this.troubles = troubles;
        this.settings = settings;
        this.catalogues = catalogues;
        this.events = events;
        this.transactions = transactions;
        this.clock = clock;
        this.wakes = wakes;
    }

    @GetMapping
    Page<CloudView> listClouds(
            @RequestParam(defaultValue = Limit.DEFAULT) Limit limit,
            @RequestParam(required = false) @Nullable Cursor cursor) {
        var rows =
                jdbc
                        .sql(
                                SELECT
                                        + "WHERE cloud.name COLLATE \"C\" > :after ORDER BY"
                                        + " cloud.name COLLATE \"C\" LIMIT :limit")
                        .param("after", cursor == null ? "" : cursor.ofSize(1).parts().getFirst())
                        .param("limit", limit.plusOne())
                        .query((row, n) -> new Counted(Clouds.read(row, n), StateCounts.read(row)))
                        .list()
                        .stream()
                        .map(this::view)
                        .toList();
        return Page.of(rows, limit, cloud -> Cursor.at(cloud.name()));
    }

    @GetMapping("/{name}")
    CloudView getCloud(@PathVariable String name) {
        return jdbc.sql(SELECT + "WHERE cloud.name = :name")
                .param("name", name)
                .query((row, n) -> new Counted(Clouds.read(row, n), StateCounts.read(row)))
                .optional()
                .map(this::view)
                .orElseThrow(() -> Problem.notFound("cloud"));
    }

    private CloudView view(Counted cloud) {
        return CloudView.of(
                cloud.state(),
                cloud.counts(),
                signals,
                troubles.of(cloud.state().name()),
                settings.of(cloud.state().name()));
    }

    @GetMapping("/{name}/catalogue")
    Catalogues.CloudCatalogue getCloudCatalogue(@PathVariable String name) {
        if (clouds.find(name).isEmpty()) throw Problem.notFound("cloud");
        return catalogues.of(name);
    }

    @GetMapping("/{name}/history")
    Page<TroubleViews.CloudHistoryEntry> listCloudHistory(
            @PathVariable String name,
            @RequestParam(defaultValue = Limit.DEFAULT) Limit limit,
            @RequestParam(required = false) @Nullable Cursor cursor) {
        if (clouds.find(name).isEmpty()) throw Problem.notFound("cloud");
        long before = cursor == null ? Long.MAX_VALUE : cursor.ofSize(1).value(0, Long::parseLong);
        return Page.of(
                troubles.history(name, before, limit.plusOne()),
                limit,
                entry -> Cursor.at(entry.id()));
    }

    /** Repeating what is so already leaves no trace. */
    @PostMapping(path = "/{name}/pause", consumes = MediaType.APPLICATION_JSON_VALUE)
    CloudView pauseCloud(
            @PathVariable String name, @Valid @RequestBody CloudPauseRequest pause, Person person) {
        return Objects.requireNonNull(
                transactions.execute(
                        status -> {
                            var cloud =
                                    clouds.lock(List.of(name)).stream()
                                            .findFirst()
                                            .orElseThrow(() -> Problem.notFound("cloud"));
                            boolean news =
                                    cloud.paused() != pause.paused()
                                            || (pause.paused()
                                                    && !Objects.equals(
                                                            cloud.pauseReason(), pause.reason()));
                            if (news) {
                                clouds.pause(name, pause.paused(), pause.reason());
                                events.append(
                                        NewEvent.ofCloud(
                                                name,
                                                pause.paused() ? "PAUSED" : "RESUMED",
                                                Objects.toString(pause.reason(), ""),
                                                person.name()),
                                        clock.instant());
                                wakes.wake(LoopKind.REFILL, Wakes.ALL);
                                wakes.wake(LoopKind.LIFECYCLE, name);
                            }
                            return getCloud(name);
                        }));
    }

    /** The wish to launch nothing more on a cloud, or to go on. */
    @Schema(name = "CloudPauseRequest")
    record CloudPauseRequest(
            @NotNull Boolean paused, @Size(min = 1, max = 500) @Nullable String reason) {}

    /** A cloud's row and how many VMs are in which state there. */
    private record Counted(CloudState state, StateCounts counts) {}
}
