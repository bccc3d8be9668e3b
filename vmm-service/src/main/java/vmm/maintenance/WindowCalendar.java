package vmm.maintenance;

import biweekly.ICalVersion;
import biweekly.ICalendar;
import biweekly.component.VEvent;
import biweekly.io.text.ICalWriter;
import biweekly.property.Status;

import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Date;
import java.util.List;
import java.util.stream.Collectors;

/** Windows as a calendar that people subscribe to (RFC 5545). */
final class WindowCalendar {
    private static final int MOST_OCTETS = 75;

    private WindowCalendar() {}

    static String of(List<MaintenanceWindow> windows, Instant now) {
        var calendar = new ICalendar();
        calendar.setProductId("-//VMM//maintenance windows//EN");
        calendar.setName("Maintenance windows");
        windows.forEach(window -> calendar.addEvent(event(window, now)));
        var text = new StringWriter();
        try (var writer = new ICalWriter(text, ICalVersion.V2_0)) {
            // It would fold by characters, and between the halves of one.
            writer.getVObjectWriter().getFoldedLineWriter().setLineLength(null);
            writer.write(calendar);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return text.toString()
                .lines()
                .map(WindowCalendar::folded)
                .collect(Collectors.joining("\r\n", "", "\r\n"));
    }

    /** Lines of at most 75 octets in UTF-8; the next begins with a space (RFC 5545, 3.1). */
    static String folded(String line) {
        var folded = new StringBuilder();
        int octets = 0;
        for (int character : line.codePoints().toArray()) {
            int size = Character.toString(character).getBytes(StandardCharsets.UTF_8).length;
            if (octets + size > MOST_OCTETS) {
                folded.append("\r\n ");
                octets = 1;
            }
            folded.appendCodePoint(character);
            octets += size;
        }
        return folded.toString();
    }

    private static VEvent event(MaintenanceWindow window, Instant now) {
        var event = new VEvent();
        event.setUid(window.id().toString());
        event.setDateTimeStamp(Date.from(now));
        event.setSequence(Math.toIntExact(window.version()));
        event.setDateStart(Date.from(window.from()), true);
        event.setDateEnd(Date.from(window.to()), true);
        event.setSummary(
                window.cloud()
                        + " "
                        + word(window.kind())
                        + (window.note().isEmpty() ? "" : ": " + window.note()));
        event.setCreated(Date.from(window.createdAt()));
        event.addCategories(window.kind().name());
        event.setTransparency(true);
        event.setStatus(window.cancelledAt() == null ? Status.confirmed() : Status.cancelled());
        return event;
    }

    private static String word(MaintenanceWindow.Kind kind) {
        return switch (kind) {
            case AT_RISK -> "at risk";
            case NO_NEW -> "takes nothing new";
            case UNAVAILABLE -> "unavailable";
        };
    }
}
