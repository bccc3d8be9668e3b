package vmm.start;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.support.JdbcTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;

import vmm.database.TestDatabase;
import vmm.event.Instants;

import java.time.Duration;
import java.time.Instant;
import java.util.UUID;

/** What the start says of guests that were given another address than today's. */
@ExtendWith(OutputCaptureExtension.class)
class GuestUrlsTest {
    private Instant now = Instant.parse("2026-03-01T10:00:00Z");
    private TestDatabase.Fresh database;
    private JdbcClient jdbc;

    @BeforeEach
    void open() {
        database = TestDatabase.fresh();
        jdbc = JdbcClient.create(database);
        jdbc.sql(
                        """
                        INSERT INTO cloud (name, kind, health_since) VALUES ('a', 'simulated', now());
                        INSERT INTO pool (name, pool_size, max_size, ready_when, boot_timeout_s, lease_s, max_lifetime_s,
                                          idle_timeout_s, warning_s)
                        VALUES ('muon', 1, 5, 'guestReport', 600, 3600, 7200, 3600, 600);
                        """)
                .update();
    }

    @AfterEach
    void close() {
        database.close();
    }

    @Test
    void whoWasGivenAnotherAddressIsCountedUntilItIsThatAgain(CapturedOutput output) {
        start("http://vmm:8080");
        launch("ALLOCATED");
        launch("READY");
        launch("DELETED");
        start("http://vmm:8080");
        assertThat(output).doesNotContain("live VMs");

        start("http://vmm:9090");
        assertThat(output)
                .containsOnlyOnce(
                        "2 live VMs (1 of them allocated) were told to report to http://vmm:8080,"
                                + " and this service is now at http://vmm:9090");
        launch("READY");
        start("http://vmm:9090");
        assertThat(output.getOut().split("2 live VMs", -1)).as("told again").hasSize(3);

        start("http://vmm:8080");
        assertThat(output)
                .contains(
                        "1 live VMs (0 of them allocated) were told to report to http://vmm:9090");
    }

    @Test
    void whatWasNeverLaunchedHasNoAddressYet(CapturedOutput output) {
        start("http://vmm:8080");
        launch("REQUESTED");
        jdbc.sql("UPDATE vm SET create_sent_at = NULL").update();
        start("http://vmm:9090");
        assertThat(output).doesNotContain("live VMs");
    }

    private void start(String url) {
        now = now.plus(Duration.ofHours(1));
        new GuestUrls(
                        jdbc,
                        new TransactionTemplate(new JdbcTransactionManager(database)),
                        () -> now,
                        () -> url)
                .compare();
    }

    private void launch(String state) {
        now = now.plus(Duration.ofMinutes(1));
        jdbc.sql(
                        """
                        INSERT INTO vm (id, pool_id, cloud, image, flavor, state, state_since, created_at, create_sent_at)
                        SELECT :id, id, 'a', 'i', 'f', :state, :now, :now, :now FROM pool
                        """)
                .param("id", UUID.randomUUID())
                .param("state", state)
                .param("now", Instants.sql(now))
                .update();
    }
}
