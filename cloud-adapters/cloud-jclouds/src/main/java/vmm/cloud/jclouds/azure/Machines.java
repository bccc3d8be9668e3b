package vmm.cloud.jclouds.azure;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;

import org.jspecify.annotations.Nullable;

import vmm.cloud.Instance;
import vmm.cloud.Instance.Status;
import vmm.cloud.Tags;
import vmm.cloud.jclouds.Json;

import java.time.DateTimeException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.Locale;
import java.util.Optional;

/**
 * Azure's virtual machines as instances of an installation. Their names are the ids.
 *
 * <p>An odd one is still there: what cannot be read of it is shown so that nobody takes the
 * instance for absent, for ready, or for somebody's to delete.
 */
record Machines(String installation, Refusals refusals) {

    private static final String FAILED = "provisioningstate/failed";

    /** How codes begin of machines whose system never came up. */
    private static final String NO_SYSTEM = "OSProvisioning";

    /** Whose a machine is, as far as its tags tell. */
    enum Owner {
        OURS,
        SOMEBODY_ELSE,
        /** Its tags do not say, and its name does not say that it is another's. */
        UNREADABLE
    }

    Owner ownerOf(JsonObject machine) {
        var tags = Json.maybeObject(machine, "tags");
        var tag = tags.flatMap(all -> tag(all, Tags.INSTALLATION));
        if (tag.isPresent()) {
            return tag.get().equals(installation) ? Owner.OURS : Owner.SOMEBODY_ELSE;
        }
        return nameOf(machine).filter(this::isNameOfOurs).isPresent()
                ? Owner.UNREADABLE
                : Owner.SOMEBODY_ELSE;
    }

    boolean isNameOfOurs(String name) {
        return name.regionMatches(true, 0, prefix(), 0, prefix().length());
    }

    private String prefix() {
        return "vmm-" + installation + "-";
    }

    /** The name, or the end of the id, which is the same; empty if it has neither. */
    static Optional<String> nameOf(JsonObject machine) {
        return Json.text(machine, "name")
                .filter(name -> !name.isBlank())
                .or(
                        () ->
                                Json.text(machine, "id")
                                        .map(id -> id.substring(id.lastIndexOf('/') + 1))
                                        .filter(name -> !name.isBlank()));
    }

    /** The name of an item that has one. */
    static String idOf(JsonObject machine) {
        return nameOf(machine).orElseThrow();
    }

    /** Of the machine of one of our VMs. */
    String nameOfVm(String vmId) {
        return prefix() + vmId;
    }

    /** The VM of a machine's name, in small letters as the core writes it. */
    Optional<String> vmOf(String machine) {
        return Optional.of(machine)
                .filter(this::isNameOfOurs)
                .map(name -> name.substring(prefix().length()).toLowerCase(Locale.ROOT))
                .filter(vm -> !vm.isEmpty());
    }

    /** Whether its tags name another installation. */
    boolean isTaggedByAnother(JsonObject machine) {
        return Json.maybeObject(machine, "tags")
                .flatMap(all -> tag(all, Tags.INSTALLATION))
                .filter(name -> !name.equals(installation))
                .isPresent();
    }

    /** As the core knows it, for Azure may show a name in another case. */
    private String spelled(JsonObject machine, @Nullable String asked) {
        var name = idOf(machine);
        return Json.maybeObject(machine, "tags")
                .flatMap(all -> tag(all, Tags.VM_ID))
                .map(this::nameOfVm)
                .filter(name::equalsIgnoreCase)
                .orElse(asked == null ? name : asked);
    }

    /**
     * @param asked the id by which it was found, null in a listing
     * @param statuses of its instance view, null where nobody looked
     * @param saysWhy whether those would tell why it failed
     */
    Instance instance(
            JsonObject machine,
            @Nullable String asked,
            @Nullable JsonArray statuses,
            @Nullable String address,
            boolean saysWhy) {
        var status = statusOf(machine, statuses);
        var failure = statuses == null ? Optional.<JsonObject>empty() : failure(statuses);
        var id = spelled(machine, asked);
        return new Instance(
                id,
                id,
                tagsOf(machine),
                status,
                status == Status.ERROR ? detail(failure, saysWhy) : null,
                status == Status.ERROR && failure.filter(Machines::isWantOfRoom).isPresent(),
                address,
                createdAt(machine));
    }

    /** Of whose run-time state nobody knows, it is BUILDING: neither ready nor given up. */
    private static Status statusOf(JsonObject machine, @Nullable JsonArray statuses) {
        var known = statuses == null ? new JsonArray() : statuses;
        return switch (provisioning(machine, known)) {
            case "deleting" -> Status.DELETING;
            case "failed", "canceled" -> {
                if (statuses == null) yield Status.BUILDING;
                yield runsAllTheSame(known) ? Status.RUNNING : Status.ERROR;
            }
            default -> // Creating, Updating, Succeeded, and what no one knows yet
                    switch (power(known).orElse("")) {
                        case "running" -> Status.RUNNING;
                        case "stopping", "stopped", "deallocating", "deallocated" -> Status.STOPPED;
                        default -> Status.BUILDING;
                    };
        };
    }

    /** It was an extension or an update that failed, and not the machine. */
    private static boolean runsAllTheSame(JsonArray statuses) {
        var code = failure(statuses).map(Machines::reasonCode).orElse("");
        boolean neverCameUp = code.regionMatches(true, 0, NO_SYSTEM, 0, NO_SYSTEM.length());
        return power(statuses).orElse("").equals("running")
                && !neverCameUp
                && !Refusals.isWantOfRoom(code);
    }

    /** Whether it could run, so that its run-time state matters. */
    static boolean mayRun(JsonObject machine) {
        return switch (provisioning(machine, new JsonArray())) {
            case "creating", "deleting" -> false;
            default -> true;
        };
    }

    /** Whether these say how it is: that it runs or not, or that it failed. */
    static boolean tell(JsonArray statuses) {
        return power(statuses).isPresent() || failure(statuses).isPresent();
    }

    /** The last word of {@code PowerState/…}. */
    static Optional<String> power(JsonArray statuses) {
        return codeAfter(statuses, "powerstate/");
    }

    /** Where machines and lists of run-time states have them. */
    static JsonArray statusesOf(JsonObject machine) {
        var properties = Json.maybeObject(machine, "properties");
        return properties
                .flatMap(some -> Json.maybeObject(some, "instanceView"))
                .or(() -> Json.maybeObject(machine, "instanceView"))
                .map(view -> view.get("statuses"))
                .filter(JsonArray.class::isInstance)
                .map(JsonArray.class::cast)
                .orElseGet(JsonArray::new);
    }

    private static String provisioning(JsonObject machine, JsonArray statuses) {
        return Json.maybeObject(machine, "properties")
                .flatMap(properties -> Json.text(properties, "provisioningState"))
                .map(state -> state.toLowerCase(Locale.ROOT))
                .or(() -> codeAfter(statuses, "provisioningstate/"))
                .orElse("");
    }

    /** The first word behind a prefix that is written in small letters. */
    private static Optional<String> codeAfter(JsonArray statuses, String prefix) {
        for (var element : statuses) {
            var code = codeOf(element);
            if (code.startsWith(prefix)) {
                return Optional.of(code.substring(prefix.length()).split("/", 2)[0]);
            }
        }
        return Optional.empty();
    }

    private static String codeOf(com.google.gson.JsonElement status) {
        return status instanceof JsonObject object
                ? Json.text(object, "code").orElse("").toLowerCase(Locale.ROOT)
                : "";
    }

    private static Optional<JsonObject> failure(JsonArray statuses) {
        for (var element : statuses) {
            if (codeOf(element).startsWith(FAILED)) return Optional.of(element.getAsJsonObject());
        }
        return Optional.empty();
    }

    private @Nullable String detail(Optional<JsonObject> failure, boolean saysWhy) {
        var said =
                failure.map(
                                status ->
                                        reasonCode(status)
                                                + " "
                                                + Json.text(status, "message").orElse(""))
                        .map(String::strip)
                        .filter(text -> !text.isEmpty())
                        .map(refusals::shown);
        return said.orElse(saysWhy ? "the cloud does not say why" : null);
    }

    private static boolean isWantOfRoom(JsonObject status) {
        return Refusals.isWantOfRoom(reasonCode(status));
    }

    /** The last word of {@code ProvisioningState/failed/…}, empty if there is none. */
    private static String reasonCode(JsonObject status) {
        var words = Json.text(status, "code").orElse("").split("/", 3);
        return words.length < 3 ? "" : words[2];
    }

    private Tags tagsOf(JsonObject machine) {
        var tags = Json.maybeObject(machine, "tags");
        return new Tags(
                installation,
                tags.flatMap(all -> tag(all, Tags.STORE)).orElse(null),
                tags.flatMap(all -> tag(all, Tags.VM_ID)).orElse(null));
    }

    /** Azure takes names of tags for the same whatever their case. */
    static Optional<String> tag(JsonObject tags, String name) {
        return tags.entrySet().stream()
                .filter(entry -> entry.getKey().equalsIgnoreCase(name))
                .findFirst()
                .flatMap(entry -> Json.text(entry.getValue()));
    }

    static Instant createdAt(JsonObject machine) {
        try {
            return Json.maybeObject(machine, "properties")
                    .flatMap(properties -> Json.text(properties, "timeCreated"))
                    .map(text -> OffsetDateTime.parse(text).toInstant())
                    .orElse(Instant.EPOCH);
        } catch (DateTimeException unreadable) {
            return Instant.EPOCH;
        }
    }
}
