package vmm.simulation;

import java.sql.Connection;
import java.sql.SQLException;

/** A reader of the stream of events: having seen number n, it never misses one below. */
final class Stream {
    private final Connection connection;
    private long seen;
    private long count;

    Stream(Connection connection) {
        this.connection = connection;
    }

    void check() throws SQLException {
        long below = ask("SELECT count(*) FROM event WHERE seq <= " + seen);
        if (below > count)
            throw new Violation(
                    "events", (below - count) + " events appeared below number " + seen);
        seen = Math.max(seen, ask("SELECT COALESCE(max(seq), 0) FROM event"));
        count = ask("SELECT count(*) FROM event WHERE seq <= " + seen);
    }

    void restored() throws SQLException {
        seen = ask("SELECT COALESCE(max(seq), 0) FROM event");
        count = ask("SELECT count(*) FROM event WHERE seq <= " + seen);
    }

    long lastEvent() throws SQLException {
        return ask("SELECT COALESCE(max(id), 0) FROM event");
    }

    private long ask(String sql) throws SQLException {
        try (var statement = connection.createStatement();
                var row = statement.executeQuery(sql)) {
            row.next();
            return row.getLong(1);
        }
    }
}
