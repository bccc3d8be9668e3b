package vmm.cloud.simulated;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

import vmm.cloud.CloudFailure;
import vmm.cloud.CreateAnswer;
import vmm.cloud.Instance;

import java.time.Duration;
import java.util.Collections;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.stream.IntStream;

/** What each kind of weather does, seen from the caller and from the truth. */
class WeatherTest {

    private final World world = new World();
    private final SimulatedCloud cloud = world.open(Map.of());

    @Test
    void lostReplyTakesEffectAndIsUnknown() {
        cloud.setWeather(Weather.CALM.with("lostReply", 1));

        assertThat(cloud.create(World.spec("vm-1"))).isInstanceOf(CreateAnswer.Unknown.class);
        assertThat(cloud.truth()).hasSize(1);
        assertThat(cloud.faults()).containsEntry(Fault.LOST_REPLY, 1L);
    }

    @Test
    void deleteWhoseReplyIsLostTakesEffectAndFails() {
        var id = create("vm-1");
        cloud.setWeather(Weather.CALM.with("lostReply", 1));

        assertThatThrownBy(() -> cloud.delete(id)).isInstanceOf(CloudFailure.Unreachable.class);
        assertThat(statusOf(id)).isEqualTo(Instance.Status.DELETING);
    }

    @Test
    void serverErrorHasNoEffectWhichTheCallerCannotKnow() {
        cloud.setWeather(Weather.CALM.with("failBefore", 1));

        assertThat(cloud.create(World.spec("vm-1"))).isInstanceOf(CreateAnswer.Unknown.class);
        assertThat(cloud.truth()).isEmpty();
    }

    @Test
    void outageRefusesEverythingAndLeavesInstancesAlone() throws CloudFailure {
        var id = create("vm-1");
        cloud.setWeather(Weather.CALM.with("outage", true));

        assertThat(cloud.create(World.spec("vm-2"))).isInstanceOf(CreateAnswer.Refused.class);
        assertThatThrownBy(cloud::list).isInstanceOf(CloudFailure.Unreachable.class);
        assertThatThrownBy(() -> cloud.delete(id)).isInstanceOf(CloudFailure.Unreachable.class);
        cloud.setWeather(Weather.CALM);
        assertThat(cloud.list()).extracting(Instance::id).containsExactly(id);
    }

    @Test
    void hangingCallLastsItsWholeDeadlineAndHalfOfThemTakeEffect() {
        cloud.setWeather(Weather.CALM.with("hang", 1));

        for (int i = 0; i < 100; i++) {
            assertThat(cloud.create(World.spec("vm-" + i)))
                    .isInstanceOf(CreateAnswer.Unknown.class);
        }
        assertThatThrownBy(cloud::list).isInstanceOf(CloudFailure.Unreachable.class);

        assertThat(world.pauses).isEqualTo(Collections.nCopies(101, World.CALL_TIMEOUT));
        assertThat(cloud.truth()).hasSizeBetween(30, 70);
    }

    @Test
    void lateBirthIsUnknownAndAppearsLater() throws CloudFailure {
        cloud.setWeather(Weather.CALM.with("lateBirth", 1).with("lateBy", "PT40S"));

        assertThat(cloud.create(World.spec("vm-1"))).isInstanceOf(CreateAnswer.Unknown.class);
        assertThat(world.pauses).containsExactly(World.CALL_TIMEOUT);
        world.advance("PT39S");
        assertThat(cloud.list()).isEmpty();
        assertThat(cloud.truth()).isEmpty();
        assertThat(cloud.unborn()).isEqualTo(1);
        world.advance("PT1S");
        assertThat(cloud.list()).hasSize(1);
        assertThat(cloud.unborn()).isZero();
    }

    @Test
    void laggingListShowsNeitherBirthsNorDeletionsYetWhileGetSeesTheTruth() throws CloudFailure {
        var old = create("vm-1");
        cloud.setWeather(Weather.CALM.with("listLag", "PT10S"));
        world.advance("PT10S");
        var young = create("vm-2");
        cloud.delete(old);
        world.advance("PT9S");

        assertThat(cloud.list()).extracting(Instance::id).containsExactly(old);
        assertThat(cloud.list())
                .extracting(Instance::status)
                .doesNotContain(Instance.Status.DELETING);
        assertThat(cloud.get(young)).isPresent();
        assertThat(cloud.get(old)).isEmpty();
        world.advance("PT3S");
        assertThat(cloud.list()).extracting(Instance::id).containsExactly(young);
    }

    @Test
    void staleListShowsTheWorldAsItWas() throws CloudFailure {
        var gone = create("vm-1");
        world.advance("PT60S");
        cloud.vanish(gone);
        create("vm-2");
        cloud.setWeather(Weather.CALM.with("staleList", 1).with("staleBy", "PT30S"));

        assertThat(cloud.list()).extracting(Instance::id).containsExactly(gone);
        world.advance("PT31S");
        assertThat(cloud.list())
                .extracting(instance -> instance.tags().vmId())
                .containsExactly("vm-2");
    }

    @Test
    void emptyListIsAGoodAnswerWithNothingInIt() throws CloudFailure {
        var id = create("vm-1");
        cloud.setWeather(Weather.CALM.with("emptyList", 1));

        assertThat(cloud.list()).isEmpty();
        assertThat(cloud.get(id)).isPresent();
    }

    @Test
    void instancesBuildThenRunAndSomeNeverDoAndSomeFail() {
        var good = create("vm-1");
        cloud.setWeather(Weather.CALM.with("neverBoots", 1));
        var building = create("vm-2");
        cloud.setWeather(Weather.CALM.with("errorInstances", 1));
        var broken = create("vm-3");
        cloud.setWeather(Weather.CALM.with("slowBoot", 1).with("slowBootFactor", 100));
        var slow = create("vm-4");

        assertThat(statusOf(good)).isEqualTo(Instance.Status.BUILDING);
        world.advance("PT1M");
        assertThat(statusOf(good)).isEqualTo(Instance.Status.RUNNING);
        assertThat(statusOf(building)).isEqualTo(Instance.Status.BUILDING);
        assertThat(statusOf(broken)).isEqualTo(Instance.Status.ERROR);
        assertThat(statusOf(slow)).isEqualTo(Instance.Status.BUILDING);
        world.advance("PT1H");
        assertThat(statusOf(building)).isEqualTo(Instance.Status.BUILDING);
        assertThat(statusOf(slow)).isEqualTo(Instance.Status.RUNNING);
    }

    @Test
    void bootTimesVaryAroundTheirMean() {
        cloud.setWeather(Weather.CALM.with("bootTime", "PT100S").with("bootJitter", 0.5));
        for (int i = 0; i < 200; i++) create("vm-" + i);

        var boots =
                cloud.truth().stream()
                        .mapToLong(
                                instance ->
                                        Duration.between(instance.createdAt(), instance.reportsAt())
                                                .toSeconds())
                        .summaryStatistics();
        assertThat(boots.getMin()).isBetween(50L, 60L);
        assertThat(boots.getMax()).isBetween(140L, 150L);
        assertThat(boots.getAverage()).isBetween(93.0, 107.0);
    }

    @Test
    void capacityIsNeverExceededByCreatesAtTheSameTimeThroughSeveralReplicas() throws Exception {
        var replica = world.open(Map.of());
        cloud.setWeather(Weather.CALM.with("capacity", 10));
        var creates =
                IntStream.range(0, 40)
                        .<Callable<CreateAnswer>>mapToObj(
                                i ->
                                        () ->
                                                (i % 2 == 0 ? cloud : replica)
                                                        .create(World.spec("vm-" + i)))
                        .toList();

        try (var threads = Executors.newFixedThreadPool(8)) {
            var answers =
                    threads.invokeAll(creates).stream()
                            .map(java.util.concurrent.Future::resultNow)
                            .toList();
            assertThat(answers).filteredOn(CreateAnswer.Accepted.class::isInstance).hasSize(10);
        }
        assertThat(cloud.truth()).hasSize(10);
    }

    @Test
    void roomComesBackOnlyWhenADeletedInstanceIsGone() throws CloudFailure {
        cloud.setWeather(Weather.CALM.with("quota", 1).with("deleteTime", "PT30S"));
        var id = create("vm-1");
        cloud.delete(id);

        world.advance("PT29S");
        assertThat(cloud.create(World.spec("vm-2"))).isInstanceOf(CreateAnswer.Refused.class);
        assertThat(cloud.quota().usedInstances()).hasValue(1);
        world.advance("PT1S");
        assertThat(cloud.create(World.spec("vm-2"))).isInstanceOf(CreateAnswer.Accepted.class);
    }

    @Test
    void weatherIsTheSameForAllReplicasWithinASecondAndOutlivesThem() {
        var replica = world.open(Map.of());
        assertThat(replica.weather()).isEqualTo(Weather.CALM);
        var storm = Weather.CALM.with("outage", true);
        cloud.setWeather(storm);
        assertThat(cloud.weather()).isEqualTo(storm);
        world.advance("PT1S");

        assertThat(replica.weather()).isEqualTo(storm);
        assertThat(world.open(Map.of()).weather()).isEqualTo(storm);
    }

    @Test
    void changedFleetFileReplacesTheWeather() {
        cloud.setWeather(Weather.CALM.with("outage", true));

        assertThat(world.open(Map.of("bootTime", "PT3S")).weather())
                .isEqualTo(Weather.CALM.with("bootTime", "PT3S"));
    }

    @Test
    void sameSeedMakesTheSameWorld() {
        var options = Map.of("lostReply", "0.3", "failBefore", "0.3", "neverBoots", "0.3");
        var first = new World();
        var second = new World();
        var one = first.open(options);
        var two = second.open(options);
        for (int i = 0; i < 30; i++) {
            assertThat(two.create(World.spec("vm-" + i)))
                    .hasSameClassAs(one.create(World.spec("vm-" + i)));
        }

        assertThat(two.truth()).isEqualTo(one.truth());
        assertThat(two.faults()).isEqualTo(one.faults());
    }

    private String create(String vmId) {
        var answer = cloud.create(World.spec(vmId));
        assertThat(answer).isInstanceOf(CreateAnswer.Accepted.class);
        return ((CreateAnswer.Accepted) answer).instanceId();
    }

    private Instance.Status statusOf(String id) {
        return cloud.truth().stream()
                .filter(instance -> instance.id().equals(id))
                .map(instance -> instance.statusAt(world.clock.instant()))
                .findFirst()
                .orElseThrow();
    }
}
