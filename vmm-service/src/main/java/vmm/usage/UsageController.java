package vmm.usage;

import jakarta.validation.constraints.Pattern;

import org.jspecify.annotations.Nullable;
import org.springframework.http.InvalidMediaTypeException;
import org.springframework.http.MediaType;
import org.springframework.http.ResponseEntity;
import org.springframework.util.MimeTypeUtils;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RequestHeader;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;

import vmm.web.Names;
import vmm.web.Problem;

import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.InstantSource;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.time.format.DateTimeParseException;
import java.time.temporal.ChronoUnit;
import java.util.List;

/** The log of use, for people and for spreadsheets. */
@RestController
class UsageController {
    private static final MediaType CSV = new MediaType("text", "csv", StandardCharsets.UTF_8);
    private static final int MOST_DAYS = 366;

    private final UsageLog log;
    private final InstantSource clock;

    UsageController(UsageLog log, InstantSource clock) {
        this.log = log;
        this.clock = clock;
    }

    @GetMapping(
            path = "/api/v1/usage",
            produces = {"application/json", "text/csv"})
    ResponseEntity<?> usage(
            @RequestParam(required = false) @Nullable String from,
            @RequestParam(required = false) @Nullable String to,
            @RequestParam(required = false)
                    @Pattern(regexp = Names.PATTERN, message = Names.MESSAGE)
                    @Nullable String vmType,
            @RequestParam(required = false)
                    @Pattern(regexp = "json|csv", message = "must be json or csv")
                    @Nullable String format,
            @RequestHeader(name = "Accept", required = false) @Nullable String accept) {
        Instant now = clock.instant();
        LocalDate last = to == null ? LocalDate.ofInstant(now, ZoneOffset.UTC) : day("to", to);
        LocalDate first = from == null ? last.minusDays(6) : day("from", from);
        if (first.isAfter(last)) throw Problem.invalid("from", "must not be after to");
        if (ChronoUnit.DAYS.between(first, last) >= MOST_DAYS) {
            throw Problem.invalid("from", "must be at most " + MOST_DAYS + " days with to");
        }
        var rows = log.days(first, last, vmType, now);
        boolean csv = format == null ? prefersCsv(accept) : format.equals("csv");
        return csv
                ? ResponseEntity.ok()
                        .contentType(CSV)
                        .header(
                                "Content-Disposition",
                                "attachment; filename=\"usage-" + first + "-" + last + ".csv\"")
                        .body(UsageCsv.of(rows).getBytes(StandardCharsets.UTF_8))
                : ResponseEntity.ok()
                        .contentType(MediaType.APPLICATION_JSON)
                        .body(new Report(first, last, rows, null));
    }

    private static LocalDate day(String name, String text) {
        try {
            var day = LocalDate.parse(text);
            if (day.getYear() >= 1970 && day.getYear() <= 9998) return day;
        } catch (DateTimeParseException e) {
            // said below
        }
        throw Problem.invalid(name, "must be a day such as 2026-11-02");
    }

    private static boolean prefersCsv(@Nullable String accept) {
        if (accept == null) return false;
        try {
            var wanted = MediaType.parseMediaTypes(accept);
            MimeTypeUtils.sortBySpecificity(wanted);
            return wanted.stream()
                    .filter(type -> type.includes(MediaType.APPLICATION_JSON) || type.includes(CSV))
                    .findFirst()
                    .filter(type -> !type.includes(MediaType.APPLICATION_JSON))
                    .isPresent();
        } catch (InvalidMediaTypeException e) {
            return false;
        }
    }

    record Report(
            LocalDate from, LocalDate to, List<UsageRow> items, @Nullable String nextCursor) {}
}
