package vmm.start;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

import vmm.fleet.PoolEntry;
import vmm.fleet.ReadyWhen;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;

class DifferencesTest {
    private static final PoolEntry.Placement NORTH =
            new PoolEntry.Placement("north", "i", "f", Optional.empty(), 100, Optional.of(5));
    private static final PoolEntry.Placement SOUTH =
            new PoolEntry.Placement("south", "i", "f", Optional.empty(), 20, Optional.empty());

    @Test
    void theSameDifferInNothing() {
        assertThat(Differences.between(pool(12, "PT1H", NORTH), pool(12, "PT1H", NORTH))).isEmpty();
    }

    @Test
    void aLineTellsOneField() {
        assertThat(Differences.between(pool(12, "PT1H", NORTH), pool(20, "PT2H", NORTH)))
                .containsExactly(
                        "maxSize 12 in the file, 20 in the database",
                        "idleTimeout PT1H in the file, PT2H in the database");
    }

    @Test
    void aListIsComparedPlaceByPlace() {
        var changed =
                new PoolEntry.Placement("north", "j", "f", Optional.of("net"), 100, Optional.of(5));
        assertThat(Differences.between(pool(12, "PT1H", NORTH, SOUTH), pool(12, "PT1H", changed)))
                .hasSize(3)
                .contains(
                        "placements[0].image i in the file, j in the database",
                        "placements[0].network nothing in the file, net in the database")
                .last()
                .asString()
                .startsWith("placements[1] Placement[cloud=south")
                .endsWith("in the file, nothing in the database");
    }

    @Test
    void optionsAreComparedAsOneInTheOrderOfTheirNames() {
        var spot =
                new PoolEntry.Placement(
                        "south",
                        "i",
                        "f",
                        Optional.empty(),
                        Map.of("zone", "1", "spot", "true"),
                        20,
                        Optional.empty());
        assertThat(Differences.between(pool(12, "PT1H", spot), pool(12, "PT1H", SOUTH)))
                .containsExactly(
                        "placements[0].options {spot=true, zone=1} in the file, none in the"
                                + " database");
    }

    private static PoolEntry pool(int maxSize, String idle, PoolEntry.Placement... places) {
        return new PoolEntry(
                "muon",
                5,
                maxSize,
                new ReadyWhen.GuestReport(),
                PoolEntry.BOOT_TIMEOUT,
                PoolEntry.LEASE,
                PoolEntry.MAX_LIFETIME,
                Duration.parse(idle),
                PoolEntry.WARNING,
                List.of(places),
                List.of());
    }
}
