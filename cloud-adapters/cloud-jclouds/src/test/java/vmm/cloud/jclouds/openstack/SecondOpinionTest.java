package vmm.cloud.jclouds.openstack;

import static org.assertj.core.api.Assertions.assertThat;

import org.jclouds.ContextBuilder;
import org.jclouds.openstack.keystone.config.KeystoneProperties;
import org.jclouds.openstack.nova.v2_0.NovaApi;
import org.jclouds.openstack.nova.v2_0.NovaApiMetadata;
import org.jclouds.openstack.nova.v2_0.domain.Flavor;
import org.jclouds.openstack.nova.v2_0.domain.Server;
import org.junit.jupiter.api.Test;

import vmm.cloud.CreateAnswer;
import vmm.cloud.Tags;
import vmm.cloud.jclouds.NoLogging;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;
import java.util.Set;

/** jclouds' own typed and strict nova understands the OpenStack of these tests. */
class SecondOpinionTest {

    @Test
    void typedNovaReadsWhatOurNovaShows() throws IOException {
        var clock = Clouds.clock();
        try (var openStack = new FakeOpenStack(clock);
                var cloud = Clouds.open(openStack, "isis");
                var nova = nova(openStack)) {
            var ids = new ArrayList<String>();
            for (int i = 0; i < 12; i++) {
                var answer = cloud.create(Clouds.spec("vm-" + i));
                ids.add(((CreateAnswer.Accepted) answer).instanceId());
            }
            openStack.setPageSize(5);
            clock.advance(Duration.ofSeconds(10));

            assertThat(nova.getConfiguredRegions()).containsExactly("RegionOne");
            var servers = nova.getServerApi("RegionOne");
            assertThat(List.copyOf(servers.listInDetail().concat().toList()))
                    .extracting(Server::getId)
                    .containsExactlyInAnyOrderElementsOf(ids);
            var one = servers.get(ids.getFirst());
            assertThat(one.getStatus()).isEqualTo(Server.Status.ACTIVE);
            assertThat(one.getMetadata()).isEqualTo(new Tags("isis", "store-1", "vm-0").asMap());
            assertThat(one.getAddresses().get("vmm-net")).hasSize(1);
            assertThat(List.copyOf(nova.getFlavorApi("RegionOne").listInDetail().concat().toList()))
                    .extracting(Flavor::getName)
                    .contains("m1.tiny", "g1.h100x8");
            assertThat(servers.get("00000000-0000-4000-8000-000000000000")).isNull();
            assertThat(servers.delete(ids.getFirst())).isTrue();
        }
    }

    private static NovaApi nova(FakeOpenStack openStack) {
        var properties = new Properties();
        properties.setProperty(KeystoneProperties.KEYSTONE_VERSION, "3");
        properties.setProperty(KeystoneProperties.SCOPE, "project:vmm");
        return ContextBuilder.newBuilder(new NovaApiMetadata())
                .endpoint(openStack.keystone() + "/v3")
                .credentials("Default:vmm", FakeOpenStack.PASSWORD)
                .overrides(properties)
                .modules(Set.of(new NoLogging()))
                .buildApi(NovaApi.class);
    }
}
