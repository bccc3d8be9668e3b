package vmm.cloud.jclouds.openstack;

import com.google.gson.JsonObject;

import vmm.cloud.CloudFailure;
import vmm.cloud.CloudProvider;
import vmm.cloud.jclouds.HttpAnswer;
import vmm.cloud.jclouds.Json;
import vmm.cloud.jclouds.NoAnswer;

import java.util.Optional;

/**
 * The consoles of nova's servers. Nova has them read by an action, which is a POST that changes
 * nothing: one without an answer is a look that failed, and may be made again.
 */
final class Consoles {

    private Consoles() {}

    /** The last lines of a server's console, empty where nova says that it has none to show. */
    static Optional<String> read(Conversation talk, Refusals refusals, String serverId)
            throws CloudFailure {
        var lines = new JsonObject();
        lines.addProperty("length", CloudProvider.CONSOLE_LINES);
        var body = new JsonObject();
        body.add("os-getConsoleOutput", lines);
        HttpAnswer answer;
        try {
            answer = talk.send("POST", Service.COMPUTE, "/servers/" + serverId + "/action", body);
        } catch (NoAnswer e) {
            throw refusals.silence("compute", e);
        }
        if (isNone(answer)) return Optional.empty();
        if (!answer.isSuccess()) throw refusals.ofLook("compute", answer);
        return Json.text(Json.object(answer.body()), "output");
    }

    /**
     * It is not there, not ready, or its hypervisor has no consoles; a 404 that is not in nova's
     * words is that of some proxy.
     */
    private static boolean isNone(HttpAnswer answer) {
        return switch (answer.status()) {
            case 404 -> answer.body().contains("\"itemNotFound\"");
            case 409, 501 -> true;
            default -> false;
        };
    }
}
