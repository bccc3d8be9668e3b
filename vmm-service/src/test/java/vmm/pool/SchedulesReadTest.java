package vmm.pool;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.springframework.jdbc.core.simple.JdbcClient;

import vmm.database.TestDatabase;
import vmm.sizing.Schedule;

class SchedulesReadTest {

    @Test
    void oneThatCannotBeReadStopsNoOther() {
        try (var database = TestDatabase.fresh()) {
            var jdbc = JdbcClient.create(database);
            jdbc.sql(
                            """
                            INSERT INTO pool (name, pool_size, max_size, ready_when, boot_timeout_s, lease_s, max_lifetime_s,
                                              idle_timeout_s, warning_s)
                            VALUES ('muon', 1, 9, 'instanceActive', 60, 3600, 7200, 3600, 600)
                            """)
                    .update();
            jdbc.sql(
                            """
                            INSERT INTO schedule (name, pool_id, cron, zone, duration_s, target)
                            SELECT label, id, '@daily', zone, 3600, 4
                            FROM pool CROSS JOIN (VALUES ('lost', 'Atlantis/City'), ('good', 'Europe/London')) AS s (label, zone)
                            """)
                    .update();

            assertThat(new Schedules(jdbc).of("muon"))
                    .extracting(Schedule::name)
                    .containsExactly("good");
        }
    }
}
