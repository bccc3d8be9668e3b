package vmm.api;

import static org.assertj.core.api.Assertions.assertThat;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.beans.factory.annotation.Qualifier;
import org.springframework.core.MethodParameter;
import org.springframework.core.io.ClassPathResource;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RequestHeader;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.ValueConstants;
import org.springframework.web.method.HandlerMethod;
import org.springframework.web.servlet.mvc.method.annotation.RequestMappingHandlerMapping;

import tools.jackson.databind.json.JsonMapper;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;

/** The code does what docs/api/openapi.yaml says: no operation or parameter more, none less. */
class DescriptionApiTest extends ApiTest {
    /** Parameters that are HTTP's and not the operation's. */
    private static final Set<String> OF_HTTP = Set.of("header Accept");

    @Autowired
    @Qualifier("requestMappingHandlerMapping")
    RequestMappingHandlerMapping mappings;

    @Test
    void everyOperationIsDescribedAndEveryDescribedOneIsThere() {
        assertThat(handlers().keySet()).isEqualTo(described());
    }

    @Test
    void everyParameterIsDescribedAndEveryDescribedOneIsTaken() {
        var taken = new TreeMap<String, Set<String>>();
        var said = new TreeMap<String, Set<String>>();
        handlers()
                .forEach(
                        (operation, handler) -> {
                            taken.put(operation, parameters(handler));
                            said.put(
                                    operation,
                                    new TreeSet<>(Contract.shared().parameters(operation)));
                        });
        assertThat(taken).isEqualTo(said);
    }

    @Test
    void everyBodyIsDescribedAndEveryDescribedOneIsTaken() {
        var taken =
                handlers().entrySet().stream()
                        .filter(
                                handler ->
                                        java.util.Arrays.stream(
                                                        handler.getValue().getMethodParameters())
                                                .anyMatch(
                                                        parameter ->
                                                                parameter.hasParameterAnnotation(
                                                                        RequestBody.class)))
                        .map(Map.Entry::getKey)
                        .collect(Collectors.toCollection(TreeSet::new));
        var said =
                Contract.shared().operations().entrySet().stream()
                        .filter(
                                operation ->
                                        operation.getKey().contains(" /api/")
                                                && operation.getValue().has("requestBody"))
                        .map(Map.Entry::getKey)
                        .collect(Collectors.toCollection(TreeSet::new));
        assertThat(taken).isEqualTo(said);
    }

    static Set<String> operations() {
        return described();
    }

    /** Reading is open to operators where the file says ADMIN: that much more is allowed. */
    @ParameterizedTest
    @MethodSource("operations")
    void whoeverHasNoRightToAnOperationIsRefused(String operation) throws Exception {
        var described = Contract.shared().operations().get(operation);
        String role = described.path("x-role").asString("");
        if (role.equals("PUBLIC")) return;
        assertThat(status(operation, null)).isEqualTo(401);
        boolean forScientists = role.equals("SCIENTIST") || role.equals("GUEST");
        if (!forScientists) assertThat(status(operation, scientist())).as(role).isEqualTo(403);
        if (role.equals("ADMIN") && !operation.startsWith("GET ")) {
            assertThat(status(operation, operator())).as(role).isEqualTo(403);
        }
    }

    @Test
    void theFileIsServedAsItIs() throws Exception {
        String file =
                new ClassPathResource("openapi/openapi.yaml")
                        .getContentAsString(StandardCharsets.UTF_8);
        assertThat(fetch("/v3/api-docs.yaml").body()).isEqualTo(file);
        assertThat(JsonMapper.shared().readTree(fetch("/v3/api-docs").body()))
                .isEqualTo(Contract.shared().file());
        assertThat(fetch("/swagger-ui/index.html").body()).contains("swagger-ui");
        assertThat(fetch("/v3/generated/swagger-config").body())
                .contains("\"url\":\"/v3/api-docs.yaml\"");
    }

    private static Set<String> described() {
        return Contract.shared().operations().keySet().stream()
                .filter(operation -> operation.contains(" /api/"))
                .collect(Collectors.toCollection(TreeSet::new));
    }

    private Map<String, HandlerMethod> handlers() {
        var handlers = new TreeMap<String, HandlerMethod>();
        mappings.getHandlerMethods()
                .forEach(
                        (mapping, handler) -> {
                            for (String path : mapping.getPatternValues()) {
                                if (!path.startsWith("/api/")) continue;
                                mapping.getMethodsCondition()
                                        .getMethods()
                                        .forEach(
                                                method ->
                                                        handlers.put(method + " " + path, handler));
                            }
                        });
        return handlers;
    }

    private static Set<String> parameters(HandlerMethod handler) {
        var names = new TreeSet<String>();
        for (MethodParameter parameter : handler.getMethodParameters()) {
            parameter.initParameterNameDiscovery(
                    new org.springframework.core.DefaultParameterNameDiscoverer());
            var query = parameter.getParameterAnnotation(RequestParam.class);
            if (query != null)
                names.add(
                        name(
                                "query",
                                query.name(),
                                parameter,
                                query.required(),
                                query.defaultValue()));
            var header = parameter.getParameterAnnotation(RequestHeader.class);
            if (header != null)
                names.add(
                        name(
                                "header",
                                header.name(),
                                parameter,
                                header.required(),
                                header.defaultValue()));
            var path = parameter.getParameterAnnotation(PathVariable.class);
            if (path != null)
                names.add(name("path", path.name(), parameter, true, ValueConstants.DEFAULT_NONE));
        }
        names.removeAll(OF_HTTP);
        return names;
    }

    private static String name(
            String in, String name, MethodParameter parameter, boolean required, String byDefault) {
        boolean must = required && byDefault.equals(ValueConstants.DEFAULT_NONE);
        return in
                + " "
                + (name.isEmpty() ? parameter.getParameterName() : name)
                + (must ? "!" : "");
    }

    private int status(String operation, @Nullable Caller caller) throws Exception {
        String[] parts = operation.replaceAll("\\{[^}]+}", "x").split(" ");
        var request =
                HttpRequest.newBuilder(URI.create(nobody().base() + parts[1]))
                        .method(parts[0], HttpRequest.BodyPublishers.noBody());
        if (caller != null) caller.headers().forEach(request::header);
        return HttpClient.newHttpClient()
                .send(request.build(), BodyHandlers.discarding())
                .statusCode();
    }

    private HttpResponse<String> fetch(String path) throws Exception {
        var answer =
                HttpClient.newHttpClient()
                        .send(
                                HttpRequest.newBuilder(URI.create(nobody().base() + path)).build(),
                                BodyHandlers.ofString());
        assertThat(answer.statusCode()).isEqualTo(200);
        return answer;
    }
}
