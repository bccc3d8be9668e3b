package vmm.clouds;

import org.springframework.stereotype.Component;

import vmm.fleet.ProbeEntry;

import java.io.IOException;
import java.net.ConnectException;
import java.net.InetSocketAddress;
import java.net.ProxySelector;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import java.net.http.HttpClient;
import java.net.http.HttpConnectTimeoutException;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.net.http.HttpTimeoutException;
import java.nio.channels.UnresolvedAddressException;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

import javax.net.ssl.SSLException;

/**
 * Looks over the network, directly or through the probe's own proxy, with a new connection each
 * time. Redirects are answers, and are not followed.
 */
@Component
final class NetworkLook implements ProbeLook, AutoCloseable {

    /**
     * Threads of the platform: looking a name up holds its thread, and virtual ones share a few. A
     * look that outlives its timeout ends by itself; the next one of its probe waits for that.
     */
    private final ExecutorService threads =
            Executors.newCachedThreadPool(Thread.ofPlatform().name("probe-", 0).daemon().factory());

    private final Set<String> underWay = ConcurrentHashMap.newKeySet();

    @Override
    public Finding take(String cloud, ProbeEntry probe) {
        String key = cloud + "/" + probe.name();
        if (!underWay.add(key)) return Finding.silence("the look before has not ended yet");
        Future<Finding> look;
        try {
            look = threads.submit(() -> look(key, probe));
        } catch (RejectedExecutionException closing) {
            underWay.remove(key);
            return Finding.silence("the service is stopping");
        }
        try {
            return look.get(probe.timeout().toNanos(), TimeUnit.NANOSECONDS);
        } catch (TimeoutException late) {
            return late(probe);
        } catch (ExecutionException broken) {
            return Finding.silence("the look failed: " + broken.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return Finding.silence("interrupted");
        }
    }

    private Finding look(String key, ProbeEntry probe) {
        long began = System.nanoTime();
        try {
            return switch (probe.target()) {
                case ProbeEntry.Tcp tcp -> connect(tcp, probe.timeout(), began);
                case ProbeEntry.Http http -> ask(http, probe.timeout(), began);
            };
        } catch (SocketTimeoutException | HttpTimeoutException late) {
            return late(probe);
        } catch (UnknownHostException unknown) {
            return Finding.silence("its name is not known");
        } catch (ConnectException refused) {
            return isUnknown(refused)
                    ? Finding.silence("its name is not known")
                    : Finding.silence("it takes no connection" + words(refused));
        } catch (SSLException tls) {
            return Finding.silence("no TLS" + words(tls));
        } catch (IOException e) {
            return Finding.silence("no answer" + words(e));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return Finding.silence("interrupted");
        } finally {
            underWay.remove(key);
        }
    }

    private static Finding connect(ProbeEntry.Tcp tcp, Duration timeout, long began)
            throws IOException {
        var address = new InetSocketAddress(tcp.host(), tcp.port());
        if (address.isUnresolved()) throw new UnknownHostException(tcp.host());
        try (var socket = new Socket()) {
            socket.connect(address, Math.max(1, (int) timeout.toMillis()));
            return new Finding(true, millisSince(began), "takes connections");
        }
    }

    /** As far as the status: what follows it may never end. */
    private static Finding ask(ProbeEntry.Http http, Duration timeout, long began)
            throws IOException, InterruptedException {
        var client =
                HttpClient.newBuilder()
                        .version(HttpClient.Version.HTTP_1_1)
                        .followRedirects(HttpClient.Redirect.NEVER)
                        .proxy(
                                http.proxy()
                                        .map(NetworkLook::through)
                                        .orElse(HttpClient.Builder.NO_PROXY))
                        .build();
        try {
            var request = HttpRequest.newBuilder(http.address()).timeout(timeout).GET().build();
            int status = client.send(request, BodyHandlers.ofInputStream()).statusCode();
            boolean ok =
                    http.expectStatus()
                            .map(wanted -> wanted == status)
                            .orElse(status >= 200 && status < 400);
            String wanted = http.expectStatus().map(n -> ", and not " + n).orElse("");
            return new Finding(ok, millisSince(began), "answered " + status + (ok ? "" : wanted));
        } catch (HttpConnectTimeoutException late) {
            throw new SocketTimeoutException();
        } finally {
            client.shutdownNow();
        }
    }

    private static ProxySelector through(ProbeEntry.Tcp proxy) {
        return ProxySelector.of(InetSocketAddress.createUnresolved(proxy.host(), proxy.port()));
    }

    /** The HTTP client says so some causes deep. */
    private static boolean isUnknown(Throwable failure) {
        for (var cause = failure.getCause(); cause != null; cause = cause.getCause()) {
            if (cause instanceof UnresolvedAddressException) return true;
        }
        return false;
    }

    private static Finding late(ProbeEntry probe) {
        return Finding.silence("no answer within " + probe.timeout());
    }

    private static int millisSince(long began) {
        return (int) TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - began);
    }

    private static String words(IOException e) {
        return e.getMessage() == null ? "" : ": " + e.getMessage();
    }

    @Override
    public void close() {
        threads.shutdownNow();
    }
}
