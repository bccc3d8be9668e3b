package vmm.fleet;

import java.util.Optional;
import java.util.regex.Pattern;

/** What makes a booted VM READY. */
public sealed interface ReadyWhen {

    /** Its guest says so. */
    record GuestReport() implements ReadyWhen {
        @Override
        public String text() {
            return "guestReport";
        }
    }

    /** A TCP port of it accepts connections. */
    record PortOpen(int port) implements ReadyWhen {
        @Override
        public String text() {
            return "portOpen:" + port;
        }
    }

    /** Its cloud calls the instance active. */
    record InstanceActive() implements ReadyWhen {
        @Override
        public String text() {
            return "instanceActive";
        }
    }

    /** As it is written in the fleet file and the API. */
    String text();

    /** The condition of that text; empty if there is none. */
    static Optional<ReadyWhen> parse(String text) {
        if (text.equals("guestReport")) return Optional.of(new GuestReport());
        if (text.equals("instanceActive")) return Optional.of(new InstanceActive());
        var port = Pattern.compile("portOpen:([1-9][0-9]{0,4})").matcher(text);
        if (!port.matches() || Integer.parseInt(port.group(1)) > 65_535) return Optional.empty();
        return Optional.of(new PortOpen(Integer.parseInt(port.group(1))));
    }
}
