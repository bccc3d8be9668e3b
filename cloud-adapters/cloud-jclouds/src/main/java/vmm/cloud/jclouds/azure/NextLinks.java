package vmm.cloud.jclouds.azure;

import com.google.gson.JsonNull;
import com.google.gson.JsonObject;

import vmm.cloud.CloudFailure;
import vmm.cloud.jclouds.Json;

import java.net.URI;
import java.util.Optional;
import java.util.stream.Collectors;

/** The links from one answer to the next: pages of listings, results of what takes time. */
final class NextLinks {

    /** What may stand in an address beside letters and digits. */
    private static final String PLAIN = "-._~:/?#[]@!$&'()*+,;=%";

    private NextLinks() {}

    /**
     * Where a listing goes on, empty at its end. It is always asked of our endpoint, whatever
     * server a link names: no other may see our token.
     *
     * @throws CloudFailure if that is no address
     */
    static Optional<URI> of(URI endpoint, JsonObject page) throws CloudFailure {
        var element = page.get("nextLink");
        if (element == null || element instanceof JsonNull) return Optional.empty();
        var link = Json.text(element).orElseThrow(NextLinks::unreadable).strip();
        return link.isEmpty() ? Optional.empty() : Optional.of(here(endpoint, link));
    }

    /** What a link says, at our endpoint. */
    static URI here(URI endpoint, String link) throws CloudFailure {
        try {
            var there = URI.create(endpoint + "/").resolve(escaped(link));
            var path = there.getRawPath();
            if (path == null || !path.startsWith("/")) throw unreadable();
            var base = endpoint.getRawPath();
            var query = there.getRawQuery();
            var server = endpoint.getScheme() + "://" + endpoint.getRawAuthority();
            return URI.create(
                    server
                            + (path.startsWith(base + "/") ? "" : base)
                            + path
                            + (query == null ? "" : "?" + query));
        } catch (IllegalArgumentException e) {
            throw unreadable();
        }
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
