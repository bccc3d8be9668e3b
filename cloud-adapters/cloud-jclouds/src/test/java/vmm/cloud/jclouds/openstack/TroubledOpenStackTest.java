package vmm.cloud.jclouds.openstack;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import vmm.cloud.CloudConfig;
import vmm.cloud.CloudFailure;
import vmm.cloud.CreateAnswer;
import vmm.cloud.Instance;
import vmm.cloud.ManualClock;
import vmm.cloud.jclouds.openstack.TroubledOpenStack.Create;
import vmm.cloud.jclouds.openstack.TroubledOpenStack.Server;
import vmm.cloud.jclouds.openstack.TroubledOpenStack.Trouble;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Each trouble is what it says, as the adapter sees it, and the account is true. */
class TroubledOpenStackTest {
    private static final Duration BOOT = Duration.ofSeconds(5);

    private final ManualClock clock = Clouds.clock();
    private final TroubledOpenStack openStack =
            new TroubledOpenStack(clock, BOOT, Duration.ZERO, 1);
    private final OpenStackCloud cloud = open(Duration.ofSeconds(20));

    private OpenStackCloud open(Duration callTimeout) {
        return new OpenStackCloud(
                new CloudConfig(
                        "isis",
                        "rutherford",
                        "openstack",
                        Optional.of(openStack.keystone()),
                        Optional.of("RegionOne"),
                        Clouds.USER,
                        Map.of(),
                        callTimeout),
                clock);
    }

    @AfterEach
    void close() {
        cloud.close();
        openStack.close();
    }

    @Test
    void withoutTroubleServersBootInTime() throws CloudFailure {
        assertThat(cloud.create(Clouds.spec("vm-1"))).isInstanceOf(CreateAnswer.Accepted.class);
        clock.advance(BOOT.minusMillis(1));
        assertThat(statuses()).containsExactly(Instance.Status.BUILDING);
        clock.advance(Duration.ofMillis(1));
        assertThat(statuses()).containsExactly(Instance.Status.RUNNING);
        assertThat(openStack.creates()).extracting(Create::vmId).containsExactly("vm-1");
        assertThat(openStack.creates()).allMatch(Create::accepted);
    }

    @Test
    void neverBoots() throws CloudFailure {
        openStack.suffer(Trouble.NEVER_BOOTS);
        cloud.create(Clouds.spec("vm-1"));
        clock.advance(Duration.ofDays(30));
        assertThat(statuses()).containsExactly(Instance.Status.BUILDING);
    }

    @Test
    void bootsSlowly() throws CloudFailure {
        openStack.suffer(Trouble.SLOW_10X);
        cloud.create(Clouds.spec("vm-1"));
        clock.advance(BOOT.multipliedBy(10).minusMillis(1));
        assertThat(statuses()).containsExactly(Instance.Status.BUILDING);
        clock.advance(Duration.ofMillis(1));
        assertThat(statuses()).containsExactly(Instance.Status.RUNNING);
    }

    @ParameterizedTest
    @CsvSource({"CREATE_500, 500, 0", "CREATE_504_AFTER_EFFECT, 504, 1"})
    void createsFail(Trouble trouble, int status, int servers) {
        openStack.suffer(trouble);
        assertThat(cloud.create(Clouds.spec("vm-1"))).isInstanceOf(CreateAnswer.Unknown.class);
        assertThat(openStack.creates()).extracting(Create::status).containsExactly(status);
        assertThat(openStack.servers()).hasSize(servers);
    }

    @Test
    void createsHang() {
        openStack.suffer(Trouble.CREATE_HANGS);
        try (var impatient = open(Duration.ofSeconds(5))) {
            assertThat(impatient.create(Clouds.spec("vm-1")))
                    .isInstanceOf(CreateAnswer.Unknown.class);
        }
        assertThat(openStack.creates()).extracting(Create::answeredAt).containsExactly(Instant.MAX);
        assertThat(openStack.servers()).isEmpty();
    }

    @Test
    void someCreatesFail() {
        openStack.suffer(Trouble.CREATE_504_AFTER_EFFECT, 0.3);
        for (int n = 0; n < 50; n++) cloud.create(Clouds.spec("vm-" + n));
        assertThat(openStack.creates()).filteredOn(Create::accepted).hasSizeBetween(25, 45);
        assertThat(openStack.servers()).hasSize(50);
    }

    @Test
    void listingsFail() {
        create(12);
        openStack.suffer(Trouble.LIST_FAILS);
        assertThatThrownBy(cloud::list).isInstanceOf(CloudFailure.Unreachable.class);
    }

    /** On any page, in both ways. */
    @Test
    void listingsAreCutShort() {
        for (int servers : List.of(1, 12)) {
            create(servers);
            openStack.suffer(Trouble.LIST_CUT_SHORT);
            for (int n = 0; n < 2; n++) {
                assertThatThrownBy(cloud::list).isInstanceOf(CloudFailure.Unreachable.class);
            }
            openStack.suffer(Trouble.HEALTHY);
        }
    }

    @Test
    void listingsLag() throws CloudFailure {
        var old = ((CreateAnswer.Accepted) cloud.create(Clouds.spec("vm-1"))).instanceId();
        clock.advance(Duration.ofMinutes(1));
        openStack.suffer(Trouble.LIST_LAGS);
        var young = ((CreateAnswer.Accepted) cloud.create(Clouds.spec("vm-2"))).instanceId();
        cloud.delete(old);
        clock.advance(Duration.ofSeconds(19));
        assertThat(cloud.list()).extracting(Instance::id).containsExactly(old);
        assertThat(cloud.get(young)).isPresent();
        assertThat(cloud.get(old)).isEmpty();
        clock.advance(Duration.ofSeconds(3));
        assertThat(cloud.list()).extracting(Instance::id).containsExactly(young);
        assertThat(statuses()).containsExactly(Instance.Status.BUILDING);
    }

    @Test
    void listingsAreEmpty() throws CloudFailure {
        create(1);
        openStack.suffer(Trouble.LIST_EMPTY);
        assertThat(cloud.list()).isEmpty();
        openStack.suffer(Trouble.HEALTHY);
        assertThat(cloud.list()).hasSize(1);
    }

    @Test
    void nobodyIsLetIn() throws CloudFailure {
        create(1);
        openStack.suffer(Trouble.UNAUTHORIZED);
        assertThatThrownBy(cloud::list).isInstanceOf(CloudFailure.Unauthorized.class);
        assertThat(cloud.create(Clouds.spec("vm-2"))).isInstanceOf(CreateAnswer.Refused.class);
        openStack.suffer(Trouble.HEALTHY);
        assertThat(cloud.list()).hasSize(1);
    }

    @Test
    void requestsThatMeetATroubleAreCounted() throws CloudFailure {
        create(1);
        cloud.list();
        assertThat(openStack.met()).isZero();
        openStack.suffer(Trouble.LIST_EMPTY);
        cloud.create(Clouds.spec("vm-2"));
        assertThat(openStack.met()).isZero();
        cloud.list();
        assertThat(openStack.met()).isEqualTo(1);
        openStack.suffer(Trouble.NEVER_BOOTS);
        cloud.list();
        assertThat(openStack.met()).isZero();
        cloud.create(Clouds.spec("vm-3"));
        assertThat(openStack.met()).isEqualTo(1);
    }

    @Test
    void whatIsAskedForTwiceIsKnown() throws CloudFailure {
        openStack.suffer(Trouble.CREATE_500);
        for (var vm : List.of("vm-1", "vm-2", "vm-2")) cloud.create(Clouds.spec(vm));
        assertThat(openStack.askedTwice()).containsExactly("vm-2");
        openStack.suffer(Trouble.UNAUTHORIZED);
        cloud.create(Clouds.spec("vm-1"));
        assertThat(openStack.creates()).extracting(Create::status).endsWith(500, 401);
        assertThat(openStack.askedTwice()).containsExactly("vm-2");
    }

    @Test
    void aQuotaIsKept() throws CloudFailure {
        create(2);
        openStack.setQuota(3);
        create(1);
        assertThat(cloud.create(Clouds.spec("vm-4"))).isInstanceOf(CreateAnswer.Refused.class);
        assertThat(openStack.creates()).extracting(Create::status).endsWith(202, 403);
        assertThat(openStack.servers()).hasSize(3);
        assertThat(cloud.quota().maxInstances()).hasValue(3);
    }

    @Test
    void whatWasMadeIsRemembered() throws CloudFailure {
        create(2);
        var first = openStack.servers().getFirst();
        clock.advance(Duration.ofSeconds(10));
        cloud.delete(first.id());
        var asked = clock.instant();
        assertThat(openStack.servers()).hasSize(2);
        clock.advance(Duration.ofSeconds(10));
        create(1);
        assertThat(openStack.servers()).hasSize(2);
        assertThat(openStack.everMade())
                .extracting(Server::deletedAt)
                .containsExactly(asked, Instant.MAX, Instant.MAX);
        assertThat(TroubledOpenStack.peak(List.of(openStack))).isEqualTo(2);
    }

    private void create(int servers) {
        for (int n = 0; n < servers; n++) {
            assertThat(cloud.create(Clouds.spec("vm-" + n)))
                    .isInstanceOf(CreateAnswer.Accepted.class);
        }
    }

    private List<Instance.Status> statuses() throws CloudFailure {
        return cloud.list().stream().map(Instance::status).toList();
    }
}
