package vmm.reconcile;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.support.JdbcTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;

import vmm.database.TestDatabase;
import vmm.event.LoopKind;
import vmm.event.Wakes;

import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * How passes are started: one at a time for a key, one more if it was woken meanwhile, after
 * commits only.
 */
class LoopsTest {
    private static final long LIMIT_SECONDS = 20;

    private TestDatabase.Fresh database;
    private Reconcilers rows;
    private Loops loops;

    @BeforeEach
    void open() {
        database = TestDatabase.fresh();
        rows =
                new Reconcilers(
                        JdbcClient.create(database),
                        InstantSource.system(),
                        new SimpleMeterRegistry(),
                        "one");
        loops = new Loops(rows);
    }

    @AfterEach
    void close() {
        loops.close();
        database.close();
    }

    @Test
    void manyWakesDuringAPassBecomeOneMorePass() throws Exception {
        var entered = new Semaphore(0);
        var leave = new Semaphore(0);
        var passes =
                start(
                        key -> {
                            entered.release();
                            acquire(leave);
                        });
        loops.wake(LoopKind.GRANT, "muon");
        acquire(entered);
        for (int i = 0; i < 50; i++) loops.wake(LoopKind.GRANT, "muon");
        leave.release(2);
        acquire(entered);
        loops.close();
        assertThat(passes.get()).isEqualTo(2);
    }

    @Test
    void passesOfDifferentKeysDoNotWaitForEachOther() throws Exception {
        var both = new CountDownLatch(2);
        start(
                key -> {
                    both.countDown();
                    awaitQuietly(both);
                });
        loops.wake(LoopKind.GRANT, "muon");
        loops.wake(LoopKind.GRANT, "sans");
        assertThat(both.await(LIMIT_SECONDS, TimeUnit.SECONDS)).isTrue();
    }

    @Test
    void aWakeInsideATransactionComesAfterItsCommit() throws Exception {
        var order = new ConcurrentLinkedQueue<String>();
        var passed = new Semaphore(0);
        start(
                key -> {
                    order.add("pass");
                    passed.release();
                });
        new TransactionTemplate(new JdbcTransactionManager(database))
                .executeWithoutResult(
                        status -> {
                            loops.wake(LoopKind.GRANT, "muon");
                            order.add("committing");
                        });
        acquire(passed);
        assertThat(order).containsExactly("committing", "pass");
    }

    @Test
    void aWakeOfATransactionThatRolledBackIsNone() {
        var passes = start(key -> {});
        new TransactionTemplate(new JdbcTransactionManager(database))
                .executeWithoutResult(
                        status -> {
                            loops.wake(LoopKind.GRANT, "muon");
                            status.setRollbackOnly();
                        });
        loops.close();
        assertThat(passes.get()).isZero();
    }

    @Test
    void aPassThatFailsDoesNotStopTheNext() throws Exception {
        var entered = new Semaphore(0);
        start(
                key -> {
                    entered.release();
                    throw new IllegalStateException("the first of many");
                });
        loops.wake(LoopKind.GRANT, "muon");
        acquire(entered);
        loops.wake(LoopKind.GRANT, "muon");
        acquire(entered);
    }

    @Test
    void aPausedLoopHasNoPass() {
        rows.register(LoopKind.GRANT, Wakes.ALL);
        rows.pause("grant", true);
        var passes = start(key -> {});
        loops.wake(LoopKind.GRANT, "muon");
        loops.tick(LoopKind.GRANT);
        loops.close();
        assertThat(passes.get()).isZero();
    }

    @Test
    void aCloudIsInTheHandsOfOneReplicaAtATime() {
        rows.register(LoopKind.LIFECYCLE, "rutherford");
        var other =
                new Reconcilers(
                        JdbcClient.create(database),
                        InstantSource.system(),
                        new SimpleMeterRegistry(),
                        "two");
        assertThat(rows.lease(LoopKind.LIFECYCLE, "rutherford")).isTrue();
        assertThat(other.lease(LoopKind.LIFECYCLE, "rutherford")).isFalse();
        rows.release(LoopKind.LIFECYCLE, "rutherford");
        assertThat(other.lease(LoopKind.LIFECYCLE, "rutherford")).isTrue();
    }

    /** Starts the loops with one of kind GRANT; the counter tells how many passes began. */
    private AtomicInteger start(Work work) {
        var passes = new AtomicInteger();
        loops.start(
                List.of(
                        new Reconciler() {
                            @Override
                            public LoopKind kind() {
                                return LoopKind.GRANT;
                            }

                            @Override
                            public List<String> due() {
                                return List.of("muon");
                            }

                            @Override
                            public Pass pass(String key) {
                                passes.incrementAndGet();
                                work.on(key);
                                return Pass.NOTHING;
                            }
                        }),
                (loop, key) -> {});
        return passes;
    }

    private static void acquire(Semaphore semaphore) {
        try {
            assertThat(semaphore.tryAcquire(LIMIT_SECONDS, TimeUnit.SECONDS)).isTrue();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static void awaitQuietly(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private interface Work {
        void on(String key);
    }
}
