package vmm.fleet;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/** The fleets that come with the service. */
class ShippedFleetsTest {

    private static final Map<String, KindRules> KINDS =
            Map.of("simulated", new KindRules(Set.of("bootTime", "bootJitter"), Set.of()));

    @Test
    void theDemoIsThePublishedFleet() throws IOException {
        var fleet = read("demo.yaml");
        var pools = fleet.pools().stream().collect(Collectors.toMap(PoolEntry::name, pool -> pool));
        var rows =
                Files.readAllLines(Path.of("src/test/resources/fleets/daaas-pools.csv")).stream()
                        .skip(1)
                        .map(line -> line.split(","))
                        .toList();

        assertThat(fleet.vmTypes()).hasSize(36).hasSameSizeAs(rows).hasSameSizeAs(pools.values());
        for (int i = 0; i < rows.size(); i++) {
            var row = rows.get(i);
            var type = fleet.vmTypes().get(i);
            assertThat(List.of(type.name(), type.title())).isEqualTo(List.of(row[1], row[2]));
            assertThat(List.of(type.gpus(), type.vcpus(), type.ramGb()))
                    .as(type.name())
                    .isEqualTo(
                            List.of(
                                    Integer.valueOf(row[4]),
                                    Integer.valueOf(row[5]),
                                    Double.valueOf(row[6])));
            assertThat(type.groups()).isEqualTo(List.of(row[10].split(";")));
            var tags =
                    Arrays.stream(row[9].split(";"))
                            .map(ShippedFleetsTest::lower)
                            .collect(Collectors.toSet());
            tags.add(lower(row[0]));
            assertThat(type.tags()).containsExactlyInAnyOrderElementsOf(tags);
            assertThat(type.description()).endsWith(".").hasSizeBetween(30, 160);

            var pool = pools.get(type.pool());
            assertThat(List.of(pool.poolSize(), pool.maxSize()))
                    .as(pool.name())
                    .isEqualTo(List.of(Integer.valueOf(row[7]), Integer.valueOf(row[8])));
            assertThat(pool.placements()).as(pool.name()).allMatch(p -> p.flavor().equals(row[3]));
            assertThat(pool.placements()).as(pool.name()).hasSize(type.gpus() > 0 ? 2 : 3);
            assertThat(pool.connect())
                    .extracting(PoolEntry.Connect::kind)
                    .containsExactly("jupyter", "desktop", "ssh");
            assertThat(List.of(pool.lease(), pool.maxLifetime(), pool.idleTimeout()))
                    .isEqualTo(
                            List.of(
                                    Duration.ofHours(12),
                                    Duration.ofDays(14),
                                    Duration.ofHours(24)));
        }
        assertThat(fleet.pools().stream().mapToInt(PoolEntry::poolSize).sum()).isEqualTo(106);
        assertThat(fleet.pools().stream().mapToInt(PoolEntry::maxSize).sum()).isEqualTo(744);
        assertThat(fleet.schedules()).as("106 READY at any hour").isEmpty();
    }

    @Test
    void theDemosCloudsHoldItAndTheLossOfOneLeavesRoomForTheReserve() throws IOException {
        var fleet = read("demo.yaml");
        var room = new HashMap<String, Integer>();
        fleet.clouds().forEach(cloud -> room.put(cloud.name(), cloud.maxVms().orElseThrow()));
        assertThat(room).containsOnlyKeys("rutherford", "harwell", "daresbury");
        assertThat(room.values().stream().mapToInt(n -> n).sum()).isGreaterThan(744 * 5 / 4);
        for (var lost : room.keySet()) {
            var left = new ArrayList<>(room.keySet());
            left.remove(lost);
            assertThat(fleet.pools())
                    .as("every pool without %s", lost)
                    .allMatch(
                            pool ->
                                    pool.placements().stream()
                                            .anyMatch(p -> left.contains(p.cloud())));
        }
        assertThat(fleet.clouds())
                .extracting(cloud -> cloud.options().get("bootTime"))
                .doesNotHaveDuplicates();
    }

    @Test
    void aFleetMayComeFromWithinTheJar() throws IOException {
        try (var in = FleetFile.class.getResourceAsStream("/fleets/demo.yaml")) {
            assertThat(in).isNotNull();
            assertThat(
                            FleetFile.read(
                                    "demo.yaml",
                                    in.readAllBytes(),
                                    variable -> Optional.empty(),
                                    KINDS))
                    .isEqualTo(read("demo.yaml"));
        }
    }

    @Test
    void theMinimalFleetIsRight() throws IOException {
        var fleet = read("minimal.yaml");
        assertThat(fleet.clouds()).hasSize(1);
        assertThat(fleet.pools()).hasSize(1);
        assertThat(fleet.vmTypes()).extracting(VmTypeEntry::pool).containsExactly("analysis");
    }

    private static Fleet read(String name) {
        return FleetFile.read(
                Path.of("src/main/resources/fleets", name), variable -> Optional.empty(), KINDS);
    }

    private static String lower(String text) {
        return text.toLowerCase(Locale.ROOT);
    }
}
