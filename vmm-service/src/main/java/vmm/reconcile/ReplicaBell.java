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

    /** How long the listener waits for its socket at a time; only closing has to wait for it. */
    private static final int LISTEN_MILLIS = 1000;

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
        Thread.ofVirtual().name("vmm-bell-listens").start(this::listen);
        Thread.ofVirtual().name("vmm-bell-sends").start(this::send);
    }

    @Override
    public void announce(LoopKind loop, String key) {
        synchronized (waiting) {
            waiting.add(replica + "|" + loop + "|" + key);
            waiting.notifyAll();
        }
    }

    private void listen() {
        while (!isClosed()) {
            try (Connection connection = dataSource.getConnection();
                    var statement = connection.createStatement()) {
                connection.setAutoCommit(true);
                statement.execute("LISTEN " + CHANNEL);
                while (!isClosed()) receive(connection.unwrap(PGConnection.class));
                statement.execute("UNLISTEN *");
            } catch (SQLException e) {
                again("listening", e);
            }
        }
    }

    private void send() {
        try {
            while (!isClosed()) {
                awaitSomething();
                closed.await(GATHER_MILLIS, TimeUnit.MILLISECONDS);
                String[] payloads = take();
                try (Connection connection = dataSource.getConnection();
                        var statement =
                                connection.prepareStatement(
                                        "SELECT pg_notify('"
                                                + CHANNEL
                                                + "', payload) FROM unnest(?) AS payload")) {
                    statement.setArray(1, connection.createArrayOf("text", payloads));
                    statement.execute();
                } catch (SQLException e) {
                    again("sending", e);
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void awaitSomething() throws InterruptedException {
        synchronized (waiting) {
            while (waiting.isEmpty() && !isClosed()) waiting.wait();
        }
    }

    private String[] take() {
        synchronized (waiting) {
            String[] payloads = waiting.toArray(String[]::new);
            waiting.clear();
            return payloads;
        }
    }

    private void receive(PGConnection connection) throws SQLException {
        var notifications = connection.getNotifications(LISTEN_MILLIS);
        if (notifications == null) return;
        for (var notification : notifications) {
            String[] parts = notification.getParameter().split("\\|", 3);
            if (parts.length == 3 && !parts[0].equals(replica)) {
                loops.runHere(LoopKind.valueOf(parts[1]), parts[2]);
            }
        }
    }

    private void again(String what, SQLException failure) {
        if (isClosed()) return;
        log.warn("bell: {} failed, again soon: {}", what, failure.getMessage());
        try {
            closed.await(1, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            closed.countDown();
        }
    }

    private boolean isClosed() {
        return closed.getCount() == 0;
    }

    @Override
    public void close() {
        synchronized (waiting) {
            closed.countDown();
            waiting.notifyAll();
        }
    }
}
