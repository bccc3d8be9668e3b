package vmm.database;

import com.zaxxer.hikari.HikariDataSource;

import org.flywaydb.core.Flyway;
import org.testcontainers.postgresql.PostgreSQLContainer;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;

/**
 * A real PostgreSQL for tests, one server per test JVM, and as many migrated databases in it as
 * asked for.
 *
 * <p>In a container where a Docker engine answers, else embedded. Each {@link #fresh()} database is
 * a copy of one that Flyway has migrated once, made in some tens of milliseconds, and seen by
 * nobody else.
 */
public final class TestDatabase {

    private static final String TEMPLATE = "migrated";
    private static final AtomicInteger number = new AtomicInteger();

    private TestDatabase() {}

    /**
     * A new database with the schema of {@code db/migration} and no rows; closing the pool drops
     * it.
     */
    public static Fresh fresh() {
        return fresh(TEMPLATE);
    }

    /** A new database with nothing in it. */
    public static Fresh empty() {
        return fresh("template0");
    }

    private static Fresh fresh(String template) {
        String name = "test_" + number.incrementAndGet();
        Server server = Holder.server;
        server.execute("CREATE DATABASE " + name + " TEMPLATE " + template);
        return new Fresh(server, name);
    }

    /** A pool of connections to one database. */
    public static final class Fresh extends HikariDataSource {

        private final Server server;
        private final String name;

        private Fresh(Server server, String name) {
            this.server = server;
            this.name = name;
            setJdbcUrl(server.url(name));
            setUsername(server.user());
            setPassword(server.password());
            setPoolName(name);
            setMaximumPoolSize(20);
            setMinimumIdle(0);
        }

        /**
         * What makes a Spring context, or the service in a process of its own, use this database.
         */
        public Map<String, String> properties() {
            return Map.of(
                    "spring.datasource.url", server.url(name),
                    "spring.datasource.username", server.user(),
                    "spring.datasource.password", server.password());
        }

        @Override
        public void close() {
            boolean last = !isClosed();
            super.close();
            if (last) {
                server.execute("DROP DATABASE IF EXISTS " + name + " WITH (FORCE)");
            }
        }
    }

    /** Where databases are made. */
    private record Server(String base, String user, String password) {

        String url(String database) {
            return base + database;
        }

        void execute(String sql) {
            try (var connection = DriverManager.getConnection(url("postgres"), user, password);
                    var statement = connection.createStatement()) {
                statement.execute(sql);
            } catch (SQLException e) {
                throw new IllegalStateException(sql, e);
            }
        }
    }

    private static final class Holder {

        private static final String IMAGE = "postgres:18";

        static final Server server = migrated(start());

        private static Server migrated(Server server) {
            server.execute("CREATE DATABASE " + TEMPLATE);
            Flyway.configure()
                    .dataSource(server.url(TEMPLATE), server.user(), server.password())
                    .locations("classpath:db/migration")
                    .load()
                    .migrate();
            return server;
        }

        private static Server start() {
            return dockerAnswers() ? container() : embedded();
        }

        private static boolean dockerAnswers() {
            if (System.getenv("DOCKER_HOST") == null
                    && !Files.exists(Path.of("/var/run/docker.sock"))) {
                return false;
            }
            return docker(10, "image", "inspect", IMAGE) || docker(60, "pull", "--quiet", IMAGE);
        }

        private static boolean docker(int seconds, String... arguments) {
            var command = Stream.concat(Stream.of("docker"), Stream.of(arguments)).toList();
            try {
                return Tool.run(List.of(), Path.of("/"), command, Duration.ofSeconds(seconds)).ok();
            } catch (IOException e) {
                return false;
            }
        }

        @SuppressWarnings("resource")
        private static Server container() {
            var container =
                    new PostgreSQLContainer(IMAGE)
                            .withCommand(
                                    "postgres", "-c", "fsync=off", "-c", "max_connections=500");
            container.start();
            String url =
                    "jdbc:postgresql://"
                            + container.getHost()
                            + ":"
                            + container.getMappedPort(5432)
                            + "/";
            return new Server(url, container.getUsername(), container.getPassword());
        }

        private static Server embedded() {
            try {
                sweep();
                Path directory = Files.createTempDirectory("vmm-test-");
                var postgres =
                        EmbeddedPostgres.start(
                                directory,
                                ServerAccount.choose(),
                                List.of(
                                        "fsync=off",
                                        "full_page_writes=off",
                                        "max_connections=500"));
                Runtime.getRuntime().addShutdownHook(new Thread(() -> delete(postgres, directory)));
                return new Server(postgres.jdbcUrl(""), postgres.username(), postgres.password());
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        /** Removes what test JVMs that were killed left: their servers would run for ever. */
        private static void sweep() throws IOException {
            try (Stream<Path> entries = Files.list(Path.of(System.getProperty("java.io.tmpdir")))) {
                for (Path entry :
                        entries.filter(
                                        path ->
                                                path.getFileName()
                                                                .toString()
                                                                .startsWith("vmm-test-")
                                                        && orphaned(path))
                                .toList()) {
                    try {
                        delete(EmbeddedPostgres.start(entry), entry);
                    } catch (StartRefused e) {
                        // in use by tests that run beside us
                    }
                }
            }
        }

        private static boolean orphaned(Path directory) {
            try {
                String holder = Files.readString(directory.resolve("vmm.lock")).strip();
                return ProcessHandle.of(Long.parseLong(holder)).isEmpty();
            } catch (IOException | NumberFormatException e) {
                return false; // just beginning, or another user's
            }
        }

        private static void delete(EmbeddedPostgres postgres, Path directory) {
            postgres.close();
            try {
                FileTree.delete(directory);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }
}
