package vmm.web;

import static org.assertj.core.api.Assertions.assertThat;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.boot.test.web.server.LocalServerPort;

import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

import java.io.IOException;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** Every error is a problem: asked over real HTTP, as callers do. */
@SpringBootTest(
        classes = TestSlice.App.class,
        webEnvironment = SpringBootTest.WebEnvironment.RANDOM_PORT,
        properties = "management.endpoint.health.validate-group-membership=false")
@ExtendWith(OutputCaptureExtension.class)
class ProblemsTest {

    @LocalServerPort int port;

    final HttpClient http = HttpClient.newHttpClient();
    final JsonMapper json = JsonMapper.builder().build();

    /** A wrong request, and what must come back. */
    record Case(
            String method,
            String path,
            Map<String, String> headers,
            @Nullable String body,
            int status,
            String slug,
            @Nullable String field) {

        static Case get(String path, int status, String slug, @Nullable String field) {
            return new Case("GET", path, Map.of(), null, status, slug, field);
        }

        static Case post(@Nullable String body, int status, String slug, @Nullable String field) {
            return new Case(
                    "POST",
                    "/test/pools",
                    Map.of("Content-Type", "application/json"),
                    body,
                    status,
                    slug,
                    field);
        }

        Case with(String header, String value) {
            return new Case(method, path, Map.of(header, value), body, status, slug, field);
        }

        @Override
        public String toString() {
            String shown = body == null ? "" : body.substring(0, Math.min(body.length(), 60));
            return method + " " + path + " " + headers + " " + shown + " → " + status + " " + slug;
        }
    }

    static Stream<Case> wrongRequests() {
        String valid = "malformed-request";
        String invalid = "validation-failed";
        return Stream.of(
                // paths, methods, media types
                Case.get("/nowhere", 404, "not-found", null),
                Case.get("/test/nowhere?x=1", 404, "not-found", null),
                Case.get("/actuator/nowhere", 404, "not-found", null),
                Case.get("/test/by-id/not-a-uuid", 404, "not-found", null),
                Case.get("/error", 404, "not-found", null),
                new Case("DELETE", "/test/pools", Map.of(), null, 405, "method-not-allowed", null),
                new Case("POST", "/test/list", Map.of(), null, 405, "method-not-allowed", null),
                Case.get("/test/list", 406, "not-acceptable", null).with("Accept", "image/png"),
                Case.post("name=x", 415, "unsupported-media-type", null)
                        .with("Content-Type", "application/x-www-form-urlencoded"),
                Case.post("{}", 415, "unsupported-media-type", null)
                        .with("Content-Type", "text/plain"),
                Case.post("{}", 415, "unsupported-media-type", null).with("Content-Type", "*/*"),
                // bodies that cannot be read
                Case.post(null, 400, valid, null),
                Case.post("", 400, valid, null),
                Case.post("{", 400, valid, null),
                Case.post("{\"name\": \"a\",}", 400, valid, null),
                Case.post("{'name': 'a'}", 400, valid, null),
                Case.post("null", 400, valid, null),
                Case.post("[]", 400, valid, null),
                Case.post("\"text\"", 400, valid, null),
                Case.post("{\"name\": \"a\", \"name\": \"b\"}", 400, valid, null),
                Case.post("{\"name\": \"a\"} {}", 400, valid, null),
                Case.post("[".repeat(5000), 400, valid, null),
                Case.post("{\"name\": NaN}", 400, valid, null),
                // values of the wrong shape
                Case.post("{\"name\": \"a\", \"colour\": 1}", 400, invalid, "colour"),
                Case.post(
                        "{\"name\": \"a\", \"parts\": [{\"cloud\": \"a\", \"x\": 1}]}",
                        400,
                        invalid,
                        "parts[0].x"),
                Case.post("{\"name\": 5}", 400, invalid, "name"),
                Case.post("{\"name\": true}", 400, invalid, "name"),
                Case.post("{\"name\": {}}", 400, invalid, "name"),
                Case.post("{\"name\": \"a\\u0000b\"}", 400, invalid, "name"),
                Case.post("{\"name\": \"a\\ud800b\"}", 400, invalid, "name"),
                Case.post("{\"size\": \"5\"}", 400, invalid, "size"),
                Case.post("{\"size\": 1.7}", 400, invalid, "size"),
                Case.post("{\"size\": 1.0}", 400, invalid, "size"),
                Case.post("{\"size\": 99999999999}", 400, invalid, "size"),
                Case.post("{\"size\": true}", 400, invalid, "size"),
                Case.post("{\"size\": \"\"}", 400, invalid, "size"),
                Case.post("{\"spot\": {}}", 400, invalid, "spot.x"),
                Case.post("{\"spot\": {\"x\": null}}", 400, invalid, "spot.x"),
                Case.post("{\"most\": \"5\"}", 400, invalid, "most"),
                Case.post("{\"on\": \"true\"}", 400, invalid, "on"),
                Case.post("{\"on\": 1}", 400, invalid, "on"),
                Case.post("{\"kind\": \"PURPLE\"}", 400, invalid, "kind"),
                Case.post("{\"kind\": 0}", 400, invalid, "kind"),
                Case.post("{\"kind\": \"0\"}", 400, invalid, "kind"),
                Case.post("{\"kind\": \"\"}", 400, invalid, "kind"),
                Case.post("{\"lease\": 5}", 400, invalid, "lease"),
                Case.post("{\"lease\": \"\"}", 400, invalid, "lease"),
                Case.post("{\"lease\": \"12h\"}", 400, invalid, "lease"),
                Case.post("{\"lease\": \"PT99999999999999999999H\"}", 400, invalid, "lease"),
                Case.post("{\"from\": 1700000000}", 400, invalid, "from"),
                Case.post("{\"from\": \"2026-13-01T00:00:00Z\"}", 400, invalid, "from"),
                Case.post("{\"from\": \"+99999-01-01T00:00:00Z\"}", 400, invalid, "from"),
                Case.post("{\"zone\": \"Mars/Olympus\"}", 400, invalid, "zone"),
                Case.post("{\"id\": \"x\"}", 400, invalid, "id"),
                Case.post("{\"parts\": {}}", 400, invalid, "parts"),
                Case.post("{\"parts\": [5]}", 400, invalid, "parts[0]"),
                Case.post("{\"labels\": {\"a\\u0000\": \"b\"}}", 400, invalid, "labels"),
                Case.post("{\"labels\": {\"a\": \"\\u0000\"}}", 400, invalid, "labels.a"),
                Case.post("{\"patch\": {\"a\": [{\"b\": \"\\u0000\"}]}}", 400, invalid, "patch"),
                // values that break a rule
                Case.post("{\"name\": \"" + "n".repeat(11) + "\"}", 422, invalid, "name"),
                Case.post("{\"name\": \"a\", \"size\": -1}", 422, invalid, "size"),
                Case.post("{\"name\": \"a\", \"parts\": [{}]}", 422, invalid, "parts[0].cloud"),
                Case.get("/test/throws/unprocessable", 422, invalid, "poolSize"),
                // parameters
                Case.get("/test/list?limit=0", 400, invalid, "limit"),
                Case.get("/test/list?limit=-1", 400, invalid, "limit"),
                Case.get("/test/list?limit=501", 400, invalid, "limit"),
                Case.get("/test/list?limit=ten", 400, invalid, "limit"),
                Case.get("/test/list?limit=1.5", 400, invalid, "limit"),
                Case.get("/test/list?limit=99999999999999999999", 400, invalid, "limit"),
                Case.get("/test/list?cursor=%21", 400, invalid, "cursor"),
                Case.get("/test/list?cursor=YQ%3D%3D", 400, invalid, "cursor"),
                Case.get("/test/list?cursor=_w", 400, invalid, "cursor"),
                Case.get(
                        "/test/list?cursor=YQ",
                        400,
                        invalid,
                        "cursor"), // one value where the list sorts by two
                Case.get("/test/parameter", 400, invalid, "count"),
                Case.get("/test/parameter?count=x", 400, invalid, "count"),
                Case.get("/test/parameter?count=0", 400, invalid, "count"),
                Case.get("/test/parameter?count=1&kind=PURPLE", 400, invalid, "kind"),
                Case.get("/test/parameter?count=1&text=%00", 400, valid, null),
                Case.get("/test/by-name/a%00b", 400, valid, null),
                Case.get("/test/by-name/a%2Fb", 400, valid, null),
                // preconditions
                Case.get("/test/match", 428, "precondition-required", null),
                Case.get("/test/match", 412, "precondition-failed", null).with("If-Match", "\"6\""),
                Case.get("/test/match", 412, "precondition-failed", null)
                        .with("If-Match", "W/\"7\""),
                Case.get("/test/match", 412, "precondition-failed", null).with("If-Match", "7"),
                Case.get("/test/match", 412, "precondition-failed", null).with("If-Match", "\"7"),
                // what comes from below
                Case.get("/test/throws/locked", 412, "precondition-failed", null),
                Case.get("/test/throws/jpa-locked", 412, "precondition-failed", null),
                Case.get("/test/throws/integrity", 409, "conflict", null),
                Case.get("/test/throws/too-long", 400, invalid, null),
                Case.get("/test/throws/timeout", 503, "unavailable", null),
                Case.get("/test/throws/exhausted", 503, "pool-exhausted", null),
                Case.get("/test/throws/gone", 410, "gone", null),
                Case.get("/test/throws/bug", 500, "internal-error", null),
                Case.get("/test/half-written", 500, "internal-error", null),
                Case.get("/test/csv", 404, "not-found", null).with("Accept", "text/csv"),
                Case.get("/test/stream", 404, "not-found", null)
                        .with("Accept", "text/event-stream"),
                // sizes
                Case.post("{\"name\": \"" + "n".repeat(1 << 20) + "\"}", 413, "too-large", null));
    }

    @ParameterizedTest
    @MethodSource("wrongRequests")
    void aWrongRequestIsAnsweredByItsProblem(Case wrong) throws Exception {
        HttpResponse<String> answer = send(wrong);
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(wrong.status());
        assertThat(answer.headers().firstValue("Content-Type"))
                .hasValue("application/problem+json");
        JsonNode problem = json.readTree(answer.body());
        assertThat(problem.get("type").stringValue()).isEqualTo("urn:vmm:problem:" + wrong.slug());
        assertThat(problem.get("title").stringValue()).isNotBlank();
        assertThat(problem.get("status").intValue()).isEqualTo(wrong.status());
        assertThat(problem.get("detail").stringValue())
                .isNotBlank()
                .doesNotContain("Exception", "vmm.", "tools.");
        assertThat(problem.get("instance").stringValue())
                .isEqualTo(wrong.path().replaceFirst("\\?.*", ""));
        if (wrong.field() == null) {
            assertThat(problem.get("errors")).isNull();
        } else {
            assertThat(problem.get("errors").findValuesAsString("field")).contains(wrong.field());
            assertThat(problem.get("errors").findValuesAsString("message"))
                    .allSatisfy(
                            message ->
                                    assertThat(message)
                                            .isNotBlank()
                                            .doesNotContain("java.", "vmm.", "tools."));
        }
    }

    @Test
    void headersThatSayWhatToDoAreSent() throws Exception {
        HttpResponse<String> exhausted = send(Case.get("/test/throws/exhausted", 503, "", null));
        assertThat(exhausted.headers().firstValue("Retry-After")).hasValue("2");
        HttpResponse<String> method =
                send(new Case("DELETE", "/test/pools", Map.of(), null, 405, "", null));
        assertThat(method.headers().firstValue("Allow")).hasValue("POST");
    }

    @Test
    void anUnforeseenFailureIsLoggedOnceAndTellsNothing(CapturedOutput log) throws Exception {
        HttpResponse<String> answer = send(Case.get("/test/throws/bug", 500, "", null));
        assertThat(answer.body()).doesNotContain("secret");
        assertThat(log.getAll().split("IllegalStateException: a secret", -1)).hasSize(2);
        assertThat(log.getAll()).contains("GET /test/throws/bug failed");
    }

    @Test
    void anAnswerThatFailedHalfWayLosesItsHeaders() throws Exception {
        HttpResponse<String> answer = send(Case.get("/test/half-written", 500, "", null));
        assertThat(answer.headers().map()).doesNotContainKeys("Content-Disposition", "ETag");
    }

    @Test
    void aBodyWithoutALengthIsBoundedToo() throws Exception {
        byte[] body =
                ("{\"name\": \"" + "n".repeat(1 << 20) + "\"}").getBytes(StandardCharsets.UTF_8);
        HttpResponse<String> answer =
                http.send(
                        HttpRequest.newBuilder(
                                        URI.create("http://127.0.0.1:" + port + "/test/pools"))
                                .header("Content-Type", "application/json")
                                .POST(
                                        BodyPublishers.ofInputStream(
                                                () -> new java.io.ByteArrayInputStream(body)))
                                .build(),
                        BodyHandlers.ofString());
        assertThat(answer.statusCode()).isEqualTo(413);
        assertThat(answer.body()).contains("urn:vmm:problem:too-large");
    }

    @Test
    void aBodyThatIsNotUtf8IsRefused() throws Exception {
        byte[] body = "{\"name\": \"\u00e9\"}".getBytes(StandardCharsets.ISO_8859_1);
        HttpResponse<String> answer =
                http.send(
                        HttpRequest.newBuilder(
                                        URI.create("http://127.0.0.1:" + port + "/test/pools"))
                                .header("Content-Type", "application/json")
                                .POST(BodyPublishers.ofByteArray(body))
                                .build(),
                        BodyHandlers.ofString());
        assertThat(answer.statusCode()).isEqualTo(400);
        assertThat(answer.body()).contains("urn:vmm:problem:malformed-request");
    }

    @ParameterizedTest
    @MethodSource("requestLines")
    void whatTheContainerRefusesIsAProblemToo(String requestLine) throws Exception {
        String answer = raw(requestLine + "\r\nHost: localhost\r\nConnection: close\r\n\r\n");
        assertThat(answer)
                .startsWith("HTTP/1.1 4")
                .contains("application/problem+json", "urn:vmm:problem:");
    }

    static Stream<String> requestLines() {
        return Stream.of(
                "GET /test/%zz HTTP/1.1",
                "GET /test/list?limit=%zz HTTP/1.1",
                "GET /../../etc/passwd HTTP/1.1",
                "GET /test//list HTTP/1.1",
                "GET /test;x=1/list HTTP/1.1",
                "TRACE /test/list HTTP/1.1",
                "FETCH /test/list HTTP/1.1");
    }

    @Test
    void aGoodRequestGetsTheContractsShapes() throws Exception {
        HttpResponse<String> answer =
                send(
                        Case.post(
                                """
                                {"name": "é😀", "size": 3, "most": null, "on": true, "kind": "BLUE", "lease": "PT36H", "zone": "Europe/London",
                                 "from": "2026-11-02T08:30:00+01:00", "parts": [{"cloud": "a"}], "patch": {"a": null, "b": [1]}}\
                                """,
                                200,
                                "",
                                null));
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
        assertThat(answer.body())
                .isEqualTo(
                        "{\"name\":\"é😀\",\"size\":3,\"most\":null,\"on\":true,\"kind\":\"BLUE\",\"lease\":\"PT36H\","
                            + "\"from\":\"2026-11-02T07:30:00Z\",\"zone\":\"Europe/London\",\"id\":null,"
                            + "\"parts\":[{\"cloud\":\"a\"}],\"labels\":null,\"spot\":null,\"patch\":{\"a\":null,\"b\":[1]}}");
    }

    @Test
    void aListIsCutAtItsLimitAndGoesOnAtItsCursor() throws Exception {
        JsonNode first = json.readTree(send(Case.get("/test/list?limit=2", 200, "", null)).body());
        assertThat(first.get("items").toString()).isEqualTo("[0,1]");
        String cursor = first.get("nextCursor").stringValue();
        assertThat(cursor).matches("[A-Za-z0-9_-]+");
        JsonNode second =
                json.readTree(
                        send(Case.get("/test/list?limit=2&cursor=" + cursor, 200, "", null))
                                .body());
        assertThat(second.toString()).isEqualTo("{\"items\":[2,3],\"nextCursor\":null}");
    }

    @Test
    void theVersionThatOneHasReadMayBeChanged() throws Exception {
        for (String read : List.of("\"7\"", "*", "\"6\", \"7\"")) {
            Case request = Case.get("/test/match", 200, "", null).with("If-Match", read);
            assertThat(send(request).statusCode()).isEqualTo(200);
        }
    }

    private HttpResponse<String> send(Case request) throws Exception {
        HttpRequest.Builder builder =
                HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + request.path()));
        request.headers().forEach(builder::header);
        return http.send(
                builder.method(
                                request.method(),
                                request.body() == null
                                        ? BodyPublishers.noBody()
                                        : BodyPublishers.ofString(request.body()))
                        .build(),
                BodyHandlers.ofString());
    }

    private String raw(String request) throws IOException {
        try (Socket socket = new Socket("127.0.0.1", port)) {
            socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
            return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        }
    }
}
