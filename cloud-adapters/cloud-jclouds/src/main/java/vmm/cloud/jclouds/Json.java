package vmm.cloud.jclouds;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import com.google.gson.JsonPrimitive;

import vmm.cloud.CloudFailure;

import java.util.Optional;
import java.util.OptionalInt;

/** Careful reading of documents that others wrote: what is missing or odd is empty. */
public final class Json {

    private Json() {}

    public static JsonObject object(String body) throws CloudFailure {
        try {
            if (JsonParser.parseString(body) instanceof JsonObject object) return object;
        } catch (JsonParseException e) {
            // answered below
        }
        throw new CloudFailure.Unreachable("the answer is no JSON object");
    }

    public static JsonObject object(JsonObject parent, String name) throws CloudFailure {
        if (parent.get(name) instanceof JsonObject object) return object;
        throw new CloudFailure.Unreachable("the answer has no '" + name + "'");
    }

    public static JsonArray array(JsonObject parent, String name) throws CloudFailure {
        if (parent.get(name) instanceof JsonArray array) return array;
        throw new CloudFailure.Unreachable("the answer has no '" + name + "'");
    }

    public static Optional<JsonObject> maybeObject(JsonObject parent, String name) {
        return parent.get(name) instanceof JsonObject object
                ? Optional.of(object)
                : Optional.empty();
    }

    public static Optional<String> text(JsonObject parent, String name) {
        return text(parent.get(name));
    }

    public static Optional<String> text(JsonElement element) {
        return element instanceof JsonPrimitive primitive && primitive.isString()
                ? Optional.of(primitive.getAsString())
                : Optional.empty();
    }

    /** A number that is not negative: some write -1 for no limit. */
    public static OptionalInt count(JsonObject parent, String name) {
        if (parent.get(name) instanceof JsonPrimitive primitive) {
            try {
                int count = primitive.getAsInt();
                if (count >= 0) return OptionalInt.of(count);
            } catch (NumberFormatException e) {
                // not told
            }
        }
        return OptionalInt.empty();
    }
}
