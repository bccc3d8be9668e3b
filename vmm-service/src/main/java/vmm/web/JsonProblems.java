package vmm.web;

import org.jspecify.annotations.Nullable;

import tools.jackson.core.JacksonException;
import tools.jackson.core.JacksonException.Reference;
import tools.jackson.core.exc.InputCoercionException;
import tools.jackson.core.exc.StreamReadException;
import tools.jackson.databind.DatabindException;
import tools.jackson.databind.exc.MismatchedInputException;
import tools.jackson.databind.exc.UnrecognizedPropertyException;
import tools.jackson.databind.exc.ValueInstantiationException;

import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.UUID;
import java.util.stream.Collectors;

/** Says in our words what is wrong with a JSON body. */
final class JsonProblems {

    private JsonProblems() {}

    static Problem of(JacksonException e) {
        if (!(e instanceof DatabindException) && !(e instanceof InputCoercionException)) {
            return Problem.malformed(
                    "The body is not JSON as we take it" + place(e) + ": " + syntax(e));
        }
        String message = message(e);
        String field = path(e.getPath());
        return field.isEmpty()
                ? Problem.malformed("The body " + message + ".")
                : Problem.invalid(field, message);
    }

    private static String syntax(JacksonException e) {
        String original = Objects.requireNonNullElse(e.getOriginalMessage(), "");
        return original.startsWith("Duplicate ")
                ? "a property comes twice. Name each once."
                : e instanceof StreamReadException
                        ? "check quotes, commas and brackets."
                        : "it must be UTF-8.";
    }

    private static String place(JacksonException e) {
        return e.getLocation() == null || e.getLocation().getLineNr() < 1
                ? ""
                : " (line "
                        + e.getLocation().getLineNr()
                        + ", column "
                        + e.getLocation().getColumnNr()
                        + ")";
    }

    private static String message(JacksonException e) {
        return switch (e) {
            case InputCoercionException tooLarge -> "must be " + expected(tooLarge.getTargetType());
            case UnrecognizedPropertyException unknown -> unknown(unknown);
            case ValueInstantiationException refused
                    when refused.getCause() instanceof IllegalArgumentException cause
                            && cause.getMessage() != null ->
                    cause.getMessage();
            case MismatchedInputException mismatch -> mismatch(mismatch);
            default -> "is not valid";
        };
    }

    private static String unknown(UnrecognizedPropertyException e) {
        String known =
                e.getKnownPropertyIds() == null
                        ? ""
                        : e.getKnownPropertyIds().stream()
                                .map(String::valueOf)
                                .collect(Collectors.joining(", "));
        return "there is no such property" + (known.isEmpty() ? "" : "; there are " + known);
    }

    private static String mismatch(MismatchedInputException e) {
        String original = Objects.requireNonNullElse(e.getOriginalMessage(), "");
        if (original.startsWith("must ")) { // ours, see StrictText
            return original;
        }
        if (original.startsWith("Cannot map `null`")) { // also where it is missing
            return "is required";
        }
        Class<?> target = e.getTargetType();
        if (original.startsWith("Trailing token")) {
            return "goes on after its end";
        }
        return target == null ? "is not valid" : "must be " + expected(target);
    }

    static String expected(Class<?> target) {
        if (target.isEnum()) {
            return "one of "
                    + Arrays.stream(target.getEnumConstants())
                            .map(constant -> ((Enum<?>) constant).name())
                            .collect(Collectors.joining(", "));
        }
        if (target == boolean.class || target == Boolean.class) {
            return "true or false";
        }
        if (target == int.class
                || target == Integer.class
                || target == long.class
                || target == Long.class) {
            return "a whole number"
                    + (target == int.class || target == Integer.class ? " below 2147483648" : "");
        }
        if (target.isPrimitive() || Number.class.isAssignableFrom(target)) {
            return "a number";
        }
        if (target == String.class) {
            return "text";
        }
        if (target == UUID.class) {
            return "a UUID";
        }
        return target.isArray() || Iterable.class.isAssignableFrom(target) ? "a list" : "an object";
    }

    /** Where in the body, written as a person would: {@code placements[0].cloud}. */
    private static String path(@Nullable List<Reference> references) {
        StringBuilder path = new StringBuilder();
        for (Reference step : references == null ? List.<Reference>of() : references) {
            if (step.getPropertyName() == null) {
                path.append('[').append(step.getIndex()).append(']');
            } else {
                path.append(path.isEmpty() ? "" : ".").append(step.getPropertyName());
            }
        }
        return path.toString();
    }
}
