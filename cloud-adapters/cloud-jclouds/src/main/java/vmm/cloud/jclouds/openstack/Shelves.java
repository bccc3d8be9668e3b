package vmm.cloud.jclouds.openstack;

import com.google.gson.JsonObject;

import vmm.cloud.CloudFailure;
import vmm.cloud.Image;
import vmm.cloud.Network;
import vmm.cloud.Offering;
import vmm.cloud.Quota;
import vmm.cloud.jclouds.Json;

import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;

/** What can be launched on an OpenStack, and how much of it. */
record Shelves(Conversation talk) {

    /** The first version of nova's API whose list of flavors tells what else they hold. */
    private static final Map<String, String> WITH_EXTRA_SPECS =
            Map.of("OpenStack-API-Version", "compute 2.61");

    List<Offering> offerings() throws CloudFailure {
        return flavors().stream()
                .map(
                        flavor ->
                                new Offering(
                                        Json.text(flavor, "name").orElse(""),
                                        Json.count(flavor, "vcpus").orElse(0),
                                        Json.count(flavor, "ram").orElse(0),
                                        gpusOf(flavor)))
                .filter(offering -> !offering.flavor().isEmpty())
                .toList();
    }

    List<Image> images() throws CloudFailure {
        return talk.list(Service.IMAGE, "/images?status=active", "images", Map.of()).stream()
                .map(
                        image ->
                                new Image(
                                        Json.text(image, "id").orElseThrow(),
                                        Json.text(image, "name").orElse("")))
                .toList();
    }

    List<Network> networks() throws CloudFailure {
        var path = "/networks?fields=id&fields=name";
        return talk.list(Service.NETWORK, path, "networks", Map.of()).stream()
                .map(
                        network ->
                                new Network(
                                        Json.text(network, "id").orElseThrow(),
                                        Json.text(network, "name").orElse("")))
                .toList();
    }

    /** What an image can be called by. */
    List<String> imageNames() throws CloudFailure {
        return images().stream().flatMap(image -> Stream.of(image.name(), image.id())).toList();
    }

    /** What a flavor can be called by, but for the ids. */
    List<String> flavorNames() throws CloudFailure {
        return offerings().stream().map(Offering::flavor).toList();
    }

    /** What a network can be called by. */
    List<String> networkNames() throws CloudFailure {
        return networks().stream()
                .flatMap(network -> Stream.of(network.name(), network.id()))
                .toList();
    }

    Quota quota() throws CloudFailure {
        var limits =
                Json.object(
                        Json.object(talk.read(Service.COMPUTE, "/limits"), "limits"), "absolute");
        return new Quota(
                Json.count(limits, "maxTotalInstances"),
                Json.count(limits, "totalInstancesUsed"),
                Json.count(limits, "maxTotalCores"),
                Json.count(limits, "totalCoresUsed"),
                Json.count(limits, "maxTotalRAMSize"),
                Json.count(limits, "totalRAMUsed"));
    }

    /** A nova that is too old for extra specs answers 406; then nobody knows of GPUs. */
    private List<JsonObject> flavors() throws CloudFailure {
        return talk.list(Service.COMPUTE, "/flavors/detail", "flavors", headers());
    }

    private Map<String, String> headers() throws CloudFailure {
        return talk.accepts(Service.COMPUTE, "/flavors?limit=1", WITH_EXTRA_SPECS)
                ? WITH_EXTRA_SPECS
                : Map.of();
    }

    /** Custom resources and vGPUs by their name; of devices passed through, all. */
    private static int gpusOf(JsonObject flavor) {
        int gpus = 0;
        var specs = Json.maybeObject(flavor, "extra_specs");
        if (specs.isEmpty()) return 0;
        for (var spec : specs.get().entrySet()) {
            var value = Json.text(spec.getValue()).orElse("");
            var key = spec.getKey().toUpperCase(Locale.ROOT);
            if (key.startsWith("RESOURCES") && key.contains("GPU")) {
                gpus += number(value);
            } else if (key.equals("PCI_PASSTHROUGH:ALIAS")) {
                for (var alias : value.split(",")) {
                    gpus += number(alias.substring(alias.lastIndexOf(':') + 1));
                }
            }
        }
        return gpus;
    }

    private static int number(String text) {
        return text.strip().matches("\\d{1,4}") ? Integer.parseInt(text.strip()) : 0;
    }
}
