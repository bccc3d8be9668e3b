package vmm.cloud.jclouds;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.inject.Injector;

import org.jclouds.ContextBuilder;
import org.jclouds.http.HttpCommandExecutorService;
import org.jclouds.http.HttpRequest;
import org.jclouds.io.Payloads;
import org.jclouds.lifecycle.Closer;
import org.jclouds.rest.AnonymousHttpApiMetadata;
import org.jclouds.rest.HttpClient;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import vmm.cloud.jclouds.RawServer.Answer;
import vmm.cloud.jclouds.RawServer.BreakOff;
import vmm.cloud.jclouds.RawServer.Drop;
import vmm.cloud.jclouds.RawServer.Hang;
import vmm.cloud.jclouds.RawServer.Reply;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Set;

/** No POST is sent twice, whatever a server does to it; each call ends in time. */
@Timeout(30)
class CarefulHttpTest {

    private static final Duration CALL_TIMEOUT = Duration.ofMillis(1_500);
    private static final Instant NOW = Instant.parse("2026-03-01T08:00:00Z");

    private volatile Reply reply = new Answer(200, "{}");
    private final RawServer server = new RawServer(request -> reply);
    private final Injector context = context(CALL_TIMEOUT);
    private final HttpLine line =
            new HttpLine(context.getInstance(HttpCommandExecutorService.class));

    @AfterEach
    void close() throws IOException {
        context.getInstance(Closer.class).close();
        server.close();
    }

    @Test
    void postOverReusedConnectionThatIsDroppedAfterItWasReadIsSentOnce() throws Exception {
        assertThat(line.send(request("GET", "/warm-up")).status()).isEqualTo(200);
        assertThat(line.send(request("POST", "/warm-up")).status()).isEqualTo(200);
        reply = new Drop();

        assertThatThrownBy(() -> line.send(request("POST", "/servers")))
                .isInstanceOfSatisfying(
                        NoAnswer.class, e -> assertThat(e.mayHaveArrived()).isTrue());
        assertThat(server.requests("POST", "/servers"))
                .singleElement()
                .satisfies(request -> assertThat(request.connection()).isEqualTo(1));
    }

    @Test
    void postOverFreshConnectionThatIsDroppedAfterItWasReadIsSentOnce() {
        reply = new Drop();

        assertThatThrownBy(() -> line.send(request("POST", "/servers")))
                .isInstanceOfSatisfying(
                        NoAnswer.class, e -> assertThat(e.mayHaveArrived()).isTrue());
        assertThat(server.requests("POST", "/servers")).hasSize(1);
    }

    @ParameterizedTest
    @CsvSource({
        "503,", "503, 0", "503, 1", "500,", "502,", "504,", "408,", "408, 0", "401,", "429, 1",
        "302,", "307,", "308,"
    })
    void postThatIsAnsweredWithAnythingIsSentOnceAndTheAnswerComesBack(
            int status, String retryAfter) throws Exception {
        var headers =
                retryAfter == null
                        ? Map.of("Location", server.url() + "/elsewhere")
                        : Map.of("Retry-After", retryAfter);
        reply = new Answer(status, headers, "{\"error\": 1}");

        var answer = line.send(request("POST", "/servers"));

        assertThat(answer.status()).isEqualTo(status);
        assertThat(answer.retryAfter()).isEqualTo(retryAfter);
        assertThat(answer.body()).isEqualTo("{\"error\": 1}");
        assertThat(server.requests()).hasSize(1);
    }

    @Test
    void postThatIsNeverAnsweredEndsInTimeAndIsSentOnce() {
        reply = new Hang();
        long began = System.nanoTime();

        assertThatThrownBy(() -> line.send(request("POST", "/servers")))
                .isInstanceOfSatisfying(
                        NoAnswer.class, e -> assertThat(e.mayHaveArrived()).isTrue());
        assertThat(Duration.ofNanos(System.nanoTime() - began)).isLessThan(Duration.ofSeconds(5));
        assertThat(server.requests()).hasSize(1);
    }

    @Test
    void answerThatBreaksOffIsNoAnswer() {
        reply = new BreakOff(200, "{\"servers\": []");

        assertThatThrownBy(() -> line.send(request("GET", "/servers")))
                .isInstanceOf(NoAnswer.class);
    }

    @Test
    void refusalWhoseWordsBreakOffIsStillThatRefusal() throws Exception {
        reply = new BreakOff(403, "{\"forbidden\":");

        assertThat(line.send(request("POST", "/servers")).status()).isEqualTo(403);
        assertThat(server.requests()).hasSize(1);
    }

    @Test
    void connectionThatIsRefusedSurelySentNothing() throws Exception {
        int port;
        try (var closed = new ServerSocket(0, 1, InetAddress.getByName("127.0.0.1"))) {
            port = closed.getLocalPort();
        }
        var request = request("POST", "/servers").toBuilder();
        var nowhere = request.endpoint("http://127.0.0.1:" + port + "/servers").build();

        assertThatThrownBy(() -> line.send(nowhere))
                .isInstanceOfSatisfying(
                        NoAnswer.class, e -> assertThat(e.mayHaveArrived()).isFalse());
    }

    @Test
    void hostIsTriedAtItsNextAddressWhereTheFirstRefuses() throws Exception {
        // localhost is ::1 and 127.0.0.1 where there is IPv6; the server listens on the second only
        var request = request("POST", "/servers").toBuilder();
        var byName = server.url().replace("127.0.0.1", "localhost") + "/servers";

        assertThat(line.send(request.endpoint(byName).build()).status()).isEqualTo(200);
        assertThat(server.requests()).hasSize(1);
    }

    @Test
    void retryAfterIsSecondsOrADate() {
        assertThat(new HttpAnswer(429, "7", "").pause(NOW)).contains(Duration.ofSeconds(7));
        assertThat(new HttpAnswer(429, "Sun, 01 Mar 2026 08:00:09 GMT", "").pause(NOW))
                .contains(Duration.ofSeconds(9));
        assertThat(new HttpAnswer(429, "Sun, 01 Mar 2026 07:00:00 GMT", "").pause(NOW))
                .contains(Duration.ZERO);
        assertThat(new HttpAnswer(429, "soon", "").pause(NOW)).isEmpty();
        assertThat(new HttpAnswer(429, null, "").pause(NOW)).isEmpty();
    }

    @Test
    void answersAreShownWithoutTheirBody() {
        assertThat(new HttpAnswer(200, null, "a secret").toString()).doesNotContain("secret");
    }

    private HttpRequest request(String method, String path) {
        var request =
                HttpRequest.builder().method(method).endpoint(URI.create(server.url() + path));
        if (method.equals("POST")) {
            var payload = Payloads.newStringPayload("{}");
            payload.getContentMetadata().setContentType("application/json");
            request.payload(payload);
        }
        return request.build();
    }

    private static Injector context(Duration callTimeout) {
        var http = new CarefulHttp(callTimeout);
        return ContextBuilder.newBuilder(AnonymousHttpApiMetadata.forApi(HttpClient.class))
                .endpoint("http://127.0.0.1")
                .credentials("nobody", "nothing")
                .overrides(http.properties())
                .modules(Set.of(http, new NoLogging()))
                .buildInjector();
    }
}
