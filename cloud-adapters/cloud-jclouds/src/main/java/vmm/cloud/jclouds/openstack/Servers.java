package vmm.cloud.jclouds.openstack;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;

import org.jspecify.annotations.Nullable;

import vmm.cloud.Instance;
import vmm.cloud.Instance.Status;
import vmm.cloud.Tags;
import vmm.cloud.jclouds.Json;

import java.time.DateTimeException;
import java.time.Instant;
import java.util.Optional;

/**
 * Nova's servers as instances of an installation.
 *
 * <p>An odd one is still there: what cannot be read of it is shown so that nobody takes the
 * instance for absent, for ready, or for somebody's to delete.
 */
record Servers(String installation, Refusals refusals) {

    /** Whose a server is, as far as its metadata tell. */
    enum Owner {
        OURS,
        SOMEBODY_ELSE,
        /** Its metadata do not say, and its name does not say that it is another's. */
        UNREADABLE
    }

    Owner ownerOf(JsonObject server) {
        var metadata = Json.maybeObject(server, "metadata");
        var tag = metadata.flatMap(tags -> Json.text(tags, Tags.INSTALLATION));
        if (tag.isPresent()) {
            return tag.get().equals(installation) ? Owner.OURS : Owner.SOMEBODY_ELSE;
        }
        var name = Json.text(server, "name");
        boolean oursByName = name.isPresent() && name.get().startsWith("vmm-" + installation + "-");
        return oursByName || name.isEmpty() && metadata.isEmpty()
                ? Owner.UNREADABLE
                : Owner.SOMEBODY_ELSE;
    }

    /**
     * @param reason why it is in {@link Status#ERROR}, null if that was not asked
     */
    Instance instance(JsonObject server, @Nullable String reason) {
        var status = statusOf(server);
        return new Instance(
                Json.text(server, "id").orElse(""),
                Json.text(server, "name").orElse(""),
                tagsOf(server),
                status,
                status == Status.ERROR ? reason : null,
                status == Status.ERROR && reason != null && isWantOfRoom(reason),
                addressOf(server),
                createdAt(server));
    }

    /** Nova tells it only of a single server. */
    String reasonOf(JsonObject server) {
        return Json.maybeObject(server, "fault")
                .flatMap(fault -> Json.text(fault, "message"))
                .map(refusals::shown)
                .filter(message -> !message.isEmpty())
                .orElse("the cloud does not say why");
    }

    /** The scheduler's words, in every release so far; also when all retries are used up. */
    private static boolean isWantOfRoom(String reason) {
        return reason.contains("No valid host")
                || reason.contains("Exceeded maximum number of retries");
    }

    /** Nova keeps it for a while in case somebody wants it back; to us it is gone. */
    static boolean isSoftDeleted(JsonObject server) {
        return Json.text(server, "status").equals(Optional.of("SOFT_DELETED"));
    }

    /** Whether it is being deleted, or a tombstone. */
    static boolean isGoing(JsonObject server) {
        return statusOf(server) == Status.DELETING;
    }

    private static Status statusOf(JsonObject server) {
        if (Json.text(server, "OS-EXT-STS:task_state").orElse("").contains("deleting")) {
            return Status.DELETING;
        }
        return switch (Json.text(server, "status").orElse("")) {
            case "ACTIVE",
                    "REBOOT",
                    "HARD_REBOOT",
                    "PASSWORD",
                    "MIGRATING",
                    "RESIZE",
                    "VERIFY_RESIZE",
                    "REVERT_RESIZE",
                    "RESCUE" ->
                    Status.RUNNING;
            case "SHUTOFF", "PAUSED", "SUSPENDED", "SHELVED", "SHELVED_OFFLOADED" -> Status.STOPPED;
            case "ERROR" -> Status.ERROR;
            case "DELETED", "SOFT_DELETED" -> Status.DELETING;
            // BUILD, REBUILD, UNKNOWN and what no one knows yet: there, and not to be relied on
            default -> Status.BUILDING;
        };
    }

    private Tags tagsOf(JsonObject server) {
        var metadata = Json.maybeObject(server, "metadata");
        return new Tags(
                installation,
                metadata.flatMap(tags -> Json.text(tags, Tags.STORE)).orElse(null),
                metadata.flatMap(tags -> Json.text(tags, Tags.VM_ID)).orElse(null));
    }

    /** A floating IPv4 address before a fixed one before any other. */
    private static @Nullable String addressOf(JsonObject server) {
        String best = null;
        int bestRank = 0;
        var networks = Json.maybeObject(server, "addresses");
        if (networks.isEmpty()) return null;
        for (var network : networks.get().entrySet()) {
            if (!(network.getValue() instanceof JsonArray addresses)) continue;
            for (var element : addresses) {
                if (!(element instanceof JsonObject address)) continue;
                var text = Json.text(address, "addr");
                if (text.isEmpty() || text.get().isBlank()) continue;
                boolean v4 = !text.get().contains(":");
                boolean floating =
                        Json.text(address, "OS-EXT-IPS:type").equals(Optional.of("floating"));
                int rank = 1 + (v4 ? 2 : 0) + (floating ? 1 : 0);
                if (rank > bestRank) {
                    best = text.get();
                    bestRank = rank;
                }
            }
        }
        return best;
    }

    private static Instant createdAt(JsonObject server) {
        try {
            return Instant.parse(Json.text(server, "created").orElse(""));
        } catch (DateTimeException unreadable) {
            return Instant.EPOCH;
        }
    }
}
