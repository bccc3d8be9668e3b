package vmm.cloud.simulated;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

import vmm.cloud.CloudFailure;
import vmm.cloud.CreateAnswer;
import vmm.cloud.Instance;
import vmm.cloud.Tags;
import vmm.cloud.Weathered;

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
    void someOfTheWeatherIsChangedByNameOrNothingOfIt() {
        var weathered = cloud.weathered().orElseThrow();
        weathered.change(Map.of("outage", "true", "hang", "0.5", "capacity", "7"));
        weathered.change(Map.of("hang", "0.25", "createTime", "PT1S"));

        assertThat(cloud.weather())
                .isEqualTo(
                        Weather.CALM
                                .with("bootTime", "PT10S")
                                .with("outage", true)
                                .with("hang", 0.25)
                                .with("capacity", "7")
                                .with("createTime", "PT1S"));
        assertThat(weathered.weather())
                .hasSize(WeatherReport.names().size())
                .contains(
                        new Weathered.Component("outage", Weathered.Kind.SWITCH, "true"),
                        new Weathered.Component("hang", Weathered.Kind.NUMBER, "0.25"),
                        new Weathered.Component("capacity", Weathered.Kind.LIMIT, "7"),
                        new Weathered.Component("quota", Weathered.Kind.LIMIT, ""),
                        new Weathered.Component("bootTime", Weathered.Kind.DURATION, "PT10S"));

        var before = cloud.weather();
        assertUnfit("hang", Map.of("lostReply", "0.5", "hang", "2"), "write a ratio");
        assertUnfit("outage", Map.of("outage", "0"), "write true or false");
        assertUnfit("fog", Map.of("fog", "1"), "is no part of weather");
        assertThat(cloud.weather()).isEqualTo(before);
    }

    @Test
    void weatherIsResetToThatOfTheFleetFileForAllWhoOpenedTheCloud() {
        var weathered = cloud.weathered().orElseThrow();
        weathered.change(Map.of("outage", "true"));
        weathered.reset(Map.of("hang", "1"));
        assertThat(cloud.weather())
                .isEqualTo(Weather.CALM.with("bootTime", "PT10S").with("hang", 1));

        weathered.reset(Map.of());
        var elsewhere = world.open(Map.of("bootTime", "PT10S"));
        assertThat(elsewhere.weather()).isEqualTo(Weather.CALM.with("bootTime", "PT10S"));
    }

    private void assertUnfit(String component, Map<String, String> changes, String why) {
        assertThatThrownBy(() -> cloud.weathered().orElseThrow().change(changes))
                .isInstanceOfSatisfying(
                        Weathered.Unfit.class,
                        unfit -> assertThat(unfit.component()).isEqualTo(component))
                .hasMessageContaining(why);
    }

    @Test
    void consoleTellsHowFarAnInstanceIs() throws CloudFailure {
        var id = create("vm-1");
        assertThat(cloud.console(id)).isEmpty();
        world.advance("PT7S");
        assertThat(cloud.console(id).orElseThrow()).endsWith("vmm-guest: starting\n");
        world.advance("PT20S");
        assertThat(cloud.console(id).orElseThrow())
                .contains("vmm-guest: up")
                .doesNotContain("hush");
        cloud.stop(id);
        assertThat(cloud.console(id).orElseThrow()).endsWith("reboot: Power down\n");
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
