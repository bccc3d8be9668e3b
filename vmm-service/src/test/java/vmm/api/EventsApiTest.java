package vmm.api;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.net.CookieManager;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;

class EventsApiTest extends ApiTest {
    private static final String PATH = "/api/v1/events";

    @Test
    void everyoneSeesWhatConcernsThem() throws Exception {
        try (var mine = Stream.of(muon());
                var others = Stream.of(scientist());
                var all = Stream.of(operator())) {
            String id = granted(muon(), "muon");
            muon().delete("/api/v1/allocations/" + id).is(200);
            Predicate<JsonNode> released =
                    e ->
                            "RELEASED".equals(e.path("reason").asString(""))
                                    && id.equals(e.path("allocationId").asString(""));
            mine.await("my release", released);
            all.await("the release", released);
            others.await("something in the pool", e -> e.path("pool").asString("").equals("muon"));
            assertThat(mine.seen("allocation")).isNotEmpty().allMatch(e -> isOf("muon", e));
            assertThat(mine.types()).isSubsetOf("allocation", "pool");
            assertThat(others.types()).containsExactly("pool");
            assertThat(others.seen("pool"))
                    .allSatisfy(
                            e ->
                                    assertThat(e.propertyNames())
                                            .containsExactlyInAnyOrder(
                                                    "seq", "type", "at", "pool"));
            assertThat(mine.seen("pool")).noneMatch(e -> e.get("pool").asString().equals("laser"));
            all.await(
                    "the replacement",
                    e ->
                            e.get("type").asString().equals("vm")
                                    && "READY".equals(e.path("to").asString("")));
            for (var stream : List.of(mine, others, all)) {
                stream.events().forEach(e -> Contract.shared().checkSchema("Event", e.toString()));
                assertThat(stream.events().stream().map(e -> e.get("seq").asLong()).toList())
                        .isSorted();
            }
        }
    }

    @Test
    void aStreamGoesOnAfterTheLastEventThatWasSeen() throws Exception {
        long before = seq();
        String id = granted(muon(), "quick");
        muon().delete("/api/v1/allocations/" + id);
        Predicate<JsonNode> released = e -> "RELEASED".equals(e.path("reason").asString(""));
        List<JsonNode> first;
        try (var stream = Stream.of(muon().with("Last-Event-ID", String.valueOf(before)))) {
            stream.await("the release", released);
            first = stream.seen("allocation");
        }
        assertThat(first.stream().map(e -> e.get("reason").asString()).toList())
                .containsExactly("GRANTED", "RELEASED");
        try (var stream =
                Stream.of(muon().with("Last-Event-ID", first.get(0).get("seq").asString()))) {
            stream.await("the release", released);
            assertThat(stream.seen("allocation")).containsExactly(first.get(1));
        }
    }

    @Test
    void aPlaceThatCannotBeGoneOnFromIsReset() throws Exception {
        for (String place : List.of("999999999999", "-1", "x", "1.5", "99999999999999999999999")) {
            try (var stream = Stream.of(muon().with("Last-Event-ID", place))) {
                stream.await("a reset", e -> e.get("type").asString().equals("reset"));
                var reset = stream.events().get(0);
                assertThat(reset.propertyNames()).containsExactlyInAnyOrder("seq", "type", "at");
                Contract.shared().checkSchema("Event", reset.toString());
            }
        }
    }

    @Test
    void whatWasPurgedCannotBeGoneOnFrom() throws Exception {
        granted(operator(), "quick");
        until("events are published", () -> seq() > 3);
        jdbc.sql("DELETE FROM event WHERE seq <= (SELECT min(seq) + 2 FROM event)").update();
        long first = jdbc.sql("SELECT min(seq) FROM event").query(Long.class).single();
        try (var stream = Stream.of(operator().with("Last-Event-ID", String.valueOf(first - 2)))) {
            stream.await("a reset", e -> e.get("type").asString().equals("reset"));
        }
        try (var stream = Stream.of(operator().with("Last-Event-ID", String.valueOf(first - 1)))) {
            stream.await("the first that is kept", e -> e.get("seq").asLong() == first);
            assertThat(stream.types()).doesNotContain("reset");
        }
    }

    @Test
    void onePersonHasSoManyStreamsAndNoMore() throws Exception {
        var open = new ArrayList<Stream>();
        try {
            for (int i = 0; i < 20; i++) open.add(Stream.of(admin()));
            var refused = admin().open(PATH);
            assertThat(refused.statusCode()).isEqualTo(503);
            assertThat(refused.headers().firstValue("Retry-After")).isPresent();
        } finally {
            for (var stream : open) stream.close();
        }
    }

    @Test
    void aStreamEndsWithItsSession() throws Exception {
        var browser = HttpClient.newBuilder().cookieHandler(new CookieManager()).build();
        String base = muon().base();
        assertThat(form(browser, base + "/login", "username=muon&password=muon", "").statusCode())
                .isEqualTo(204);
        var me =
                browser.send(
                        HttpRequest.newBuilder(URI.create(base + "/api/v1/me")).build(),
                        BodyHandlers.ofString());
        assertThat(me.statusCode()).isEqualTo(200);
        var response =
                browser.send(
                        HttpRequest.newBuilder(URI.create(base + PATH)).build(),
                        BodyHandlers.ofInputStream());
        try (var stream = new Stream(response)) {
            stream.awaitOpen();
            String token =
                    ((CookieManager) browser.cookieHandler().orElseThrow())
                            .getCookieStore().getCookies().stream()
                                    .filter(cookie -> cookie.getName().equals("XSRF-TOKEN"))
                                    .findFirst()
                                    .orElseThrow()
                                    .getValue();
            assertThat(form(browser, base + "/logout", "", token).statusCode()).isEqualTo(204);
            String id = granted(muon(), "quick");
            stream.awaitEnd();
            assertThat(stream.events())
                    .noneMatch(e -> id.equals(e.path("allocationId").asString("")));
            muon().delete("/api/v1/allocations/" + id);
        }
    }

    @Test
    void headAsksForTheHeadersOnly() throws Exception {
        var head =
                HttpClient.newHttpClient()
                        .send(
                                HttpRequest.newBuilder(URI.create(muon().base() + PATH))
                                        .header(
                                                "Authorization",
                                                muon().headers().get("Authorization"))
                                        .HEAD()
                                        .build(),
                                BodyHandlers.discarding());
        assertThat(head.statusCode()).isEqualTo(200);
        assertThat(head.headers().firstValue("Content-Type").orElse(""))
                .startsWith("text/event-stream");
    }

    private boolean isOf(String user, JsonNode event) {
        return jdbc.sql("SELECT user_name FROM allocation WHERE id = CAST(:id AS uuid)")
                .param("id", event.get("allocationId").asString())
                .query(String.class)
                .single()
                .equals(user);
    }

    private long seq() {
        return jdbc.sql("SELECT COALESCE(max(seq), 0) FROM event").query(Long.class).single();
    }

    private static HttpResponse<String> form(
            HttpClient browser, String url, String body, String token)
            throws IOException, InterruptedException {
        return browser.send(
                HttpRequest.newBuilder(URI.create(url))
                        .header("Content-Type", "application/x-www-form-urlencoded")
                        .header("X-XSRF-TOKEN", token)
                        .POST(HttpRequest.BodyPublishers.ofString(body))
                        .build(),
                BodyHandlers.ofString());
    }

    /** A browser's stream, read beside the test. */
    private static final class Stream implements AutoCloseable {
        private final InputStream in;
        private final List<JsonNode> events = new CopyOnWriteArrayList<>();
        private final CompletableFuture<Void> opened = new CompletableFuture<>();
        private final CompletableFuture<Void> ended = new CompletableFuture<>();

        Stream(HttpResponse<InputStream> response) {
            assertThat(response.statusCode()).isEqualTo(200);
            assertThat(response.headers().firstValue("Content-Type").orElse(""))
                    .startsWith("text/event-stream");
            this.in = response.body();
            Thread.ofVirtual().start(this::read);
        }

        static Stream of(Caller caller) throws Exception {
            var stream = new Stream(caller.with("Accept", "text/event-stream").open(PATH));
            stream.awaitOpen();
            return stream;
        }

        private void read() {
            try (var lines =
                    new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8))) {
                String event = "";
                for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                    if (line.startsWith("event: ")) event = line.substring(7);
                    if (line.startsWith("data: ")) {
                        var data = JsonMapper.shared().readTree(line.substring(6));
                        assertThat(data.get("type").asString()).isEqualTo(event);
                        events.add(data);
                    }
                    if (line.startsWith(":") || line.startsWith("data: ")) opened.complete(null);
                }
            } catch (IOException | UncheckedIOException closed) {
                // by the test
            } finally {
                ended.complete(null);
            }
        }

        List<JsonNode> events() {
            return events;
        }

        List<JsonNode> seen(String type) {
            return events.stream().filter(e -> e.get("type").asString().equals(type)).toList();
        }

        List<String> types() {
            return events.stream().map(e -> e.get("type").asString()).distinct().sorted().toList();
        }

        void await(String what, Predicate<JsonNode> event) {
            until(what, () -> events.stream().anyMatch(event));
        }

        void awaitOpen() throws Exception {
            opened.get(30, TimeUnit.SECONDS);
        }

        void awaitEnd() throws Exception {
            ended.get(30, TimeUnit.SECONDS);
        }

        @Override
        public void close() throws IOException {
            in.close();
        }
    }
}
