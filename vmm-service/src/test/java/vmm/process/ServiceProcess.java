package vmm.process;

import java.io.IOException;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The real service in a process of its own, as {@code java -jar} starts it; killed or stopped by
 * its id.
 */
final class ServiceProcess implements AutoCloseable {
    private static final Duration START = Duration.ofSeconds(120);
    private static final Pattern READY = Pattern.compile("VMM ready on http://[^:]+:(\\d+)");

    private final Process process;
    private final Path log;
    private final int port;

    private ServiceProcess(Process process, Path log, int port) {
        this.process = process;
        this.log = log;
        this.port = port;
    }

    /** Starts it and waits for its one line. */
    static ServiceProcess start(Path directory, String name, Map<String, String> environment)
            throws Exception {
        Path log = directory.resolve(name + ".log");
        var command = new ArrayList<>(List.of(java(), "-Xmx512m", "-XX:+UseParallelGC"));
        String profile = System.getProperty("vmm.profile", "");
        if (!profile.isEmpty()) {
            command.add(
                    "-XX:StartFlightRecording=settings=profile,filename="
                            + profile
                            + "-"
                            + name
                            + ".jfr");
        }
        command.addAll(List.of("-jar", jar().toString()));
        var builder =
                new ProcessBuilder(command)
                        .directory(directory.toFile())
                        .redirectErrorStream(true)
                        .redirectOutput(log.toFile());
        builder.environment()
                .keySet()
                .removeIf(
                        key -> key.startsWith("VMM_") || key.startsWith("S") && key.contains("_"));
        builder.environment().put("SERVER_PORT", "0");
        builder.environment().putAll(environment);
        var process = builder.start();
        try {
            return new ServiceProcess(process, log, awaitPort(name, process, log));
        } catch (Exception | Error notReady) {
            process.destroy(); // its database ends with it
            process.onExit().completeOnTimeout(process, 15, TimeUnit.SECONDS).join();
            process.destroyForcibly();
            throw notReady;
        }
    }

    private static int awaitPort(String name, Process process, Path log) throws Exception {
        return await(
                name + " ready",
                START,
                () -> {
                    if (!process.isAlive())
                        throw new AssertionError(name + " ended:\n" + Files.readString(log));
                    Matcher ready = READY.matcher(Files.readString(log));
                    return ready.find() ? Integer.valueOf(ready.group(1)) : null;
                });
    }

    static int freePort() throws IOException {
        try (var socket = new ServerSocket(0)) {
            return socket.getLocalPort();
        }
    }

    /** Polls one named condition until it gives something. */
    static <T> T await(String condition, Duration limit, Condition<T> look) throws Exception {
        long end = System.nanoTime() + limit.toNanos();
        while (true) {
            T seen = look.now();
            if (seen != null) return seen;
            if (System.nanoTime() > end)
                throw new AssertionError("not within " + limit + ": " + condition);
            TimeUnit.MILLISECONDS.sleep(50);
        }
    }

    /** Polls until nothing is left to complain of; fails with what was. */
    static void awaitNone(String condition, Duration limit, Condition<List<String>> complaints)
            throws Exception {
        var last = new AtomicReference<List<String>>(List.of());
        try {
            await(
                    condition,
                    limit,
                    () -> {
                        last.set(complaints.now());
                        return last.get().isEmpty() ? true : null;
                    });
        } catch (AssertionError late) {
            throw new AssertionError(late.getMessage() + ", but " + last.get(), late);
        }
    }

    Api api(String user) {
        return new Api("http://127.0.0.1:" + port, user, user);
    }

    /** A connection that asks one thing again and again. */
    Wire wire(String user, String method, String path, String json) throws IOException {
        return new Wire(
                port,
                String.join(
                        "\r\n",
                        method + " " + path + " HTTP/1.1",
                        "Host: 127.0.0.1:" + port,
                        "Authorization: " + Api.basic(user, user),
                        "Content-Type: application/json",
                        "Content-Length: " + json.length(),
                        "",
                        json));
    }

    String log() throws IOException {
        return Files.readString(log);
    }

    /** What its metrics page says. */
    String metrics() throws IOException, InterruptedException {
        var request =
                HttpRequest.newBuilder(
                                URI.create("http://127.0.0.1:" + port + "/actuator/prometheus"))
                        .build();
        return HttpClient.newHttpClient()
                .send(request, HttpResponse.BodyHandlers.ofString())
                .body();
    }

    /** What it and its embedded PostgreSQL have used so far, as Linux counts it. */
    Usage usage() throws IOException {
        double own = cpuSeconds(process.pid());
        double database = 0;
        for (var child : ProcessHandle.allProcesses().toList()) {
            if (isOurDatabase(child.pid())) database += cpuSeconds(child.pid());
        }
        long kilobytes =
                Files.readAllLines(Path.of("/proc/" + process.pid() + "/status")).stream()
                        .filter(line -> line.startsWith("VmRSS:"))
                        .mapToLong(line -> Long.parseLong(line.replaceAll("[^0-9]", "")))
                        .findFirst()
                        .orElseThrow();
        return new Usage(own, database, kilobytes / 1024);
    }

    /** PostgreSQL's processes work in the directory of their cluster. */
    private boolean isOurDatabase(long pid) {
        try {
            return Files.readSymbolicLink(Path.of("/proc/" + pid + "/cwd"))
                    .startsWith(log.getParent().resolve("data/postgresql").toRealPath());
        } catch (IOException ended) {
            return false;
        }
    }

    /** User and system time in ticks of 10 ms: fields 14 and 15, counted after the name. */
    private static double cpuSeconds(long pid) throws IOException {
        String stat;
        try {
            stat = Files.readString(Path.of("/proc/" + pid + "/stat"));
        } catch (NoSuchFileException ended) {
            return 0;
        }
        String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ");
        return (Long.parseLong(fields[11]) + Long.parseLong(fields[12])) / 100.0;
    }

    /** As a power cut would: nothing is told, nothing is finished. */
    void kill() throws InterruptedException {
        process.destroyForcibly().waitFor();
    }

    @Override
    public void close() {
        process.destroy();
        boolean alive =
                process.onExit().completeOnTimeout(process, 15, TimeUnit.SECONDS).join().isAlive();
        process.destroyForcibly();
        if (alive) throw new AssertionError("SIGTERM did not end it within 15 s");
    }

    private static String java() {
        return Path.of(System.getProperty("java.home"), "bin", "java").toString();
    }

    private static Path jar() {
        Path jar = Path.of(System.getProperty("vmm.jar", "target/vmm.jar")).toAbsolutePath();
        if (!Files.exists(jar)) throw new AssertionError("no " + jar + ": run 'make jar' first");
        return jar;
    }

    record Usage(double cpuSeconds, double databaseCpuSeconds, long megabytes) {}

    /** Something to wait for: null until it is there. */
    interface Condition<T> {
        T now() throws Exception;
    }
}
