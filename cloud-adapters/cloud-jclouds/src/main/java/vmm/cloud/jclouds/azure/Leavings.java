package vmm.cloud.jclouds.azure;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;

import vmm.cloud.CloudFailure;
import vmm.cloud.Leftover;
import vmm.cloud.Tags;
import vmm.cloud.jclouds.Json;
import vmm.cloud.jclouds.NoAnswer;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * Interfaces, disks and public addresses that outlived their machine: each costs money, or a share
 * of a quota.
 *
 * <p>They are listed before machines, so that the machine of one that is just being made is there.
 */
record Leavings(Paths paths, Machines machines, Refusals refusals) {

    /** Machines that are asked for by themselves in one call; the rest have their turn later. */
    private static final int LOOKS = 20;

    /** Azure may add letters of its own to the names of interfaces and addresses. */
    private static final String ADDED = "(?:[-_][A-Za-z0-9]{1,40})?";

    /** What may be left behind. */
    private enum Kind {
        NIC("nic", "nic" + ADDED),
        DISK("disk", "os"),
        PUBLIC_IP("public-ip", "ip" + ADDED);

        private final String word;
        private final Pattern name;

        Kind(String word, String end) {
            this.word = word;
            this.name = Pattern.compile("(.+)-" + end, Pattern.CASE_INSENSITIVE);
        }

        /** The machine whose part would have such a name. */
        private Optional<String> machine(String part) {
            var parts = name.matcher(part);
            return parts.matches() ? Optional.of(parts.group(1)) : Optional.empty();
        }

        private String path(Paths paths) {
            return switch (this) {
                case NIC -> paths.interfaces();
                case DISK -> paths.disks();
                case PUBLIC_IP -> paths.publicAddresses();
            };
        }

        /** Whether nothing holds it, as far as it says itself. */
        private boolean isLoose(JsonObject item) {
            var properties = Interfaces.properties(item);
            return switch (this) {
                case NIC ->
                        lacks(properties, "virtualMachine") && lacks(properties, "privateEndpoint");
                case DISK ->
                        lacks(item, "managedBy")
                                && lacksAll(item, "managedByExtended")
                                && isUnattached(properties);
                case PUBLIC_IP ->
                        lacks(properties, "ipConfiguration") && lacks(properties, "natGateway");
            };
        }

        /** A state that is there must say so. */
        private static boolean isUnattached(JsonObject properties) {
            return lacks(properties, "diskState")
                    || Json.text(properties, "diskState")
                            .filter("Unattached"::equalsIgnoreCase)
                            .isPresent();
        }

        private static boolean lacksAll(JsonObject object, String name) {
            return lacks(object, name)
                    || object.get(name) instanceof JsonArray array && array.isEmpty();
        }

        private static boolean lacks(JsonObject object, String name) {
            return !object.has(name) || object.get(name).isJsonNull();
        }
    }

    List<Leftover> all(Conversation talk) throws CloudFailure {
        var suspects = new ArrayList<Leftover>();
        for (var kind : Kind.values()) {
            suspects.addAll(talk.list(kind.path(paths), item -> loose(kind, item)));
        }
        if (suspects.isEmpty()) return List.of();
        var alive =
                talk.list(paths.machines(), Machines::nameOf).stream()
                        .map(Interfaces::small)
                        .collect(Collectors.toSet());
        suspects.removeIf(one -> alive.contains(Interfaces.small(machines.nameOfVm(one.owner()))));
        return gone(talk, suspects);
    }

    void remove(Conversation talk, Leftover leftover) throws CloudFailure {
        var kind = kindOf(leftover);
        var path = kind.path(paths).replaceFirst("\\?", "/" + leftover.id() + "?");
        var item = talk.find(path);
        if (item.isEmpty()) return;
        if (loose(kind, item.get()).filter(one -> isSame(one, leftover)).isEmpty()) {
            throw new CloudFailure.Rejected(
                    "%s %s does not belong to that instance any more, or is in use"
                            .formatted(leftover.kind(), leftover.id()));
        }
        if (!isGone(talk, leftover.owner())) {
            throw new CloudFailure.Rejected(
                    "the instance of %s %s still exists".formatted(leftover.kind(), leftover.id()));
        }
        try {
            var answer = talk.send("DELETE", path, null);
            if (!answer.isSuccess() && !Refusals.isAbsentInAnyWords(answer)) {
                throw refusals.ofChange(answer, "");
            }
        } catch (NoAnswer e) {
            throw refusals.silence(e);
        }
    }

    /** ARM changes the case of names from one answer to the next. */
    private static boolean isSame(Leftover one, Leftover other) {
        return one.kind().equals(other.kind())
                && one.id().equalsIgnoreCase(other.id())
                && one.owner().equalsIgnoreCase(other.owner());
    }

    private List<Leftover> gone(Conversation talk, List<Leftover> suspects) throws CloudFailure {
        var owners = new ArrayList<>(suspects.stream().map(Leftover::owner).distinct().toList());
        Collections.shuffle(owners); // those that stay hide none of the others for ever
        var gone = new ArrayList<String>();
        for (var owner : owners.subList(0, Math.min(LOOKS, owners.size()))) {
            try {
                if (isGone(talk, owner)) gone.add(owner);
            } catch (CloudFailure outOfTime) {
                if (gone.isEmpty()) throw outOfTime;
                break;
            }
        }
        return suspects.stream().filter(one -> gone.contains(one.owner())).toList();
    }

    private Kind kindOf(Leftover leftover) throws CloudFailure {
        for (var kind : Kind.values()) {
            if (kind.word.equals(leftover.kind())
                    && AzureCloud.isId(leftover.id())
                    && AzureCloud.isId(machines.nameOfVm(leftover.owner()))) {
                return kind;
            }
        }
        throw new CloudFailure.Rejected("Azure knows no leftover " + leftover);
    }

    private boolean isGone(Conversation talk, String vm) throws CloudFailure {
        return talk.find(paths.machine(machines.nameOfVm(vm))).isEmpty();
    }

    private Optional<Leftover> loose(Kind kind, JsonObject item) {
        var name = Machines.nameOf(item).filter(AzureCloud::isId);
        if (name.isEmpty() || !kind.isLoose(item)) return Optional.empty();
        return owner(kind, item, name.get())
                .filter(vm -> AzureCloud.isId(machines.nameOfVm(vm)))
                .map(vm -> new Leftover(kind.word, name.get(), vm));
    }

    /**
     * The VM that it was made for, empty if it was made for something else: by its tags, or by its
     * name. A disk needs the very name that a launch gives it, for Azure copies a machine's tags to
     * disks that hold somebody's data.
     */
    private Optional<String> owner(Kind kind, JsonObject item, String name) {
        if (machines.isTaggedByAnother(item)) return Optional.empty();
        var named = kind.machine(name).filter(machines::isNameOfOurs);
        var tags = Json.maybeObject(item, "tags").orElseGet(JsonObject::new);
        var tagged =
                Machines.tag(tags, Tags.INSTALLATION)
                        .flatMap(ours -> Machines.tag(tags, Tags.VM_ID))
                        .filter(vm -> !vm.isBlank());
        if (tagged.isEmpty()) return named.flatMap(machines::vmOf);
        boolean agrees =
                named.filter(machines.nameOfVm(tagged.get())::equalsIgnoreCase).isPresent();
        return kind != Kind.DISK || agrees ? tagged : Optional.empty();
    }
}
