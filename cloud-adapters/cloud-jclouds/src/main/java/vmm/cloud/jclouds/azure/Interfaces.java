package vmm.cloud.jclouds.azure;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;

import org.jspecify.annotations.Nullable;

import vmm.cloud.CloudFailure;
import vmm.cloud.jclouds.Json;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * Where machines can be reached, which only their network interfaces tell.
 *
 * @param showsPublic whether it is the public address that is asked for
 */
record Interfaces(Paths paths, boolean showsPublic) {

    /** Machines have eight at most. */
    private static final int MOST = 8;

    private static final Pattern RESOURCE_ID =
            Pattern.compile(
                    "(?i)/subscriptions/[^?#%\\s]+/providers/Microsoft\\.Network/[^?#%\\s]+");

    /**
     * @param rank the greater the better
     */
    private record Candidate(int rank, String address) {}

    /** Addresses by the ids of their machines, in small letters. */
    Map<String, String> all(Conversation talk) throws CloudFailure {
        var interfaces = talk.list(paths.interfaces(), Optional::of);
        var publics = showsPublic ? publics(talk) : Map.<String, String>of();
        var found = new HashMap<String, List<Candidate>>();
        for (var one : interfaces) {
            var machine = linkOf(properties(one), "virtualMachine");
            if (machine.isEmpty()) continue;
            found.computeIfAbsent(machine.get(), id -> new ArrayList<>())
                    .addAll(candidates(one, publics));
        }
        var addresses = new HashMap<String, String>();
        found.forEach((id, some) -> best(some).ifPresent(one -> addresses.put(id, one)));
        return addresses;
    }

    /** The address of one machine, null while it has none. */
    @Nullable String of(Conversation talk, JsonObject machine) throws CloudFailure {
        var candidates = new ArrayList<Candidate>();
        var ids =
                Json.maybeObject(properties(machine), "networkProfile")
                        .map(profile -> objects(profile.get("networkInterfaces")))
                        .orElse(List.of());
        for (var reference : ids.subList(0, Math.min(MOST, ids.size()))) {
            var one = lookAt(talk, Json.text(reference, "id"));
            if (one.isEmpty()) continue;
            candidates.addAll(candidates(one.get(), publicsOf(talk, one.get())));
        }
        return best(candidates).orElse(null);
    }

    private static Optional<JsonObject> lookAt(Conversation talk, Optional<String> id)
            throws CloudFailure {
        if (id.filter(text -> RESOURCE_ID.matcher(text).matches()).isEmpty()) {
            return Optional.empty();
        }
        return talk.find(Paths.versioned(id.orElseThrow(), Paths.NETWORK), Refusals::isOutOfSight);
    }

    private Map<String, String> publics(Conversation talk) throws CloudFailure {
        var publics = new HashMap<String, String>();
        for (var one : talk.list(paths.publicAddresses(), Optional::of)) putPublic(publics, one);
        return publics;
    }

    private Map<String, String> publicsOf(Conversation talk, JsonObject one) throws CloudFailure {
        var publics = new HashMap<String, String>();
        if (!showsPublic) return publics;
        for (var configuration : configurations(one)) {
            var reference = Json.maybeObject(properties(configuration), "publicIPAddress");
            var found = lookAt(talk, reference.flatMap(some -> Json.text(some, "id")));
            found.ifPresent(address -> putPublic(publics, address));
        }
        return publics;
    }

    private static void putPublic(Map<String, String> publics, JsonObject address) {
        var id = Json.text(address, "id");
        var text = Json.text(properties(address), "ipAddress").filter(some -> !some.isBlank());
        if (id.isPresent() && text.isPresent()) publics.put(small(id.get()), text.get());
    }

    private List<Candidate> candidates(JsonObject one, Map<String, String> publics) {
        var candidates = new ArrayList<Candidate>();
        boolean first = isTrue(properties(one), "primary");
        for (var configuration : configurations(one)) {
            var details = properties(configuration);
            var address =
                    showsPublic
                            ? linkOf(details, "publicIPAddress").map(publics::get)
                            : Json.text(details, "privateIPAddress");
            if (address.filter(text -> !text.isBlank()).isEmpty()) continue;
            boolean v4 = !address.get().contains(":");
            int rank = (v4 ? 4 : 0) + (first ? 2 : 0) + (isTrue(details, "primary") ? 1 : 0);
            candidates.add(new Candidate(rank, address.get()));
        }
        return candidates;
    }

    private static Optional<String> best(List<Candidate> candidates) {
        return candidates.stream()
                .max(Comparator.comparing(Candidate::rank).thenComparing(Candidate::address))
                .map(Candidate::address);
    }

    private static List<JsonObject> configurations(JsonObject one) {
        return objects(properties(one).get("ipConfigurations"));
    }

    private static List<JsonObject> objects(@Nullable JsonElement list) {
        if (!(list instanceof JsonArray array)) return List.of();
        return array.asList().stream()
                .filter(JsonObject.class::isInstance)
                .map(JsonObject.class::cast)
                .toList();
    }

    /** The id of what it belongs to, in small letters. */
    static Optional<String> linkOf(JsonObject properties, String name) {
        return Json.maybeObject(properties, name)
                .flatMap(link -> Json.text(link, "id"))
                .map(Interfaces::small);
    }

    static JsonObject properties(JsonObject item) {
        return Json.maybeObject(item, "properties").orElseGet(JsonObject::new);
    }

    /** ARM changes the case of ids from one answer to the next. */
    static String small(String id) {
        return id.toLowerCase(Locale.ROOT);
    }

    private static boolean isTrue(JsonObject object, String name) {
        return object.get(name) instanceof com.google.gson.JsonPrimitive value
                && value.isBoolean()
                && value.getAsBoolean();
    }
}
