package vmm.cloud.jclouds.aws;

import vmm.cloud.CloudFailure;
import vmm.cloud.Leftover;
import vmm.cloud.Tags;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Volumes and network interfaces that outlived their instance. They carry the tags of the launch
 * that made them, and belong to nothing any more.
 */
record Debris(Conversation talk, Refusals refusals, Instances instances) {

    /** A volume is shown for a while after it was deleted. */
    private static final Set<String> GOING = Set.of("deleting", "deleted");

    /** A kind of it, in the words of EC2's API. */
    private enum Kind {
        VOLUME("volume", "Volumes", "volumeSet", "volumeId", "VolumeId", "Volume"),
        NETWORK_INTERFACE(
                "network-interface",
                "NetworkInterfaces",
                "networkInterfaceSet",
                "networkInterfaceId",
                "NetworkInterfaceId",
                "NetworkInterfaceID");

        private final String word;
        private final String plural;
        private final String set;
        private final String id;
        private final String parameter;
        private final String error;

        Kind(String word, String plural, String set, String id, String parameter, String error) {
            this.word = word;
            this.plural = plural;
            this.set = set;
            this.id = id;
            this.parameter = parameter;
            this.error = error;
        }

        Form describe() {
            return Form.of("Describe" + plural);
        }

        /** {@code DeleteVolume}, {@code DeleteNetworkInterface}. */
        Form delete(String id) {
            return Form.of("Delete" + plural.substring(0, plural.length() - 1)).with(parameter, id);
        }
    }

    List<Leftover> leftovers() throws CloudFailure {
        var found = new ArrayList<Leftover>();
        for (var kind : Kind.values()) {
            var form =
                    kind.describe()
                            .where("status", "available")
                            .ownedBy(instances.installation())
                            .with("MaxResults", "500");
            for (var item : Shelves.list(talk, form, kind.set)) {
                leftover(kind, item).ifPresent(found::add);
            }
        }
        return List.copyOf(found);
    }

    void remove(Leftover leftover) throws CloudFailure {
        var kind = kindOf(leftover);
        var page =
                talk.find(kind.describe().with(kind.parameter + ".1", leftover.id()), kind.error);
        if (page.isEmpty()) return;
        var items = Shelves.items(page.get(), kind.set);
        if (!items.isEmpty() && GOING.contains(items.getFirst().text("status").orElse(""))) return;
        if (items.isEmpty() || !leftover(kind, items.getFirst()).equals(Optional.of(leftover))) {
            throw new CloudFailure.Rejected(
                    kind.word + " " + leftover.id() + " does not belong to that instance any more");
        }
        if (lives(leftover.owner())) {
            throw new CloudFailure.Rejected(
                    "the instance of " + kind.word + " " + leftover.id() + " still exists");
        }
        var answer = talk.ask(kind.delete(leftover.id()));
        if (!answer.isSuccess() && !Refusals.isAbsent(answer, kind.error)) {
            throw refusals.of(answer);
        }
    }

    private boolean lives(String vmId) throws CloudFailure {
        var form =
                Form.of("DescribeInstances")
                        .ownedBy(instances.installation())
                        .where("tag:" + Tags.VM_ID, vmId);
        return Instances.some(talk, form).stream().anyMatch(item -> !Instances.isTerminated(item));
    }

    /** Something that belongs to nothing, as what it was launched with; empty if it does. */
    private Optional<Leftover> leftover(Kind kind, Xml item) {
        boolean ours =
                Instances.tag(item, Tags.INSTALLATION)
                        .equals(Optional.of(instances.installation()));
        if (!ours || !isLoose(item)) return Optional.empty();
        return item.text(kind.id)
                .flatMap(
                        id ->
                                Instances.tag(item, Tags.VM_ID)
                                        .map(owner -> new Leftover(kind.word, id, owner)));
    }

    /** Its status and its attachments must agree that nothing has it. */
    private static boolean isLoose(Xml item) {
        return item.text("status").equals(Optional.of("available"))
                && item.items("attachmentSet").isEmpty()
                && item.text("attachment", "instanceId").isEmpty()
                && item.text("attachment", "attachmentId").isEmpty();
    }

    private static Kind kindOf(Leftover leftover) throws CloudFailure {
        for (var kind : Kind.values()) {
            if (kind.word.equals(leftover.kind())) return kind;
        }
        throw new CloudFailure.Rejected("EC2 knows no leftover " + leftover);
    }
}
