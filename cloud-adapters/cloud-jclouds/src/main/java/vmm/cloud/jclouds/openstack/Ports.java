package vmm.cloud.jclouds.openstack;

import com.google.gson.JsonObject;

import vmm.cloud.CloudFailure;
import vmm.cloud.Leftover;
import vmm.cloud.jclouds.Json;
import vmm.cloud.jclouds.NoAnswer;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Ports that outlived their server: each holds an address, and a share of the quota.
 *
 * <p>Ports are listed before servers, so that the server of a port that is just being made is
 * there.
 */
record Ports(Refusals refusals) {

    private static final String KIND = "port";

    /** Servers that are asked for by themselves in one call; the rest have their turn later. */
    private static final int LOOKS = 20;

    List<Leftover> leftovers(Conversation talk) throws CloudFailure {
        var path = "/ports?fields=id&fields=name&fields=device_id&fields=device_owner";
        var suspects = talk.list(Service.NETWORK, path, "ports", Map.of(), Ports::ofServer);
        if (suspects.isEmpty()) return List.of();
        var alive =
                Set.copyOf(
                        talk.list(
                                Service.COMPUTE,
                                "/servers",
                                "servers",
                                Map.of(),
                                server -> Json.text(server, "id")));
        suspects.removeIf(port -> alive.contains(port.owner()));
        Collections.shuffle(suspects); // those that stay, being others', hide none of ours for ever
        var gone = new ArrayList<Leftover>();
        for (var port : suspects.subList(0, Math.min(LOOKS, suspects.size()))) {
            try {
                if (isGone(talk, port.owner())) gone.add(port);
            } catch (CloudFailure outOfTime) {
                if (gone.isEmpty()) throw outOfTime;
                break;
            }
        }
        return List.copyOf(gone);
    }

    void remove(Conversation talk, Leftover leftover) throws CloudFailure {
        if (!leftover.kind().equals(KIND) || !OpenStackCloud.isId(leftover.id())) {
            throw new CloudFailure.Rejected("OpenStack knows no leftover " + leftover);
        }
        var path = "/ports/" + leftover.id();
        var port = talk.find(Service.NETWORK, path, "port");
        if (port.isEmpty()) return;
        if (!ofServer(port.get()).equals(Optional.of(leftover))) {
            throw new CloudFailure.Rejected(
                    "port " + leftover.id() + " does not belong to that instance any more");
        }
        if (!isGone(talk, leftover.owner())) {
            throw new CloudFailure.Rejected(
                    "the instance of port " + leftover.id() + " still exists");
        }
        try {
            var answer = talk.send("DELETE", Service.NETWORK, path, null);
            if (!answer.isSuccess() && answer.status() != 404) {
                throw refusals.ofChange("network", answer);
            }
        } catch (NoAnswer e) {
            throw refusals.silence("network", e);
        }
    }

    private static boolean isGone(Conversation talk, String instanceId) throws CloudFailure {
        return talk.find(Service.COMPUTE, "/servers/" + instanceId, "server").isEmpty();
    }

    /**
     * A port as one of the server that it was made for, empty if it was made for something else.
     * Nova names none of its own: a port with a name is somebody's who attached it.
     */
    private static Optional<Leftover> ofServer(JsonObject port) {
        if (!Json.text(port, "name").orElse("").isEmpty()) return Optional.empty();
        if (!Json.text(port, "device_owner").orElse("").startsWith("compute:")) {
            return Optional.empty();
        }
        return Json.text(port, "device_id")
                .filter(OpenStackCloud::isId)
                .map(server -> new Leftover(KIND, Json.text(port, "id").orElseThrow(), server));
    }
}
