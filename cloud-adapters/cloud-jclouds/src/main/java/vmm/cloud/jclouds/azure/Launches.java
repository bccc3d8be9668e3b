package vmm.cloud.jclouds.azure;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;

import org.jspecify.annotations.Nullable;

import vmm.cloud.CloudFailure;
import vmm.cloud.CreateAnswer;
import vmm.cloud.LaunchSpec;
import vmm.cloud.jclouds.HttpAnswer;
import vmm.cloud.jclouds.Json;
import vmm.cloud.jclouds.LaunchLimits;
import vmm.cloud.jclouds.NoAnswer;
import vmm.cloud.jclouds.azure.Machines.Owner;

import java.nio.charset.StandardCharsets;
import java.util.Map;

/**
 * How an instance is asked for: one PUT makes the machine, its disk, its interface and its public
 * address, and deleting the machine deletes them all.
 */
final class Launches {

    /** Azure's limits, which it would answer with part of the request. */
    private static final int USER_DATA = 65_535;

    private static final LaunchLimits LIMITS = new LaunchLimits("Azure", 256, 64);

    /** The newest version of the network API that the compute API makes interfaces with. */
    private static final String NETWORK_VERSION = "2022-11-01";

    private final AzureOptions options;
    private final Machines machines;
    private final Refusals refusals;
    private @Nullable String keyOfNobody;

    Launches(AzureOptions options, Machines machines, Refusals refusals) {
        this.options = options;
        this.machines = machines;
        this.refusals = refusals;
    }

    /** Sends one PUT at most. What fails before it surely made nothing. */
    CreateAnswer create(Conversation talk, LaunchSpec spec) {
        HttpAnswer answer;
        try {
            var request = request(spec);
            answer =
                    talk.send(
                            "PUT",
                            options.paths().machine(spec.name()),
                            request,
                            Map.of("If-None-Match", "*"));
        } catch (CloudFailure unsent) {
            return new CreateAnswer.Refused(unsent);
        } catch (NoAnswer e) {
            var why = refusals.silence(e);
            return e.mayHaveArrived()
                    ? new CreateAnswer.Unknown(why)
                    : new CreateAnswer.Refused(why);
        }
        if (isAnothers(answer)) return taken(spec);
        if (answer.isSuccess()) return new CreateAnswer.Accepted(spec.name());
        return Refusals.mayExist(answer) ? existing(talk, spec, answer) : refused(spec, answer);
    }

    /** What does not know If-None-Match shows the machine that was there. */
    private boolean isAnothers(HttpAnswer answer) {
        if (answer.status() != 200) return false;
        try {
            return machines.isTaggedByAnother(Json.object(answer.body()));
        } catch (CloudFailure notShown) {
            return false;
        }
    }

    private static CreateAnswer taken(LaunchSpec spec) {
        return new CreateAnswer.Refused(
                new CloudFailure.Rejected("somebody else's machine has the name " + spec.name()));
    }

    /**
     * The request for a machine.
     *
     * @throws CloudFailure.Rejected if Azure would surely refuse it
     */
    JsonObject request(LaunchSpec spec) throws CloudFailure {
        check(spec);
        var placement = PlacementOptions.parse(spec.options());
        var machine = new JsonObject();
        machine.addProperty("location", options.paths().location());
        machine.add("tags", tags(spec));
        if (placement.zone() != null) machine.add("zones", array(placement.zone()));
        if (options.userIdentity() != null) {
            machine.add("identity", identity(options.userIdentity()));
        }
        var properties = new JsonObject();
        properties.add("hardwareProfile", object("vmSize", spec.flavor()));
        properties.add("storageProfile", storage(spec));
        properties.add("osProfile", system(spec));
        properties.add("networkProfile", network(spec));
        if (options.bootDiagnostics()) properties.add("diagnosticsProfile", diagnostics());
        if (placement.spot()) {
            properties.addProperty("priority", "Spot");
            properties.addProperty("evictionPolicy", "Delete");
            var billing = new JsonObject();
            billing.addProperty("maxPrice", placement.maxPrice());
            properties.add("billingProfile", billing);
        }
        machine.add("properties", properties);
        return machine;
    }

    /** The subnet of a launch. */
    String subnet(LaunchSpec spec) throws CloudFailure {
        if (spec.network() != null) {
            var network = spec.network();
            return Subnets.idOf(options.paths(), network)
                    .orElseThrow(
                            () ->
                                    new CloudFailure.Rejected(
                                            "there is no network '%s' here; write vnet/subnet or the full id of a subnet"
                                                    .formatted(network)));
        }
        if (options.network() != null) return options.network();
        throw new CloudFailure.Rejected(
                "the placement names no network, nor does the cloud: write its option network");
    }

    private CreateAnswer refused(LaunchSpec spec, HttpAnswer answer) {
        var userData = LaunchLimits.encodedUserData(spec);
        var careful = userData.isEmpty() ? refusals : refusals.hiding(userData);
        return careful.ofCreate(answer, spec.flavor());
    }

    /** Something of that name is there; whether it is what was asked for, one look tells. */
    private CreateAnswer existing(Conversation talk, LaunchSpec spec, HttpAnswer answer) {
        try {
            var machine = talk.find(options.paths().machine(spec.name()));
            if (machine.isEmpty()) {
                return answer.status() == 412
                        ? new CreateAnswer.Unknown(
                                new CloudFailure.Unreachable(
                                        "Azure says that the machine exists, and that it does not"))
                        : refused(spec, answer);
            }
            return machines.ownerOf(machine.get()) == Owner.SOMEBODY_ELSE
                    ? taken(spec)
                    : new CreateAnswer.Accepted(spec.name());
        } catch (CloudFailure unseen) {
            return new CreateAnswer.Unknown(unseen);
        }
    }

    private JsonObject storage(LaunchSpec spec) throws CloudFailure {
        var image =
                ImageRef.parse(options.paths(), spec.image())
                        .orElseThrow(
                                () ->
                                        new CloudFailure.Rejected(
                                                "there is no image '%s' here; write %s"
                                                        .formatted(spec.image(), ImageRef.FORMS)));
        var disk = new JsonObject();
        disk.addProperty("name", spec.name() + "-os");
        disk.addProperty("createOption", "FromImage");
        disk.addProperty("deleteOption", "Delete");
        if (options.osDiskType() != null) {
            disk.add("managedDisk", object("storageAccountType", options.osDiskType()));
        }
        var storage = new JsonObject();
        storage.add("imageReference", image.reference());
        storage.add("osDisk", disk);
        return storage;
    }

    private JsonObject system(LaunchSpec spec) {
        var key = object("path", "/home/" + options.adminUsername() + "/.ssh/authorized_keys");
        key.addProperty("keyData", sshKey());
        var keys = new JsonObject();
        keys.add("publicKeys", array(key));
        var linux = new JsonObject();
        linux.addProperty("disablePasswordAuthentication", true);
        linux.add("ssh", keys);
        var system = object("computerName", spec.name());
        system.addProperty("adminUsername", options.adminUsername());
        var userData = LaunchLimits.encodedUserData(spec);
        if (!userData.isEmpty()) system.addProperty("customData", userData);
        system.add("linuxConfiguration", linux);
        return system;
    }

    private JsonObject network(LaunchSpec spec) throws CloudFailure {
        var address = new JsonObject();
        address.addProperty("primary", true);
        address.add("subnet", object("id", subnet(spec)));
        if (options.publicIp()) address.add("publicIPAddressConfiguration", publicIp(spec));
        var configuration = object("name", spec.name() + "-nic");
        configuration.add("properties", address);
        var properties = new JsonObject();
        properties.addProperty("primary", true);
        properties.addProperty("deleteOption", "Delete");
        if (options.securityGroup() != null) {
            properties.add("networkSecurityGroup", object("id", options.securityGroup()));
        }
        properties.add("ipConfigurations", array(configuration));
        var one = object("name", spec.name() + "-nic");
        one.add("tags", tags(spec));
        one.add("properties", properties);
        var network = object("networkApiVersion", NETWORK_VERSION);
        network.add("networkInterfaceConfigurations", array(one));
        return network;
    }

    private static JsonObject publicIp(LaunchSpec spec) {
        var properties = object("deleteOption", "Delete");
        properties.addProperty("publicIPAllocationMethod", "Static");
        var address = object("name", spec.name() + "-ip");
        address.add("sku", object("name", "Standard"));
        address.add("tags", tags(spec));
        address.add("properties", properties);
        return address;
    }

    private static JsonObject diagnostics() {
        var boot = new JsonObject();
        boot.addProperty("enabled", true);
        var diagnostics = new JsonObject();
        diagnostics.add("bootDiagnostics", boot);
        return diagnostics;
    }

    private static JsonObject identity(String id) {
        var identities = new JsonObject();
        identities.add(id, new JsonObject());
        var identity = object("type", "UserAssigned");
        identity.add("userAssignedIdentities", identities);
        return identity;
    }

    /**
     * The key of nobody is made once for each provider. After a restart the same launch holds
     * another one: harmless, as Azure leaves a machine that exists as it is.
     */
    private synchronized String sshKey() {
        if (options.sshPublicKey() != null) return options.sshPublicKey();
        var known = keyOfNobody;
        if (known == null) {
            known = PublicKeys.ofNobody();
            keyOfNobody = known;
        }
        return known;
    }

    private static void check(LaunchSpec spec) throws CloudFailure {
        int bytes = spec.userData().getBytes(StandardCharsets.UTF_8).length;
        if (bytes > USER_DATA) {
            throw new CloudFailure.Rejected(
                    "the user data take %d bytes, and Azure allows %d".formatted(bytes, USER_DATA));
        }
        LIMITS.checkTags(spec);
        if (spec.name().length() > LIMITS.name()) {
            throw new CloudFailure.Rejected(
                    "the name %s is longer than the %d characters that Azure allows; choose a shorter name of the installation"
                            .formatted(spec.name(), LIMITS.name()));
        }
        if (!AzureCloud.isId(spec.name())) {
            throw new CloudFailure.Rejected("Azure takes no machine of the name " + spec.name());
        }
    }

    private static JsonObject tags(LaunchSpec spec) {
        var tags = new JsonObject();
        spec.tags().asMap().forEach(tags::addProperty);
        return tags;
    }

    private static JsonObject object(String name, String value) {
        var object = new JsonObject();
        object.addProperty(name, value);
        return object;
    }

    private static JsonArray array(String text) {
        var array = new JsonArray();
        array.add(text);
        return array;
    }

    private static JsonArray array(JsonObject object) {
        var array = new JsonArray();
        array.add(object);
        return array;
    }
}
