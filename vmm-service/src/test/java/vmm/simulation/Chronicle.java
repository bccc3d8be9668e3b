package vmm.simulation;

import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayDeque;
import java.util.stream.Collectors;

/**
 * The log of one simulated world: its last steps to read, and a digest of all of them to compare.
 */
final class Chronicle {
    private static final int KEPT = 400;
    private static final DateTimeFormatter TIME =
            DateTimeFormatter.ofPattern("HH:mm:ss.SSS").withZone(ZoneOffset.UTC);

    private final ArrayDeque<String> last = new ArrayDeque<>();
    private final boolean aloud;
    private long digest = 0xcbf29ce484222325L;

    Chronicle(boolean aloud) {
        this.aloud = aloud;
    }

    void add(long step, Instant now, String what) {
        String line = "#" + step + " " + TIME.format(now) + " " + what;
        for (int i = 0; i < line.length(); i++) digest = (digest ^ line.charAt(i)) * 0x100000001b3L;
        last.add(line);
        if (last.size() > KEPT) last.remove();
        if (aloud) System.out.println(line);
    }

    /** The same for two worlds in which the same happened. */
    long digest() {
        return digest;
    }

    /** The lines of the last steps. */
    String tail(long fromStep) {
        return last.stream()
                .filter(line -> Long.parseLong(line.substring(1, line.indexOf(' '))) >= fromStep)
                .collect(Collectors.joining("\n"));
    }
}
