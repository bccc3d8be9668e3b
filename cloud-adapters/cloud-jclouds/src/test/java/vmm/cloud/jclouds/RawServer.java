package vmm.cloud.jclouds;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Queue;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Function;

/**
 * A small HTTP server on bare sockets that can misbehave: it reads a request to its end and then
 * drops the connection, or never answers.
 */
public final class RawServer implements AutoCloseable {

    /**
     * @param connection the number of the connection it came over, from 1
     * @param headers by names in small letters
     */
    public record Request(
            int connection, String method, URI uri, Map<String, String> headers, String body) {

        public String path() {
            return uri.getPath();
        }

        /** A parameter of the query, empty if it is not there. */
        public String parameter(String name) {
            if (uri.getRawQuery() == null) return "";
            for (var pair : uri.getRawQuery().split("&")) {
                var parts = pair.split("=", 2);
                if (parts[0].equals(name) && parts.length == 2) {
                    return URLDecoder.decode(parts[1], StandardCharsets.UTF_8);
                }
            }
            return "";
        }

        @Override
        public String toString() {
            return method + " " + uri;
        }
    }

    /** What the server does with a request that it has read. */
    public sealed interface Reply {}

    /** Answers, and keeps the connection. */
    public record Answer(int status, Map<String, String> headers, String body) implements Reply {
        public Answer(int status, String body) {
            this(status, Map.of(), body);
        }
    }

    /** Closes the connection without a word. */
    public record Drop() implements Reply {}

    /** Promises more than it sends, and closes. */
    public record BreakOff(int status, String body) implements Reply {}

    /** Never answers. */
    public record Hang() implements Reply {}

    /** Decides what to do with a request; may be called by several threads. */
    public interface Handler {
        Reply reply(Request request);
    }

    /** What stands before a server: it may pass a request on, or answer it otherwise, or both. */
    public interface Gate {
        Reply through(Request request, Function<Request, Reply> server);
    }

    private final Handler handler;
    private final ServerSocket socket;
    private final CountDownLatch closing = new CountDownLatch(1);
    private final Queue<Request> requests = new ConcurrentLinkedQueue<>();
    private final Queue<Socket> connections = new ConcurrentLinkedQueue<>();
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
    private int accepted;

    public RawServer(Handler handler) {
        this.handler = handler;
        try {
            this.socket = new ServerSocket(0, 200, InetAddress.getByName("127.0.0.1"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        threads.execute(this::accept);
    }

    public String url() {
        return "http://127.0.0.1:" + socket.getLocalPort();
    }

    /** Everything that was read to its end. */
    public List<Request> requests() {
        return List.copyOf(requests);
    }

    public List<Request> requests(String method, String path) {
        return requests.stream()
                .filter(request -> request.method().equals(method) && request.path().equals(path))
                .toList();
    }

    @Override
    public void close() {
        closing.countDown();
        try {
            socket.close();
            for (var connection : connections) connection.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        threads.shutdownNow();
    }

    private void accept() {
        while (closing.getCount() > 0) {
            try {
                var connection = socket.accept();
                connection.setTcpNoDelay(true);
                connections.add(connection);
                int number = ++accepted;
                threads.execute(() -> serve(connection, number));
            } catch (IOException closed) {
                return;
            }
        }
    }

    private void serve(Socket connection, int number) {
        try (connection) {
            var in = new BufferedInputStream(connection.getInputStream());
            while (true) {
                var request = read(in, number);
                if (request == null) return;
                requests.add(request);
                switch (handler.reply(request)) {
                    case Drop() -> {
                        return;
                    }
                    case Hang() -> {
                        closing.await();
                        return;
                    }
                    case BreakOff(int status, String body) -> {
                        write(connection, status, Map.of(), body, body.length() + 100);
                        return;
                    }
                    case Answer(int status, var headers, String body) ->
                            write(connection, status, headers, body, -1);
                }
            }
        } catch (IOException gone) {
            // the other side closed
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static Request read(InputStream in, int connection) throws IOException {
        var first = line(in);
        if (first.isEmpty()) return null;
        var words = first.split(" ");
        var headers = new TreeMap<String, String>();
        for (var line = line(in); !line.isEmpty(); line = line(in)) {
            int colon = line.indexOf(':');
            headers.put(
                    line.substring(0, colon).toLowerCase(Locale.ROOT),
                    line.substring(colon + 1).strip());
        }
        int length = Integer.parseInt(headers.getOrDefault("content-length", "0"));
        var body = new String(in.readNBytes(length), StandardCharsets.UTF_8);
        return new Request(connection, words[0], URI.create(words[1]), headers, body);
    }

    private static String line(InputStream in) throws IOException {
        var line = new ByteArrayOutputStream();
        for (int c = in.read(); c >= 0 && c != '\n'; c = in.read()) {
            if (c != '\r') line.write(c);
        }
        return line.toString(StandardCharsets.UTF_8);
    }

    private static void write(
            Socket connection, int status, Map<String, String> headers, String body, int promised)
            throws IOException {
        var bytes = body.getBytes(StandardCharsets.UTF_8);
        var text = new StringBuilder("HTTP/1.1 " + status + " Words\r\n");
        if (status != 204) {
            text.append("Content-Type: application/json\r\n");
            text.append("Content-Length: ")
                    .append(promised < 0 ? bytes.length : promised)
                    .append("\r\n");
        }
        headers.forEach((name, value) -> text.append(name + ": " + value + "\r\n"));
        var head = text.append("\r\n").toString().getBytes(StandardCharsets.UTF_8);
        var whole = new ByteArrayOutputStream();
        whole.write(head);
        if (status != 204) whole.write(bytes);
        connection.getOutputStream().write(whole.toByteArray());
        connection.getOutputStream().flush();
    }
}
