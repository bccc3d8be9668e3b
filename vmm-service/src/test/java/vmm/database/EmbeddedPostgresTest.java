package vmm.database;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import org.assertj.core.api.ThrowableAssertAlternative;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.List;

class EmbeddedPostgresTest {

    @TempDir Path directory;

    @Test
    void whatIsCommittedIsOnTheDisk() throws SQLException {
        try (var postgres = EmbeddedPostgres.start(directory);
                var connection = connect(postgres)) {
            assertThat(ask(connection, "SHOW fsync")).isEqualTo("on");
            assertThat(ask(connection, "SHOW synchronous_commit")).isEqualTo("on");
            assertThat(ask(connection, "SHOW full_page_writes")).isEqualTo("on");
            assertThat(ask(connection, "SHOW data_checksums")).isEqualTo("on");
            assertThat(ask(connection, "SHOW server_version")).startsWith("18.");
            assertThat(ask(connection, "SHOW shared_buffers")).isEqualTo("128MB");
            assertThat(ask(connection, "SHOW max_connections")).isEqualTo("100");
        }
    }

    @Test
    void onlyThePasswordOpensIt() throws Exception {
        try (var postgres = EmbeddedPostgres.start(directory);
                var connection = connect(postgres)) {
            assertThat(ask(connection, "SHOW listen_addresses")).isEqualTo("127.0.0.1");
            assertThat(ask(connection, "SHOW unix_socket_directories")).isEmpty();
            assertThat(
                            ask(
                                    connection,
                                    "SELECT count(*) FROM pg_hba_file_rules WHERE auth_method <>"
                                            + " 'scram-sha-256'"))
                    .isEqualTo("0");
            assertThatThrownBy(
                            () -> DriverManager.getConnection(postgres.jdbcUrl(), "vmm", "guess"))
                    .isInstanceOf(SQLException.class);
            assertThat(mode(directory.resolve("postgresql.password"))).isEqualTo("rw-------");
            assertThat(mode(directory.resolve("postgresql"))).isEqualTo("rwx------");
        }
    }

    @Test
    void dataAndPasswordOutliveARestart() throws SQLException {
        String password;
        try (var postgres = EmbeddedPostgres.start(directory)) {
            password = postgres.password();
            insert(postgres, "kept");
        }
        try (var postgres = EmbeddedPostgres.start(directory)) {
            assertThat(postgres.password()).isEqualTo(password);
            assertThat(rows(postgres)).isEqualTo("kept");
        }
    }

    @Test
    void aSecondOneIsRefusedAndTheFirstGoesOn() throws SQLException {
        try (var postgres = EmbeddedPostgres.start(directory)) {
            assertRefused(directory)
                    .withMessage(
                            "data directory %s is in use by another VMM (process %d)",
                            directory, ProcessHandle.current().pid());
            insert(postgres, "still here");
            assertThat(rows(postgres)).isEqualTo("still here");
        }
    }

    @Test
    void aPidFileWhoseNumberAnotherProgramHasNowIsNoObstacle() throws Exception {
        EmbeddedPostgres.start(directory).close();
        pretend(ProcessHandle.current().pid());

        try (var postgres = EmbeddedPostgres.start(directory)) {
            insert(postgres, "after the reset");
            assertThat(rows(postgres)).isEqualTo("after the reset");
        }
        assertThat(ProcessHandle.current().isAlive()).isTrue();
    }

    @Test
    void aPidFileOfADeadServerIsNoObstacle() throws Exception {
        EmbeddedPostgres.start(directory).close();
        Process dead = new ProcessBuilder("true").start();
        dead.waitFor();
        pretend(dead.pid());

        EmbeddedPostgres.start(directory).close();
    }

    @Test
    void aKilledServerIsStartedAgainWhereItWas() throws Exception {
        try (var postgres = EmbeddedPostgres.start(directory)) {
            insert(postgres, "committed");
            ProcessHandle server =
                    new LeftoverServer(directory.resolve("postgresql")).process().orElseThrow();
            server.destroyForcibly();
            server.onExit().join();

            String found = null;
            for (var end = System.nanoTime() + 60_000_000_000L;
                    found == null && System.nanoTime() < end; ) {
                try {
                    found = rows(postgres);
                } catch (SQLException notYet) {
                    server.isAlive();
                }
            }
            assertThat(found).isEqualTo("committed");
        }
        assertThat(new LeftoverServer(directory.resolve("postgresql")).runs()).isFalse();
    }

    @Test
    void aHalfMadeClusterIsMadeAgain() throws Exception {
        Files.createDirectories(directory.resolve("creating-1/cluster"));
        Files.writeString(directory.resolve("creating-1/cluster/PG_VERSION"), "18\n");

        EmbeddedPostgres.start(directory).close();

        assertThat(directory.resolve("creating-1")).doesNotExist();
    }

    @Test
    void dataOfAnotherVersionAreLeftAlone() throws Exception {
        EmbeddedPostgres.start(directory).close();
        Files.writeString(directory.resolve("postgresql/PG_VERSION"), "17\n");

        assertRefused(directory)
                .withMessage(
                        "data in %s are of PostgreSQL 17, this is 18: move them over with pg_dump"
                                + " and pg_restore",
                        directory.resolve("postgresql"));
    }

    @Test
    void aLostPasswordIsSaidAndNotReplaced() throws Exception {
        EmbeddedPostgres.start(directory).close();
        Path file = directory.resolve("postgresql.password");
        Files.delete(file);

        assertRefused(directory)
                .withMessage("the password of the database is missing: restore %s", file);
        assertThat(file).doesNotExist();
    }

    @Test
    void aWrongPasswordIsSaidAndTheServerStopped() throws Exception {
        EmbeddedPostgres.start(directory).close();
        Files.writeString(directory.resolve("postgresql.password"), "wrong\n");

        assertRefused(directory).withMessageContaining("does not let us in");
        assertThat(new LeftoverServer(directory.resolve("postgresql")).runs()).isFalse();
    }

    @Test
    void aPlaceThatCannotBeWrittenIsRefused() throws Exception {
        Path file = Files.writeString(directory.resolve("file"), "");

        assertRefused(file.resolve("data")).withMessageContaining("cannot be created");
        assertRefused(Path.of("/proc/self")).withMessageContaining("is not writable");
    }

    @Test
    void aFullDiskIsRefused() throws Exception {
        try (var data = DataDirectory.hold(directory)) {
            assertThatExceptionOfType(StartRefused.class)
                    .isThrownBy(() -> data.requireSpace(10L << 20, 512L << 20))
                    .withMessage("not enough disk in %s: 10 MB free, 512 MB needed", directory);
        }
    }

    /**
     * Where user namespaces are forbidden, root gives the server to nobody; and takes it back where
     * they are not.
     */
    @Test
    void rootMayRunItAsNobody() throws Exception {
        assumeThat(System.getProperty("user.name")).isEqualTo("root");
        try (var postgres = EmbeddedPostgres.start(directory, ServerAccount.nobody(), List.of())) {
            insert(postgres, "nobody's");
        }
        assertThat(Files.getOwner(directory.resolve("postgresql")).getName()).isEqualTo("nobody");
        try (var postgres = EmbeddedPostgres.start(directory, ServerAccount.root(), List.of())) {
            assertThat(rows(postgres)).isEqualTo("nobody's");
        }
        assertThat(Files.getOwner(directory.resolve("postgresql/PG_VERSION")).getName())
                .isEqualTo("root");
    }

    private void pretend(long pid) throws IOException {
        Files.writeString(
                directory.resolve("postgresql/postmaster.pid"),
                pid
                        + "\n"
                        + directory.resolve("postgresql")
                        + "\n1\n5432\n\n127.0.0.1\n  1 1\nready\n");
    }

    private static ThrowableAssertAlternative<StartRefused> assertRefused(Path directory) {
        return assertThatExceptionOfType(StartRefused.class)
                .isThrownBy(() -> EmbeddedPostgres.start(directory).close());
    }

    private static Connection connect(EmbeddedPostgres postgres) throws SQLException {
        return DriverManager.getConnection(
                postgres.jdbcUrl(), postgres.username(), postgres.password());
    }

    static void insert(EmbeddedPostgres postgres, String text) throws SQLException {
        try (var connection = connect(postgres);
                var statement = connection.createStatement()) {
            statement.execute("CREATE TABLE IF NOT EXISTS kept (text varchar)");
            statement.execute("INSERT INTO kept VALUES ('" + text.replace("'", "''") + "')");
        }
    }

    static String rows(EmbeddedPostgres postgres) throws SQLException {
        try (var connection = connect(postgres)) {
            return ask(connection, "SELECT string_agg(text, ',' ORDER BY text) FROM kept");
        }
    }

    private static String ask(Connection connection, String sql) throws SQLException {
        try (var statement = connection.createStatement();
                var row = statement.executeQuery(sql)) {
            row.next();
            return row.getString(1);
        }
    }

    private static String mode(Path file) throws IOException {
        return PosixFilePermissions.toString(Files.getPosixFilePermissions(file));
    }
}
