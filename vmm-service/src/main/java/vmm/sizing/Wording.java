package vmm.sizing;

import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.Locale;

/** Times and lengths as an admin reads them. */
final class Wording {

    private static final DateTimeFormatter TIME =
            DateTimeFormatter.ofPattern("HH:mm", Locale.ENGLISH);
    private static final DateTimeFormatter DAY_AND_TIME =
            DateTimeFormatter.ofPattern("EEE d MMM HH:mm", Locale.ENGLISH);

    private Wording() {}

    /** "10:30 Europe/London", with the day if it is not today. */
    static String at(Instant instant, ZoneId zone, Instant now) {
        var then = instant.atZone(zone);
        var today = then.toLocalDate().equals(now.atZone(zone).toLocalDate());
        return then.format(today ? TIME : DAY_AND_TIME) + " " + zone.getId();
    }

    /** "45 s" or "4 min", rounded up. */
    static String length(Duration duration) {
        long seconds = duration.plusNanos(999_999_999).toSeconds();
        return seconds < 60 ? seconds + " s" : (seconds + 59) / 60 + " min";
    }
}
