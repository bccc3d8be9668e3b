package vmm.usage;

import org.jspecify.annotations.Nullable;

import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The log of use as RFC 4180 has it, safe to open in a spreadsheet: no field is taken for a
 * formula.
 */
final class UsageCsv {
    private static final String HEADER =
            "day,vmType,requests,grantedAtOnce,grantedAfterWait,refused,givenUp,waiting,"
                    + "waitP50Seconds,waitP90Seconds,machineHours,endReasons\r\n";

    private UsageCsv() {}

    static String of(List<UsageRow> rows) {
        return rows.stream().map(UsageCsv::line).collect(Collectors.joining("", HEADER, ""));
    }

    private static String line(UsageRow row) {
        return Stream.of(
                        field(row.day()),
                        field(row.vmType()),
                        field(row.requests()),
                        field(row.grantedAtOnce()),
                        field(row.grantedAfterWait()),
                        field(row.refused()),
                        field(row.givenUp()),
                        field(row.waiting()),
                        field(row.waitP50Seconds()),
                        field(row.waitP90Seconds()),
                        field(row.machineHours()),
                        field(
                                row.endReasons().entrySet().stream()
                                        .map(reason -> reason.getKey() + "=" + reason.getValue())
                                        .collect(Collectors.joining(";"))))
                .collect(Collectors.joining(",", "", "\r\n"));
    }

    static String field(@Nullable Object value) {
        String text = value == null ? "" : value.toString();
        String safe =
                text.isEmpty() || "=+-@\t\r\n".indexOf(text.charAt(0)) < 0 ? text : "'" + text;
        boolean quoted = safe.chars().anyMatch(c -> c == ',' || c == '"' || c == '\r' || c == '\n');
        return quoted ? '"' + safe.replace("\"", "\"\"") + '"' : safe;
    }
}
