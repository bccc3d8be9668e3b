package vmm.cloud.jclouds.azure;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.azure.core.http.HttpPipelineBuilder;
import com.azure.core.http.jdk.httpclient.JdkHttpClientBuilder;
import com.azure.core.http.policy.HttpPipelinePolicy;
import com.azure.core.management.SubResource;
import com.azure.core.management.exception.ManagementException;
import com.azure.core.util.Context;
import com.azure.json.JsonProviders;
import com.azure.resourcemanager.compute.fluent.ComputeManagementClient;
import com.azure.resourcemanager.compute.fluent.models.ResourceSkuInner;
import com.azure.resourcemanager.compute.fluent.models.UsageInner;
import com.azure.resourcemanager.compute.fluent.models.VirtualMachineInner;
import com.azure.resourcemanager.compute.implementation.ComputeManagementClientBuilder;
import com.azure.resourcemanager.compute.models.BillingProfile;
import com.azure.resourcemanager.compute.models.BootDiagnostics;
import com.azure.resourcemanager.compute.models.DeleteOptions;
import com.azure.resourcemanager.compute.models.DiagnosticsProfile;
import com.azure.resourcemanager.compute.models.DiskCreateOptionTypes;
import com.azure.resourcemanager.compute.models.DiskDeleteOptionTypes;
import com.azure.resourcemanager.compute.models.HardwareProfile;
import com.azure.resourcemanager.compute.models.ImageReference;
import com.azure.resourcemanager.compute.models.InstanceViewStatus;
import com.azure.resourcemanager.compute.models.InstanceViewTypes;
import com.azure.resourcemanager.compute.models.LinuxConfiguration;
import com.azure.resourcemanager.compute.models.ManagedDiskParameters;
import com.azure.resourcemanager.compute.models.NetworkApiVersion;
import com.azure.resourcemanager.compute.models.NetworkProfile;
import com.azure.resourcemanager.compute.models.OSDisk;
import com.azure.resourcemanager.compute.models.OSProfile;
import com.azure.resourcemanager.compute.models.PublicIpAddressSku;
import com.azure.resourcemanager.compute.models.PublicIpAddressSkuName;
import com.azure.resourcemanager.compute.models.PublicIpAllocationMethod;
import com.azure.resourcemanager.compute.models.SshConfiguration;
import com.azure.resourcemanager.compute.models.SshPublicKey;
import com.azure.resourcemanager.compute.models.StorageAccountTypes;
import com.azure.resourcemanager.compute.models.StorageProfile;
import com.azure.resourcemanager.compute.models.VirtualMachineEvictionPolicyTypes;
import com.azure.resourcemanager.compute.models.VirtualMachineNetworkInterfaceConfiguration;
import com.azure.resourcemanager.compute.models.VirtualMachineNetworkInterfaceIpConfiguration;
import com.azure.resourcemanager.compute.models.VirtualMachinePriorityTypes;
import com.azure.resourcemanager.compute.models.VirtualMachinePublicIpAddressConfiguration;
import com.azure.resourcemanager.compute.models.VirtualMachineSizeTypes;
import com.google.gson.JsonElement;
import com.google.gson.JsonParser;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import vmm.cloud.CloudFailure;
import vmm.cloud.CreateAnswer;
import vmm.cloud.Instance;
import vmm.cloud.ManualClock;
import vmm.cloud.Tags;
import vmm.cloud.jclouds.RawServer.Request;

import java.io.IOException;
import java.io.StringWriter;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;

/** Microsoft's own client understands the Azure of these tests, and asks for machines as we do. */
class SecondOpinionTest {

    private static final Map<String, String> OPTIONS =
            Map.of(
                    "publicIp", "true",
                    "securityGroup", "vmm",
                    "osDiskType", "Premium_LRS",
                    "sshPublicKey", Clouds.KEY);

    private final ManualClock clock = Clouds.clock();
    private final FakeArm azure = new FakeArm(clock);
    private final AzureCloud cloud = Clouds.open(azure, "isis", OPTIONS);

    @BeforeEach
    void letTimePassForThoseWhoPoll() {
        azure.setPause("0");
        azure.intercept(
                request -> {
                    if (request.path().contains("/operations/")) {
                        clock.advance(Duration.ofSeconds(1));
                    }
                    return null;
                });
    }

    @AfterEach
    void close() {
        cloud.close();
        azure.close();
    }

    @Test
    void typedClientReadsWhatOurAzureShows() throws CloudFailure {
        var ids = new ArrayList<String>();
        for (int i = 0; i < 12; i++) {
            var answer = cloud.create(Clouds.spec("vm-" + i));
            ids.add(((CreateAnswer.Accepted) answer).instanceId());
        }
        azure.setPageSize(5);
        clock.advance(Duration.ofSeconds(10));
        var machines = client().getVirtualMachines();

        assertThat(machines.listByResourceGroup(FakeArm.GROUP))
                .extracting(VirtualMachineInner::name)
                .containsExactlyInAnyOrderElementsOf(ids);
        assertThat(machines.list("true", null, null, Context.NONE))
                .hasSize(12)
                .allSatisfy(
                        machine ->
                                assertThat(machine.instanceView().statuses())
                                        .extracting(InstanceViewStatus::code)
                                        .contains("PowerState/running"));
        var one = get("vmm-isis-vm-0");
        assertThat(one.tags()).isEqualTo(new Tags("isis", "store-1", "vm-0").asMap());
        assertThat(one.provisioningState()).isEqualTo("Succeeded");
        assertThat(one.timeCreated().toInstant())
                .isEqualTo(cloud.get(ids.getFirst()).orElseThrow().createdAt());
        assertThat(one.networkProfile().networkInterfaces()).hasSize(1);
        assertThat(
                        machines.retrieveBootDiagnosticsData(FakeArm.GROUP, one.name())
                                .serialConsoleLogBlobUri())
                .contains(FakeArm.SIGNATURE);
        assertThat(client().getResourceSkus().list("location eq 'uksouth'", null, Context.NONE))
                .extracting(ResourceSkuInner::name)
                .contains(FakeArm.SIZE);
        assertThat(client().getUsages().list(FakeArm.LOCATION))
                .filteredOn(usage -> usage.name().value().equals("virtualMachines"))
                .extracting(UsageInner::currentValue)
                .containsExactly(12);
    }

    @Test
    void typedClientMakesStartsAndDeletesAndBothSeeTheSame() throws CloudFailure {
        var machines = client().getVirtualMachines();
        var made =
                machines.createOrUpdate(
                        FakeArm.GROUP, "vmm-isis-vm-1", wish(), null, "*", Context.NONE);
        assertThat(made.provisioningState()).isEqualTo("Succeeded");
        assertThat(cloud.list())
                .extracting(Instance::status)
                .containsExactly(Instance.Status.RUNNING);

        azure.setPower("vmm-isis-vm-1", "deallocated");
        assertThat(cloud.list())
                .extracting(Instance::status)
                .containsExactly(Instance.Status.STOPPED);
        machines.start(FakeArm.GROUP, "vmm-isis-vm-1");
        assertThat(cloud.list())
                .extracting(Instance::status)
                .containsExactly(Instance.Status.RUNNING);

        machines.delete(FakeArm.GROUP, "vmm-isis-vm-1");
        assertThat(cloud.list()).isEmpty();
        assertThat(azure.parts()).isEmpty();
    }

    @Test
    void typedClientThrowsItsOwnExceptionsForWhatOurAzureRefuses() {
        var machines = client().getVirtualMachines();
        assertThatThrownBy(() -> machines.getByResourceGroup(FakeArm.GROUP, "gone"))
                .isInstanceOfSatisfying(
                        ManagementException.class, e -> assertCode(e, 404, "ResourceNotFound"));
        azure.refuseCreates("SkuNotAvailable");
        assertThatThrownBy(() -> machines.createOrUpdate(FakeArm.GROUP, "vmm-isis-vm-1", wish()))
                .isInstanceOfSatisfying(
                        ManagementException.class, e -> assertCode(e, 409, "SkuNotAvailable"));
        azure.refuseCreates("");
        assertThat(cloud.create(Clouds.spec("vm-1"))).isInstanceOf(CreateAnswer.Accepted.class);
        assertThatThrownBy(
                        () ->
                                machines.createOrUpdate(
                                        FakeArm.GROUP,
                                        "vmm-isis-vm-1",
                                        wish(),
                                        null,
                                        "*",
                                        Context.NONE))
                .isInstanceOfSatisfying(
                        ManagementException.class, e -> assertCode(e, 412, "PreconditionFailed"));
    }

    @Test
    void typedClientToldOfAFailureAfterwardsThrowsIt() {
        azure.failCreates("AllocationFailed");
        assertThatThrownBy(
                        () ->
                                client().getVirtualMachines()
                                        .createOrUpdate(FakeArm.GROUP, "vmm-isis-vm-1", wish()))
                .isInstanceOfSatisfying(
                        ManagementException.class,
                        e -> assertThat(e.getValue().getCode()).isEqualTo("AllocationFailed"));
    }

    @Test
    void ourRequestIsThatOfTheTypedClientForTheSameWish() {
        cloud.create(Clouds.spec("vm-1", Map.of("spot", "true", "maxPrice", "0.05", "zone", "2")));
        var ours = puts().getFirst();
        azure.vanish("vmm-isis-vm-1");
        client().getVirtualMachines()
                .createOrUpdate(FakeArm.GROUP, "vmm-isis-vm-1", wish(), null, "*", Context.NONE);
        var theirs = puts().getLast();

        assertThat(puts()).hasSize(2);
        assertThat(ours.uri()).isEqualTo(theirs.uri());
        assertThat(ours.headers())
                .containsEntry("if-none-match", theirs.headers().get("if-none-match"))
                .containsEntry("content-type", theirs.headers().get("content-type"));
        assertThat(parsed(ours.body())).isEqualTo(parsed(theirs.body()));
    }

    @Test
    void typedModelLosesNothingOfWhatWeSend() throws IOException {
        var identity =
                FakeArm.groupId()
                        + "/providers/Microsoft.ManagedIdentity/userAssignedIdentities/guests";
        try (var full = Clouds.open(azure, "isis", Map.of("userIdentity", identity))) {
            full.create(Clouds.spec("vm-1"));
            var body = puts().getFirst().body();
            var written = new StringWriter();
            try (var reader = JsonProviders.createReader(body);
                    var writer = JsonProviders.createWriter(written)) {
                VirtualMachineInner.fromJson(reader).toJson(writer);
            }
            assertThat(parsed(written.toString())).isEqualTo(parsed(body));
        }
    }

    private List<Request> puts() {
        return azure.requests("PUT", "virtualMachines/vmm-isis-vm-1");
    }

    private VirtualMachineInner get(String name) {
        return client().getVirtualMachines()
                .getByResourceGroupWithResponse(
                        FakeArm.GROUP, name, InstanceViewTypes.INSTANCE_VIEW, Context.NONE)
                .getValue();
    }

    private static void assertCode(ManagementException e, int status, String code) {
        assertThat(e.getResponse().getStatusCode()).isEqualTo(status);
        assertThat(e.getValue().getCode()).isEqualTo(code);
    }

    private static JsonElement parsed(String json) {
        return JsonParser.parseString(json);
    }

    /** What Clouds.spec asks for, in the words of the typed client. */
    private static VirtualMachineInner wish() {
        var spec = Clouds.spec("vm-1");
        var machine = new VirtualMachineInner();
        machine.withLocation(FakeArm.LOCATION).withTags(spec.tags().asMap());
        return machine.withZones(List.of("2"))
                .withHardwareProfile(
                        new HardwareProfile()
                                .withVmSize(VirtualMachineSizeTypes.fromString(FakeArm.SIZE)))
                .withStorageProfile(storage(spec.name()))
                .withOsProfile(system(spec.name(), spec.userData()))
                .withNetworkProfile(network(spec.name(), spec.tags().asMap()))
                .withDiagnosticsProfile(
                        new DiagnosticsProfile()
                                .withBootDiagnostics(new BootDiagnostics().withEnabled(true)))
                .withPriority(VirtualMachinePriorityTypes.SPOT)
                .withEvictionPolicy(VirtualMachineEvictionPolicyTypes.DELETE)
                .withBillingProfile(new BillingProfile().withMaxPrice(0.05));
    }

    private static StorageProfile storage(String name) {
        return new StorageProfile()
                .withImageReference(
                        new ImageReference()
                                .withId(
                                        FakeArm.groupId()
                                                + "/providers/Microsoft.Compute/galleries/vmm/images/tiny"))
                .withOsDisk(
                        new OSDisk()
                                .withName(name + "-os")
                                .withCreateOption(DiskCreateOptionTypes.FROM_IMAGE)
                                .withDeleteOption(DiskDeleteOptionTypes.DELETE)
                                .withManagedDisk(
                                        new ManagedDiskParameters()
                                                .withStorageAccountType(
                                                        StorageAccountTypes.PREMIUM_LRS)));
    }

    private static OSProfile system(String name, String userData) {
        var key =
                new SshPublicKey()
                        .withPath("/home/vmm/.ssh/authorized_keys")
                        .withKeyData(Clouds.KEY);
        return new OSProfile()
                .withComputerName(name)
                .withAdminUsername("vmm")
                .withCustomData(Base64.getEncoder().encodeToString(userData.getBytes()))
                .withLinuxConfiguration(
                        new LinuxConfiguration()
                                .withDisablePasswordAuthentication(true)
                                .withSsh(new SshConfiguration().withPublicKeys(List.of(key))));
    }

    private static NetworkProfile network(String name, Map<String, String> tags) {
        var ip =
                new VirtualMachinePublicIpAddressConfiguration()
                        .withName(name + "-ip")
                        .withSku(new PublicIpAddressSku().withName(PublicIpAddressSkuName.STANDARD))
                        .withTags(tags)
                        .withDeleteOption(DeleteOptions.DELETE)
                        .withPublicIpAllocationMethod(PublicIpAllocationMethod.STATIC);
        var address =
                new VirtualMachineNetworkInterfaceIpConfiguration()
                        .withName(name + "-nic")
                        .withPrimary(true)
                        .withSubnet(new SubResource().withId(FakeArm.subnetId()))
                        .withPublicIpAddressConfiguration(ip);
        var one =
                new VirtualMachineNetworkInterfaceConfiguration()
                        .withName(name + "-nic")
                        .withTags(tags)
                        .withPrimary(true)
                        .withDeleteOption(DeleteOptions.DELETE)
                        .withNetworkSecurityGroup(
                                new SubResource()
                                        .withId(
                                                FakeArm.groupId()
                                                        + "/providers/Microsoft.Network/networkSecurityGroups/vmm"))
                        .withIpConfigurations(List.of(address));
        return new NetworkProfile()
                .withNetworkApiVersion(NetworkApiVersion.TWO_ZERO_TWO_TWO_ONE_ONE_ZERO_ONE)
                .withNetworkInterfaceConfigurations(List.of(one));
    }

    /** Its own policy for tokens wants https, so that here one of ours puts the token in. */
    private ComputeManagementClient client() {
        var token = "Bearer " + azure.letIn();
        HttpPipelinePolicy bearer =
                (context, next) -> {
                    context.getHttpRequest()
                            .setHeader(com.azure.core.http.HttpHeaderName.AUTHORIZATION, token);
                    return next.process();
                };
        var pipeline =
                new HttpPipelineBuilder()
                        .httpClient(new JdkHttpClientBuilder().build())
                        .policies(bearer)
                        .build();
        return new ComputeManagementClientBuilder()
                .endpoint(azure.url())
                .subscriptionId(FakeArm.SUBSCRIPTION)
                .pipeline(pipeline)
                .defaultPollInterval(Duration.ofMillis(1))
                .buildClient();
    }
}
