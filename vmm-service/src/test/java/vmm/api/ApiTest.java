package vmm.api;

import static org.assertj.core.api.Assertions.assertThat;

import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.test.web.server.LocalServerPort;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.test.context.DynamicPropertyRegistry;
import org.springframework.test.context.DynamicPropertySource;

import vmm.VmmApplication;
import vmm.database.TestDatabase;

import java.net.URISyntaxException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/**
 * The whole application over HTTP: real database, simulated clouds, the demo's sign-ins. One for
 * all classes of tests.
 */
@SpringBootTest(
        classes = VmmApplication.class,
        webEnvironment = SpringBootTest.WebEnvironment.RANDOM_PORT,
        properties = {"vmm.demo=true", "server.address=127.0.0.1"})
abstract class ApiTest {
    private static final TestDatabase.Fresh DATABASE = TestDatabase.empty();

    @LocalServerPort int port;

    @Autowired JdbcClient jdbc;

    @DynamicPropertySource
    static void properties(DynamicPropertyRegistry registry) throws URISyntaxException {
        var fleet =
                Path.of(
                        Objects.requireNonNull(ApiTest.class.getResource("/fleets/api.yaml"))
                                .toURI());
        registry.add("vmm.fleet", fleet::toString);
        DATABASE.properties().forEach((name, value) -> registry.add(name, () -> value));
    }

    Caller nobody() {
        return Caller.of(port);
    }

    /** A scientist of every group. */
    Caller scientist() {
        return nobody().as("scientist");
    }

    /** A scientist of the group Muon. */
    Caller muon() {
        return nobody().as("muon");
    }

    Caller operator() {
        return nobody().as("operator");
    }

    Caller admin() {
        return nobody().as("admin");
    }

    /** Polls one named condition. */
    static void until(String what, BooleanSupplier condition) {
        long deadline = System.nanoTime() + Duration.ofSeconds(60).toNanos();
        while (!condition.getAsBoolean()) {
            assertThat(System.nanoTime()).as("within a minute: %s", what).isLessThan(deadline);
            LockSupport.parkNanos(Duration.ofMillis(100).toNanos());
        }
    }

    int ready(String pool) {
        return jdbc.sql(
                        """
                        SELECT count(*) FROM vm JOIN pool ON pool.id = vm.pool_id
                        WHERE pool.name = :pool AND state = 'READY'
                        """)
                .param("pool", pool)
                .query(Integer.class)
                .single();
    }

    /** A VM of somebody, when there is one. */
    String granted(Caller caller, String type) {
        until("a VM of " + type + " is ready", () -> ready(type) > 0);
        var answer =
                caller.post("/api/v1/allocations", "{\"vmType\": \"%s\"}".formatted(type)).is(201);
        return answer.json().get("id").asString();
    }
}
