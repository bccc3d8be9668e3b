package vmm.cloud.simulated;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

import vmm.cloud.CloudFailure;
import vmm.cloud.CreateAnswer;
import vmm.cloud.Instance;
import vmm.cloud.Tags;

import java.util.Map;

/** What the owner of a simulated cloud sees and does behind the service's back. */
class OwnerTest {

    private final World world = new World();
    private final SimulatedCloud cloud = world.open(Map.of("bootTime", "PT10S"));

    @Test
    void truthShowsEveryInstallationAndNoWeather() throws CloudFailure {
        var ours = create("vm-1");
        var foreign = cloud.createForeign(new Tags("somebody", null, "vm-1"));
        cloud.setWeather(Weather.CALM.with("outage", true));

        assertThat(cloud.truth())
                .extracting(SimulatedInstance::id)
                .containsExactlyInAnyOrder(ours, foreign);
        cloud.setWeather(Weather.CALM);
        assertThat(cloud.list()).extracting(Instance::id).containsExactly(ours);
    }

    @Test
    void instanceOfAnotherStoreWithoutAnyRowCanBePlanted() throws CloudFailure {
        var planted = cloud.createForeign(new Tags(World.INSTALLATION, "store-2", null));

        assertThat(cloud.list())
                .singleElement()
                .satisfies(
                        instance -> {
                            assertThat(instance.id()).isEqualTo(planted);
                            assertThat(instance.tags())
                                    .isEqualTo(new Tags(World.INSTALLATION, "store-2", null));
                            assertThat(instance.status()).isEqualTo(Instance.Status.RUNNING);
                        });
    }

    @Test
    void doubleHasTheSameVmAndReportsToo() throws CloudFailure {
        var original = create("vm-1");
        world.advance("PT5S");
        var twin = cloud.duplicate(original);

        assertThat(cloud.list()).extracting(Instance::id).containsExactly(original, twin);
        assertThat(cloud.list())
                .extracting(instance -> instance.tags().vmId())
                .containsOnly("vm-1");
        world.advance("PT20S");
        cloud.tick(10);
        assertThat(world.reports)
                .extracting(World.Report::token)
                .containsExactly("token of vm-1", "token of vm-1");
    }

    @Test
    void vanishedInstanceIsGoneAtOnceAndOnlyOnce() throws CloudFailure {
        var victim = create("vm-1");
        var survivor = create("vm-2");

        assertThat(cloud.vanish(victim)).isTrue();
        assertThat(cloud.vanish(victim)).isFalse();
        assertThat(cloud.get(victim)).isEmpty();
        assertThat(cloud.list()).extracting(Instance::id).containsExactly(survivor);
    }

    @Test
    void onlyARunningInstanceCanBeShutOff() {
        var id = create("vm-1");
        assertThat(cloud.stop(id)).isFalse();
        world.advance("PT10S");

        assertThat(cloud.stop(id)).isTrue();
        assertThat(cloud.stop(id)).isFalse();
    }

    @Test
    void goneInstancesAreForgottenAfterAWhileAndOthersStay() throws CloudFailure {
        var gone = create("vm-1");
        var survivor = create("vm-2");
        cloud.delete(gone);
        world.advance("PT10M");
        cloud.tick(10);
        assertThat(cloud.userDataOf(gone)).isPresent();
        world.advance("PT10M");
        cloud.tick(10);

        assertThat(cloud.userDataOf(gone)).isEmpty();
        assertThat(cloud.userDataOf(survivor)).isPresent();
    }

    @Test
    void secondDeleteDoesNotPutTheEndOff() throws CloudFailure {
        var id = create("vm-1");
        cloud.delete(id);
        world.advance("PT1S");
        cloud.delete(id);
        world.advance("PT1S");

        assertThat(cloud.get(id)).isEmpty();
    }

    private String create(String vmId) {
        return ((CreateAnswer.Accepted) cloud.create(World.spec(vmId))).instanceId();
    }
}
