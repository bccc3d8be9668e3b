package vmm.database;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * A PostgreSQL server of our own that keeps its data in one directory and listens on 127.0.0.1 with
 * a password.
 *
 * <p>What it has committed survives the death of everything: it writes through to the disk. The
 * server is a process of its own and outlives a JVM that is killed; the next start on the directory
 * stops it first.
 */
final class EmbeddedPostgres implements AutoCloseable {

    private static final Logger log = LoggerFactory.getLogger(EmbeddedPostgres.class);

    private static final String USER = "vmm";
    private static final String DATABASE = "vmm";

    private static final Duration CREATION = Duration.ofMinutes(2);
    private static final int RECOVERY_SECONDS = 300;
    private static final Duration REVIVAL_PAUSE = Duration.ofSeconds(5);

    /**
     * Short, so that requests in flight and this fit into 15 s; an abrupt stop costs a recovery,
     * not data.
     */
    private static final int FAST_STOP_SECONDS = 4;

    private static final int ABRUPT_STOP_SECONDS = 2;
    private static final int ATTEMPTS = 5;

    /** On the command line, where no file of the cluster can undo them. */
    private static final List<String> FIXED =
            List.of(
                    "listen_addresses=127.0.0.1",
                    "unix_socket_directories=",
                    "fsync=on",
                    "synchronous_commit=on");

    /** In postgresql.conf at creation, for its owner to edit. */
    private static final List<String> ADJUSTABLE =
            List.of(
                    "shared_buffers=128MB",
                    "max_connections=100",
                    "max_wal_size=512MB",
                    "timezone=UTC",
                    "log_timezone=UTC",
                    "logging_collector=on",
                    "log_filename=postgresql-%a.log",
                    "log_rotation_age=1d",
                    "log_rotation_size=0",
                    "log_truncate_on_rotation=on");

    private final DataDirectory data;
    private final ServerAccount account;
    private final Binaries binaries;
    private final String password;
    private final List<String> options;
    private int port;
    private boolean closed;

    private EmbeddedPostgres(DataDirectory data, ServerAccount account, List<String> options)
            throws IOException {
        this.data = data;
        this.account = account;
        this.options = options;
        account.admit(data.path());
        this.binaries = binaries();
        this.password = data.password();
    }

    /** Starts on a directory, or says in one line why not ({@link StartRefused}). */
    static EmbeddedPostgres start(Path directory) {
        try {
            return start(directory, ServerAccount.choose(), List.of());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** As {@link #start(Path)}, under an account, with more settings that win over ours. */
    static EmbeddedPostgres start(Path directory, ServerAccount account, List<String> options)
            throws IOException {
        DataDirectory data = DataDirectory.hold(directory);
        try {
            var postgres = new EmbeddedPostgres(data, account, options);
            postgres.start();
            return postgres;
        } catch (IOException | RuntimeException e) {
            data.close();
            throw e;
        }
    }

    String jdbcUrl() {
        return jdbcUrl(DATABASE);
    }

    String jdbcUrl(String database) {
        return "jdbc:postgresql://127.0.0.1:" + port + "/" + database;
    }

    String username() {
        return USER;
    }

    String password() {
        return password;
    }

    /** Stops the server, cleanly if it can be done in time, and lets go of the directory. */
    @Override
    public synchronized void close() {
        if (closed) {
            return;
        }
        closed = true;
        notifyAll();
        try {
            stop();
            data.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void start() throws IOException {
        String version = checkVersion();
        data.requireSpace();
        if (data.hasCluster()) {
            recover();
        } else {
            create();
        }
        port = data.port().filter(EmbeddedPostgres::isFree).orElseGet(EmbeddedPostgres::freePort);
        launch(ATTEMPTS);
        createDatabase();
        data.remember(port);
        watch();
        log.info("PostgreSQL {} on 127.0.0.1:{}, data in {}", version, port, data.cluster());
    }

    /** A server that ends although nobody closed it is started again where it was. */
    private void watch() throws IOException {
        new LeftoverServer(data.cluster())
                .process()
                .ifPresent(server -> server.onExit().thenRun(this::revive));
    }

    private synchronized void revive() {
        while (!closed) {
            log.warn("PostgreSQL on {} ended and is started again", data.cluster());
            try {
                recover();
                launch(1); // where its clients look for it
                watch();
                return;
            } catch (IOException | RuntimeException e) {
                log.error("PostgreSQL on {} is away: {}", data.cluster(), e.getMessage());
                pause();
            }
        }
    }

    /** Lets {@link #close} in meanwhile. */
    private void pause() {
        try {
            wait(REVIVAL_PAUSE.toMillis());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            closed = true;
        }
    }

    private Binaries binaries() throws IOException {
        if (!account.isStranger()) {
            try {
                return Binaries.in(Binaries.cache());
            } catch (IOException e) {
                log.debug("no cache for programs in {}", Binaries.cache(), e);
            }
        }
        return Binaries.in(data.path().resolve("programs"));
    }

    /** The version of the programs, which must be able to read what is in the directory. */
    private String checkVersion() throws IOException {
        Tool answer = run(Duration.ofSeconds(10), binaries.program("postgres"), "--version");
        if (!answer.ok()) {
            throw new StartRefused(
                    "PostgreSQL does not run on this machine: " + lastLine(answer.output()));
        }
        String version = answer.output().replaceFirst("^.*\\(PostgreSQL\\) ", "").strip();
        if (data.hasCluster()) {
            String found = Files.readString(data.cluster().resolve("PG_VERSION")).strip();
            String major = version.replaceFirst("\\..*", "");
            if (!found.equals(major)) {
                throw new StartRefused(
                        "data in "
                                + data.cluster()
                                + " are of PostgreSQL "
                                + found
                                + ", this is "
                                + major
                                + ": move them over with pg_dump and pg_restore");
            }
        }
        return version;
    }

    /** Creates the cluster aside, so that a half-made one never has its name. */
    private void create() throws IOException {
        deleteHalfMade();
        Path aside = Files.createTempDirectory(data.path(), "creating-");
        Path secret = aside.resolve("password");
        Files.writeString(secret, password + "\n", StandardOpenOption.CREATE_NEW);
        account.give(aside);
        Path cluster = aside.resolve("cluster");
        List<Object> command =
                new ArrayList<>(
                        List.of(
                                binaries.program("initdb"),
                                "-D",
                                cluster,
                                "--username=" + USER,
                                "--pwfile=" + secret,
                                "--auth=scram-sha-256",
                                "--encoding=UTF8",
                                "--locale=C",
                                "--locale-provider=builtin",
                                "--builtin-locale=C.UTF-8"));
        for (String setting : ADJUSTABLE) {
            command.add("--set");
            command.add(setting);
        }
        Tool initdb = run(CREATION, command.toArray());
        if (!initdb.ok()) {
            throw new StartRefused(
                    "PostgreSQL cannot create its data in "
                            + data.path()
                            + ": "
                            + lastLine(initdb.output()));
        }
        Files.move(cluster, data.cluster(), StandardCopyOption.ATOMIC_MOVE);
        FileTree.delete(aside);
    }

    private void deleteHalfMade() throws IOException {
        try (Stream<Path> entries = Files.list(data.path())) {
            for (Path entry :
                    entries.filter(path -> path.getFileName().toString().startsWith("creating-"))
                            .toList()) {
                FileTree.delete(entry);
            }
        }
    }

    private void recover() throws IOException {
        var leftover = new LeftoverServer(data.cluster());
        if (leftover.runs()) {
            log.warn(
                    "PostgreSQL of an earlier VMM that was killed still ran on {}: stopped",
                    data.cluster());
            stop();
        }
        leftover.clear();
        account.give(data.cluster());
    }

    private void launch(int attempts) throws IOException {
        for (int attempt = 1; ; attempt++) {
            Files.writeString(data.log(), "");
            account.give(data.log());
            Tool start =
                    run(
                            Duration.ofSeconds(RECOVERY_SECONDS + 10),
                            binaries.program("pg_ctl"),
                            "start",
                            "-w",
                            "-t",
                            RECOVERY_SECONDS,
                            "-D",
                            data.cluster(),
                            "-l",
                            data.log(),
                            "-o",
                            settings());
            if (start.ok()) {
                return;
            }
            String said = Files.readString(data.log());
            if (attempt == attempts || !said.contains("Address already in use")) {
                throw new StartRefused(
                        "PostgreSQL does not start on "
                                + data.cluster()
                                + ": "
                                + lastLine(said.isBlank() ? start.output() : said)
                                + " (log: "
                                + data.log()
                                + ")");
            }
            port = freePort();
        }
    }

    /** One argument that pg_ctl hands to a shell; no setting has a blank or quote in it. */
    private String settings() {
        var settings = new StringBuilder("-c port=" + port);
        Stream.concat(FIXED.stream(), options.stream())
                .forEach(setting -> settings.append(" -c ").append(setting));
        return settings.toString();
    }

    private void createDatabase() {
        try (var connection = DriverManager.getConnection(jdbcUrl("postgres"), USER, password);
                var statement = connection.createStatement()) {
            boolean exists;
            try (var row =
                    statement.executeQuery(
                            "SELECT 1 FROM pg_database WHERE datname = '" + DATABASE + "'")) {
                exists = row.next();
            }
            if (!exists) {
                statement.execute("CREATE DATABASE " + DATABASE);
            }
        } catch (SQLException e) {
            stopQuietly();
            throw new StartRefused(
                    "PostgreSQL on " + data.cluster() + " does not let us in: " + e.getMessage());
        }
    }

    private void stop() throws IOException {
        if (!new LeftoverServer(data.cluster()).runs()) {
            return;
        }
        if (!stop("fast", FAST_STOP_SECONDS) && !stop("immediate", ABRUPT_STOP_SECONDS)) {
            log.warn(
                    "PostgreSQL on {} did not stop; the next start will see to it", data.cluster());
        }
    }

    private boolean stop(String mode, int seconds) throws IOException {
        return run(
                        Duration.ofSeconds(seconds + 1),
                        binaries.program("pg_ctl"),
                        "stop",
                        "-w",
                        "-t",
                        seconds,
                        "-m",
                        mode,
                        "-D",
                        data.cluster())
                .ok();
    }

    private void stopQuietly() {
        try {
            stop();
        } catch (IOException e) {
            log.warn("PostgreSQL on {} not stopped", data.cluster(), e);
        }
    }

    private Tool run(Duration limit, Object... command) throws IOException {
        return Tool.run(
                account.prefix(),
                data.path(),
                Stream.of(command).map(Object::toString).toList(),
                limit);
    }

    private static boolean isFree(int port) {
        try (var socket = new ServerSocket(port, 1, InetAddress.getLoopbackAddress())) {
            return socket.isBound();
        } catch (IOException taken) {
            return false;
        }
    }

    private static int freePort() {
        try (var socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String lastLine(String text) {
        return text.strip().lines().reduce((first, second) -> second).orElse("no reason given");
    }
}
