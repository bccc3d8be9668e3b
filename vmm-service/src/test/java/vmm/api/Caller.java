package vmm.api;

import static org.assertj.core.api.Assertions.assertThat;

import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Map;

/** Somebody who calls the API over HTTP. Every answer is held against the contract. */
record Caller(String base, Map<String, String> headers) {
    private static final HttpClient HTTP = HttpClient.newHttpClient();

    static Caller of(int port) {
        return new Caller("http://localhost:" + port, Map.of());
    }

    /** Somebody of the demo, whose name is their password. */
    Caller as(String name) {
        return with(
                "Authorization",
                "Basic "
                        + Base64.getEncoder()
                                .encodeToString(
                                        (name + ":" + name).getBytes(StandardCharsets.UTF_8)));
    }

    Caller with(String header, String value) {
        var all = new java.util.HashMap<>(headers);
        all.put(header, value);
        return new Caller(base, all);
    }

    Answer get(String path) {
        return send("GET", path, "");
    }

    Answer delete(String path) {
        return send("DELETE", path, "");
    }

    Answer post(String path, String json) {
        return with("Content-Type", "application/json").send("POST", path, json);
    }

    Answer send(String method, String path, String body) {
        try {
            var answer = HTTP.send(request(method, path, body), BodyHandlers.ofString());
            Contract.shared()
                    .check(
                            method,
                            path.replaceAll("\\?.*", ""),
                            answer.statusCode(),
                            answer.headers().firstValue("Content-Type"),
                            answer.body());
            return new Answer(answer);
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    /** An answer that goes on: the caller closes it. */
    HttpResponse<InputStream> open(String path) throws IOException, InterruptedException {
        return HTTP.send(request("GET", path, ""), BodyHandlers.ofInputStream());
    }

    private HttpRequest request(String method, String path, String body) {
        var request = HttpRequest.newBuilder(URI.create(base + path));
        headers.forEach(request::header);
        return request.method(
                        method,
                        body.isEmpty() ? BodyPublishers.noBody() : BodyPublishers.ofString(body))
                .build();
    }

    /** What came back. */
    record Answer(HttpResponse<String> response) {
        int status() {
            return response.statusCode();
        }

        String text() {
            return response.body();
        }

        JsonNode json() {
            return JsonMapper.shared().readTree(response.body());
        }

        String header(String name) {
            return response.headers().firstValue(name).orElse("");
        }

        Answer is(int status) {
            assertThat(status()).as(text()).isEqualTo(status);
            return this;
        }

        Answer is(int status, String problem) {
            is(status);
            assertThat(json().get("type").asString()).isEqualTo("urn:vmm:problem:" + problem);
            return this;
        }
    }
}
