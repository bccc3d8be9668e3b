package vmm.maintenance;

import io.swagger.v3.oas.annotations.Parameter;
import io.swagger.v3.oas.annotations.media.Schema;

import jakarta.servlet.http.HttpServletResponse;
import jakarta.validation.Valid;

import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.DeleteMapping;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PatchMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RequestHeader;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.ResponseStatus;
import org.springframework.web.bind.annotation.RestController;

import vmm.clouds.Clouds;
import vmm.identity.Person;
import vmm.web.Cursor;
import vmm.web.IfMatch;
import vmm.web.Limit;
import vmm.web.Page;
import vmm.web.Problem;
import vmm.web.QueryTime;

import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.UUID;

/** The maintenance windows over HTTP. */
@RestController
@RequestMapping("/api/v1")
class WindowController {
    private static final String OF_CLOUD = "/clouds/{name}/maintenance-windows";
    private static final MediaType CALENDAR =
            new MediaType("text", "calendar", StandardCharsets.UTF_8);

    /** Calendars that subscribe see this much of the past. */
    private static final Duration FEED_BACK = Duration.ofDays(90);

    private final MaintenanceWindows windows;
    private final WindowEdits edits;
    private final WindowPreviews previews;
    private final Clouds clouds;
    private final InstantSource clock;

    WindowController(
            MaintenanceWindows windows,
            WindowEdits edits,
            WindowPreviews previews,
            Clouds clouds,
            InstantSource clock) {
        this.windows = windows;
        this.edits = edits;
        this.previews = previews;
        this.clouds = clouds;
        this.clock = clock;
    }

    @GetMapping(path = OF_CLOUD, produces = MediaType.APPLICATION_JSON_VALUE)
    Page<WindowView> listMaintenanceWindowsOfCloud(
            @PathVariable String name,
            @RequestParam(defaultValue = Limit.DEFAULT) Limit limit,
            @RequestParam(required = false) @Nullable Cursor cursor) {
        if (clouds.find(name).isEmpty()) throw Problem.notFound("cloud");
        return views(windows.ofCloud(name, cursor, limit));
    }

    @GetMapping(path = "/maintenance-windows", produces = MediaType.APPLICATION_JSON_VALUE)
    Page<WindowView> listMaintenanceWindows(
            @Parameter(schema = @Schema(type = "string", format = "date-time"))
                    @RequestParam(required = false)
                    @Nullable String from,
            @Parameter(schema = @Schema(type = "string", format = "date-time"))
                    @RequestParam(required = false)
                    @Nullable String to,
            @RequestParam(defaultValue = Limit.DEFAULT) Limit limit,
            @RequestParam(required = false) @Nullable Cursor cursor) {
        Instant begin = from == null ? clock.instant() : QueryTime.of("from", from);
        Instant end = to == null ? null : QueryTime.of("to", to);
        if (end != null && !begin.isBefore(end)) throw Problem.invalid("to", "must be after from");
        return views(windows.between(begin, end, cursor, limit));
    }

    @GetMapping(path = "/maintenance-windows.ics", produces = "text/calendar")
    ResponseEntity<byte[]> feedMaintenanceWindows() {
        Instant now = clock.instant();
        var text = WindowCalendar.of(windows.endingAfter(now.minus(FEED_BACK)), now);
        return ResponseEntity.ok()
                .contentType(CALENDAR)
                .header("Content-Disposition", "inline; filename=\"maintenance-windows.ics\"")
                .body(text.getBytes(StandardCharsets.UTF_8));
    }

    @PostMapping(
            path = OF_CLOUD,
            consumes = MediaType.APPLICATION_JSON_VALUE,
            produces = MediaType.APPLICATION_JSON_VALUE)
    @ResponseStatus(HttpStatus.CREATED)
    ResponseEntity<WindowView> createMaintenanceWindow(
            @PathVariable String name, @Valid @RequestBody WindowRequest wanted, Person person) {
        var window = view(name, edits.create(name, wanted.wanted(), person.name()));
        return ResponseEntity.created(
                        URI.create(
                                "/api/v1/clouds/"
                                        + window.cloud()
                                        + "/maintenance-windows/"
                                        + window.id()))
                .eTag(IfMatch.etag(window.version()))
                .body(window);
    }

    @PostMapping(
            path = OF_CLOUD + "/preview",
            consumes = MediaType.APPLICATION_JSON_VALUE,
            produces = MediaType.APPLICATION_JSON_VALUE)
    WindowPreview previewMaintenanceWindow(
            @PathVariable String name, @Valid @RequestBody WindowRequest.Preview wanted) {
        return previews.of(name, wanted.wanted(), wanted.except());
    }

    /** Never 304: its state changes while the ETag, which is the row's, stays. */
    @GetMapping(path = OF_CLOUD + "/{id}", produces = MediaType.APPLICATION_JSON_VALUE)
    WindowView getMaintenanceWindow(
            @PathVariable String name, @PathVariable UUID id, HttpServletResponse response) {
        var window = view(name, id);
        response.setHeader(HttpHeaders.ETAG, IfMatch.etag(window.version()));
        return window;
    }

    @PatchMapping(
            path = OF_CLOUD + "/{id}",
            consumes = MediaType.APPLICATION_JSON_VALUE,
            produces = MediaType.APPLICATION_JSON_VALUE)
    ResponseEntity<WindowView> updateMaintenanceWindow(
            @PathVariable String name,
            @PathVariable UUID id,
            @RequestHeader(name = HttpHeaders.IF_MATCH, required = false) @Nullable String ifMatch,
            @Valid @RequestBody WindowRequest.Patch patch,
            Person person) {
        edits.change(name, id, ifMatch, patch, person.name());
        var window = view(name, id);
        return ResponseEntity.ok().eTag(IfMatch.etag(window.version())).body(window);
    }

    @DeleteMapping(path = OF_CLOUD + "/{id}", produces = MediaType.APPLICATION_JSON_VALUE)
    @ResponseStatus(HttpStatus.NO_CONTENT)
    void endMaintenanceWindow(
            @PathVariable String name,
            @PathVariable UUID id,
            @RequestHeader(name = HttpHeaders.IF_MATCH, required = false) @Nullable String ifMatch,
            Person person) {
        edits.end(name, id, ifMatch, person.name());
    }

    private WindowView view(String cloud, UUID id) {
        Instant now = clock.instant();
        return windows.find(cloud, id)
                .map(window -> WindowView.of(window, now))
                .orElseThrow(() -> Problem.notFound("maintenance window"));
    }

    private Page<WindowView> views(Page<MaintenanceWindow> page) {
        Instant now = clock.instant();
        return page.map(window -> WindowView.of(window, now));
    }
}
