package vmm.web;

import org.jspecify.annotations.Nullable;

import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.databind.DeserializationContext;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.KeyDeserializer;
import tools.jackson.databind.ValueDeserializer;
import tools.jackson.databind.deser.jackson.JsonNodeDeserializer;
import tools.jackson.databind.deser.std.StdDeserializer;

import java.nio.charset.StandardCharsets;
import java.util.function.Function;

/**
 * A value that JSON holds as text, and as nothing but text that PostgreSQL can store: without NUL
 * and without halves of surrogate pairs.
 */
final class StrictText<T> extends StdDeserializer<T> {

    private static final String UNSTORABLE = "must not hold NUL (\\u0000) or half a surrogate pair";

    private final String what;
    private final Function<String, T> read;

    StrictText(Class<T> type, String what, Function<String, T> read) {
        super(type);
        this.what = what;
        this.read = read;
    }

    @Override
    public T deserialize(JsonParser json, DeserializationContext context) {
        if (!json.hasToken(JsonToken.VALUE_STRING)) {
            return context.reportInputMismatch(this, "must be %s", what);
        }
        String text = json.getString();
        if (!storable(text)) {
            return context.reportInputMismatch(this, UNSTORABLE);
        }
        try {
            return read.apply(text);
        } catch (RuntimeException e) {
            return context.reportInputMismatch(this, "must be %s", what);
        }
    }

    private static boolean storable(String text) {
        return text.indexOf('\0') < 0 && StandardCharsets.UTF_8.newEncoder().canEncode(text);
    }

    /** The name of a property of a map. */
    static final class Key extends KeyDeserializer {
        @Override
        public Object deserializeKey(String key, DeserializationContext context) {
            return storable(key) ? key : context.handleWeirdKey(String.class, key, UNSTORABLE);
        }
    }

    /** A tree, for instance of a merge patch, read by the usual deserializer and looked through. */
    static final class Tree<N extends JsonNode> extends StdDeserializer<N> {

        private final Class<N> type;
        private final ValueDeserializer<? extends JsonNode> usual;

        Tree(Class<N> type) {
            super(type);
            this.type = type;
            this.usual = JsonNodeDeserializer.getDeserializer(type);
        }

        @Override
        public N deserialize(JsonParser json, DeserializationContext context) {
            return type.cast(checked(usual.deserialize(json, context), context));
        }

        @Override
        public @Nullable Object getNullValue(DeserializationContext context) {
            return usual.getNullValue(context);
        }

        @Override
        public @Nullable Object getAbsentValue(DeserializationContext context) {
            return usual.getAbsentValue(context);
        }

        private JsonNode checked(JsonNode node, DeserializationContext context) {
            if (node.isString() && !storable(node.stringValue())) {
                return context.reportInputMismatch(this, UNSTORABLE);
            }
            node.propertyStream()
                    .forEach(
                            property -> {
                                new Key().deserializeKey(property.getKey(), context);
                                checked(property.getValue(), context);
                            });
            if (node.isArray()) {
                node.forEach(element -> checked(element, context));
            }
            return node;
        }
    }
}
