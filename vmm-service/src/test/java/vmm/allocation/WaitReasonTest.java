package vmm.allocation;

import static org.assertj.core.api.Assertions.assertThat;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

import vmm.allocation.Outlook.Obstacle;
import vmm.allocation.Outlook.Place;
import vmm.allocation.WaitReason.Code;

import java.time.Instant;
import java.util.Collections;
import java.util.List;

/** Somebody waits for a pool of at most 4 on two clouds. */
class WaitReasonTest {
    private static final Instant NINE = Instant.parse("2026-11-22T09:00:00Z");
    private static final Instant TEN = Instant.parse("2026-11-22T10:00:00Z");
    private static final Instant SIX = Instant.parse("2026-11-22T18:00:00Z");
    private static final Place WELL = at("diamond", null);
    private static final Place FULL = at("diamond", Obstacle.FULL);
    private static final Place PAUSED = at("rutherford", Obstacle.PAUSED);
    private static final Place BACK = at("didcot", Obstacle.RETURNING);
    private static final Place SICK = new Place("harwell", Obstacle.TROUBLE, NINE, null);
    private static final Place SICKER = new Place("didcot", Obstacle.TROUBLE, TEN, null);
    private static final Place AWAY = new Place("swindon", Obstacle.MAINTENANCE, null, SIX);
    private static final Place SHORTLY = new Place("didcot", Obstacle.MAINTENANCE, null, TEN);

    record Row(String what, Outlook pool, int place, WaitReason why) {
        @Override
        public String toString() {
            return what;
        }
    }

    static List<Row> reasons() {
        return List.of(
                row("one is ready", pool(1, 0, 0, 0, 0, SICK, SICKER), 1, code(Code.READY)),
                row("one is starting", pool(0, 1, 0, 0, 0, SICK, SICKER), 1, code(Code.STARTING)),
                row("one will be started", pool(0, 0, 0, 0, 1, SICK, WELL), 1, code(Code.STARTING)),
                row("it goes to another", pool(1, 1, 0, 0, 0, SICK, SICKER), 3, trouble()),
                row("all are sick", pool(0, 0, 0, 0, 0, SICK, SICKER), 1, trouble()),
                row("also where all are in use", pool(0, 0, 4, 0, 0, SICK, SICKER), 1, trouble()),
                row(
                        "one is sick, one away",
                        pool(0, 0, 0, 0, 0, SICK, AWAY),
                        1,
                        new WaitReason(Code.TROUBLE, NINE, null, List.of("harwell"), null)),
                row(
                        "all are away: the first that is back",
                        pool(0, 0, 0, 0, 0, AWAY, SHORTLY, PAUSED),
                        1,
                        new WaitReason(
                                Code.MAINTENANCE, null, TEN, List.of("swindon", "didcot"), null)),
                row("all are paused", pool(0, 0, 0, 0, 0, PAUSED), 1, code(Code.PAUSED)),
                row(
                        "it takes longer than usual",
                        pool(0, 0, 3, 1, 0, WELL),
                        1,
                        new WaitReason(Code.LATE, NINE, null, List.of(), null)),
                row(
                        "late on a cloud that is sick by now",
                        pool(0, 0, 0, 1, 0, SICK, SICKER),
                        1,
                        trouble()),
                row(
                        "all are in use",
                        pool(0, 0, 4, 0, 0, WELL),
                        1,
                        new WaitReason(Code.ALL_IN_USE, null, SIX, List.of(), 4)),
                row(
                        "the rest goes to people before",
                        pool(0, 1, 3, 0, 0, WELL),
                        2,
                        new WaitReason(Code.ALL_IN_USE, null, SIX, List.of(), null)),
                row(
                        "one is coming back",
                        pool(0, 0, 1, 0, 0, BACK, FULL),
                        1,
                        new WaitReason(Code.RETURNING, null, null, List.of("didcot"), null)),
                row(
                        "those that are well are full",
                        pool(0, 0, 1, 0, 0, SICK, FULL),
                        1,
                        new WaitReason(Code.NO_ROOM, null, SIX, List.of("harwell"), null)),
                row("it is closed", closed(), 1, code(Code.CLOSED)));
    }

    @ParameterizedTest
    @MethodSource("reasons")
    void whoeverWaitsKnowsWhy(Row row) {
        assertThat(WaitReason.of(row.pool(), row.place())).isEqualTo(row.why());
    }

    private static Row row(String what, Outlook pool, int place, WaitReason why) {
        return new Row(what, pool, place, why);
    }

    private static WaitReason trouble() {
        return new WaitReason(Code.TROUBLE, TEN, null, List.of("harwell", "didcot"), null);
    }

    private static WaitReason code(Code code) {
        return new WaitReason(code, null, null, List.of(), null);
    }

    private static Place at(String cloud, @Nullable Obstacle obstacle) {
        return new Place(cloud, obstacle, null, null);
    }

    private static Outlook closed() {
        return new Outlook(1, false, 0, 0, 0, 0, List.of(), 0, null, 0, null, List.of(WELL));
    }

    private static Outlook pool(
            int ready, int warming, int inUse, int late, int room, Place... places) {
        return new Outlook(
                1,
                true,
                4,
                ready,
                inUse,
                1,
                Collections.nCopies(warming, 3.0),
                late,
                late == 0 ? null : NINE,
                room,
                inUse == 0 ? null : SIX,
                List.of(places));
    }
}
