package vmm.clouds;

import org.jspecify.annotations.Nullable;
import org.springframework.http.MediaType;
import org.springframework.web.bind.annotation.DeleteMapping;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PatchMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PutMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RestController;

import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

import vmm.cloud.CloudProvider;
import vmm.cloud.Weathered;
import vmm.event.Events;
import vmm.event.Events.NewEvent;
import vmm.identity.DemoMode;
import vmm.identity.Person;
import vmm.web.Problem;

import java.math.BigDecimal;
import java.time.InstantSource;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;

/** The weather of simulated clouds over HTTP, in the demo only: elsewhere there is nothing here. */
@RestController
@RequestMapping(
        path = "/api/v1/simulated-clouds/{name}/weather",
        produces = MediaType.APPLICATION_JSON_VALUE)
class WeatherController {
    private final CloudConnections connections;
    private final DemoMode demo;
    private final Events events;
    private final InstantSource clock;

    WeatherController(
            CloudConnections connections, DemoMode demo, Events events, InstantSource clock) {
        this.connections = connections;
        this.demo = demo;
        this.events = events;
        this.clock = clock;
    }

    @GetMapping
    Map<String, @Nullable Object> getWeather(@PathVariable String name) {
        return shown(weathered(name));
    }

    @PutMapping(consumes = MediaType.APPLICATION_JSON_VALUE)
    Map<String, @Nullable Object> setWeather(
            @PathVariable String name, @RequestBody ObjectNode change, Person person) {
        var cloud = weathered(name);
        return changed(name, cloud, texts(cloud, change), cloud::reset, person);
    }

    @PatchMapping(consumes = MediaType.APPLICATION_JSON_VALUE)
    Map<String, @Nullable Object> changeWeather(
            @PathVariable String name, @RequestBody ObjectNode change, Person person) {
        var cloud = weathered(name);
        return changed(name, cloud, texts(cloud, change), cloud::change, person);
    }

    @DeleteMapping
    Map<String, @Nullable Object> calmWeather(@PathVariable String name, Person person) {
        var cloud = weathered(name);
        return changed(name, cloud, Map.of(), cloud::reset, person);
    }

    private Weathered weathered(String name) {
        if (!demo.on()) throw Problem.notFound("simulated cloud");
        return connections
                .provider(name)
                .flatMap(CloudProvider::weathered)
                .orElseThrow(() -> Problem.notFound("simulated cloud"));
    }

    private Map<String, @Nullable Object> changed(
            String name,
            Weathered cloud,
            Map<String, String> changes,
            java.util.function.Consumer<Map<String, String>> apply,
            Person person) {
        try {
            apply.accept(changes);
        } catch (Weathered.Unfit unfit) {
            throw Problem.unprocessable(unfit.component(), String.valueOf(unfit.getMessage()));
        }
        String words =
                changes.entrySet().stream()
                        .map(change -> change.getKey() + " " + change.getValue())
                        .collect(Collectors.joining(", "));
        events.append(
                NewEvent.ofCloud(name, "WEATHER", words.isEmpty() ? "calm" : words, person.name()),
                clock.instant());
        return shown(cloud);
    }

    /** Each value must be of its component's kind: nothing is coerced. */
    private static Map<String, String> texts(Weathered cloud, ObjectNode change) {
        Map<String, Weathered.Component> known =
                cloud.weather().stream()
                        .collect(Collectors.toMap(Weathered.Component::name, Function.identity()));
        var texts = new LinkedHashMap<String, String>();
        change.properties()
                .forEach(
                        property -> {
                            var component = known.get(property.getKey());
                            if (component == null) {
                                throw Problem.unprocessable(
                                        property.getKey(), "is no part of weather");
                            }
                            texts.put(property.getKey(), text(component, property.getValue()));
                        });
        return texts;
    }

    private static String text(Weathered.Component component, JsonNode value) {
        boolean fits =
                switch (component.kind()) {
                    case NUMBER -> value.isNumber();
                    case LIMIT -> value.isNull() || value.isInt();
                    case DURATION -> value.isString();
                    case SWITCH -> value.isBoolean();
                };
        if (!fits) {
            throw Problem.unprocessable(component.name(), "must be " + wanted(component.kind()));
        }
        return value.isNull() ? "" : value.asString();
    }

    private static String wanted(Weathered.Kind kind) {
        return switch (kind) {
            case NUMBER -> "a number";
            case LIMIT -> "a whole number, or null for no limit";
            case DURATION -> "an ISO 8601 duration such as PT8S";
            case SWITCH -> "true or false";
        };
    }

    private static Map<String, @Nullable Object> shown(Weathered cloud) {
        var shown = new LinkedHashMap<String, @Nullable Object>();
        for (var component : cloud.weather()) shown.put(component.name(), value(component));
        return shown;
    }

    private static @Nullable Object value(Weathered.Component component) {
        String text = component.value();
        return switch (component.kind()) {
            case NUMBER -> new BigDecimal(text);
            case LIMIT -> text.isEmpty() ? null : Integer.valueOf(text);
            case DURATION -> text;
            case SWITCH -> Boolean.valueOf(text);
        };
    }
}
