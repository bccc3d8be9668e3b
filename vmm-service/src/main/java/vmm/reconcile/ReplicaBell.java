package vmm.reconcile;

import org.postgresql.PGConnection;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import vmm.event.LoopKind;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

import javax.sql.DataSource;

/**
 * Carries wakes to other replicas by LISTEN and NOTIFY. Wakes are gathered for a moment and sent
 * apart from the transactions that caused them: a NOTIFY inside would line up all their commits.
 * One that is lost is made good by a tick.
 */
final class ReplicaBell implements Loops.Announcer, AutoCloseable {
    private static final String CHANNEL = "vmm_wake";
    private static final int GATHER_MILLIS = 20;

    private static final Logger log = LoggerFactory.getLogger(ReplicaBell.class);

    private final DataSource dataSource;
    private final Loops loops;
    private final String replica;
    private final Set<String> waiting = new LinkedHashSet<>();
    private final CountDownLatch closed = new CountDownLatch(1);

    ReplicaBell(DataSource dataSource, Loops loops, String replica) {
        this.dataSource = dataSource;
        this.loops = loops;
        this.replica = replica;
    }

    void start() {
        Thread.ofVirtual().name("vmm-bell").start(this::listenAndSend);
    }

    @Override
    public void announce(LoopKind loop, String key) {
        synchronized (waiting) {
            waiting.add(loop + "|" + key);
        }
    }

    private void listenAndSend() {
        while (closed.getCount() > 0) {
            try (Connection connection = dataSource.getConnection()) {
                connection.setAutoCommit(true);
                try (var statement = connection.createStatement()) {
                    statement.execute("LISTEN " + CHANNEL);
                }
                while (!closed.await(GATHER_MILLIS, TimeUnit.MILLISECONDS)) {
                    send(connection);
                    receive(connection.unwrap(PGConnection.class));
                }
                try (var statement = connection.createStatement()) {
                    statement.execute("UNLISTEN *");
                }
            } catch (SQLException e) {
                log.warn("bell: connection lost, listening again soon: {}", e.getMessage());
                awaitQuietly();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return;
            }
        }
    }

    private void send(Connection connection) throws SQLException {
        String[] keys;
        synchronized (waiting) {
            if (waiting.isEmpty()) return;
            keys = waiting.toArray(String[]::new);
            waiting.clear();
        }
        try (var statement =
                connection.prepareStatement(
                        "SELECT pg_notify('" + CHANNEL + "', payload) FROM unnest(?) AS payload")) {
            statement.setArray(1, connection.createArrayOf("text", prefixed(keys)));
            statement.execute();
        }
    }

    private String[] prefixed(String[] keys) {
        var payloads = new String[keys.length];
        for (int i = 0; i < keys.length; i++) payloads[i] = replica + "|" + keys[i];
        return payloads;
    }

    private void receive(PGConnection connection) throws SQLException {
        // A few milliseconds of waiting for the socket: notifications arrive without a query.
        var notifications = connection.getNotifications(5);
        if (notifications == null) return;
        for (var notification : notifications) {
            String[] parts = notification.getParameter().split("\\|", 3);
            if (parts.length == 3 && !parts[0].equals(replica)) {
                loops.runHere(LoopKind.valueOf(parts[1]), parts[2]);
            }
        }
    }

    private void awaitQuietly() {
        try {
            closed.await(1, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public void close() {
        closed.countDown();
    }
}
