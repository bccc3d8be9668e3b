package vmm.cloud.jclouds.azure;

import vmm.cloud.CloudFailure;
import vmm.cloud.CloudProvider;
import vmm.cloud.jclouds.HttpAnswer;
import vmm.cloud.jclouds.Json;
import vmm.cloud.jclouds.NoAnswer;

import java.net.URI;
import java.util.Optional;

/**
 * The consoles of machines with boot diagnostics. ARM tells by a POST, which changes nothing, where
 * the log lies; its address holds the permission to read it, and is a secret.
 */
record Consoles(Paths paths, Refusals refusals) {

    /** The last lines of a machine's console, empty where Azure says that it keeps none. */
    Optional<String> read(Conversation talk, String machine) throws CloudFailure {
        HttpAnswer answer;
        try {
            answer = talk.send("POST", paths.action(machine, "retrieveBootDiagnosticsData"), null);
        } catch (NoAnswer e) {
            throw refusals.silence(e);
        }
        if (answer.status() == 409 || Refusals.isAbsentInAnyWords(answer)) return Optional.empty();
        if (!answer.isSuccess()) throw refusals.ofLook(answer);
        var address =
                Json.text(Json.object(answer.body()), "serialConsoleLogBlobUri")
                        .filter(text -> !text.isBlank());
        return address.isEmpty() ? Optional.empty() : log(talk, address.get());
    }

    private Optional<String> log(Conversation talk, String text) throws CloudFailure {
        HttpAnswer answer;
        try {
            answer = talk.fetch(address(text));
        } catch (NoAnswer e) {
            throw new CloudFailure.Unreachable("the store of consoles did not answer");
        }
        if (answer.status() == 404) return Optional.empty(); // nothing was written yet
        if (!answer.isSuccess()) {
            throw new CloudFailure.Unreachable("the store of consoles answered " + answer.status());
        }
        return Optional.of(lastLines(answer.body()));
    }

    private static URI address(String text) throws CloudFailure {
        try {
            var address = URI.create(text);
            boolean http =
                    "https".equalsIgnoreCase(address.getScheme())
                            || "http".equalsIgnoreCase(address.getScheme());
            if (http && address.getHost() != null) return address;
        } catch (IllegalArgumentException e) {
            // answered below, without its text
        }
        throw new CloudFailure.Unreachable("the console lies at what is no address");
    }

    static String lastLines(String log) {
        var lines = log.lines().toList();
        int from = Math.max(0, lines.size() - CloudProvider.CONSOLE_LINES);
        return String.join("\n", lines.subList(from, lines.size()));
    }
}
