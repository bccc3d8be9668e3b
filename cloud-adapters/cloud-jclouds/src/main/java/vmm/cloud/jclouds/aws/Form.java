package vmm.cloud.jclouds.aws;

import com.google.common.collect.ImmutableMultimap;

import org.jclouds.http.HttpRequest;
import org.jclouds.io.Payloads;

import vmm.cloud.Tags;

import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** A request to one of AWS's query APIs: an action and its parameters, always in the same order. */
final class Form {

    /** Of EC2's API. */
    private static final String VERSION = "2016-11-15";

    private final Map<String, String> parameters = new LinkedHashMap<>();
    private int filters;

    Form(String action, String version) {
        with("Action", action).with("Version", version);
    }

    /** A request to EC2. */
    static Form of(String action) {
        return new Form(action, VERSION);
    }

    Form with(String name, String value) {
        parameters.put(name, value);
        return this;
    }

    /** A list: {@code name.1}, {@code name.2}… */
    Form each(String name, List<String> values) {
        for (int i = 0; i < values.size(); i++) with(name + "." + (i + 1), values.get(i));
        return this;
    }

    /** Only what has one of these values, which are taken as they are. */
    Form where(String name, String... values) {
        filters++;
        with("Filter." + filters + ".Name", name);
        for (int i = 0; i < values.length; i++) {
            with(
                    "Filter." + filters + ".Value." + (i + 1),
                    values[i].replaceAll("([\\\\*?])", "\\\\$1"));
        }
        return this;
    }

    /** Only what carries the tag of an installation. */
    Form ownedBy(String installation) {
        return where("tag:" + Tags.INSTALLATION, installation);
    }

    /** The same but for one parameter. */
    Form but(String name, String value) {
        var other = new Form("", "");
        other.parameters.putAll(parameters);
        other.filters = filters;
        return other.with(name, value);
    }

    /** As it is sent, not signed. */
    HttpRequest request(URI endpoint) {
        var payload = Payloads.newStringPayload(body());
        payload.getContentMetadata()
                .setContentType("application/x-www-form-urlencoded; charset=utf-8");
        payload.setSensitive(true);
        return HttpRequest.builder()
                .method("POST")
                .endpoint(endpoint)
                .headers(ImmutableMultimap.of("Host", host(endpoint)))
                .payload(payload)
                .build();
    }

    private String body() {
        return parameters.entrySet().stream()
                .map(entry -> encoded(entry.getKey()) + "=" + encoded(entry.getValue()))
                .collect(Collectors.joining("&"));
    }

    private static String host(URI endpoint) {
        boolean usual =
                endpoint.getPort() < 0
                        || endpoint.getPort() == (endpoint.getScheme().equals("https") ? 443 : 80);
        return usual ? endpoint.getHost() : endpoint.getHost() + ":" + endpoint.getPort();
    }

    private static String encoded(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8)
                .replace("+", "%20")
                .replace("*", "%2A")
                .replace("%7E", "~");
    }

    /** Without the values, which may hold secrets. */
    @Override
    public String toString() {
        return "Form" + parameters.keySet();
    }
}
