package vmm.cloud.jclouds.aws;

import org.jspecify.annotations.Nullable;

import vmm.cloud.CloudFailure;
import vmm.cloud.Instance;
import vmm.cloud.Instance.Status;
import vmm.cloud.Tags;

import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * EC2's instances as those of an installation.
 *
 * <p>An odd one is still there: what cannot be read of it is shown so that nobody takes the
 * instance for absent, for ready, or for somebody's to delete.
 *
 * @param showsPublicAddress which address is shown
 */
record Instances(String installation, boolean showsPublicAddress) {

    /** EC2's own maximum. */
    private static final String PAGE = "1000";

    private static final String WHAT = "InstanceID";

    /**
     * The oldest of doubles is kept, so one that does not tell its age must not look like it. Not
     * {@link Instant#MAX}, which is more than milliseconds or databases can hold.
     */
    private static final Instant UNREADABLE_TIME = Instant.parse("9999-12-31T23:59:59Z");

    /** Whose an instance is, as far as its tags tell. */
    enum Owner {
        OURS,
        SOMEBODY_ELSE,
        /** Its tags do not say, and its name does not say that it is another's. */
        UNREADABLE
    }

    /** Everything of ours, but for the tombstones. */
    List<Instance> list(Conversation talk) throws CloudFailure {
        return some(talk, Form.of("DescribeInstances").ownedBy(installation)).stream()
                .filter(item -> !isTerminated(item))
                .filter(item -> ownerOf(item) != Owner.SOMEBODY_ELSE)
                .map(this::instance)
                .toList();
    }

    /** One instance, ours or not, tombstone or not; empty if EC2 says that there is none such. */
    Optional<Xml> find(Conversation talk, String id) throws CloudFailure {
        var page = talk.find(Form.of("DescribeInstances").with("InstanceId.1", id), WHAT);
        if (page.isEmpty()) return Optional.empty();
        return Optional.of(
                items(page.get()).stream()
                        .filter(item -> item.text("instanceId").equals(Optional.of(id)))
                        .findFirst()
                        .orElseThrow(
                                () ->
                                        new CloudFailure.Unreachable(
                                                "EC2 was asked for one instance and shows none")));
    }

    /** The id of the instance of a VM, of one that lives if there is one. */
    Optional<String> idOf(Conversation talk, Tags tags) throws CloudFailure {
        var vmId = tags.vmId();
        if (vmId == null) return Optional.empty();
        var form =
                Form.of("DescribeInstances").ownedBy(installation).where("tag:" + Tags.VM_ID, vmId);
        return some(talk, form).stream()
                .filter(item -> tagsOf(item).equals(tags))
                .min(Comparator.comparing(Instances::isTerminated))
                .flatMap(item -> item.text("instanceId"));
    }

    /** Every instance that a question yields, each once. */
    static List<Xml> some(Conversation talk, Form form) throws CloudFailure {
        var found = new LinkedHashMap<String, Xml>();
        talk.pages(
                form.with("MaxResults", PAGE),
                page -> {
                    for (var item : items(page)) {
                        found.put(item.text("instanceId").orElseThrow(), item);
                    }
                });
        return List.copyOf(found.values());
    }

    Owner ownerOf(Xml item) {
        var tag = tag(item, Tags.INSTALLATION);
        if (tag.isPresent()) {
            return tag.get().equals(installation) ? Owner.OURS : Owner.SOMEBODY_ELSE;
        }
        var name = tag(item, "Name");
        boolean oursByName = name.isPresent() && name.get().startsWith("vmm-" + installation + "-");
        return oursByName || item.child("tagSet").isEmpty()
                ? Owner.UNREADABLE
                : Owner.SOMEBODY_ELSE;
    }

    Instance instance(Xml item) {
        return new Instance(
                item.text("instanceId").orElse(""),
                tag(item, "Name").orElse(""),
                tagsOf(item),
                statusOf(item),
                null,
                false,
                addressOf(item),
                createdAt(item));
    }

    /** A start after a stop is a launch of its own to EC2, but the first interface stays. */
    private static Instant createdAt(Xml item) {
        var attached = primaryOf(item).flatMap(some -> some.text("attachment", "attachTime"));
        return Stream.of(item.text("launchTime"), attached)
                .flatMap(time -> InstanceProfile.time(time).stream())
                .min(Comparator.naturalOrder())
                .orElse(UNREADABLE_TIME);
    }

    static boolean isTerminated(Xml item) {
        return stateOf(item).equals("terminated");
    }

    static boolean isGoing(Xml item) {
        return statusOf(item) == Status.DELETING;
    }

    static String stateOf(Xml item) {
        return item.text("instanceState", "name").orElse("");
    }

    static Optional<String> tag(Xml item, String key) {
        return item.items("tagSet").stream()
                .filter(tag -> tag.text("key").equals(Optional.of(key)))
                .findFirst()
                .flatMap(tag -> tag.text("value"));
    }

    /** Instances come in reservations; an item without an id hides that there is one. */
    private static List<Xml> items(Xml page) throws CloudFailure {
        var items = new ArrayList<Xml>();
        for (var reservation : Shelves.items(page, "reservationSet")) {
            for (var item : Shelves.items(reservation, "instancesSet")) {
                if (item.text("instanceId").isEmpty()) {
                    throw new CloudFailure.Unreachable("an instance that EC2 lists has no id");
                }
                items.add(item);
            }
        }
        return items;
    }

    private Tags tagsOf(Xml item) {
        return new Tags(
                installation,
                tag(item, Tags.STORE).orElse(null),
                tag(item, Tags.VM_ID).orElse(null));
    }

    private static Status statusOf(Xml item) {
        return switch (stateOf(item)) {
            case "running" -> Status.RUNNING;
            case "stopping", "stopped" -> Status.STOPPED;
            case "shutting-down", "terminated" -> Status.DELETING;
            // pending, and what no one knows yet: there, and not to be relied on
            default -> Status.BUILDING;
        };
    }

    /** Of the primary interface: others may be in networks of their own. */
    private @Nullable String addressOf(Xml item) {
        var primary = primaryOf(item);
        var v4 =
                showsPublicAddress
                        ? Stream.of(
                                primary.flatMap(some -> some.text("association", "publicIp")),
                                item.text("ipAddress"))
                        : Stream.of(
                                primary.flatMap(some -> some.text("privateIpAddress")),
                                item.text("privateIpAddress"));
        var v6 = Stream.of(primary.flatMap(Instances::ipv6Of), item.text("ipv6Address"));
        return Stream.concat(v4, v6).flatMap(Optional::stream).findFirst().orElse(null);
    }

    private static Optional<Xml> primaryOf(Xml item) {
        return item.items("networkInterfaceSet").stream()
                .filter(some -> some.count("attachment", "deviceIndex").orElse(-1) == 0)
                .findFirst();
    }

    private static Optional<String> ipv6Of(Xml networkInterface) {
        return networkInterface.items("ipv6AddressesSet").stream()
                .flatMap(address -> address.text("ipv6Address").stream())
                .findFirst();
    }
}
