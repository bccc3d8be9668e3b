package vmm.reconcile;

import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;
import org.springframework.transaction.support.TransactionOperations;

import vmm.event.Events;
import vmm.event.LoopKind;
import vmm.event.Wakes;

import java.util.List;

/** Publish: numbers events in the order in which readers will see them. */
@Component
public class PublishLoop implements Reconciler {
    static final int LIMIT = 1000;

    private final JdbcClient jdbc;
    private final Events events;
    private final TransactionOperations transactions;

    public PublishLoop(JdbcClient jdbc, Events events, TransactionOperations transactions) {
        this.jdbc = jdbc;
        this.events = events;
        this.transactions = transactions;
    }

    @Override
    public LoopKind kind() {
        return LoopKind.PUBLISH;
    }

    @Override
    public List<String> due() {
        boolean waiting =
                jdbc.sql("SELECT EXISTS (SELECT 1 FROM event WHERE seq IS NULL)")
                        .query(Boolean.class)
                        .single();
        return waiting ? List.of(Wakes.ALL) : List.of();
    }

    @Override
    public Pass pass(String key) {
        Integer published = transactions.execute(status -> events.publish(LIMIT));
        int n = published == null ? 0 : published;
        return n == 0 ? Pass.NOTHING : new Pass(n, n == LIMIT, n + " published");
    }
}
