package vmm.database;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * What an earlier server of a cluster left behind: itself, where only its JVM was killed, or a
 * misleading pid file.
 */
record LeftoverServer(Path cluster) {

    private static final Duration PATIENCE = Duration.ofSeconds(10);

    /** Whether a server of this cluster runs. */
    boolean runs() throws IOException {
        return process().isPresent();
    }

    /** The server of this cluster, if one runs. */
    Optional<ProcessHandle> process() throws IOException {
        return named().filter(this::servesCluster);
    }

    /**
     * Waits for the processes that outlive a killed server for a moment, and removes a pid file
     * whose number another program has got since (after a reset of the machine). A pid file of
     * nobody is left to PostgreSQL, which then looks at its shared memory too.
     */
    void clear() throws IOException {
        List<ProcessHandle> backends =
                ProcessHandle.allProcesses().filter(this::servesCluster).toList();
        for (ProcessHandle backend : backends) {
            awaitEnd(backend);
        }
        if (named().isPresent()) {
            Files.deleteIfExists(pidFile());
        }
    }

    private void awaitEnd(ProcessHandle process) {
        try {
            process.onExit().get(PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
        } catch (TimeoutException e) {
            process.destroyForcibly();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (ExecutionException e) {
            throw new IllegalStateException(e);
        }
    }

    private Path pidFile() {
        return cluster.resolve("postmaster.pid");
    }

    /** The living process, of whatever program, whose number is in the pid file. */
    private Optional<ProcessHandle> named() throws IOException {
        if (!Files.exists(pidFile())) {
            return Optional.empty();
        }
        List<String> lines = Files.readAllLines(pidFile());
        if (lines.isEmpty() || !lines.getFirst().strip().matches("[0-9]{1,18}")) {
            return Optional.empty();
        }
        return ProcessHandle.of(Long.parseLong(lines.getFirst().strip()))
                .filter(ProcessHandle::isAlive);
    }

    /** PostgreSQL's processes all work in their cluster's directory. */
    private boolean servesCluster(ProcessHandle process) {
        Path facts = Path.of("/proc", Long.toString(process.pid()));
        if (!Files.isDirectory(Path.of("/proc/self"))) {
            var info = process.info();
            return info.command().filter(command -> command.endsWith("/postgres")).isPresent()
                    && Arrays.asList(info.arguments().orElse(new String[0]))
                            .contains(cluster.toString());
        }
        try {
            return Files.readSymbolicLink(facts.resolve("exe"))
                            .getFileName()
                            .toString()
                            .startsWith("postgres")
                    && Files.isSameFile(facts.resolve("cwd"), cluster);
        } catch (IOException | SecurityException e) {
            return false; // ended meanwhile, or another user's
        }
    }
}
