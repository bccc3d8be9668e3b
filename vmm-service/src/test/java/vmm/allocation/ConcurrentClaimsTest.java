package vmm.allocation;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import vmm.allocation.Allocator.Outcome;
import vmm.event.LoopKind;
import vmm.reconcile.Passes;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.UUID;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Two replicas, each with an object graph of its own, and thousands of claims at the same time on
 * one database.
 */
public class ConcurrentClaimsTest {
    private Replicas replicas;

    @BeforeEach
    public void begin() {
        replicas = new Replicas();
    }

    @AfterEach
    public void end() {
        replicas.close();
    }

    @Test
    public void noVmIsGrantedTwiceAndNobodyWaitsWhileOneIsReady() throws Exception {
        var pools =
                List.of(
                        replicas.pool("a", 50, 1000),
                        replicas.pool("b", 50, 1000),
                        replicas.pool("c", 50, 1000));
        var answers = new ConcurrentLinkedQueue<Outcome>();
        var given = new AtomicInteger();
        Replicas.atOnce(
                n -> {
                    var replica = replicas.get(n);
                    var dice = new SplittableRandom(n);
                    var mine = new ArrayList<UUID>();
                    for (int i = 0; i < 60; i++) {
                        int pool = dice.nextInt(pools.size());
                        String name = "abc".substring(pool, pool + 1);
                        switch (dice.nextInt(8)) {
                            case 0, 1, 2, 3 -> {
                                var outcome =
                                        replicas.claim(
                                                replica,
                                                pools.get(pool),
                                                name,
                                                "user-" + n,
                                                dice.nextInt(4) > 0);
                                answers.add(outcome);
                                if (outcome instanceof Outcome.Granted(UUID id)) mine.add(id);
                                if (outcome instanceof Outcome.Queued(UUID id)) mine.add(id);
                            }
                            case 4, 5 -> {
                                replicas.ready(pools.get(pool), 1 + dice.nextInt(2));
                                given.incrementAndGet();
                                replica.allocator.grant(pools.get(pool), name);
                            }
                            case 6 -> replica.allocator.grant(pools.get(pool), name);
                            default -> {
                                if (!mine.isEmpty()) Replicas.end(replica, mine.removeFirst());
                            }
                        }
                    }
                });
        for (var pool : pools) replicas.first().allocator.grant(pool, "a");
        assertThat(answers).hasSizeGreaterThan(800);
        eachVmHasAtMostOneClaim();
        assertThat(
                        replicas.number(
                                "SELECT count(*) FROM pool WHERE EXISTS (SELECT 1 FROM vm WHERE"
                                    + " pool_id = pool.id AND state = 'READY') AND EXISTS (SELECT 1"
                                    + " FROM allocation WHERE pool_id = pool.id AND state ="
                                    + " 'QUEUED')"))
                .isZero();
    }

    @Test
    public void manyClaimsAtOnceGetAllThatIsReadyAndTheRestIsQueued() throws Exception {
        long pool = replicas.pool("a", 50, 5000);
        replicas.ready(pool, 900);
        var answers = new ConcurrentLinkedQueue<Outcome>();
        Replicas.atOnce(
                n -> {
                    for (int i = 0; i < 32; i++)
                        answers.add(replicas.claim(replicas.get(i), pool, "a", "user-" + n, true));
                });
        assertThat(answers).hasSize(1024);
        assertThat(answers.stream().filter(a -> a instanceof Outcome.Granted)).hasSize(900);
        assertThat(answers.stream().filter(a -> a instanceof Outcome.Queued)).hasSize(124);
        assertThat(replicas.number("SELECT count(*) FROM vm WHERE state = 'READY'")).isZero();
        eachVmHasAtMostOneClaim();
    }

    @Test
    public void whoeverWillNotWaitIsRefusedOnlyWhenNothingIsReady() throws Exception {
        long pool = replicas.pool("a", 50, 5000);
        replicas.ready(pool, 700);
        var answers = new ConcurrentLinkedQueue<Outcome>();
        Replicas.atOnce(
                n -> {
                    for (int i = 0; i < 24; i++)
                        answers.add(replicas.claim(replicas.get(i), pool, "a", "user-" + n, false));
                });
        assertThat(answers.stream().filter(a -> a instanceof Outcome.Granted)).hasSize(700);
        assertThat(answers.stream().filter(a -> a instanceof Outcome.Refused)).hasSize(68);
        eachVmHasAtMostOneClaim();
    }

    @Test
    public void theQueueIsServedInItsOrderByWhoeverServesIt() throws Exception {
        long pool = replicas.pool("a", 50, 5000);
        for (int i = 0; i < 400; i++) {
            assertThat(replicas.claim(replicas.get(i), pool, "a", "user", i % 7, true))
                    .isInstanceOf(Outcome.Queued.class);
        }
        for (int round = 0; round < 10; round++) {
            replicas.ready(pool, 30);
            Replicas.atOnce(n -> replicas.get(n).allocator.grant(pool, "a"));
            assertThat(
                            replicas.number(
                                    """
                                    SELECT count(*) FROM allocation AS waiting JOIN allocation AS granted USING (pool_id)
                                    WHERE waiting.state = 'QUEUED' AND granted.state = 'ACTIVE'
                                      AND (waiting.effective_at, waiting.requested_at, waiting.id)
                                          < (granted.effective_at, granted.requested_at, granted.id)
                                    """))
                    .as("passed over")
                    .isZero();
        }
        assertThat(replicas.number("SELECT count(*) FROM allocation WHERE state = 'ACTIVE'"))
                .isEqualTo(300);
        eachVmHasAtMostOneClaim();
    }

    @Test
    public void aClaimDoesNotWaitForAVmThatSomebodyElseHasLocked() throws Exception {
        long pool = replicas.pool("a", 50, 5000);
        replicas.ready(pool, 2);
        try (var other = replicas.database.getConnection()) {
            Replicas.lockOldest(other);
            assertThat(replicas.claim(replicas.impatient(), pool, "a", "user", false))
                    .isInstanceOf(Outcome.Granted.class);
            other.rollback();
        }
        eachVmHasAtMostOneClaim();
    }

    @Test
    public void aGrantDoesNotWaitForAVmThatSomebodyElseHasLocked() throws Exception {
        long pool = replicas.pool("a", 50, 5000);
        for (int i = 0; i < 3; i++) replicas.claim(replicas.first(), pool, "a", "user", true);
        replicas.ready(pool, 3);
        try (var other = replicas.database.getConnection()) {
            Replicas.lockOldest(other);
            assertThat(replicas.impatient().allocator.grant(pool, "a")).isEqualTo(2);
            other.rollback();
        }
        assertThat(replicas.first().allocator.grant(pool, "a")).isEqualTo(1);
        eachVmHasAtMostOneClaim();
    }

    @Test
    public void manyRequestsUnderOneKeyMakeOneAllocation() throws Exception {
        long pool = replicas.pool("a", 50, 5000);
        replicas.ready(pool, 200);
        var ids = new ConcurrentLinkedQueue<String>();
        Replicas.atOnce(
                n -> {
                    for (int i = 0; i < 12; i++) {
                        var key = new IdempotencyKeys.Key("user", "key-" + i, "same");
                        var request = Replicas.request(replicas.get(n), pool, "a", "user", 0);
                        var outcome =
                                replicas.get(n)
                                        .allocator
                                        .allocate(
                                                request, true, Optional.of(key), Optional.empty());
                        switch (outcome) {
                            case Outcome.Granted(UUID id) -> ids.add(i + " " + id);
                            case Outcome.Repeated(UUID id) -> ids.add(i + " " + id);
                            default -> ids.add(i + " " + outcome);
                        }
                    }
                });
        assertThat(new HashSet<>(ids)).hasSize(12);
        assertThat(replicas.number("SELECT count(*) FROM allocation")).isEqualTo(12);
        assertThat(replicas.number("SELECT count(*) FROM vm WHERE state = 'ALLOCATED'"))
                .isEqualTo(12);
    }

    @Test
    public void aQuotaHoldsHoweverManyAskAtOnce() throws Exception {
        long pool = replicas.pool("a", 50, 5000);
        replicas.ready(pool, 100);
        Replicas.atOnce(
                n -> {
                    var replica = replicas.get(n);
                    for (int i = 0; i < 4; i++) {
                        replica.allocator.allocate(
                                Replicas.request(replica, pool, "a", "user", 0),
                                true,
                                Optional.empty(),
                                Optional.of(3));
                    }
                });
        assertThat(replicas.number("SELECT count(*) FROM allocation WHERE state <> 'ENDED'"))
                .isEqualTo(3);
    }

    @Test
    public void refillsAtTheSameTimeLaunchNoMoreThanIsWanted() throws Exception {
        for (int round = 0; round < 5; round++) {
            String name = "pool-" + round;
            long pool = replicas.pool(name, 7, 20);
            replicas.jdbc
                    .sql(
                            "INSERT INTO placement (pool_id, position, cloud, image, flavor,"
                                    + " weight) VALUES (?, 0, 'harwell', 'image', 'm1', 100)")
                    .param(pool)
                    .update();
            Replicas.atOnce(n -> Passes.run(replicas.get(n).loops.get(LoopKind.REFILL), name));
            assertThat(
                            replicas.jdbc
                                    .sql("SELECT count(*) FROM vm WHERE pool_id = ?")
                                    .param(pool)
                                    .query(Long.class)
                                    .single())
                    .isEqualTo(7);
        }
    }

    @Test
    public void aReleaseAndAVanishingOfTheSameVmDoNotLockEachOtherOut() throws Exception {
        long pool = replicas.pool("a", 50, 5000);
        replicas.ready(pool, 320);
        var claims = new ArrayList<UUID>();
        for (int i = 0; i < 320; i++) {
            if (replicas.claim(replicas.first(), pool, "a", "user", true)
                    instanceof Outcome.Granted(UUID id)) claims.add(id);
        }
        Replicas.atOnce(
                n -> {
                    var replica = replicas.get(n);
                    for (var id : claims) {
                        if (n % 4 == 0) Replicas.end(replica, id);
                        else replicas.vanish(replica, id);
                    }
                });
        assertThat(replicas.number("SELECT count(*) FROM allocation WHERE state <> 'ENDED'"))
                .isZero();
        assertThat(replicas.number("SELECT count(*) FROM vm WHERE state <> 'DELETING'")).isZero();
        assertThat(replicas.number("SELECT count(*) FROM event WHERE to_state = 'DELETING'"))
                .isEqualTo(320);
    }

    private void eachVmHasAtMostOneClaim() {
        assertThat(
                        replicas.number(
                                "SELECT count(*) - count(DISTINCT vm_id) FROM allocation WHERE"
                                        + " vm_id IS NOT NULL"))
                .as("VMs granted twice")
                .isZero();
        assertThat(
                        replicas.number(
                                "SELECT count(*) FROM allocation WHERE state = 'ACTIVE' AND vm_id"
                                        + " IS NULL"))
                .isZero();
        assertThat(replicas.number("SELECT count(*) FROM vm WHERE state = 'ALLOCATED'"))
                .isEqualTo(
                        replicas.number("SELECT count(*) FROM allocation WHERE state = 'ACTIVE'"));
        assertThat(replicas.number("SELECT count(*) FROM event WHERE to_state = 'ALLOCATED'"))
                .as("grants by the events")
                .isEqualTo(
                        replicas.number(
                                "SELECT count(*) FROM allocation WHERE granted_at IS NOT NULL"));
    }
}
