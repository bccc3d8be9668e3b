package vmm.cloud.jclouds.openstack;

import com.google.gson.JsonObject;

import vmm.cloud.CloudFailure;
import vmm.cloud.jclouds.Json;
import vmm.cloud.jclouds.Shared;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The ids of flavors, images and networks, which the fleet file may call by name or by id.
 *
 * <p>What a name stands for is remembered for a minute, for it would cost each launch three more
 * questions, and forgotten as soon as a create is rejected. Launches at the same time ask once for
 * all of them; what is not found is asked again by the next.
 */
final class Names {

    private static final Duration MEMORY = Duration.ofMinutes(1);

    /** What can be called by name. */
    enum Kind {
        FLAVOR("flavor"),
        IMAGE("image"),
        NETWORK("network");

        private final String word;

        Kind(String word) {
            this.word = word;
        }
    }

    private record Name(Kind kind, String text) {}

    private record Meaning(String id, Instant until) {}

    private final Map<Name, Shared<Meaning>> known = new ConcurrentHashMap<>();
    private final InstantSource clock;

    Names(InstantSource clock) {
        this.clock = clock;
    }

    String idOf(Conversation talk, Kind kind, String text) throws CloudFailure {
        var name = new Name(kind, text);
        return known.computeIfAbsent(name, unknown -> new Shared<>())
                .get(
                        meaning -> clock.instant().isBefore(meaning.until()),
                        () -> new Meaning(lookUp(talk, name), clock.instant().plus(MEMORY)))
                .id();
    }

    /** Whether a name stands for one thing here. */
    boolean isOne(Conversation talk, Kind kind, String text) throws CloudFailure {
        try {
            idOf(talk, kind, text);
            return true;
        } catch (CloudFailure.Rejected none) {
            return false;
        }
    }

    void forget() {
        known.clear();
    }

    private static String lookUp(Conversation talk, Name name) throws CloudFailure {
        var candidates =
                switch (name.kind()) {
                    case FLAVOR ->
                            talk.list(Service.COMPUTE, "/flavors/detail", "flavors", Map.of());
                    case IMAGE -> images(talk, name.text());
                    case NETWORK -> networks(talk, name.text());
                };
        if (candidates.stream().anyMatch(item -> isCalled(item, "id", name.text()))) {
            return name.text();
        }
        var ids =
                candidates.stream()
                        .filter(item -> isCalled(item, "name", name.text()))
                        .map(item -> Json.text(item, "id").orElse(""))
                        .toList();
        return switch (ids.size()) {
            case 1 -> ids.getFirst();
            case 0 ->
                    throw new CloudFailure.Rejected(
                            "there is no %s '%s' here".formatted(name.kind().word, name.text()));
            default ->
                    throw new CloudFailure.Rejected(
                            "%s '%s' is ambiguous here, write one of the ids %s"
                                    .formatted(name.kind().word, name.text(), ids));
        };
    }

    /** By id first: images that are shared by the community are in no listing. */
    private static List<JsonObject> images(Conversation talk, String text) throws CloudFailure {
        if (isUuid(text)) {
            var one = talk.findWhole(Service.IMAGE, "/images/" + text);
            if (one.isPresent()) return List.of(one.get());
        }
        return talk.list(
                Service.IMAGE,
                "/images?status=active&name=" + Conversation.encoded(text),
                "images",
                Map.of());
    }

    private static List<JsonObject> networks(Conversation talk, String text) throws CloudFailure {
        var how = isUuid(text) ? "id" : "name";
        var found =
                talk.list(
                        Service.NETWORK,
                        "/networks?" + how + "=" + Conversation.encoded(text),
                        "networks",
                        Map.of());
        return found.isEmpty() && isUuid(text)
                ? talk.list(
                        Service.NETWORK,
                        "/networks?name=" + Conversation.encoded(text),
                        "networks",
                        Map.of())
                : found;
    }

    private static boolean isUuid(String text) {
        return text.matches("[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}");
    }

    private static boolean isCalled(JsonObject item, String key, String text) {
        return Json.text(item, key).equals(Optional.of(text));
    }
}
