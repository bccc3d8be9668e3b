package vmm.cloud.jclouds.azure;

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

    /** Azure may add letters of its own to a name that it was given. */
    private static final Pattern NAME =
            Pattern.compile("(vmm-.+)-(nic|os|ip)(?:[-_][A-Za-z0-9]{1,40})?");

    /** What may be left behind. */
    private enum Kind {
        NIC("nic"),
        DISK("disk"),
        PUBLIC_IP("public-ip");

        private final String word;

        Kind(String word) {
            this.word = word;
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
                                && Json.text(properties, "diskState")
                                        .orElse("")
                                        .equalsIgnoreCase("Unattached");
                case PUBLIC_IP ->
                        lacks(properties, "ipConfiguration") && lacks(properties, "natGateway");
            };
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
        suspects.removeIf(one -> alive.contains(Interfaces.small(one.owner())));
        return gone(talk, suspects);
    }

    void remove(Conversation talk, Leftover leftover) throws CloudFailure {
        var kind = kindOf(leftover);
        var path = kind.path(paths).replaceFirst("\\?", "/" + leftover.id() + "?");
        var item = talk.find(path);
        if (item.isEmpty()) return;
        if (!loose(kind, item.get()).equals(Optional.of(leftover))) {
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
                    && AzureCloud.isId(leftover.owner())) {
                return kind;
            }
        }
        throw new CloudFailure.Rejected("Azure knows no leftover " + leftover);
    }

    private boolean isGone(Conversation talk, String machine) throws CloudFailure {
        return talk.find(paths.machine(machine)).isEmpty();
    }

    private Optional<Leftover> loose(Kind kind, JsonObject item) {
        var name = Machines.nameOf(item).filter(AzureCloud::isId);
        if (name.isEmpty() || !kind.isLoose(item)) return Optional.empty();
        return owner(item, name.get()).map(owner -> new Leftover(kind.word, name.get(), owner));
    }

    /**
     * The machine that it was made for, empty if it was made for something else: by its name, or by
     * its tags where Azure gave it another name.
     */
    private Optional<String> owner(JsonObject item, String name) {
        var tags = Json.maybeObject(item, "tags").orElseGet(JsonObject::new);
        var installation = Machines.tag(tags, Tags.INSTALLATION);
        if (installation.isPresent() && !installation.get().equals(machines.installation())) {
            return Optional.empty();
        }
        var parts = NAME.matcher(name);
        if (parts.matches() && machines.isNameOfOurs(parts.group(1))) {
            return Optional.of(parts.group(1));
        }
        return installation
                .flatMap(ours -> Machines.tag(tags, Tags.VM_ID))
                .map(vm -> "vmm-" + machines.installation() + "-" + vm)
                .filter(AzureCloud::isId);
    }
}
