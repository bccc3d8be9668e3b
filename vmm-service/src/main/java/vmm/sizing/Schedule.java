package vmm.sizing;

import org.springframework.scheduling.support.CronExpression;

import java.time.DateTimeException;
import java.time.Duration;
import java.time.ZoneId;
import java.util.Arrays;
import java.util.regex.Pattern;

/**
 * A target for a pool that comes back with the calendar: evaluated, never fired.
 *
 * <p>A start named by its hour happens once each day that it matches: in the hour that spring skips
 * it is moved by as much as the clock jumps (01:30 becomes 02:30), in the hour that autumn repeats
 * it is the first one. Where the hour is {@code *} each hour counts, repeated ones too. The
 * duration is elapsed time.
 *
 * @param cron six fields as Spring writes them: second, minute, hour, day of month, month, day of
 *     week
 * @param zone where the cron expression's clock hangs
 * @param duration how long each occurrence runs
 * @param target the reserve wanted meanwhile; replaces the pool size, also downwards
 */
public record Schedule(
        String name, String pool, String cron, ZoneId zone, Duration duration, int target) {

    /** The longest an occurrence may run: longer than any cycle of beamtime. */
    public static final Duration LONGEST = Duration.ofDays(92);

    /** The largest target that is believed. */
    public static final int LARGEST_TARGET = 100_000;

    private static final Pattern FROM_THE_END = Pattern.compile("[lL]-(\\d+)");
    private static final int LONGEST_CRON = 200;

    /**
     * Checks all but the names.
     *
     * @throws IllegalArgumentException if something is wrong; the message says what to do
     */
    public Schedule {
        requireCron(cron);
        if (duration.compareTo(Duration.ofSeconds(1)) < 0)
            throw new IllegalArgumentException(
                    "duration " + duration + " is too short: give how long it runs, such as PT3H");
        if (duration.compareTo(LONGEST) > 0)
            throw new IllegalArgumentException(
                    "duration "
                            + duration
                            + " is too long: at most P"
                            + LONGEST.toDays()
                            + "D; to keep a size for longer, change the pool size");
        if (target < 0 || target > LARGEST_TARGET)
            throw new IllegalArgumentException(
                    "target " + target + " is out of range: give 0 to " + LARGEST_TARGET + " VMs");
    }

    /** A schedule whose zone is still text; refuses as the constructor does. */
    public static Schedule of(
            String name, String pool, String cron, String zone, Duration duration, int target) {
        return new Schedule(name, pool, cron, requireZone(zone), duration, target);
    }

    /**
     * Refuses a wrong cron expression with an {@link IllegalArgumentException} that says what to
     * write.
     */
    public static void requireCron(String cron) {
        if (cron.isBlank()) throw wrongCron(cron, "is empty");
        if (cron.length() > LONGEST_CRON)
            throw new IllegalArgumentException(
                    "cron is " + cron.length() + " characters long: at most " + LONGEST_CRON);
        int fields = cron.strip().split("\\s+").length;
        if (fields != 6 && !cron.startsWith("@"))
            throw wrongCron(cron, "has " + fields + " fields");
        var fromTheEnd = FROM_THE_END.matcher(cron);
        while (fromTheEnd.find()) {
            // Spring looks for the day for ever where a month has none.
            if (fromTheEnd.group(1).length() > 2 || Integer.parseInt(fromTheEnd.group(1)) > 27)
                throw wrongCron(cron, "counts back more days than every month has: at most L-27");
        }
        try {
            CronExpression.parse(cron);
        } catch (IllegalArgumentException e) {
            throw wrongCron(cron, "is not understood (" + e.getMessage() + ")");
        }
    }

    /**
     * The time zone of that name, or an {@link IllegalArgumentException} that says what to write.
     */
    public static ZoneId requireZone(String zone) {
        try {
            return ZoneId.of(zone);
        } catch (DateTimeException e) {
            var near =
                    ZoneId.getAvailableZoneIds().stream()
                            .filter(id -> id.equalsIgnoreCase(zone.strip()))
                            .findFirst()
                            .orElse("Europe/London");
            throw new IllegalArgumentException(
                    "zone '" + zone + "' is unknown: write an IANA name such as " + near);
        }
    }

    private static IllegalArgumentException wrongCron(String cron, String what) {
        return new IllegalArgumentException(
                "cron '"
                        + cron
                        + "' "
                        + what
                        + ": write six fields, second minute hour day-of-month month day-of-week,"
                        + " such as \"0 30 7 * * MON-FRI\"");
    }

    /** Whether the hour field is a star, so that hours are counted and not named. */
    boolean everyHour() {
        return Arrays.asList(CronExpression.parse(cron).toString().strip().split("\\s+"))
                .get(2)
                .equals("*");
    }
}
