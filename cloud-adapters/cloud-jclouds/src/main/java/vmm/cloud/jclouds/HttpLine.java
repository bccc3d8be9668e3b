package vmm.cloud.jclouds;

import com.google.common.base.Throwables;

import org.jclouds.http.HttpCommand;
import org.jclouds.http.HttpCommandExecutorService;
import org.jclouds.http.HttpRequest;
import org.jclouds.http.HttpResponse;
import org.jclouds.util.Closeables2;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.function.Supplier;

/**
 * Sends requests through jclouds' HTTP and brings back what was answered; needs {@link
 * CarefulHttp}.
 *
 * <p>It goes past jclouds' annotated interfaces, whose fallbacks call a 404 an empty list and whose
 * templates rewrite addresses; filters of a request (signatures, tokens) work as ever.
 */
public final class HttpLine {

    /** Bytes of an answer; a page of 1,000 servers has some three million. */
    private static final int MOST = 32 << 20;

    private final HttpCommandExecutorService executor;

    public HttpLine(HttpCommandExecutorService executor) {
        this.executor = executor;
    }

    /** Sends a request once. */
    public HttpAnswer send(HttpRequest request) throws NoAnswer {
        return attempt(() -> read(executor.invoke(new HttpCommand(request))));
    }

    /**
     * Makes a call of jclouds that ends in one request.
     *
     * @return what the server answered if it was no success, which jclouds throws
     * @throws NoAnswer also if jclouds did not understand the answer
     */
    public static HttpAnswer attempt(Supplier<HttpAnswer> call) throws NoAnswer {
        var departure = new Departure();
        try {
            return ScopedValue.where(Departure.CURRENT, departure).call(call::get);
        } catch (RuntimeException e) {
            for (var cause : Throwables.getCausalChain(e)) {
                if (cause instanceof Answered answered) return answered.answer();
                if (cause instanceof IOException io) {
                    throw new NoAnswer(words(io), departure.hasStarted());
                }
            }
            throw new NoAnswer(
                    "its answer is not understood (" + e.getClass().getSimpleName() + ")",
                    departure.hasStarted());
        }
    }

    /** An answer whose status is what matters: its words may be lost. */
    static HttpAnswer readRefusal(HttpResponse response) {
        try {
            return read(response);
        } catch (UncheckedIOException brokenOff) {
            return new HttpAnswer(
                    response.getStatusCode(), response.getFirstHeaderOrNull("Retry-After"), "");
        }
    }

    private static HttpAnswer read(HttpResponse response) {
        var payload = response.getPayload();
        try (InputStream in =
                payload == null ? new ByteArrayInputStream(new byte[0]) : payload.openStream()) {
            return new HttpAnswer(
                    response.getStatusCode(),
                    response.getFirstHeaderOrNull("Retry-After"),
                    response.getFirstHeaderOrNull("Location"),
                    new String(whole(in), StandardCharsets.UTF_8));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } finally {
            Closeables2.closeQuietly(payload);
        }
    }

    private static byte[] whole(InputStream in) throws IOException {
        byte[] bytes = in.readNBytes(MOST + 1);
        if (bytes.length > MOST) throw new IOException("an answer of more than 32 MiB");
        return bytes;
    }

    private static String words(IOException e) {
        var message = e.getMessage();
        return message == null ? e.getClass().getSimpleName() : message;
    }
}
