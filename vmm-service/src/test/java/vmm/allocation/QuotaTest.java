package vmm.allocation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.datasource.DataSourceTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;

import vmm.allocation.AllocationController.AllocationRequest;
import vmm.database.TestDatabase;
import vmm.identity.Person;
import vmm.identity.Role;
import vmm.vm.Ids;
import vmm.web.Problem;
import vmm.web.ProblemType;

import java.time.InstantSource;
import java.util.Random;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.stream.IntStream;

class QuotaTest {
    private static final AllocationRequest ASK = new AllocationRequest("slow", null, null, true);

    private final TestDatabase.Fresh database = TestDatabase.fresh();
    private final JdbcClient jdbc = JdbcClient.create(database);
    private final Person person = new Person("muon", Set.of(Role.SCIENTIST), Set.of(), false);
    private final FrontDesk desk = desk(2);

    @BeforeEach
    void pool() {
        jdbc.sql(
                        """
                        INSERT INTO pool (name, pool_size, max_size, ready_when, boot_timeout_s, lease_s, max_lifetime_s,
                                          idle_timeout_s, warning_s)
                        VALUES ('slow', 0, 1, 'guestReport', 60, 3600, 7200, 3600, 60)
                        """)
                .update();
        jdbc.sql(
                        """
                        INSERT INTO vm_type (name, position, title, description, pool_id, vcpus, ram_gb, gpus, groups, tags)
                        SELECT 'slow', 0, 'Slow', '', id, 1, 1, 0, '{}', '{}' FROM pool
                        """)
                .update();
    }

    @AfterEach
    void drop() {
        database.close();
    }

    @Test
    void onePersonHasAsManyAsTheQuotaAndAnotherTheirOwn() {
        UUID first = take(person, null);
        take(person, null);
        assertThatThrownBy(() -> take(person, "key"))
                .isInstanceOfSatisfying(
                        Problem.class,
                        problem -> {
                            assertThat(problem.type()).isEqualTo(ProblemType.QUOTA_EXCEEDED);
                            assertThat(problem.detail()).contains("2");
                        });
        assertThat(rows("allocation")).isEqualTo(2);
        assertThat(rows("idempotency_key")).isZero();
        take(new Person("laser", Set.of(Role.SCIENTIST), Set.of(), false), null);
        desk.end(first, person);
        take(person, "key");
        assertThat(rows("allocation")).isEqualTo(4);
    }

    @Test
    void aRepeatedRequestIsNoNewOne() {
        UUID first = take(person, "key");
        take(person, null);
        assertThat(take(person, "key")).isEqualTo(first);
    }

    @Test
    void whoeverAsksManyTimesAtOnceGetsNoMore() throws Exception {
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            var asked =
                    threads.invokeAll(
                            IntStream.range(0, 15)
                                    .<Callable<UUID>>mapToObj(i -> () -> take(person, null))
                                    .toList());
            assertThat(
                            asked.stream()
                                    .filter(
                                            a ->
                                                    a.state()
                                                            == java.util.concurrent.Future.State
                                                                    .SUCCESS))
                    .hasSize(2);
        }
        assertThat(rows("allocation")).isEqualTo(2);
    }

    private UUID take(Person who, @Nullable String key) {
        return desk.take(who, ASK, key);
    }

    private int rows(String table) {
        return jdbc.sql("SELECT count(*) FROM " + table).query(Integer.class).single();
    }

    private FrontDesk desk(int quota) {
        var clock = InstantSource.system();
        var allocations = new Allocations(jdbc);
        var keys = new IdempotencyKeys(jdbc);
        var transactions = new TransactionTemplate(new DataSourceTransactionManager(database));
        return new FrontDesk(
                new Offers(jdbc),
                new Allocator(allocations, keys, transactions, clock, (loop, key) -> {}),
                allocations,
                keys,
                new Outlooks(jdbc, new LaunchSamples(jdbc, clock)),
                new ClaimMeters(new SimpleMeterRegistry()),
                new Ids(clock, new Random(1)),
                clock,
                quota);
    }
}
