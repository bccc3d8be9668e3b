package vmm.maintenance;

import static org.assertj.core.api.Assertions.assertThat;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

import vmm.cloud.Offering;
import vmm.clouds.QuotaRoom;
import vmm.maintenance.MaintenanceWindow.Kind;
import vmm.maintenance.WindowPreview.Elsewhere;
import vmm.maintenance.WindowPreview.Placed;
import vmm.maintenance.WindowPreview.PoolNow;
import vmm.maintenance.WindowPreview.Proposal;
import vmm.maintenance.WindowPreview.Raise;
import vmm.maintenance.WindowPreview.Session;
import vmm.pool.Pool;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.UUID;
import java.util.stream.Collectors;
import java.util.stream.Stream;

class WindowPreviewTest {
    private static final Instant FROM = Instant.parse("2026-11-22T08:00:00Z");
    private static final Instant TO = Instant.parse("2026-11-22T18:00:00Z");

    private static Proposal proposal(Kind kind) {
        var lead = kind == Kind.UNAVAILABLE ? Duration.ofMinutes(7) : Duration.ZERO;
        return new Proposal("harwell", kind, FROM, TO, lead, FROM.minus(lead));
    }

    private static Elsewhere cloud(String name, @Nullable Integer cap, int live) {
        return new Elsewhere(name, cap, live, Optional.empty(), null, false);
    }

    private static Map<String, Elsewhere> clouds(Elsewhere... clouds) {
        return Stream.of(clouds).collect(Collectors.toMap(Elsewhere::cloud, cloud -> cloud));
    }

    private static Placed on(
            String cloud, int position, int weight, int live, @Nullable Integer max) {
        return new Placed(
                new Pool.Place(position, cloud, "image", "small", null, Map.of(), weight, max),
                live,
                live);
    }

    /** Six READY and one warming on harwell, of a target of 10 with 3 on kepler. */
    private static PoolNow muon(int maxSize, Placed... elsewhere) {
        var placements = new ArrayList<Placed>();
        placements.add(on("harwell", 0, 70, 9, null));
        placements.addAll(List.of(elsewhere));
        return new PoolNow("muon", 10, maxSize, 12, 2, 6, 1, 2, 3, placements);
    }

    private static WindowPreview preview(Map<String, Elsewhere> clouds, PoolNow... pools) {
        return WindowPreview.of(proposal(Kind.UNAVAILABLE), List.of(pools), clouds, List.of());
    }

    @Test
    void whatIsThereIsReplacedElsewhereByWeight() {
        var preview =
                preview(
                        clouds(cloud("kepler", 100, 20), cloud("ada", null, 0)),
                        muon(40, on("kepler", 1, 20, 3, null), on("ada", 2, 10, 0, null)));
        assertThat(preview.enough()).isTrue();
        assertThat(preview.leadSeconds()).isEqualTo(420);
        assertThat(preview.preparationBegins()).isEqualTo("2026-11-22T07:53:00Z");
        var pool = preview.pools().getFirst();
        assertThat(pool.raised()).containsExactly(new Raise("ada", 3), new Raise("kepler", 4));
        assertThat(pool.missing()).isZero();
        assertThat(pool.why())
                .isEqualTo("6 ready and 1 warming there go; launched: 3 on ada, 4 on kepler");
        assertThat(preview.summary())
                .isEqualTo(
                        "harwell loses 7 ready or warming VMs of 1 pools; 7 are launched on other"
                                + " clouds before the start, 0 remain missing. Machines in use"
                                + " there at the start: 0, of which 0 have leases that end before"
                                + " 2026-11-22T18:00:00Z.");
    }

    @Test
    void tooSmallACapIsToldInNumbers() {
        var preview =
                preview(clouds(cloud("kepler", 24, 20)), muon(40, on("kepler", 1, 20, 3, null)));
        assertThat(preview.enough()).isFalse();
        var pool = preview.pools().getFirst();
        assertThat(pool.raised()).containsExactly(new Raise("kepler", 4));
        assertThat(pool.missing()).isEqualTo(3);
        assertThat(pool.why())
                .isEqualTo(
                        "6 ready and 1 warming there go; launched: 4 on kepler; 3 missing of the"
                                + " target of 10: the cap of kepler (24) leaves 4");
        assertThat(preview.summary())
                .contains("4 are launched")
                .contains("3 remain missing (muon 3).");
    }

    @Test
    void tooSmallAQuotaIsToldInNumbers() {
        var kepler = limited(OptionalLong.of(2), OptionalLong.empty(), OptionalLong.empty());
        var pool =
                preview(clouds(kepler), muon(40, on("kepler", 1, 20, 3, null))).pools().getFirst();
        assertThat(pool.raised()).containsExactly(new Raise("kepler", 2));
        assertThat(pool.missing()).isEqualTo(5);
        assertThat(pool.why())
                .endsWith("5 missing of the target of 10: the quota of kepler leaves 2");
    }

    private static Elsewhere limited(
            OptionalLong instances, OptionalLong vcpus, OptionalLong ramMb) {
        var sizes =
                Map.of(
                        "small",
                        new Offering("small", 4, 8192, 0),
                        "big",
                        new Offering("big", 16, 65536, 0));
        var left = new QuotaRoom.Left(instances, vcpus, ramMb, sizes);
        return new Elsewhere("kepler", 100, 20, Optional.of(left), null, false);
    }

    @Test
    void tooFewCoresOrTooLittleMemoryAreToldInNumbers() {
        var many = OptionalLong.of(50);
        var cores = limited(many, OptionalLong.of(13), OptionalLong.of(1_000_000));
        var pool = muon(40, on("kepler", 1, 20, 3, null));
        assertThat(preview(clouds(cores), pool).pools().getFirst().why())
                .endsWith(
                        "launched: 3 on kepler; 4 missing of the target of 10: the quota of kepler"
                                + " leaves 13 vCPUs, 3 of small with 4 each");
        var memory = limited(many, OptionalLong.of(100), OptionalLong.of(16_384));
        assertThat(preview(clouds(memory), pool).pools().getFirst().why())
                .endsWith(
                        "launched: 2 on kepler; 5 missing of the target of 10: the quota of kepler"
                                + " leaves 16384 MiB of memory, 2 of small with 8192 each");
    }

    @Test
    void flavorsShareTheCoresOfACloud() {
        var cores = limited(OptionalLong.empty(), OptionalLong.of(32), OptionalLong.empty());
        var big =
                new Placed(
                        new Pool.Place(2, "kepler", "image", "big", null, Map.of(), 1000, null),
                        0,
                        0);
        var pool = muon(40, on("kepler", 1, 0, 3, null), big);
        assertThat(preview(clouds(cores), pool).pools().getFirst().missing()).isEqualTo(7 - 2);
    }

    @Test
    void tooSmallAMaxSizeIsToldInNumbers() {
        var pool =
                preview(clouds(cloud("kepler", null, 20)), muon(14, on("kepler", 1, 20, 3, null)))
                        .pools()
                        .getFirst();
        assertThat(pool.raised()).containsExactly(new Raise("kepler", 2));
        assertThat(pool.missing()).isEqualTo(5);
        assertThat(pool.why())
                .endsWith(
                        "5 missing of the target of 10: max size 14 leaves 2 while the 7 on harwell"
                                + " are there; the rest follows at the start");
    }

    @Test
    void aPlacementsOwnMaximumAnObstacleAndNoPlacementAreTold() {
        var shut = new Elsewhere("ada", null, 0, Optional.empty(), "paused: storage", false);
        var pool =
                preview(
                                clouds(cloud("kepler", null, 20), shut),
                                muon(40, on("kepler", 1, 20, 3, 5), on("ada", 2, 10, 0, null)))
                        .pools()
                        .getFirst();
        assertThat(pool.raised()).containsExactly(new Raise("kepler", 2));
        assertThat(pool.why())
                .endsWith(
                        "5 missing of the target of 10: its placement on kepler (small) allows 5;"
                                + " ada: paused: storage");
        assertThat(preview(clouds(), muon(40)).pools().getFirst().why())
                .endsWith("7 missing of the target of 10: it has no placement on another cloud");
    }

    @Test
    void poolsShareTheRoomOfACloudAndTheEmptiestTakesFirst() {
        var laser =
                new PoolNow(
                        "laser",
                        4,
                        20,
                        4,
                        0,
                        4,
                        0,
                        0,
                        0,
                        List.of(on("harwell", 0, 1, 4, null), on("kepler", 1, 1, 0, null)));
        var preview =
                preview(
                        clouds(cloud("kepler", 26, 20)),
                        muon(40, on("kepler", 1, 20, 3, null)),
                        laser);
        assertThat(preview.pools()).extracting("pool").containsExactly("laser", "muon");
        assertThat(preview.pools()).extracting("missing").containsExactly(0, 5);
        assertThat(preview.summary()).contains("of 2 pools; 6 are launched").contains("(muon 5)");
    }

    @Test
    void aCloudAtRiskIsTakenLast() {
        var risky = new Elsewhere("ada", null, 0, Optional.empty(), null, true);
        var pool =
                preview(
                                clouds(cloud("kepler", 25, 20), risky),
                                muon(40, on("kepler", 1, 20, 3, null), on("ada", 2, 90, 0, null)))
                        .pools()
                        .getFirst();
        assertThat(pool.raised()).containsExactly(new Raise("ada", 2), new Raise("kepler", 5));
    }

    @Test
    void whatIsEnoughElsewhereNeedsNothing() {
        var idle =
                new PoolNow(
                        "idle",
                        2,
                        20,
                        5,
                        0,
                        2,
                        0,
                        0,
                        3,
                        List.of(on("harwell", 0, 1, 2, null), on("kepler", 1, 1, 3, null)));
        var pool = preview(clouds(cloud("kepler", 3, 3)), idle).pools().getFirst();
        assertThat(pool.raised()).isEmpty();
        assertThat(pool.missing()).isZero();
        assertThat(pool.why())
                .isEqualTo(
                        "2 ready and 0 warming there go; 3 elsewhere are enough for the target of"
                                + " 2");
    }

    @Test
    void maxSizeLimitsWhatIsWantedToo() {
        var pool =
                new PoolNow(
                        "full",
                        10,
                        12,
                        12,
                        8,
                        4,
                        0,
                        8,
                        0,
                        List.of(on("harwell", 0, 1, 12, null), on("kepler", 1, 1, 0, null)));
        assertThat(preview(clouds(cloud("kepler", null, 0)), pool).pools().getFirst().why())
                .contains("4 missing of the target of 10, of which max size 12 leaves 4");
    }

    @Test
    void theOtherKindsTakeNothingAway() {
        var pool = muon(40, on("kepler", 1, 20, 3, null));
        var full = clouds(cloud("kepler", 20, 20));
        var noNew = WindowPreview.of(proposal(Kind.NO_NEW), List.of(pool), full, List.of());
        assertThat(noNew.enough()).isTrue();
        assertThat(noNew.leadSeconds()).isZero();
        assertThat(noNew.pools().getFirst().why())
                .isEqualTo(
                        "nothing is lost, but what is taken is not replaced before the end: the cap"
                                + " of kepler (20) leaves 0");
        assertThat(noNew.summary())
                .startsWith("Nothing is launched on harwell; the 6 ready there are handed out.");
        var risk = WindowPreview.of(proposal(Kind.AT_RISK), List.of(pool), full, List.of());
        assertThat(risk.pools().getFirst().why())
                .isEqualTo("nothing is lost; launches still go there: no other cloud has room");
        var roomy = clouds(cloud("kepler", 30, 20));
        assertThat(
                        WindowPreview.of(proposal(Kind.AT_RISK), List.of(pool), roomy, List.of())
                                .pools()
                                .getFirst()
                                .why())
                .isEqualTo("nothing is lost; launches go to kepler");
    }

    @Test
    void sessionsAreCounted() {
        var within = new Session(new UUID(0, 1), "ada", "muon", new UUID(0, 2), TO, true);
        var beyond =
                new Session(
                        new UUID(0, 3), "bob", "muon", new UUID(0, 4), TO.plusSeconds(1), false);
        assertThat(
                        WindowPreview.of(
                                        proposal(Kind.UNAVAILABLE),
                                        List.of(),
                                        Map.of(),
                                        List.of(within, beyond))
                                .summary())
                .contains("Machines in use there at the start: 2, of which 1 have leases that end");
    }
}
