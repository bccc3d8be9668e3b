package vmm.cloud.simulated;

import static java.util.stream.Collectors.joining;
import static java.util.stream.Collectors.toUnmodifiableSet;

import org.jspecify.annotations.Nullable;

import vmm.cloud.Weathered;

import java.lang.reflect.RecordComponent;
import java.time.DateTimeException;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeMap;

/** A weather as names and texts, for the fleet file's options and for its row. */
final class WeatherReport {

    private static final RecordComponent[] COMPONENTS = Weather.class.getRecordComponents();

    private WeatherReport() {}

    /** The names of all that can be set. */
    static Set<String> names() {
        return Arrays.stream(COMPONENTS).map(RecordComponent::getName).collect(toUnmodifiableSet());
    }

    /** A weather with some components changed. */
    static Weather read(Weather weather, Map<String, String> changes) {
        for (var name : changes.keySet()) {
            if (!names().contains(name))
                throw new IllegalArgumentException("option " + name + " is no part of weather");
        }
        var values = new Object[COMPONENTS.length];
        for (int i = 0; i < values.length; i++) {
            var text = changes.get(COMPONENTS[i].getName());
            values[i] = text == null ? value(weather, COMPONENTS[i]) : parse(COMPONENTS[i], text);
        }
        return make(values);
    }

    /** Every component in the order of {@link Weather}. */
    static List<Weathered.Component> components(Weather weather) {
        return Arrays.stream(COMPONENTS)
                .map(
                        component ->
                                new Weathered.Component(
                                        component.getName(),
                                        kind(component.getType()),
                                        text(value(weather, component))))
                .toList();
    }

    private static Weathered.Kind kind(Class<?> type) {
        if (type == double.class) return Weathered.Kind.NUMBER;
        if (type == Duration.class) return Weathered.Kind.DURATION;
        return type == OptionalInt.class ? Weathered.Kind.LIMIT : Weathered.Kind.SWITCH;
    }

    /** One line for each component. */
    static String write(Weather weather) {
        return Arrays.stream(COMPONENTS)
                .map(component -> component.getName() + "=" + text(value(weather, component)))
                .collect(joining("\n"));
    }

    /**
     * What {@link #write} wrote; what a newer or older version wrote as far as this one knows it.
     */
    static Weather read(String lines) {
        var known = names();
        var changes = new TreeMap<String, String>();
        for (var line : lines.split("\n")) {
            int equals = line.indexOf('=');
            if (equals > 0 && known.contains(line.substring(0, equals))) {
                changes.put(line.substring(0, equals), line.substring(equals + 1));
            }
        }
        return read(Weather.CALM, changes);
    }

    static String text(Object value) {
        return value instanceof OptionalInt limit
                ? limit.isPresent() ? Integer.toString(limit.getAsInt()) : ""
                : value.toString();
    }

    private static Object parse(RecordComponent component, String text) {
        var type = component.getType();
        try {
            if (type == double.class) return Double.parseDouble(text);
            if (type == Duration.class) return Duration.parse(text);
            if (type == OptionalInt.class) {
                return text.isEmpty()
                        ? OptionalInt.empty()
                        : OptionalInt.of(Integer.parseInt(text));
            }
            if (text.equals("true") || text.equals("false")) return Boolean.valueOf(text);
        } catch (NumberFormatException | DateTimeException e) {
            // refused below, with the remedy
        }
        throw new IllegalArgumentException(
                "option " + component.getName() + " is '" + text + "'; write " + example(type));
    }

    private static String example(Class<?> type) {
        if (type == double.class) return "a number such as 0.05";
        if (type == Duration.class) return "an ISO 8601 duration such as PT8S";
        if (type == OptionalInt.class) return "a whole number such as 100";
        return "true or false";
    }

    private static Object value(Weather weather, RecordComponent component) {
        try {
            @Nullable Object value = component.getAccessor().invoke(weather);
            if (value == null) throw new IllegalStateException(component.getName() + " is null");
            return value;
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException(e);
        }
    }

    private static Weather make(Object[] values) {
        var types =
                Arrays.stream(COMPONENTS).map(RecordComponent::getType).toArray(Class<?>[]::new);
        try {
            return Weather.class.getDeclaredConstructor(types).newInstance(values);
        } catch (java.lang.reflect.InvocationTargetException e) {
            if (e.getCause() instanceof IllegalArgumentException refusal) throw refusal;
            throw new IllegalStateException(e);
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException(e);
        }
    }
}
