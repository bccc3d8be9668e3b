package vmm.cloud.simulated;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

import vmm.cloud.CloudFailure;
import vmm.cloud.CloudProviderFactory.Surroundings;
import vmm.cloud.CreateAnswer;
import vmm.cloud.LaunchSpec;

import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.stream.IntStream;

/** What guests send, and when. */
class GuestsTest {

    private static final Map<String, String> OPTIONS =
            Map.of("bootTime", "PT10S", "bootJitter", "0");
    private static final String READY = "http://vmm.example/api/v1/guest/ready";
    private static final String ACTIVITY = "http://vmm.example/api/v1/guest/activity";

    private final World world = new World();
    private final SimulatedCloud cloud = world.open(OPTIONS);

    @Test
    void guestReportsReadyOnceItIsUpAndNotBefore() {
        create("vm-1");
        world.advance("PT9S");
        assertThat(cloud.tick(100)).isZero();
        world.advance("PT1S");
        assertThat(cloud.tick(100)).isEqualTo(1);
        assertThat(cloud.tick(100)).isZero();

        assertThat(world.reports)
                .singleElement()
                .satisfies(
                        report -> {
                            assertThat(report.url()).isEqualTo(READY);
                            assertThat(report.token()).isEqualTo("token of vm-1");
                            assertThat(report.json())
                                    .contains(
                                            "\"imageName\":\"muon\"",
                                            "\"imageVersion\":",
                                            "\"addresses\":[\"10.",
                                            "\"hostKeys\":[")
                                    .doesNotContain("hush");
                        });
    }

    @Test
    void reportedAddressIsTheOneThatTheCloudShows() throws CloudFailure {
        var id = create("vm-1");
        world.advance("PT10S");
        cloud.tick(100);

        var address = cloud.get(id).orElseThrow().address();
        assertThat(world.reports.getFirst().json()).contains("[\"" + address + "\"]");
    }

    @Test
    void readyIsRepeatedUntilItIsAnswered() {
        create("vm-1");
        world.advance("PT10S");
        for (int answer : new int[] {0, 503, 401}) {
            world.answer = answer;
            assertThat(cloud.tick(100)).isEqualTo(1);
            assertThat(cloud.tick(100)).isZero();
            world.advance("PT5S");
        }
        world.answer = 204;
        assertThat(cloud.tick(100)).isEqualTo(1);

        assertThat(world.reports)
                .extracting(World.Report::url)
                .containsExactly(READY, READY, READY);
        assertThat(cloud.truth().getFirst().reportedAt()).isEqualTo(world.clock.instant());
    }

    @Test
    void guestWhoseVmIsGoingFallsSilent() {
        create("vm-1");
        world.answer = 410;
        world.advance("PT10S");
        assertThat(cloud.tick(100)).isEqualTo(1);
        world.advance("PT1H");

        assertThat(cloud.tick(100)).isZero();
        assertThat(cloud.truth().getFirst().reportedAt()).isNull();
    }

    @Test
    void readyGuestReportsItsActivityEveryMinuteWhateverTheAnswer() {
        create("vm-1");
        world.advance("PT10S");
        cloud.tick(100);
        world.reports.clear();
        for (int i = 0; i < 6; i++) {
            world.answer = i == 2 ? 0 : 204;
            world.advance("PT30S");
            cloud.tick(100);
        }

        assertThat(world.reports)
                .extracting(World.Report::url)
                .containsExactly(ACTIVITY, ACTIVITY, ACTIVITY);
        assertThat(world.reports.getFirst().json())
                .startsWith("{\"at\":\"2026-03-01T08:01:10Z\",\"sessions\":[")
                .contains("\"kernelsBusy\":0", "\"cpuPercent\":");
    }

    @Test
    void shareOfGuestsThatNobodyUsesFollowsTheIdleRatioAndIsStable() {
        for (int i = 0; i < 500; i++) create("vm-" + i);
        world.advance("PT10S");
        cloud.tick(1_000);
        world.reports.clear();
        world.advance("PT1M");
        cloud.tick(1_000);

        var idle =
                world.reports.stream()
                        .filter(report -> report.json().contains("\"sessions\":[]"))
                        .toList();
        assertThat(world.reports).hasSize(500);
        assertThat(idle).hasSizeBetween(110, 190);
        assertThat(idle).allMatch(report -> report.json().contains("\"cpuPercent\":1.0"));
        assertThat(cloud.truth())
                .filteredOn(instance -> !cloud.isUsed(instance.id()))
                .hasSize(idle.size());
    }

    @Test
    void guestsThatAreDeletedStoppedOrVanishedSayNothing() throws CloudFailure {
        var deleted = create("vm-1");
        var stopped = create("vm-2");
        var vanished = create("vm-3");
        create("vm-4");
        world.advance("PT6S");
        cloud.delete(deleted);
        assertThat(cloud.stop(stopped)).isTrue();
        assertThat(cloud.vanish(vanished)).isTrue();
        world.advance("PT1H");
        cloud.tick(100);

        assertThat(world.reports).extracting(World.Report::token).containsExactly("token of vm-4");
    }

    @Test
    void startedInstanceBootsAndReportsAnew() throws CloudFailure {
        var id = create("vm-1");
        world.advance("PT10S");
        cloud.tick(100);
        cloud.stop(id);
        world.advance("PT1H");
        cloud.start(id);
        world.advance("PT10S");
        cloud.tick(100);

        assertThat(world.reports).extracting(World.Report::url).containsExactly(READY, READY);
    }

    @Test
    void someGuestsNeverReport() {
        cloud.setWeather(cloud.weather().with("neverReports", 1));
        create("vm-1");
        world.advance("PT1H");

        assertThat(cloud.tick(100)).isZero();
    }

    @Test
    void guestWithoutAnUrlDoesNothing() {
        var spec = World.spec("vm-1");
        cloud.create(
                new LaunchSpec(
                        spec.name(), spec.tags(), "muon", "l3.micro", null, "#cloud-config\n"));
        world.advance("PT10S");
        cloud.tick(100);

        assertThat(world.reports).isEmpty();
        world.advance("PT1H");
        assertThat(cloud.tick(100)).isZero();
    }

    @Test
    void tickIsBoundedAndTheLongestOverdueComeFirst() {
        for (int i = 0; i < 30; i++) {
            create("vm-" + i);
            world.advance("PT1S");
        }
        world.advance("PT10S");
        assertThat(cloud.tick(20)).isEqualTo(20);

        assertThat(world.reports)
                .extracting(World.Report::token)
                .isEqualTo(IntStream.range(0, 20).mapToObj(i -> "token of vm-" + i).toList());
        assertThat(cloud.tick(20)).isEqualTo(10);
    }

    @Test
    void twoReplicasTickingAtOnceSendEachReportOnce() throws Exception {
        var tokens = Collections.synchronizedList(new ArrayList<String>());
        var replicas = List.of(replica(tokens), replica(tokens));
        for (int i = 0; i < 200; i++) create("vm-" + i);
        world.advance("PT10S");
        var ticks =
                IntStream.range(0, 8)
                        .<Callable<Integer>>mapToObj(i -> () -> replicas.get(i % 2).tick(50))
                        .toList();
        try (var threads = Executors.newFixedThreadPool(8)) {
            for (var tick : threads.invokeAll(ticks)) tick.get();
        }
        replicas.getFirst().tick(1_000);

        assertThat(tokens).hasSize(200);
        assertThat(new HashSet<>(tokens)).hasSize(200);
    }

    @Test
    void replicaThatDiesWhileSendingLeavesTheReportToAnother() {
        create("vm-1");
        world.advance("PT10S");
        var dying =
                new SimulatedCloud(
                        world.config(World.INSTALLATION, OPTIONS),
                        new Surroundings(world.clock, World.database()),
                        new SplittableRandom(1),
                        Pause.REAL,
                        (url, token, json) -> {
                            throw new IllegalStateException("killed");
                        });
        assertThatThrownBy(() -> dying.tick(100)).hasMessage("killed");
        assertThat(cloud.tick(100)).isZero();
        world.advance("PT30S");

        assertThat(cloud.tick(100)).isEqualTo(1);
        assertThat(world.reports).hasSize(1);
    }

    private SimulatedCloud replica(List<String> tokens) {
        return new SimulatedCloud(
                world.config(World.INSTALLATION, OPTIONS),
                new Surroundings(world.clock, World.database()),
                new SplittableRandom(1),
                Pause.REAL,
                (url, token, json) -> {
                    tokens.add(token);
                    return 204;
                });
    }

    private String create(String vmId) {
        return ((CreateAnswer.Accepted) cloud.create(World.spec(vmId))).instanceId();
    }
}
