package vmm.clouds;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import vmm.cloud.Offering;
import vmm.cloud.Quota;
import vmm.clouds.QuotaRoom.Unseen;

import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.OptionalInt;

/** How many more VMs a quota leaves room for. */
class QuotaRoomTest {
    private static final Instant NOW = Instant.parse("2026-03-01T10:00:00Z");
    private static final Optional<Offering> SMALL = Optional.of(new Offering("small", 4, 8192, 0));

    /** An empty cell is what the cloud does not tell. */
    @ParameterizedTest
    @CsvSource({
        // instances, vCPUs, memory: used, max each; VMs not seen yet; room
        "3, 10,    ,    ,     ,       , 0, 7",
        "3, 10,    ,    ,     ,       , 2, 5",
        "3, 10, 12,  20,     ,       , 0, 2",
        "3, 10, 12,  20,     ,       , 1, 1",
        "3, 10, 12,  23,     ,       , 0, 2",
        "3, 10, 12, 100, 8192, 30000, 0, 2",
        "3, 10, 12, 100, 8192, 30000, 2, 0",
        " ,   , 12,  20,     ,       , 0, 2",
        " ,   ,   ,    , 8192, 16384, 0, 1",
        "12, 10,  ,    ,     ,       , 0, 0",
        "3, 10,    ,    ,     ,       , 50, 0",
        "3,   , 12,    , 8192,      , 0, ",
        " , 10,    , 20,     , 16384, 0, "
    })
    void theLeastOfWhatIsKnownIsTheRoom(
            Integer usedInstances,
            Integer maxInstances,
            Integer usedVcpus,
            Integer maxVcpus,
            Integer usedRamMb,
            Integer maxRamMb,
            int unseen,
            Integer room) {
        var quota =
                new Quota(
                        of(maxInstances),
                        of(usedInstances),
                        of(maxVcpus),
                        of(usedVcpus),
                        of(maxRamMb),
                        of(usedRamMb));
        var given = new Unseen(unseen, 4L * unseen, 8192L * unseen);
        assertThat(QuotaRoom.of(read(quota, Duration.ZERO), SMALL, given, NOW)).isEqualTo(of(room));
    }

    @Test
    void aFlavorOfUnknownSizeIsCountedByInstancesOnly() {
        var quota = quotaOf(10, 3, 20, 20);
        assertThat(QuotaRoom.of(read(quota, Duration.ZERO), SMALL, Unseen.NONE, NOW)).hasValue(0);
        assertThat(QuotaRoom.of(read(quota, Duration.ZERO), Optional.empty(), Unseen.NONE, NOW))
                .hasValue(7);
    }

    @Test
    void whatWasReadLongAgoOrNeverSaysNothing() {
        var quota = quotaOf(10, 3, 200, 20);
        assertThat(QuotaRoom.of(read(quota, Duration.ofMinutes(5)), SMALL, Unseen.NONE, NOW))
                .hasValue(7);
        assertThat(QuotaRoom.of(read(quota, Duration.ofSeconds(301)), SMALL, Unseen.NONE, NOW))
                .isEmpty();
        assertThat(QuotaRoom.of(Optional.empty(), SMALL, Unseen.NONE, NOW)).isEmpty();
        assertThat(QuotaRoom.of(read(Quota.UNTOLD, Duration.ZERO), SMALL, Unseen.NONE, NOW))
                .isEmpty();
    }

    private static Quota quotaOf(int maxInstances, int usedInstances, int maxVcpus, int usedVcpus) {
        return new Quota(
                OptionalInt.of(maxInstances),
                OptionalInt.of(usedInstances),
                OptionalInt.of(maxVcpus),
                OptionalInt.of(usedVcpus),
                OptionalInt.empty(),
                OptionalInt.empty());
    }

    private static Optional<QuotaState> read(Quota quota, Duration ago) {
        return Optional.of(new QuotaState(quota, NOW.minus(ago)));
    }

    private static OptionalInt of(Integer number) {
        return number == null ? OptionalInt.empty() : OptionalInt.of(number);
    }
}
