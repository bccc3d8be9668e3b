package vmm.allocation;

import org.springframework.jdbc.core.namedparam.MapSqlParameterSource;
import org.springframework.jdbc.core.namedparam.NamedParameterUtils;
import org.springframework.jdbc.core.namedparam.ParsedSql;

import vmm.event.Instants;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Instant;
import java.util.UUID;

/**
 * What a claim through REST does in the database, without the service: the same statements by plain
 * JDBC, prepared once for each connection.
 */
public final class ClaimStatements {
    private static final Statement OFFER = new Statement(Offers.SELECT);
    private static final Statement CLAIM = new Statement(Allocations.CLAIM);
    private static final Statement VIEW = new Statement(AllocationViews.ONE);
    private static final Statement CONNECTS = new Statement(AllocationViews.CONNECTS);

    private ClaimStatements() {}

    /** One claim; whether a VM was READY for it. */
    public static boolean claim(Connection connection, String type, long pool, String poolName)
            throws SQLException {
        UUID id = UUID.randomUUID();
        Instant now = Instant.now();
        var values =
                new MapSqlParameterSource()
                        .addValue("name", type)
                        .addValue("id", id)
                        .addValue("type", type)
                        .addValue("pool", pool)
                        .addValue("poolName", poolName)
                        .addValue("user", "scientist")
                        .addValue("priority", 0)
                        .addValue("now", Instants.sql(now))
                        .addValue("effective", Instants.sql(now))
                        .addValue("lease", 86_400L)
                        .addValue("lifetime", 864_000L)
                        .addValue("expires", Instants.sql(now.plusSeconds(86_400)))
                        .addValue("all", false)
                        .addValue("pools", new Long[] {pool});
        OFFER.read(connection, values);
        int granted = CLAIM.update(connection, values);
        VIEW.read(connection, values);
        CONNECTS.read(connection, values);
        return granted == 1;
    }

    /** A statement with named parameters. The driver keeps it prepared, by its text. */
    private static final class Statement {
        private final ParsedSql parsed;
        private final String sql;

        Statement(String named) {
            parsed = NamedParameterUtils.parseSqlStatement(named);
            sql = NamedParameterUtils.substituteNamedParameters(parsed, null);
        }

        void read(Connection connection, MapSqlParameterSource values) throws SQLException {
            try (var statement = bind(connection, values);
                    var rows = statement.executeQuery()) {
                while (rows.next()) rows.getObject(1);
            }
        }

        int update(Connection connection, MapSqlParameterSource values) throws SQLException {
            try (var statement = bind(connection, values)) {
                return statement.executeUpdate();
            }
        }

        private PreparedStatement bind(Connection connection, MapSqlParameterSource values)
                throws SQLException {
            var statement = connection.prepareStatement(sql);
            Object[] bound = NamedParameterUtils.buildValueArray(parsed, values, null);
            for (int i = 0; i < bound.length; i++) {
                if (bound[i] instanceof Long[] numbers) {
                    statement.setArray(i + 1, connection.createArrayOf("bigint", numbers));
                } else {
                    statement.setObject(i + 1, bound[i]);
                }
            }
            return statement;
        }
    }
}
