package vmm.pool.schedule;

import io.swagger.v3.oas.annotations.Parameter;
import io.swagger.v3.oas.annotations.media.Schema;

import jakarta.servlet.http.HttpServletResponse;
import jakarta.validation.Valid;
import jakarta.validation.constraints.Pattern;

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

import vmm.identity.Person;
import vmm.pool.schedule.SchedulePreviews.SchedulePreview;
import vmm.web.Cursor;
import vmm.web.IfMatch;
import vmm.web.Limit;
import vmm.web.Names;
import vmm.web.Page;
import vmm.web.Problem;
import vmm.web.QueryTime;

import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;

/** The schedules over HTTP. */
@RestController
@RequestMapping(path = "/api/v1/schedules", produces = MediaType.APPLICATION_JSON_VALUE)
class ScheduleController {
    private static final Duration WEEK = Duration.ofDays(7);
    private static final Duration LONGEST_PREVIEW = Duration.ofDays(62);

    private final ScheduleViews views;
    private final ScheduleEdits edits;
    private final SchedulePreviews previews;
    private final InstantSource clock;

    ScheduleController(
            ScheduleViews views,
            ScheduleEdits edits,
            SchedulePreviews previews,
            InstantSource clock) {
        this.views = views;
        this.edits = edits;
        this.previews = previews;
        this.clock = clock;
    }

    @GetMapping
    Page<ScheduleView> listSchedules(
            @RequestParam(required = false)
                    @Pattern(regexp = Names.PATTERN, message = Names.MESSAGE)
                    @Nullable String pool,
            @RequestParam(defaultValue = Limit.DEFAULT) Limit limit,
            @RequestParam(required = false) @Nullable Cursor cursor) {
        return views.page(pool, cursor, limit);
    }

    @PostMapping(consumes = MediaType.APPLICATION_JSON_VALUE)
    @ResponseStatus(HttpStatus.CREATED)
    ResponseEntity<ScheduleView> createSchedule(
            @Valid @RequestBody ScheduleRequest wanted, Person person) {
        var schedule = edits.create(wanted.wanted(), person.name());
        return ResponseEntity.created(URI.create("/api/v1/schedules/" + schedule.name()))
                .eTag(IfMatch.etag(schedule.version()))
                .body(schedule);
    }

    @GetMapping("/preview")
    Page<SchedulePreview> previewSchedules(
            @Parameter(schema = @Schema(type = "string", format = "date-time"))
                    @RequestParam(required = false)
                    @Nullable String from,
            @Parameter(schema = @Schema(type = "string", format = "date-time"))
                    @RequestParam(required = false)
                    @Nullable String to,
            @RequestParam(required = false)
                    @Pattern(regexp = Names.PATTERN, message = Names.MESSAGE)
                    @Nullable String pool) {
        Instant begin = from == null ? clock.instant() : QueryTime.of("from", from);
        Instant end = to == null ? begin.plus(WEEK) : QueryTime.of("to", to);
        if (!begin.isBefore(end)) throw Problem.invalid("to", "must be after from");
        if (begin.plus(LONGEST_PREVIEW).isBefore(end)) {
            throw Problem.invalid(
                    "to", "must be at most " + LONGEST_PREVIEW.toDays() + " days after from");
        }
        return Page.whole(previews.over(pool, begin, end));
    }

    /**
     * Never 304: the next occurrences change while the ETag, which is the configuration's, stays.
     */
    @GetMapping("/{name}")
    ScheduleView getSchedule(@PathVariable String name, HttpServletResponse response) {
        var schedule = views.find(name).orElseThrow(() -> Problem.notFound("schedule"));
        response.setHeader(HttpHeaders.ETAG, IfMatch.etag(schedule.version()));
        return schedule;
    }

    @PatchMapping(path = "/{name}", consumes = MediaType.APPLICATION_JSON_VALUE)
    ResponseEntity<ScheduleView> updateSchedule(
            @PathVariable String name,
            @RequestHeader(name = HttpHeaders.IF_MATCH, required = false) @Nullable String ifMatch,
            @Valid @RequestBody ScheduleRequest.SchedulePatch patch,
            Person person) {
        var schedule = edits.change(name, ifMatch, patch, person.name());
        return ResponseEntity.ok().eTag(IfMatch.etag(schedule.version())).body(schedule);
    }

    @DeleteMapping("/{name}")
    @ResponseStatus(HttpStatus.NO_CONTENT)
    void deleteSchedule(
            @PathVariable String name,
            @RequestHeader(name = HttpHeaders.IF_MATCH, required = false) @Nullable String ifMatch,
            Person person) {
        edits.delete(name, ifMatch, person.name());
    }
}
