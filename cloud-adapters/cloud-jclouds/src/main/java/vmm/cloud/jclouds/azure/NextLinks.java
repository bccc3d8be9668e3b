package vmm.cloud.jclouds.azure;

import com.google.gson.JsonNull;
import com.google.gson.JsonObject;

import vmm.cloud.CloudFailure;
import vmm.cloud.jclouds.Json;

import java.net.URI;
import java.util.Optional;
import java.util.stream.Collectors;

/** The links from one page of a listing to the next. */
final class NextLinks {

    /** What may stand in an address beside letters and digits. */
    private static final String PLAIN = "-._~:/?#[]@!$&'()*+,;=%";

    private NextLinks() {}

    /**
     * Where a listing goes on, empty at its end.
     *
     * @throws CloudFailure if that is not where our token may be shown
     */
    static Optional<URI> of(URI endpoint, JsonObject page) throws CloudFailure {
        var element = page.get("nextLink");
        if (element == null || element instanceof JsonNull) return Optional.empty();
        var link = Json.text(element).orElseThrow(NextLinks::unreadable).strip();
        if (link.isEmpty()) return Optional.empty();
        URI next;
        try {
            next = URI.create(endpoint + "/").resolve(escaped(link));
        } catch (IllegalArgumentException e) {
            throw unreadable();
        }
        if (!isOf(endpoint, next)) {
            throw new CloudFailure.Unreachable(
                    "a listing goes on at another server than the endpoint, which is not asked");
        }
        return Optional.of(next);
    }

    private static boolean isOf(URI endpoint, URI next) {
        return endpoint.getScheme().equalsIgnoreCase(next.getScheme())
                && endpoint.getHost().equalsIgnoreCase(next.getHost())
                && port(endpoint) == port(next)
                && next.getUserInfo() == null;
    }

    /** ARM likes to name the port that goes without saying. */
    private static int port(URI address) {
        if (address.getPort() >= 0) return address.getPort();
        return "https".equalsIgnoreCase(address.getScheme()) ? 443 : 80;
    }

    /** Some providers leave blanks and braces as they are. */
    private static String escaped(String link) {
        return link.codePoints()
                .mapToObj(
                        c -> {
                            var text = Character.toString(c);
                            boolean plain = c < 128 && Character.isLetterOrDigit(c);
                            return plain || PLAIN.contains(text) ? text : Paths.encoded(text);
                        })
                .collect(Collectors.joining());
    }

    private static CloudFailure unreadable() {
        return new CloudFailure.Unreachable("a listing goes on at what is no address");
    }
}
