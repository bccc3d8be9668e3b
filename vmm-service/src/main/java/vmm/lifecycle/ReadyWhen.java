package vmm.lifecycle;

import java.util.regex.Pattern;

/** When a VM of a pool counts as READY. */
public sealed interface ReadyWhen {
    /** Its guest says so. */
    record GuestReport() implements ReadyWhen {}

    /** A TCP port answers. */
    record PortOpen(int port) implements ReadyWhen {}

    /** The cloud says that it runs. */
    record InstanceActive() implements ReadyWhen {}

    Pattern PORT_OPEN = Pattern.compile("portOpen:(\\d{1,5})");

    /**
     * Reads {@code guestReport}, {@code portOpen:<port>} or {@code instanceActive}.
     *
     * @throws IllegalArgumentException for anything else
     */
    static ReadyWhen parse(String text) {
        if (text.equals("guestReport")) return new GuestReport();
        if (text.equals("instanceActive")) return new InstanceActive();
        var match = PORT_OPEN.matcher(text);
        if (match.matches()) {
            int port = Integer.parseInt(match.group(1));
            if (port >= 1 && port <= 65535) return new PortOpen(port);
        }
        throw new IllegalArgumentException(
                "'" + text + "' is none of guestReport, portOpen:<1 to 65535>, instanceActive");
    }
}
