package vmm.pool.schedule;

import io.swagger.v3.oas.annotations.media.Schema;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.OffsetDateTime;
import vmm.web.Problem;

/** A time as a parameter gives it, RFC 3339. Spring makes it by {@link #of(String)}. */
@Schema(type = "string", format = "date-time")
record Moment(Instant instant) {
    private static final Instant FIRST = Instant.parse("1970-01-01T00:00:00Z");
    private static final Instant LAST = Instant.parse("9000-01-01T00:00:00Z");

    static Moment of(String text) {
        try {
            var instant = OffsetDateTime.parse(text).toInstant();
            if (!instant.isBefore(FIRST) && instant.isBefore(LAST)) return new Moment(instant);
        } catch (DateTimeException notOne) {
            // told below
        }
        throw Problem.invalid("from, to", "must be RFC 3339 times such as 2026-11-02T07:30:00Z");
    }
}
