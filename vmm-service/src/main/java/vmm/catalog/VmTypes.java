package vmm.catalog;

import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Repository;

import vmm.identity.Person;
import vmm.identity.Role;
import vmm.web.Cursor;
import vmm.web.Limit;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Arrays;
import java.util.List;

/** The table of VM types. */
@Repository
class VmTypes {
    private final JdbcClient jdbc;

    VmTypes(JdbcClient jdbc) {
        this.jdbc = jdbc;
    }

    /** Those that a person may use, by title; one more than the limit, if there are so many. */
    List<VmType> of(Person person, Limit limit, @Nullable Cursor cursor) {
        var query =
                jdbc.sql(
                                """
                                SELECT vm_type.*, pool.name AS pool FROM vm_type JOIN pool ON pool.id = vm_type.pool_id
                                WHERE (:all OR cardinality(groups) = 0 OR groups && CAST(:groups AS text[])) %s
                                ORDER BY title, vm_type.name LIMIT :limit
                                """
                                        .formatted(
                                                cursor == null
                                                        ? ""
                                                        : "AND (title, vm_type.name) > (:title,"
                                                                + " :name)"))
                        .param("all", person.is(Role.OPERATOR) || person.allGroups())
                        .param("groups", person.groups().toArray(String[]::new))
                        .param("limit", limit.plusOne());
        if (cursor != null) {
            query =
                    query.param("title", cursor.ofSize(2).parts().get(0))
                            .param("name", cursor.parts().get(1));
        }
        return query.query(VmTypes::read).list();
    }

    /** By pool, the groups that each of its types is open to. */
    List<Serves> serving() {
        return jdbc.sql(
                        """
                        SELECT pool.name AS pool, vm_type.groups FROM vm_type JOIN pool ON pool.id = vm_type.pool_id
                        """)
                .query((row, n) -> new Serves(row.getString("pool"), texts(row, "groups")))
                .list();
    }

    private static VmType read(ResultSet row, int n) throws SQLException {
        return new VmType(
                row.getString("name"),
                row.getString("title"),
                row.getString("description"),
                row.getLong("pool_id"),
                row.getString("pool"),
                row.getInt("vcpus"),
                row.getBigDecimal("ram_gb"),
                row.getInt("gpus"),
                texts(row, "tags"),
                texts(row, "groups"));
    }

    private static List<String> texts(ResultSet row, String column) throws SQLException {
        return Arrays.asList((String[]) row.getArray(column).getArray());
    }

    /** A pool serves a type that is open to these groups. */
    record Serves(String pool, List<String> groups) {}
}
