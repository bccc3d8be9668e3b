package vmm.database;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** What came of running one short program to its end. */
record Tool(int exit, String output) {

    private static final int NOT_RUN = 127;

    boolean ok() {
        return exit == 0;
    }

    /**
     * Runs it without PG* variables of whoever started us; one that does not exist or hangs is not
     * ok.
     */
    static Tool run(List<String> prefix, Path directory, List<String> command, Duration limit)
            throws IOException {
        var builder =
                new ProcessBuilder(Stream.concat(prefix.stream(), command.stream()).toList())
                        .directory(directory.toFile())
                        .redirectErrorStream(true);
        builder.environment().keySet().removeIf(name -> name.startsWith("PG"));
        builder.environment().put("LC_ALL", "C");
        Process process;
        try {
            process = builder.start();
        } catch (IOException e) {
            return new Tool(NOT_RUN, String.valueOf(e.getMessage()));
        }
        process.getOutputStream().close();
        try {
            // These programs say less than a pipe holds, so they may end before we read.
            if (!process.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS)) {
                process.destroyForcibly();
                return new Tool(
                        NOT_RUN,
                        command.getFirst() + " took longer than " + limit.toSeconds() + " s");
            }
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
            return new Tool(NOT_RUN, "interrupted");
        }
        try (var stdout = process.getInputStream()) {
            return new Tool(
                    process.exitValue(), new String(stdout.readAllBytes(), StandardCharsets.UTF_8));
        }
    }
}
