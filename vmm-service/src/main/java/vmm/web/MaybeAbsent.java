package vmm.web;

import com.fasterxml.jackson.annotation.JacksonAnnotationsInside;

import org.jspecify.annotations.Nullable;

import tools.jackson.core.JsonParser;
import tools.jackson.databind.BeanProperty;
import tools.jackson.databind.DeserializationContext;
import tools.jackson.databind.ValueDeserializer;
import tools.jackson.databind.annotation.JsonDeserialize;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * Marks a property of a merge patch: it may be absent, which Java sees as null, and JSON may not
 * say null.
 */
@Target({ElementType.FIELD, ElementType.PARAMETER, ElementType.METHOD})
@Retention(RetentionPolicy.RUNTIME)
@JacksonAnnotationsInside
@JsonDeserialize(using = MaybeAbsent.Value.class)
public @interface MaybeAbsent {

    /** The usual deserializer, but for null. */
    final class Value extends ValueDeserializer<Object> {
        private final @Nullable ValueDeserializer<Object> usual;

        Value() {
            this(null);
        }

        private Value(@Nullable ValueDeserializer<Object> usual) {
            this.usual = usual;
        }

        @Override
        public ValueDeserializer<?> createContextual(
                DeserializationContext context, BeanProperty property) {
            return new Value(context.findContextualValueDeserializer(property.getType(), property));
        }

        @Override
        public @Nullable Object deserialize(JsonParser json, DeserializationContext context) {
            if (usual == null) throw new IllegalStateException("only for properties");
            return usual.deserialize(json, context);
        }

        @Override
        public Object getNullValue(DeserializationContext context) {
            return context.reportInputMismatch(
                    this, "must not be null: leave it out to keep it as it is");
        }

        @Override
        public @Nullable Object getAbsentValue(DeserializationContext context) {
            return null;
        }
    }
}
