package vmm.cloud.jclouds.azure;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;

import org.jspecify.annotations.Nullable;

import vmm.cloud.CloudFailure;
import vmm.cloud.Image;
import vmm.cloud.Misnomer;
import vmm.cloud.Network;
import vmm.cloud.Offering;
import vmm.cloud.Quota;
import vmm.cloud.jclouds.Json;

import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.Stream;

/** What can be launched in a resource group and its location, and how much of it. */
record Shelves(Conversation talk, Paths paths) {

    List<Offering> offerings() throws CloudFailure {
        return talk.list(paths.skus(), this::offering);
    }

    /** Managed images, and galleries' images with their versions; the marketplace is not listed. */
    List<Image> images() throws CloudFailure {
        var images = new ArrayList<>(talk.list(paths.images(), item -> image(item, "")));
        for (var gallery : names(paths.galleries())) {
            var definitions =
                    talk.list(paths.galleryImages(gallery), item -> image(item, gallery + "/"));
            for (var definition : definitions) {
                images.add(definition);
                var name = definition.name().substring(definition.name().indexOf('/') + 1);
                images.addAll(
                        talk.list(
                                paths.galleryVersions(gallery, name),
                                item -> image(item, definition.name() + "/")));
            }
        }
        return images;
    }

    List<Network> networks() throws CloudFailure {
        var networks = new ArrayList<Network>();
        for (var network : talk.list(paths.networks(), Optional::of)) {
            var name = Json.text(network, "name").orElse("");
            if (!(Interfaces.properties(network).get("subnets") instanceof JsonArray subnets)) {
                continue;
            }
            for (var element : subnets) {
                if (!(element instanceof JsonObject subnet)) continue;
                var id = Json.text(subnet, "id");
                var own = Json.text(subnet, "name");
                if (id.isPresent() && own.isPresent()) {
                    networks.add(new Network(id.get(), name + "/" + own.get()));
                }
            }
        }
        return networks;
    }

    /** What of these stands for nothing, asked for one by one: lists do not hold everything. */
    List<Misnomer> misnomers(String image, String flavor, @Nullable String network)
            throws CloudFailure {
        var wrong = new ArrayList<Misnomer>();
        var reference = ImageRef.parse(paths, image);
        if (reference.isEmpty() || !talk.exists(reference.get().path())) {
            wrong.add(new Misnomer("image", image, imageNames()));
        }
        var flavors = offerings().stream().map(Offering::flavor).toList();
        if (flavors.stream().noneMatch(flavor::equalsIgnoreCase)) {
            wrong.add(new Misnomer("flavor", flavor, flavors));
        }
        if (network != null && !isNetwork(network)) {
            wrong.add(new Misnomer("network", network, networkNames()));
        }
        return wrong;
    }

    Quota quota() throws CloudFailure {
        var usages = new HashMap<String, JsonObject>();
        for (var usage : talk.list(paths.usages(), Optional::of)) {
            Json.maybeObject(usage, "name")
                    .flatMap(name -> Json.text(name, "value"))
                    .ifPresent(name -> usages.put(name, usage));
        }
        return new Quota(
                count(usages, "virtualMachines", "limit"),
                count(usages, "virtualMachines", "currentValue"),
                count(usages, "cores", "limit"),
                count(usages, "cores", "currentValue"),
                OptionalInt.empty(),
                OptionalInt.empty());
    }

    private boolean isNetwork(String network) throws CloudFailure {
        var id = Subnets.idOf(paths, network);
        return id.isPresent() && talk.exists(Paths.versioned(id.get(), Paths.NETWORK));
    }

    private List<String> imageNames() throws CloudFailure {
        return images().stream().flatMap(image -> Stream.of(image.name(), image.id())).toList();
    }

    private List<String> networkNames() throws CloudFailure {
        return networks().stream()
                .flatMap(network -> Stream.of(network.name(), network.id()))
                .toList();
    }

    private List<String> names(String path) throws CloudFailure {
        return talk.list(path, item -> Json.text(item, "name"));
    }

    private static Optional<Image> image(JsonObject item, String prefix) {
        var name = Json.text(item, "name");
        return Json.text(item, "id")
                .filter(id -> name.isPresent())
                .map(id -> new Image(id, prefix + name.orElseThrow()));
    }

    private Optional<Offering> offering(JsonObject sku) {
        var name = Json.text(sku, "name").orElse("");
        boolean isMachine =
                Json.text(sku, "resourceType").orElse("").equalsIgnoreCase("virtualMachines");
        if (name.isEmpty() || !isMachine || !isHere(sku) || isRestricted(sku)) {
            return Optional.empty();
        }
        var capabilities = capabilities(sku);
        // Sizes with constrained cores have fewer than the machine that they are paid as.
        var cores = capabilities.containsKey("vCPUsAvailable") ? "vCPUsAvailable" : "vCPUs";
        return Optional.of(
                new Offering(
                        name,
                        number(capabilities, cores, 1),
                        number(capabilities, "MemoryGB", 1024),
                        number(capabilities, "GPUs", 1)));
    }

    /** The filter should have seen to it. */
    private boolean isHere(JsonObject sku) {
        return !(sku.get("locations") instanceof JsonArray locations) || holds(locations);
    }

    /** Whether this subscription may not have it anywhere in the location. */
    private boolean isRestricted(JsonObject sku) {
        if (!(sku.get("restrictions") instanceof JsonArray restrictions)) return false;
        for (var element : restrictions) {
            if (element instanceof JsonObject restriction
                    && Json.text(restriction, "type").orElse("").equalsIgnoreCase("Location")
                    && restriction.get("values") instanceof JsonArray values
                    && holds(values)) {
                return true;
            }
        }
        return false;
    }

    private boolean holds(JsonArray locations) {
        for (JsonElement location : locations) {
            if (Json.text(location).orElse("").equalsIgnoreCase(paths.location())) return true;
        }
        return false;
    }

    private static Map<String, String> capabilities(JsonObject sku) {
        var capabilities = new HashMap<String, String>();
        if (!(sku.get("capabilities") instanceof JsonArray all)) return capabilities;
        for (var element : all) {
            if (element instanceof JsonObject one) {
                capabilities.put(
                        Json.text(one, "name").orElse(""), Json.text(one, "value").orElse(""));
            }
        }
        return capabilities;
    }

    /** A part of a GPU counts as one. */
    private static int number(Map<String, String> capabilities, String name, int times) {
        var text = capabilities.getOrDefault(name, "");
        if (!text.matches("\\d{1,7}(\\.\\d{1,6})?")) return 0;
        return new BigDecimal(text)
                .multiply(BigDecimal.valueOf(times))
                .setScale(0, RoundingMode.CEILING)
                .intValue();
    }

    private static OptionalInt count(Map<String, JsonObject> usages, String name, String what) {
        var usage = usages.get(name);
        return usage == null ? OptionalInt.empty() : Json.count(usage, what);
    }
}
