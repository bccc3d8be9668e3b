package vmm.web;

import java.time.DateTimeException;
import java.time.Instant;
import java.time.OffsetDateTime;

/** Times in the query of a request. */
public final class QueryTime {
    private static final Instant FIRST = Instant.parse("1970-01-01T00:00:00Z");
    private static final Instant LAST = Instant.parse("9000-01-01T00:00:00Z");

    private QueryTime() {}

    /** Reads an RFC 3339 time; throws 400 that names the parameter if it is none. */
    public static Instant of(String parameter, String text) {
        try {
            var instant = OffsetDateTime.parse(text).toInstant();
            if (!instant.isBefore(FIRST) && instant.isBefore(LAST)) return instant;
        } catch (DateTimeException notOne) {
            // told below
        }
        throw Problem.invalid(parameter, "must be an RFC 3339 time such as 2026-11-02T07:30:00Z");
    }
}
