package vmm.clouds;

import static org.assertj.core.api.Assertions.assertThat;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.sun.net.httpserver.HttpServer;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

import vmm.clouds.ProbeLook.Finding;
import vmm.fleet.ProbeEntry;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;

/** What looks at real ports of this machine find. */
class NetworkLookTest {
    private static final Duration PATIENCE = Duration.ofSeconds(20);
    private static final Duration SHORT = Duration.ofMillis(300);

    private final NetworkLook look = new NetworkLook();

    @AfterEach
    void close() {
        look.close();
    }

    @Test
    void aPortThatTakesConnectionsIsWellAndOneThatDoesNotIsNot() throws IOException {
        int port;
        try (var server = new ServerSocket(0, 10, InetAddress.getLoopbackAddress())) {
            port = server.getLocalPort();
            var found = tcp(port);
            assertThat(found.ok()).isTrue();
            assertThat(found.latencyMs()).isNotNegative();
            assertThat(found.detail()).isEqualTo("takes connections");
        }
        var found = tcp(port);
        assertThat(found.ok()).isFalse();
        assertThat(found.latencyMs()).isNull();
        assertThat(found.detail()).startsWith("it takes no connection");
    }

    @Test
    void aNameThatNobodyKnowsIsToldSo() {
        var unknown = new ProbeEntry.Tcp("no-such-host.invalid", 1);
        assertThat(look.take("a", probe(unknown, PATIENCE)).detail())
                .isEqualTo("its name is not known");
        assertThat(ask("http://no-such-host.invalid/", Optional.empty(), PATIENCE).detail())
                .isEqualTo("its name is not known");
    }

    @Test
    void anAnswerIsWellByItsStatus() throws IOException {
        var server = HttpServer.create(new InetSocketAddress("127.0.0.1", 0), 0);
        server.createContext(
                "/",
                request -> {
                    int status = Integer.parseInt(request.getRequestURI().getPath().substring(1));
                    if (status == 302) request.getResponseHeaders().add("Location", "/500");
                    request.sendResponseHeaders(status, -1);
                    request.close();
                });
        server.start();
        String base = "http://127.0.0.1:" + server.getAddress().getPort() + "/";
        try {
            assertThat(words(base + 200, Optional.empty())).isEqualTo("well: answered 200");
            assertThat(words(base + 302, Optional.empty())).isEqualTo("well: answered 302");
            assertThat(words(base + 400, Optional.empty())).isEqualTo("not: answered 400");
            assertThat(words(base + 503, Optional.empty())).isEqualTo("not: answered 503");
            assertThat(words(base + 400, Optional.of(400))).isEqualTo("well: answered 400");
            assertThat(words(base + 200, Optional.of(400)))
                    .isEqualTo("not: answered 200, and not 400");
        } finally {
            server.stop(0);
        }
    }

    @Test
    void anAddressIsAskedThroughTheProbesProxy() throws Exception {
        try (var proxy = new ServerSocket(0, 10, InetAddress.getLoopbackAddress())) {
            var asked =
                    new ProbeEntry.Http(
                            URI.create("http://stratum.invalid/cvmfs/.cvmfspublished"),
                            Optional.empty(),
                            Optional.of(new ProbeEntry.Tcp("127.0.0.1", proxy.getLocalPort())));
            var answered =
                    CompletableFuture.supplyAsync(() -> look.take("a", probe(asked, PATIENCE)));
            try (var client = proxy.accept()) {
                var line =
                        new BufferedReader(new InputStreamReader(client.getInputStream(), UTF_8))
                                .readLine();
                assertThat(line)
                        .isEqualTo("GET http://stratum.invalid/cvmfs/.cvmfspublished HTTP/1.1");
                client.getOutputStream()
                        .write(
                                "HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n"
                                        .getBytes(UTF_8));
                var found = answered.get();
                assertThat(found.ok()).isFalse();
                assertThat(found.detail()).isEqualTo("answered 502");
            }
        }
    }

    @Test
    void aBodyThatNeverEndsIsAnAnswerAllTheSame() throws Exception {
        try (var server = new ServerSocket(0, 10, InetAddress.getLoopbackAddress())) {
            var answered =
                    CompletableFuture.supplyAsync(
                            () ->
                                    ask(
                                            "http://127.0.0.1:" + server.getLocalPort() + "/",
                                            Optional.empty(),
                                            PATIENCE));
            try (var client = server.accept()) {
                client.getOutputStream()
                        .write("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n".getBytes());
                assertThat(answered.get().ok()).isTrue();
            }
        }
    }

    @Test
    void whatTakesConnectionsAndSaysNothingIsNotWaitedFor() throws IOException {
        try (var server = new ServerSocket(0, 10, InetAddress.getLoopbackAddress())) {
            String url = "http://127.0.0.1:" + server.getLocalPort() + "/";
            long began = System.nanoTime();
            var found = ask(url, Optional.empty(), SHORT);
            assertThat(found).isEqualTo(new Finding(false, null, "no answer within PT0.3S"));
            assertThat(Duration.ofNanos(System.nanoTime() - began)).isLessThan(PATIENCE);
        }
    }

    @Test
    void whatSpeaksNoHttpIsNotWell() throws Exception {
        try (var server = new ServerSocket(0, 10, InetAddress.getLoopbackAddress())) {
            var said = new CountDownLatch(1);
            Thread.ofVirtual()
                    .start(
                            () -> {
                                try (var client = server.accept()) {
                                    client.getOutputStream()
                                            .write("SSH-2.0-OpenSSH\r\n".getBytes());
                                    said.await();
                                } catch (IOException | InterruptedException e) {
                                    // the look found something else, and says so
                                }
                            });
            var found =
                    ask(
                            "http://127.0.0.1:" + server.getLocalPort() + "/",
                            Optional.empty(),
                            PATIENCE);
            said.countDown();
            assertThat(found.ok()).isFalse();
            assertThat(found.detail()).startsWith("no answer");
        }
    }

    private Finding tcp(int port) {
        return look.take("a", probe(new ProbeEntry.Tcp("127.0.0.1", port), PATIENCE));
    }

    private Finding ask(String url, Optional<Integer> status, Duration timeout) {
        return look.take(
                "a",
                probe(new ProbeEntry.Http(URI.create(url), status, Optional.empty()), timeout));
    }

    private String words(String url, Optional<Integer> status) {
        var found = ask(url, status, PATIENCE);
        return (found.ok() ? "well: " : "not: ") + found.detail();
    }

    private static ProbeEntry probe(ProbeEntry.Target target, Duration timeout) {
        return new ProbeEntry("probe", target, timeout, Duration.ofSeconds(30));
    }
}
