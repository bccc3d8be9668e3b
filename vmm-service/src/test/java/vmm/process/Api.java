package vmm.process;

import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Base64;

/** The REST API as a script calls it. */
final class Api {
    private static final JsonMapper JSON = JsonMapper.shared();
    private static final HttpClient HTTP =
            HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(2)).build();

    private final String base;
    private final String authorization;

    Api(String base, String user, String password) {
        this.base = base;
        this.authorization = basic(user, password);
    }

    static String basic(String user, String password) {
        return "Basic "
                + Base64.getEncoder()
                        .encodeToString((user + ":" + password).getBytes(StandardCharsets.UTF_8));
    }

    Answer get(String path) throws IOException, InterruptedException {
        return send(request(path).GET());
    }

    Answer delete(String path) throws IOException, InterruptedException {
        return send(request(path).DELETE());
    }

    Answer post(String path, String json) throws IOException, InterruptedException {
        return send(request(path).POST(HttpRequest.BodyPublishers.ofString(json)));
    }

    Answer patch(String path, String etag, String json) throws IOException, InterruptedException {
        return send(
                request(path)
                        .header("If-Match", etag)
                        .method("PATCH", HttpRequest.BodyPublishers.ofString(json)));
    }

    /** Asks for a VM under a key, so that it can be asked again. */
    Answer allocate(String type, String key) throws IOException, InterruptedException {
        return send(
                request("/api/v1/allocations")
                        .header("Idempotency-Key", key)
                        .POST(
                                HttpRequest.BodyPublishers.ofString(
                                        "{\"vmType\":\"" + type + "\"}")));
    }

    private HttpRequest.Builder request(String path) {
        return HttpRequest.newBuilder(URI.create(base + path))
                .timeout(Duration.ofSeconds(20))
                .header("Authorization", authorization)
                .header("Content-Type", "application/json");
    }

    private static Answer send(HttpRequest.Builder request)
            throws IOException, InterruptedException {
        var response = HTTP.send(request.build(), HttpResponse.BodyHandlers.ofString());
        String body = response.body();
        return new Answer(
                response.statusCode(),
                body.startsWith("{") ? JSON.readTree(body) : JSON.nullNode(),
                response.headers().firstValue("ETag").orElse(""));
    }

    record Answer(int status, JsonNode body, String etag) {
        String text(String field) {
            return body.path(field).asString("");
        }
    }
}
