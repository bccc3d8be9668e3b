package vmm.reconcile;

import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.datasource.DelegatingDataSource;

import java.lang.reflect.InvocationHandler;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;

import javax.sql.DataSource;

/**
 * A database that keeps the plan of every statement that it runs, made with the parameters it ran
 * with.
 */
final class ExplainedDataSource extends DelegatingDataSource {
    /**
     * @param plan as EXPLAIN (FORMAT JSON) tells it
     */
    record Explained(String sql, String plan) {}

    private final List<Explained> plans = new ArrayList<>();

    ExplainedDataSource(DataSource database) {
        super(database);
    }

    /** The plans since the last time. */
    List<Explained> take() {
        var taken = List.copyOf(plans);
        plans.clear();
        return taken;
    }

    @Override
    public Connection getConnection() throws SQLException {
        var real = super.getConnection();
        return proxy(
                Connection.class,
                (self, method, arguments) ->
                        switch (method.getName()) {
                            case "prepareStatement" -> prepared(real, String.valueOf(arguments[0]));
                            case "createStatement" -> plain(real);
                            default -> call(real, method, arguments);
                        });
    }

    private PreparedStatement prepared(Connection connection, String sql) throws SQLException {
        var real = connection.prepareStatement(sql);
        var explain = connection.prepareStatement("EXPLAIN (FORMAT JSON) " + sql);
        return proxy(
                PreparedStatement.class,
                (self, method, arguments) -> {
                    if (method.getName().startsWith("execute")) {
                        try (var rows = explain.executeQuery()) {
                            keep(sql, rows);
                        }
                    } else if (method.getName().startsWith("set")
                            || method.getName().equals("close")) {
                        call(explain, method, arguments);
                    }
                    return call(real, method, arguments);
                });
    }

    private Statement plain(Connection connection) throws SQLException {
        var real = connection.createStatement();
        return proxy(
                Statement.class,
                (self, method, arguments) -> {
                    if (method.getName().equals("executeQuery")) {
                        try (var statement = connection.createStatement();
                                var rows =
                                        statement.executeQuery(
                                                "EXPLAIN (FORMAT JSON) " + arguments[0])) {
                            keep(String.valueOf(arguments[0]), rows);
                        }
                    }
                    return call(real, method, arguments);
                });
    }

    private void keep(String sql, ResultSet rows) throws SQLException {
        rows.next();
        plans.add(new Explained(sql, rows.getString(1)));
    }

    private static @Nullable Object call(
            Object target, Method method, Object @Nullable [] arguments) throws Throwable {
        try {
            return method.invoke(target, arguments);
        } catch (InvocationTargetException e) {
            throw e.getCause();
        }
    }

    private static <T> T proxy(Class<T> type, InvocationHandler handler) {
        return type.cast(
                Proxy.newProxyInstance(type.getClassLoader(), new Class<?>[] {type}, handler));
    }
}
