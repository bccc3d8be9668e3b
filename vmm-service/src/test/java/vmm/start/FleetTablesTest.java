package vmm.start;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.jdbc.core.simple.JdbcClient;

import vmm.database.StartRefused;
import vmm.database.TestDatabase;
import vmm.fleet.Fleet;
import vmm.fleet.FleetFile;
import vmm.fleet.KindRules;
import vmm.start.FleetTables.Mode;
import vmm.vm.Ids;

import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.regex.Pattern;

/** The fleet file in a real database: what seeding leaves alone and what applying changes. */
class FleetTablesTest {
    private static final Instant NOW = Instant.parse("2026-03-01T10:00:00Z");
    private static final String FILE =
            """
            installation: isis
            clouds:
              - {name: a, kind: simulated, maxVms: 10}
            pools:
              - name: muon
                poolSize: 2
                maxSize: 5
                placements: [{cloud: a, image: i, flavor: f}]
                connect: [{kind: ssh, command: "ssh {user}@{address}"}]
            vmTypes:
              - {name: muon, title: Muon, description: Muons, pool: muon, vcpus: 4, ramGb: 16, gpus: 0, groups: [Muon]}
            schedules:
              - {name: mornings, pool: muon, cron: "0 30 7 * * MON-FRI", zone: Europe/London, duration: PT3H, target: 4}
            """;

    private TestDatabase.Fresh database;
    private JdbcClient jdbc;

    @BeforeEach
    void open() {
        database = TestDatabase.fresh();
        jdbc = JdbcClient.create(database);
    }

    @AfterEach
    void close() {
        database.close();
    }

    @Test
    void seedingCreatesWhatIsNotThere() {
        take(FILE, Mode.SEED);
        assertThat(
                        numbers(
                                "SELECT count(*) FROM cloud",
                                "SELECT count(*) FROM pool",
                                "SELECT count(*) FROM placement",
                                "SELECT count(*) FROM pool_connect",
                                "SELECT count(*) FROM vm_type",
                                "SELECT count(*) FROM schedule"))
                .containsOnly(1L);
    }

    @Test
    void seedingAgainLeavesEditsAlone() {
        take(FILE, Mode.SEED);
        jdbc.sql("UPDATE pool SET pool_size = 4, version = 7").update();
        take(FILE.replace("maxSize: 5", "maxSize: 50"), Mode.SEED);
        assertThat(
                        numbers(
                                "SELECT pool_size FROM pool",
                                "SELECT max_size FROM pool",
                                "SELECT version FROM pool"))
                .containsExactly(4L, 5L, 7L);
    }

    @Test
    void applyingMakesWhatIsNamedMatchAndRaisesItsVersion() {
        take(FILE, Mode.SEED);
        take(
                FILE.replace("poolSize: 2", "poolSize: 3").replace("image: i", "image: j"),
                Mode.APPLY);
        assertThat(numbers("SELECT pool_size FROM pool", "SELECT version FROM pool"))
                .containsExactly(3L, 1L);
        assertThat(jdbc.sql("SELECT image FROM placement").query(String.class).list())
                .containsExactly("j");
    }

    @Test
    void optionsOfAPlacementAreSeededKeptAndApplied() {
        String spot = FILE.replace("flavor: f}", "flavor: f, options: {spot: true}}");
        take(spot, Mode.SEED);
        assertThat(options()).containsExactly("{\"spot\": \"true\"}");
        take(FILE, Mode.SEED);
        assertThat(options()).containsExactly("{\"spot\": \"true\"}");
        take(spot, Mode.APPLY);
        assertThat(numbers("SELECT version FROM pool")).containsExactly(0L);
        take(FILE, Mode.APPLY);
        assertThat(options()).containsExactly("{}");
        assertThat(numbers("SELECT version FROM pool")).containsExactly(1L);
    }

    private List<String> options() {
        return jdbc.sql("SELECT options::text FROM placement").query(String.class).list();
    }

    @Test
    void applyingDoesNotLeaveOutACloudThatStillHasVms() {
        take(FILE, Mode.SEED);
        jdbc.sql(
                        "INSERT INTO vm (id, pool_id, cloud, image, flavor, state, state_since,"
                                + " created_at) SELECT gen_random_uuid(), id, 'a', 'i', 'f',"
                                + " 'REQUESTED', now(), now() FROM pool")
                .update();
        String moved = FILE.replace("name: a,", "name: b,").replace("cloud: a", "cloud: b");
        assertThatThrownBy(() -> take(moved, Mode.APPLY))
                .isInstanceOf(StartRefused.class)
                .hasMessageStartingWith("cloud 'a' still has 1 VM and is not in the fleet file");
        jdbc.sql("UPDATE vm SET state = 'DELETED'").update();
        take(moved, Mode.APPLY);
    }

    @Test
    void applyingTheSameAgainChangesNothing() {
        take(FILE, Mode.SEED);
        take(FILE, Mode.APPLY);
        assertThat(
                        numbers(
                                "SELECT version FROM pool",
                                "SELECT version FROM schedule",
                                "SELECT version FROM cloud"))
                .containsOnly(0L);
    }

    @Test
    void applyingTouchesNothingThatTheFileDoesNotName() {
        take(FILE, Mode.SEED);
        take(FILE.replace("muon", "sans").replace("mornings", "evenings"), Mode.APPLY);
        assertThat(jdbc.sql("SELECT name FROM pool ORDER BY name").query(String.class).list())
                .containsExactly("muon", "sans");
    }

    @Test
    void whatWasDeletedComesBackOnlyByApplying() {
        take(FILE, Mode.SEED);
        jdbc.sql("DELETE FROM schedule").update();
        jdbc.sql("UPDATE pool SET deleted = true").update();
        take(FILE, Mode.SEED);
        assertThat(
                        numbers(
                                "SELECT count(*) FROM schedule",
                                "SELECT count(*) FROM pool WHERE NOT deleted"))
                .containsOnly(0L);
        take(FILE, Mode.APPLY);
        assertThat(
                        numbers(
                                "SELECT count(*) FROM schedule",
                                "SELECT count(*) FROM pool WHERE NOT deleted"))
                .containsOnly(1L);
    }

    @Test
    void aCloudKeepsItsKind() {
        take(FILE, Mode.SEED);
        jdbc.sql("UPDATE cloud SET kind = 'openstack'").update();
        assertThatThrownBy(() -> take(FILE, Mode.APPLY))
                .isInstanceOf(StartRefused.class)
                .hasMessageContaining("give the new cloud a name of its own");
    }

    @Test
    void aDatabaseBelongsToOneInstallation() {
        var first = bind("isis");
        assertThat(bind("isis").store()).isEqualTo(first.store());
        assertThatThrownBy(() -> bind("demo"))
                .isInstanceOf(StartRefused.class)
                .hasMessageContaining("belongs to the installation 'isis'");
    }

    private Installation bind(String name) {
        return Installation.bind(
                jdbc, name, new Ids(() -> NOW, new SplittableRandom(1)), new SecureRandom(), NOW);
    }

    private void take(String file, Mode mode) {
        Fleet fleet =
                FleetFile.read(
                        "fleet.yaml",
                        file.getBytes(StandardCharsets.UTF_8),
                        name -> Optional.empty(),
                        Map.of(
                                "simulated",
                                new KindRules(
                                        Set.of(),
                                        Set.of(),
                                        Map.of("spot", Pattern.compile("true|false")))));
        new FleetTables(jdbc, mode, NOW).take(fleet);
    }

    private List<Long> numbers(String... queries) {
        return List.of(queries).stream()
                .map(sql -> jdbc.sql(sql).query(Long.class).single())
                .toList();
    }
}
