package vmm.placement;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;

class PlacementTest {
    private static Shelf shelf(
            int position, String cloud, int weight, int counted, int ownRoom, int cloudRoom) {
        return new Shelf(
                position,
                cloud,
                "image",
                "m" + position,
                null,
                Map.of(),
                weight,
                counted,
                ownRoom,
                cloudRoom,
                Shelf.Standing.OFFERED,
                null,
                false);
    }

    private static Shelf blocked(Shelf shelf) {
        return new Shelf(
                shelf.position(),
                shelf.cloud(),
                shelf.image(),
                shelf.flavor(),
                null,
                Map.of(),
                shelf.weight(),
                shelf.counted(),
                shelf.ownRoom(),
                shelf.cloudRoom(),
                Shelf.Standing.CLOSED,
                "paused",
                false);
    }

    /**
     * Launches until nothing can be launched, or as often as asked; how many went to each position.
     */
    private static Map<Integer, Integer> launch(List<Shelf> start, int wanted) {
        var shelves = new ArrayList<>(start);
        var launched = new TreeMap<Integer, Integer>();
        for (int i = 0; i < wanted; i++) {
            var chosen = Placement.choose(shelves);
            if (chosen.isEmpty()) break;
            launched.merge(chosen.get().position(), 1, Integer::sum);
            shelves.replaceAll(shelf -> shelf.afterLaunchOn(chosen.get()));
        }
        return launched;
    }

    @Test
    void sharesFollowTheWeights() {
        var shelves =
                List.of(
                        shelf(0, "harwell", 70, 0, 1000, 1000),
                        shelf(1, "ireland", 30, 0, 1000, 1000));
        assertThat(launch(shelves, 100)).isEqualTo(Map.of(0, 70, 1, 30));
    }

    @Test
    void whatIsThereAlreadyCountsForTheShare() {
        var shelves =
                List.of(
                        shelf(0, "harwell", 50, 10, 1000, 1000),
                        shelf(1, "ireland", 50, 0, 1000, 1000));
        assertThat(launch(shelves, 10)).isEqualTo(Map.of(1, 10));
    }

    @Test
    void aWeightOfZeroIsALastResort() {
        var shelves = List.of(shelf(0, "harwell", 0, 0, 9, 9), shelf(1, "ireland", 1, 5, 2, 9));
        assertThat(launch(shelves, 4)).isEqualTo(Map.of(1, 2, 0, 2));
    }

    @Test
    void anObstacleSendsAllElsewhere() {
        var shelves =
                List.of(
                        blocked(shelf(0, "harwell", 90, 0, 9, 9)),
                        shelf(1, "ireland", 10, 0, 9, 9));
        assertThat(launch(shelves, 4)).isEqualTo(Map.of(1, 4));
    }

    @Test
    void nothingIsChosenWhereThereIsNoRoom() {
        assertThat(
                        Placement.choose(
                                List.of(
                                        shelf(0, "harwell", 1, 0, 0, 9),
                                        shelf(1, "ireland", 1, 0, 9, 0))))
                .isEmpty();
        assertThat(Placement.choose(List.of())).isEmpty();
    }

    @Test
    void twoShelvesOfOneCloudShareItsRoom() {
        var shelves = List.of(shelf(0, "harwell", 50, 0, 9, 3), shelf(1, "harwell", 50, 0, 9, 3));
        assertThat(launch(shelves, 9)).isEqualTo(Map.of(0, 2, 1, 1));
    }

    @Test
    void noRoomIsEverExceeded() {
        var dice = new SplittableRandom(20260302);
        for (int round = 0; round < 2000; round++) {
            var room = Map.of("a", dice.nextInt(8), "b", dice.nextInt(8), "c", dice.nextInt(8));
            var shelves = new ArrayList<Shelf>();
            for (int i = 0; i < 1 + dice.nextInt(5); i++) {
                String cloud = "abc".substring(i % 3, i % 3 + 1);
                var shelf =
                        shelf(
                                i,
                                cloud,
                                dice.nextInt(4) * 10,
                                dice.nextInt(5),
                                dice.nextInt(6),
                                room.get(cloud));
                shelves.add(dice.nextInt(5) == 0 ? blocked(shelf) : shelf);
            }
            var launched = launch(shelves, 30);
            var byCloud = new TreeMap<String, Integer>();
            for (var shelf : shelves) {
                int here = launched.getOrDefault(shelf.position(), 0);
                assertThat(here).isLessThanOrEqualTo(shelf.usable() ? shelf.ownRoom() : 0);
                byCloud.merge(shelf.cloud(), here, Integer::sum);
            }
            byCloud.forEach((cloud, here) -> assertThat(here).isLessThanOrEqualTo(room.get(cloud)));
        }
    }
}
