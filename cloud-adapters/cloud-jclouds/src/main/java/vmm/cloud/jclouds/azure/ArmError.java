package vmm.cloud.jclouds.azure;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;

import vmm.cloud.CloudFailure;
import vmm.cloud.jclouds.HttpAnswer;
import vmm.cloud.jclouds.Json;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What Azure Resource Manager says of a request that it did not carry out.
 *
 * @param codes the error's own, and those of its details; empty if it is not in ARM's words
 * @param message of the error and its details
 */
record ArmError(List<String> codes, String message) {

    private static final int DEEPEST = 5;

    static ArmError of(HttpAnswer answer) {
        var codes = new ArrayList<String>();
        var messages = new ArrayList<String>();
        try {
            var document = Json.object(answer.body());
            collect(Json.maybeObject(document, "error").orElse(document), codes, messages, 0);
        } catch (CloudFailure notJson) {
            // a page of some proxy, of no use to anyone
        }
        return new ArmError(codes, String.join("; ", messages));
    }

    /** The outermost code, empty if there is none. */
    String code() {
        return codes.isEmpty() ? "" : codes.getFirst();
    }

    private static void collect(
            JsonObject error, List<String> codes, List<String> messages, int depth) {
        text(error, "code").ifPresent(codes::add);
        text(error, "message").filter(one -> !messages.contains(one)).ifPresent(messages::add);
        if (depth == DEEPEST || !(error.get("details") instanceof JsonArray details)) return;
        for (var element : details) {
            if (element instanceof JsonObject detail) collect(detail, codes, messages, depth + 1);
        }
    }

    /** Some providers write names with a capital. */
    private static Optional<String> text(JsonObject error, String name) {
        var capital = Character.toUpperCase(name.charAt(0)) + name.substring(1);
        return Json.text(error, name)
                .or(() -> Json.text(error, capital))
                .filter(text -> !text.isBlank());
    }
}
