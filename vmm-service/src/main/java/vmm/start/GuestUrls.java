package vmm.start;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.boot.context.event.ApplicationReadyEvent;
import org.springframework.context.event.EventListener;
import org.springframework.core.Ordered;
import org.springframework.core.annotation.Order;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.transaction.support.TransactionOperations;

import vmm.event.Instants;

import java.time.Instant;
import java.time.InstantSource;

/**
 * Remembers which address guests were given from when on, and says at the start how many live VMs
 * report to another: their guests keep what they were made with.
 */
final class GuestUrls {
    private static final Logger log = LoggerFactory.getLogger(GuestUrls.class);

    private final JdbcClient jdbc;
    private final TransactionOperations transactions;
    private final InstantSource clock;
    private final StartConfiguration.PublicUrl url;

    GuestUrls(
            JdbcClient jdbc,
            TransactionOperations transactions,
            InstantSource clock,
            StartConfiguration.PublicUrl url) {
        this.jdbc = jdbc;
        this.transactions = transactions;
        this.clock = clock;
        this.url = url;
    }

    /** Before the loops begin, and so before anything is launched. */
    @EventListener(ApplicationReadyEvent.class)
    @Order(Ordered.HIGHEST_PRECEDENCE)
    void compare() {
        remember(url.text(), clock.instant());
        jdbc.sql(
                        """
                        SELECT given.url, count(*) AS vms, count(*) FILTER (WHERE vm.state = 'ALLOCATED') AS allocated
                        FROM vm CROSS JOIN LATERAL (
                            SELECT url FROM guest_url WHERE since <= vm.create_sent_at ORDER BY since DESC LIMIT 1) AS given
                        WHERE vm.state NOT IN ('DELETING', 'DELETED') AND given.url <> :url
                        GROUP BY given.url ORDER BY given.url
                        """)
                .param("url", url.text())
                .query(
                        row -> {
                            log.warn(
                                    "{} live VMs ({} of them allocated) were told to report to {},"
                                            + " and this service is now at {}: their guests cannot"
                                            + " report unless the old address leads here too. Set"
                                            + " VMM_PUBLIC_URL (or the port) back, or forward the"
                                            + " old address. Else those that boot will time out,"
                                            + " those that are ready should be deleted, and those"
                                            + " allocated are kept until their lease ends, however"
                                            + " unused",
                                    row.getInt("vms"),
                                    row.getInt("allocated"),
                                    row.getString("url"),
                                    url.text());
                        });
    }

    /** One replica at a time, so that two that start at once write it once. */
    void remember(String now, Instant since) {
        transactions.executeWithoutResult(
                status -> {
                    jdbc.sql("SELECT pg_advisory_xact_lock(hashtext('vmm.start'))")
                            .query((row, n) -> 0)
                            .list();
                    jdbc.sql(
                                    """
                                    INSERT INTO guest_url (since, url)
                                    SELECT :since, :url
                                    WHERE :url IS DISTINCT FROM (SELECT url FROM guest_url ORDER BY since DESC LIMIT 1)
                                    ON CONFLICT (since) DO UPDATE SET url = :url
                                    """)
                            .param("since", Instants.sql(since))
                            .param("url", now)
                            .update();
                });
    }
}
