package vmm.cloud.simulated;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpServer;

import org.junit.jupiter.api.Test;
import org.postgresql.ds.PGSimpleDataSource;

import vmm.cloud.CloudProviderFactory;
import vmm.cloud.CloudProviderFactory.Surroundings;
import vmm.cloud.LaunchSpec;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.InstantSource;
import java.util.Map;
import java.util.ServiceLoader;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

class SimulatedCloudFactoryTest {

    private final World world = new World();

    @Test
    void factoryIsFoundByItsKind() {
        assertThat(ServiceLoader.load(CloudProviderFactory.class))
                .extracting(CloudProviderFactory::kind)
                .containsOnlyOnce("simulated");
    }

    @Test
    void openingCallsNobodyAndRefusesWrongOptionsByName() {
        var nowhere = new PGSimpleDataSource();
        nowhere.setUrl("jdbc:postgresql://127.0.0.1:1/nowhere");
        var surroundings = new Surroundings(InstantSource.system(), nowhere);
        var factory = new SimulatedCloudFactory();

        factory.open(world.config(World.INSTALLATION, Map.of()), surroundings).close();
        assertThatThrownBy(
                        () ->
                                factory.open(
                                        world.config(World.INSTALLATION, Map.of("bootTime", "8")),
                                        surroundings))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("bootTime")
                .hasMessageContaining("PT8S");
    }

    @Test
    void openedCloudReportsOverHttpOnItsOwnUntilItIsClosed() throws Exception {
        var calls = new LinkedBlockingQueue<String>();
        var server =
                HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext(
                "/",
                exchange -> {
                    exchange.getRequestBody().readAllBytes();
                    calls.add(
                            exchange.getRequestMethod()
                                    + " "
                                    + exchange.getRequestURI()
                                    + " "
                                    + exchange.getRequestHeaders().getFirst("Authorization"));
                    exchange.sendResponseHeaders(204, -1);
                    exchange.close();
                });
        server.start();
        var config =
                world.config(
                        World.INSTALLATION, Map.of("bootTime", "PT0S", "activityEvery", "PT1S"));
        var surroundings = new Surroundings(InstantSource.system(), World.database());
        try (var cloud = new SimulatedCloudFactory().open(config, surroundings)) {
            var spec = World.spec("vm-1");
            var url = "http://127.0.0.1:" + server.getAddress().getPort();
            var userData = spec.userData().replace("http://vmm.example/", url);
            cloud.create(
                    new LaunchSpec(spec.name(), spec.tags(), "muon", "l3.micro", null, userData));

            assertThat(calls.poll(10, TimeUnit.SECONDS))
                    .isEqualTo("POST /api/v1/guest/ready Bearer token of vm-1");
            assertThat(calls.poll(10, TimeUnit.SECONDS))
                    .isEqualTo("POST /api/v1/guest/activity Bearer token of vm-1");
        } finally {
            server.stop(0);
        }
    }
}
