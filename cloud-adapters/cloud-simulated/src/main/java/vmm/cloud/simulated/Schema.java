package vmm.cloud.simulated;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.concurrent.locks.ReentrantLock;

import javax.sql.DataSource;

/** The tables of all simulated clouds, made by whoever needs them first. */
final class Schema {

    /** Any number of our own: replicas that start at once make the tables one after the other. */
    private static final long ADVISORY_LOCK = 0x76_6d_6d_73_69_6d_31L;

    private final DataSource dataSource;
    private final ReentrantLock lock = new ReentrantLock();
    private volatile boolean there;

    Schema(DataSource dataSource) {
        this.dataSource = dataSource;
    }

    /** A connection on which the tables can be relied on. */
    Connection connection() throws SQLException {
        if (!there) makeOnce();
        return dataSource.getConnection();
    }

    private void makeOnce() throws SQLException {
        lock.lock();
        try (var connection = dataSource.getConnection()) {
            if (!there && !exists(connection)) make(connection);
            there = true;
        } finally {
            lock.unlock();
        }
    }

    private static void make(Connection connection) throws SQLException {
        connection.setAutoCommit(false);
        try (var statement = connection.createStatement()) {
            statement.execute("SELECT pg_advisory_xact_lock(" + ADVISORY_LOCK + ")");
            if (!exists(connection)) statement.execute(script());
            connection.commit();
        } catch (SQLException e) {
            connection.rollback();
            throw e;
        } finally {
            connection.setAutoCommit(true);
        }
    }

    /**
     * Looks for the newest table. Asks the catalog itself: name look-ups such as to_regclass may
     * answer from before the lock was granted.
     */
    private static boolean exists(Connection connection) throws SQLException {
        var sql =
                "SELECT FROM pg_catalog.pg_tables WHERE schemaname = 'simulated_cloud' AND"
                        + " tablename = 'leftover'";
        try (var statement = connection.createStatement();
                var rows = statement.executeQuery(sql)) {
            return rows.next();
        }
    }

    private static String script() {
        try (var in = Schema.class.getResourceAsStream("schema.sql")) {
            if (in == null) throw new IllegalStateException("schema.sql is not beside its class");
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
