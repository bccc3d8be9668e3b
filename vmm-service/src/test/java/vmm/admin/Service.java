package vmm.admin;

import static org.assertj.core.api.Assertions.assertThat;

import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.test.web.server.LocalServerPort;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.test.context.DynamicPropertyRegistry;
import org.springframework.test.context.DynamicPropertySource;

import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

import vmm.VmmApplication;
import vmm.allocation.Allocator;
import vmm.allocation.Request;
import vmm.database.TestDatabase;
import vmm.vm.Ids;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Predicate;

/** The whole service on a database of its own, and what a test says to it. All tests share one. */
@SpringBootTest(
        classes = VmmApplication.class,
        webEnvironment = SpringBootTest.WebEnvironment.RANDOM_PORT)
abstract class Service {
    private static final TestDatabase.Fresh DATABASE =
            TestDatabase.empty(); // the service migrates it, Quartz and all
    private static final Duration PATIENCE = Duration.ofSeconds(30);
    private static final JsonMapper JSON = JsonMapper.builder().build();

    final HttpClient http = HttpClient.newHttpClient();

    @LocalServerPort int port;

    @Autowired JdbcClient jdbc;

    @Autowired InstantSource clock;

    @Autowired Allocator allocator;

    @Autowired Ids ids;

    @DynamicPropertySource
    static void surroundings(DynamicPropertyRegistry registry) {
        DATABASE.properties().forEach((name, value) -> registry.add(name, () -> value));
        registry.add("vmm.fleet", () -> "src/test/resources/fleets/admin.yaml");
        registry.add("vmm.demo", () -> "true");
    }

    /** An answer: its status, its body as JSON (missing if there is none), its headers. */
    record Answer(int status, JsonNode body, HttpResponse<String> whole) {
        String etag() {
            return whole.headers().firstValue("ETag").orElseThrow();
        }

        Answer is(int expected) {
            assertThat(status).as(whole.body()).isEqualTo(expected);
            return this;
        }

        /** Asserts that it is a problem of that kind. */
        Answer is(int expected, String slug) {
            is(expected);
            assertThat(body.path("type").asString()).isEqualTo("urn:vmm:problem:" + slug);
            return this;
        }
    }

    Answer get(String path) {
        return send("admin", "GET", path, null, null);
    }

    Answer post(String path, String body) {
        return send("admin", "POST", path, body, null);
    }

    Answer patch(String path, String ifMatch, String body) {
        return send("admin", "PATCH", path, body, ifMatch);
    }

    Answer delete(String path, String ifMatch) {
        return send("admin", "DELETE", path, null, ifMatch);
    }

    Answer send(
            String who,
            String method,
            String path,
            @Nullable String body,
            @Nullable String ifMatch) {
        var request =
                HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/api/v1/" + path))
                        .method(
                                method,
                                body == null
                                        ? BodyPublishers.noBody()
                                        : BodyPublishers.ofString(body));
        if (!who.isEmpty()) {
            String basic =
                    Base64.getEncoder()
                            .encodeToString((who + ":" + who).getBytes(StandardCharsets.UTF_8));
            request.header("Authorization", "Basic " + basic);
        }
        if (body != null) request.header("Content-Type", "application/json");
        if (ifMatch != null) request.header("If-Match", ifMatch);
        try {
            var answer = http.send(request.build(), BodyHandlers.ofString());
            return new Answer(
                    answer.statusCode(),
                    JSON.readTree(answer.body().isEmpty() ? "{}" : answer.body()),
                    answer);
        } catch (IOException e) {
            throw new AssertionError(method + " " + path, e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError(method + " " + path, e);
        }
    }

    /** Looks again and again until what comes back is as it should be. */
    JsonNode until(String what, String path, Predicate<JsonNode> good) {
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        while (true) {
            var body = get(path).is(200).body();
            if (good.test(body)) return body;
            assertThat(System.nanoTime())
                    .as("%s within %s: %s", what, PATIENCE, body)
                    .isLessThan(deadline);
            LockSupport.parkNanos(Duration.ofMillis(50).toNanos());
        }
    }

    /** A pool of so many READY VMs, made through the API. */
    List<String> readyVms(String pool, int size) {
        post("pools", poolBody(pool, size, size + 3)).is(201);
        var ready =
                until(
                        size + " READY in " + pool,
                        "vms?state=READY&pool=" + pool,
                        vms -> vms.path("items").size() == size);
        return texts(ready.path("items"), "id");
    }

    static String poolBody(String name, int poolSize, int maxSize) {
        return """
        {"name": "%s", "poolSize": %d, "maxSize": %d, "readyWhen": "instanceActive",
         "placements": [{"cloud": "here", "image": "daaas", "flavor": "small"}]}
        """
                .formatted(name, poolSize, maxSize);
    }

    /** Somebody asks for a VM of a pool; the id of the claim. */
    UUID claim(String pool, String user) {
        long id =
                jdbc.sql("SELECT id FROM pool WHERE name = ?")
                        .param(pool)
                        .query(Long.class)
                        .single();
        var request =
                new Request(
                        ids.next(),
                        pool,
                        id,
                        pool,
                        user,
                        null,
                        Duration.ofHours(12),
                        Duration.ofDays(14),
                        0);
        allocator.allocate(request, true, java.util.Optional.empty(), java.util.Optional.empty());
        return request.id();
    }

    static List<String> texts(JsonNode items, String field) {
        var texts = new ArrayList<String>();
        items.forEach(item -> texts.add(item.path(field).asString()));
        return texts;
    }

    /** What people did to a thing, oldest first: actor, reason and detail. */
    List<String> events(String column, String value) {
        return jdbc.sql(
                        "SELECT actor || ' ' || reason || ': ' || COALESCE(detail, '') FROM event"
                                + " WHERE "
                                + column
                                + "::text = ? AND actor IN ('admin', 'operator') ORDER BY id")
                .param(value)
                .query(String.class)
                .list();
    }

    static JsonNode json(String text) {
        return JSON.readTree(text.replace('\'', '"'));
    }
}
