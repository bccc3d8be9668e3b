package vmm.cloud.jclouds.aws;

import vmm.cloud.CloudFailure;
import vmm.cloud.CloudProvider;

import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import java.util.Optional;

/** The consoles of EC2's instances, which it keeps the last 64 KiB of. */
final class Consoles {

    private Consoles() {}

    /** The last lines of a console, empty while EC2 has none to show. */
    static Optional<String> read(Conversation talk, String instanceId) throws CloudFailure {
        var form = Form.of("GetConsoleOutput").with("InstanceId", instanceId);
        return talk.find(form, "InstanceID")
                .flatMap(page -> page.text("output"))
                .flatMap(Consoles::decoded)
                .map(Consoles::last);
    }

    private static Optional<String> decoded(String output) {
        try {
            return Optional.of(
                            new String(
                                    Base64.getMimeDecoder().decode(output), StandardCharsets.UTF_8))
                    .filter(text -> !text.isBlank());
        } catch (IllegalArgumentException unreadable) {
            return Optional.empty();
        }
    }

    private static String last(String text) {
        List<String> lines = text.lines().toList();
        int from = Math.max(0, lines.size() - CloudProvider.CONSOLE_LINES);
        return String.join("\n", lines.subList(from, lines.size()));
    }
}
