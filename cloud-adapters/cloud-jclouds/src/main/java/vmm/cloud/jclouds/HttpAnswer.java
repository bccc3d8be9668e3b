package vmm.cloud.jclouds;

import org.jspecify.annotations.Nullable;

import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.Optional;

/**
 * What a server said, whatever its status.
 *
 * @param retryAfter the header of that name, if it was sent
 * @param location the same
 */
public record HttpAnswer(
        int status, @Nullable String retryAfter, @Nullable String location, String body) {

    /** Without a place to ask again. */
    public HttpAnswer(int status, @Nullable String retryAfter, String body) {
        this(status, retryAfter, null, body);
    }

    /** Whether the server did what it was asked, or will. */
    public boolean isSuccess() {
        return status >= 200 && status < 300;
    }

    /** How long the server asks us to wait; it may say so in seconds or name a date. */
    public Optional<Duration> pause(Instant now) {
        if (retryAfter == null) return Optional.empty();
        var text = retryAfter.strip();
        try {
            if (text.matches("\\d{1,9}")) {
                return Optional.of(Duration.ofSeconds(Long.parseLong(text)));
            }
            var until = ZonedDateTime.parse(text, DateTimeFormatter.RFC_1123_DATE_TIME).toInstant();
            return Optional.of(until.isAfter(now) ? Duration.between(now, until) : Duration.ZERO);
        } catch (DateTimeException unreadable) {
            return Optional.empty();
        }
    }

    /** Without the body, which may hold secrets. */
    @Override
    public String toString() {
        return "HttpAnswer[" + status + "]";
    }
}
