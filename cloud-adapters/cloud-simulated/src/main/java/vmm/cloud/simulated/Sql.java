package vmm.cloud.simulated;

import org.jspecify.annotations.Nullable;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;

/** A few words over JDBC; instants are kept to the microsecond, as PostgreSQL does. */
final class Sql {

    /** Reads one row. */
    interface Row<T> {
        T read(ResultSet row) throws SQLException;
    }

    /** What is done on one connection. */
    interface Work<T> {
        T run(Connection connection) throws SQLException;
    }

    private final Schema schema;

    Sql(Schema schema) {
        this.schema = schema;
    }

    int update(String sql, @Nullable Object... values) throws SQLException {
        return alone(connection -> update(connection, sql, values));
    }

    <T> List<T> query(String sql, Row<T> row, @Nullable Object... values) throws SQLException {
        return alone(connection -> query(connection, sql, row, values));
    }

    /** Each statement is its own transaction. */
    <T> T alone(Work<T> work) throws SQLException {
        try (var connection = schema.connection()) {
            connection.setAutoCommit(true);
            return work.run(connection);
        }
    }

    <T> T inTransaction(Work<T> work) throws SQLException {
        try (var connection = schema.connection()) {
            connection.setAutoCommit(false);
            try {
                var result = work.run(connection);
                connection.commit();
                return result;
            } catch (SQLException | RuntimeException | Error e) {
                connection.rollback();
                throw e;
            } finally {
                connection.setAutoCommit(true);
            }
        }
    }

    static int update(Connection connection, String sql, @Nullable Object... values)
            throws SQLException {
        try (var statement = connection.prepareStatement(sql)) {
            bind(statement, values);
            return statement.executeUpdate();
        }
    }

    static <T> List<T> query(
            Connection connection, String sql, Row<T> row, @Nullable Object... values)
            throws SQLException {
        try (var statement = connection.prepareStatement(sql)) {
            bind(statement, values);
            try (var rows = statement.executeQuery()) {
                var result = new ArrayList<T>();
                while (rows.next()) result.add(row.read(rows));
                return result;
            }
        }
    }

    static @Nullable Instant instant(ResultSet row, String column) throws SQLException {
        var at = row.getObject(column, OffsetDateTime.class);
        return at == null ? null : at.toInstant();
    }

    static Instant toMicros(Instant instant) {
        return instant.truncatedTo(ChronoUnit.MICROS);
    }

    private static void bind(PreparedStatement statement, @Nullable Object... values)
            throws SQLException {
        for (int i = 0; i < values.length; i++) {
            var value = values[i];
            statement.setObject(
                    i + 1,
                    value instanceof Instant at ? toMicros(at).atOffset(ZoneOffset.UTC) : value);
        }
    }
}
