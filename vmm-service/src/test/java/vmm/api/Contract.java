package vmm.api;

import static org.assertj.core.api.Assertions.assertThat;

import com.networknt.schema.InputFormat;
import com.networknt.schema.SchemaLocation;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SpecificationVersion;

import org.springframework.core.io.ClassPathResource;
import org.yaml.snakeyaml.Yaml;

import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/** The file docs/api/openapi.yaml, held against what the service does. */
final class Contract {
    private static final String ID = "https://vmm.test/openapi.json";
    private static final Set<String> METHODS =
            Set.of("get", "put", "post", "delete", "patch", "head", "options");
    private static final Contract SHARED = new Contract();

    private final JsonNode file;
    private final SchemaRegistry schemas;

    private Contract() {
        try {
            String yaml =
                    new ClassPathResource("openapi/openapi.yaml")
                            .getContentAsString(StandardCharsets.UTF_8);
            this.file = JsonMapper.shared().valueToTree(new Yaml().<Object>load(yaml));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        this.schemas =
                SchemaRegistry.withDefaultDialect(
                        SpecificationVersion.DRAFT_2020_12,
                        builder -> builder.schemas(Map.of(ID, file.toString())));
    }

    static Contract shared() {
        return SHARED;
    }

    JsonNode file() {
        return file;
    }

    /** {@code GET /api/v1/pools/{name}} and so on, with what is said of each. */
    Map<String, JsonNode> operations() {
        var operations = new TreeMap<String, JsonNode>();
        file.get("paths")
                .properties()
                .forEach(
                        path ->
                                path.getValue().properties().stream()
                                        .filter(member -> METHODS.contains(member.getKey()))
                                        .forEach(
                                                op ->
                                                        operations.put(
                                                                op.getKey().toUpperCase()
                                                                        + " "
                                                                        + path.getKey(),
                                                                op.getValue())));
        return operations;
    }

    /** {@code query limit}, {@code header If-Match!} and so on; with a mark if required. */
    Set<String> parameters(String operation) {
        String path = operation.substring(operation.indexOf(' ') + 1);
        var all = new ArrayList<JsonNode>();
        file.get("paths").get(path).path("parameters").forEach(all::add);
        operations().get(operation).path("parameters").forEach(all::add);
        var names = new TreeSet<String>();
        all.stream()
                .map(this::resolve)
                .forEach(
                        parameter ->
                                names.add(
                                        parameter.get("in").asString()
                                                + " "
                                                + parameter.get("name").asString()
                                                + (parameter.path("required").asBoolean(false)
                                                        ? "!"
                                                        : "")));
        return names;
    }

    /** Fails unless this answer is one that the file promises for the operation. */
    void check(String method, String path, int status, Optional<String> contentType, String body) {
        if (status == 405) return; // by any path, says the file
        var operation = operation(method, path);
        assertThat(operation).as("%s %s is described", method, path).isPresent();
        var response = operation.get().path("responses").path(String.valueOf(status));
        assertThat(response.isMissingNode())
                .as("%s %s may answer %s: %s", method, path, status, body)
                .isFalse();
        var content = resolve(response).path("content");
        if (content.isMissingNode()) {
            assertThat(body).as("%s %s has no body", method, path).isEmpty();
            return;
        }
        String type = contentType.orElse("").replaceAll(";.*", "");
        assertThat(content.propertyNames()).as("%s %s %s", method, path, status).contains(type);
        if (!type.endsWith("json")) return;
        var errors =
                schemas.getSchema(
                                SchemaLocation.of(
                                        ID + "#" + pointer(content.get(type).get("schema"))))
                        .validate(
                                body,
                                InputFormat.JSON,
                                context ->
                                        context.executionConfig(
                                                c -> c.formatAssertionsEnabled(true)));
        assertThat(errors).as("%s %s: %s", method, path, body).isEmpty();
    }

    private Optional<JsonNode> operation(String method, String path) {
        return operations().entrySet().stream()
                .filter(op -> matches(op.getKey(), method, path))
                .min(Comparator.comparingInt(op -> op.getKey().contains("{") ? 1 : 0))
                .map(Map.Entry::getValue);
    }

    private static boolean matches(String operation, String method, String path) {
        String template = operation.substring(operation.indexOf(' ') + 1);
        return operation.startsWith(method + " ")
                && path.matches(template.replaceAll("\\{[^}]+}", "[^/]+"));
    }

    private String pointer(JsonNode schema) {
        assertThat(schema.has("$ref")).as("schemas of bodies are named: %s", schema).isTrue();
        return schema.get("$ref").asString().substring(1);
    }

    private JsonNode resolve(JsonNode node) {
        return node.has("$ref") ? resolve(file.at(node.get("$ref").asString().substring(1))) : node;
    }

    /** Fails unless the value is as the named schema says. */
    void checkSchema(String name, String json) {
        var errors =
                schemas.getSchema(SchemaLocation.of(ID + "#/components/schemas/" + name))
                        .validate(
                                json,
                                InputFormat.JSON,
                                context ->
                                        context.executionConfig(
                                                c -> c.formatAssertionsEnabled(true)));
        assertThat(errors).as("%s: %s", name, json).isEmpty();
    }
}
