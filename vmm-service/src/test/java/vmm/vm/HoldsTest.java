package vmm.vm;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.jdbc.core.simple.JdbcClient;

import vmm.database.TestDatabase;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.UUID;

/** Holds that end by themselves. */
class HoldsTest {
    private static final Instant NOW = Instant.parse("2026-03-01T10:00:00Z");

    private TestDatabase.Fresh database;
    private JdbcClient jdbc;
    private Vms vms;
    private Holds holds;

    @BeforeEach
    void open() {
        database = TestDatabase.fresh();
        jdbc = JdbcClient.create(database);
        vms = new Vms(jdbc);
        holds = new Holds(jdbc);
        jdbc.sql("INSERT INTO cloud (name, kind, health_since) VALUES ('a', 'simulated', now())")
                .update();
        jdbc.sql(
                        """
                        INSERT INTO pool (name, pool_size, max_size, ready_when, boot_timeout_s, lease_s, max_lifetime_s,
                                          idle_timeout_s, warning_s)
                        VALUES ('muon', 1, 9, 'guestReport', 600, 3600, 7200, 3600, 60)
                        """)
                .update();
    }

    @AfterEach
    void close() {
        database.close();
    }

    @Test
    void onlyWhatIsHeldAndOverIsLetGoAndOnce() {
        var over = vm(1);
        var later = vm(2);
        var forGood = vm(3);
        var free = vm(4);
        vms.hold(over, true, "odd", NOW);
        vms.hold(later, true, "odd", NOW.plusSeconds(60));
        vms.hold(forGood, true, "odd");

        assertThat(holds.letGoOverdue(NOW.minusSeconds(1), "reclaim")).isEmpty();
        assertThat(holds.letGoOverdue(NOW, "reclaim"))
                .containsExactly(new Holds.LetGo(over, "muon", "a"));
        assertThat(holds.letGoOverdue(NOW, "reclaim")).isEmpty();
        assertThat(held()).containsExactlyInAnyOrder(later, forGood);
        assertThat(vms.find(over).orElseThrow().version()).isEqualTo(2);
        assertThat(vms.find(free).orElseThrow().version()).isZero();
        assertThat(events())
                .containsExactly(over + " LET_GO its time is over; was held: odd reclaim");
    }

    @Test
    void whoHoldsItAgainOrLetsItGoEndsTheFormerTerm() {
        var longer = vm(1);
        var freed = vm(2);
        vms.hold(longer, true, "odd", NOW);
        vms.hold(longer, true, "odd");
        vms.hold(freed, true, "odd", NOW);
        vms.hold(freed, false, null);
        vms.hold(freed, true, "odd again");
        assertThat(holds.letGoOverdue(NOW.plusSeconds(3600), "reclaim")).isEmpty();
        assertThat(held()).containsExactlyInAnyOrder(longer, freed);
    }

    @Test
    void afterARestoreNoHoldEndsByItself() throws IOException {
        var held = vm(1);
        var free = vm(2);
        vms.hold(held, true, "odd", NOW);
        jdbc.sql(Files.readString(Path.of("../db/after-restore.sql"))).update();
        assertThat(holds.letGoOverdue(NOW.plusSeconds(3600), "reclaim")).isEmpty();
        assertThat(held()).containsExactlyInAnyOrder(held, free);
    }

    private UUID vm(int number) {
        var id = new UUID(0, number);
        jdbc.sql(
                        """
                        INSERT INTO vm (id, pool_id, cloud, image, flavor, state, state_since, created_at)
                        SELECT ?, id, 'a', 'image', 'small', 'READY', now(), now() FROM pool
                        """)
                .param(id)
                .update();
        return id;
    }

    private List<UUID> held() {
        return jdbc.sql("SELECT id FROM vm WHERE held").query(UUID.class).list();
    }

    private List<String> events() {
        return jdbc.sql(
                        "SELECT vm_id || ' ' || reason || ' ' || detail || ' ' || actor FROM event"
                                + " ORDER BY id")
                .query(String.class)
                .list();
    }
}
