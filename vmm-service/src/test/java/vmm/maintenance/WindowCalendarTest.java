package vmm.maintenance;

import static org.assertj.core.api.Assertions.assertThat;

import biweekly.io.text.ICalReader;
import biweekly.property.Status;

import org.junit.jupiter.api.Test;

import vmm.maintenance.MaintenanceWindow.Kind;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.UUID;

class WindowCalendarTest {
    private static final Instant NOW = Instant.parse("2026-11-22T12:00:00Z");

    private static MaintenanceWindow window(int id, String note, boolean cancelled) {
        return new MaintenanceWindow(
                new UUID(0, id),
                "harwell",
                Instant.parse("2026-11-29T08:00:00Z"),
                Instant.parse("2026-11-29T18:00:00Z"),
                Kind.UNAVAILABLE,
                note,
                3,
                NOW,
                "admin",
                cancelled ? NOW : null,
                null);
    }

    @Test
    void aWindowIsAnEventInUtc() {
        var lines = WindowCalendar.of(List.of(window(7, "patching", false)), NOW).split("\r\n");
        assertThat(lines)
                .startsWith("BEGIN:VCALENDAR", "VERSION:2.0")
                .contains(
                        "BEGIN:VEVENT",
                        "UID:00000000-0000-0000-0000-000000000007",
                        "DTSTAMP:20261122T120000Z",
                        "SEQUENCE:3",
                        "DTSTART:20261129T080000Z",
                        "DTEND:20261129T180000Z",
                        "SUMMARY:harwell unavailable: patching",
                        "STATUS:CONFIRMED")
                .endsWith("END:VEVENT", "END:VCALENDAR");
    }

    @Test
    void aCancelledWindowStaysAndSaysSo() {
        assertThat(WindowCalendar.of(List.of(window(7, "", true)), NOW))
                .contains("STATUS:CANCELLED\r\n", "SUMMARY:harwell unavailable\r\n");
    }

    @Test
    void aNoteCannotBreakOutOfItsLine() throws IOException {
        var note = "rack 4; switch A,B \\ \nEND:VEVENT\r\n" + "größer 😀 ".repeat(30);
        var text = WindowCalendar.of(List.of(window(7, note, false), window(8, "", true)), NOW);
        assertThat(text.lines())
                .allSatisfy(
                        line ->
                                assertThat(line.getBytes(StandardCharsets.UTF_8).length)
                                        .isLessThanOrEqualTo(75));
        assertThat(text.lines().filter("END:VEVENT"::equals)).hasSize(2);
        try (var reader = new ICalReader(text)) {
            var events = reader.readNext().getEvents();
            assertThat(events.getFirst().getSummary().getValue())
                    .isEqualToNormalizingNewlines("harwell unavailable: " + note);
            assertThat(events.getFirst().getDateStart().getValue().toInstant())
                    .isEqualTo("2026-11-29T08:00:00Z");
            assertThat(events.getLast().getStatus()).isEqualTo(Status.cancelled());
        }
    }

    @Test
    void noWindowsAreACalendarToo() {
        assertThat(WindowCalendar.of(List.of(), NOW)).endsWith("END:VCALENDAR\r\n");
    }
}
