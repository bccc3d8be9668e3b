package vmm.maintenance;

import org.jspecify.annotations.Nullable;

import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.UUID;

/**
 * A cloud's planned downtime.
 *
 * @param from inclusive
 * @param to exclusive; of one that was ended early, when that was
 * @param note what is done, in the words of whoever entered it; may be empty
 * @param cancelledAt when it was called off before it began, null if it was not
 * @param prepareFrom from when an UNAVAILABLE one is prepared, as far as it was entered by then;
 *     null: from the shortest lead before it begins
 */
public record MaintenanceWindow(
        UUID id,
        String cloud,
        Instant from,
        Instant to,
        Kind kind,
        String note,
        long version,
        Instant createdAt,
        String createdBy,
        @Nullable Instant cancelledAt,
        @Nullable Instant prepareFrom) {

    private static final int LONGEST_QUOTE = 80;
    private static final DateTimeFormatter DAY =
            DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm").withZone(ZoneOffset.UTC);
    private static final DateTimeFormatter TIME =
            DateTimeFormatter.ofPattern("HH:mm").withZone(ZoneOffset.UTC);

    /** What the cloud is good for while the window lasts. */
    public enum Kind {
        /** A last resort. */
        AT_RISK,
        /** What is there may be used, nothing is launched. */
        NO_NEW,
        /** Nothing; what is there is replaced elsewhere before. */
        UNAVAILABLE
    }

    /** Where in its life a window is. */
    public enum State {
        PLANNED,
        PREPARING,
        ACTIVE,
        OVER,
        CANCELLED
    }

    State state(Instant now) {
        if (cancelledAt != null) return State.CANCELLED;
        if (!now.isBefore(to)) return State.OVER;
        if (!now.isBefore(from)) return State.ACTIVE;
        return now.isBefore(preparationBegins()) ? State.PLANNED : State.PREPARING;
    }

    /** Not before it was entered, and not after it begins. */
    Instant preparationBegins() {
        if (kind != Kind.UNAVAILABLE) return from;
        Instant begins = prepareFrom == null ? from.minus(WindowLead.SHORTEST) : prepareFrom;
        if (!begins.isBefore(createdAt)) return begins;
        return createdAt.isBefore(from) ? createdAt : from;
    }

    /** Whether it has any part in a stretch of time. */
    boolean overlaps(Instant begin, Instant end) {
        return cancelledAt == null && from.isBefore(end) && to.isAfter(begin);
    }

    /** Such as {@code maintenance window 'new switches' from 2026-11-22 08:00 to 18:00 UTC}. */
    public String words() {
        String name = note.strip().lines().findFirst().orElse("");
        if (name.codePointCount(0, name.length()) > LONGEST_QUOTE) {
            name = name.substring(0, name.offsetByCodePoints(0, LONGEST_QUOTE - 1)) + "…";
        }
        return "maintenance window "
                + (name.isEmpty() ? "" : "'" + name + "' ")
                + "from "
                + span(from, to);
    }

    /** Such as {@code 2026-11-22 08:00 to 18:00 UTC}. */
    static String span(Instant from, Instant to) {
        boolean sameDay =
                from.atOffset(ZoneOffset.UTC)
                        .toLocalDate()
                        .equals(to.atOffset(ZoneOffset.UTC).toLocalDate());
        return DAY.format(from) + " to " + (sameDay ? TIME : DAY).format(to) + " UTC";
    }
}
