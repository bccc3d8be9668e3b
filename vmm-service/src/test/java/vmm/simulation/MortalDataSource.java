package vmm.simulation;

import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.datasource.AbstractDataSource;

import java.lang.reflect.InvocationHandler;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;

import javax.sql.DataSource;

/**
 * The database as one replica has it: one connection, points to die at around each commit, and none
 * of it once the replica is dead.
 */
final class MortalDataSource extends AbstractDataSource {
    private final Connection real;
    private final Connection shown;
    private final Points points;
    private final Runnable onWrite;
    private boolean dead;
    private boolean inTransaction;
    private boolean wrote;

    /**
     * @param onWrite told of each statement that writes
     */
    MortalDataSource(DataSource database, Points points, Runnable onWrite) throws SQLException {
        this.real = database.getConnection();
        this.points = points;
        this.onWrite = onWrite;
        this.shown = proxy(Connection.class, this::onConnection);
    }

    /** Its process died: what was not committed is lost. */
    void die() throws SQLException {
        dead = true;
        if (!real.getAutoCommit()) {
            real.rollback();
            real.setAutoCommit(true);
        }
        real.close();
    }

    boolean inTransaction() {
        return inTransaction;
    }

    @Override
    public Connection getConnection() {
        live();
        return shown;
    }

    @Override
    public Connection getConnection(String user, String password) {
        return getConnection();
    }

    private void live() {
        if (dead) throw new Crash("already dead");
    }

    private @Nullable Object onConnection(
            Object proxy, Method method, Object @Nullable [] arguments) throws Throwable {
        switch (method.getName()) {
            case "close" -> {
                return null;
            }
            case "rollback" -> {
                wrote = false;
                return dead ? null : call(real, method, arguments);
            }
            case "setAutoCommit" -> {
                if (dead) return null;
                inTransaction = arguments != null && Boolean.FALSE.equals(arguments[0]);
                return call(real, method, arguments);
            }
            case "commit" -> {
                live();
                return commit(method);
            }
            case "prepareStatement" -> {
                live();
                var statement = (PreparedStatement) call(real, method, arguments);
                String sql = arguments == null ? "" : (String) arguments[0];
                if (!writes(sql)) return statement;
                return proxy(
                        PreparedStatement.class, (p, m, a) -> onStatement(statement, sql, m, a));
            }
            default -> {
                return call(real, method, arguments);
            }
        }
    }

    private @Nullable Object commit(Method method) throws Throwable {
        if (!wrote) return call(real, method, null);
        String site = Points.site();
        points.pass("before the commit of " + site);
        wrote = false;
        var result = call(real, method, null);
        points.pass("after the commit of " + site);
        return result;
    }

    private @Nullable Object onStatement(
            PreparedStatement statement, String sql, Method method, Object @Nullable [] arguments)
            throws Throwable {
        if (!method.getName().startsWith("execute")) return call(statement, method, arguments);
        live();
        onWrite.run();
        if (inTransaction) {
            wrote = true;
            return call(statement, method, arguments);
        }
        String site = points.site(sql);
        points.pass("before the commit of " + site);
        var result = call(statement, method, arguments);
        points.pass("after the commit of " + site);
        return result;
    }

    private static boolean writes(String sql) {
        return !sql.stripLeading().regionMatches(true, 0, "SELECT", 0, 6);
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
