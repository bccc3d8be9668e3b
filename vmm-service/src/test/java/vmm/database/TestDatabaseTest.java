package vmm.database;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

import java.sql.SQLException;

import javax.sql.DataSource;

class TestDatabaseTest {

    @Test
    void whatOneDatabaseHoldsAnotherDoesNot() throws SQLException {
        try (var one = TestDatabase.fresh();
                var other = TestDatabase.fresh()) {
            execute(one, "CREATE TABLE only_here (id int)");

            assertThat(tables(one)).isEqualTo(1);
            assertThat(tables(other)).isZero();
        }
    }

    @Test
    void anEmptyOneHasNoHistoryOfMigrations() throws SQLException {
        try (var empty = TestDatabase.empty();
                var connection = empty.getConnection();
                var found =
                        connection
                                .createStatement()
                                .executeQuery("SELECT to_regclass('flyway_schema_history')")) {
            found.next();
            assertThat(found.getString(1)).isNull();
        }
    }

    private static void execute(DataSource database, String sql) throws SQLException {
        try (var connection = database.getConnection();
                var statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    private static int tables(DataSource database) throws SQLException {
        try (var connection = database.getConnection();
                var statement = connection.createStatement();
                var count =
                        statement.executeQuery(
                                "SELECT count(*) FROM pg_tables WHERE tablename = 'only_here'")) {
            count.next();
            return count.getInt(1);
        }
    }
}
