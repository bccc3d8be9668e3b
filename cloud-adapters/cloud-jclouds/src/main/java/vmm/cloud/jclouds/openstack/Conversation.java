package vmm.cloud.jclouds.openstack;

import com.google.gson.JsonObject;

import org.jspecify.annotations.Nullable;

import vmm.cloud.CloudFailure;
import vmm.cloud.jclouds.Budget;
import vmm.cloud.jclouds.HttpAnswer;
import vmm.cloud.jclouds.Json;
import vmm.cloud.jclouds.JsonRequests;
import vmm.cloud.jclouds.NoAnswer;

import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

/**
 * The requests of one call of the core. None begins when the call's time is over; one that meets a
 * token that is not accepted any more is sent once more with a new token, for a 401 surely had no
 * effect.
 */
final class Conversation {

    /** Nova's and glance's own maximum; a service may give fewer at a time. */
    private static final int PAGE = 1000;

    private final Account account;
    private final Refusals refusals;
    private final Budget budget;

    /** Where a conversation gets its tokens. */
    interface Account {
        Keystone keystone() throws CloudFailure;
    }

    /**
     * @param time of all its requests together
     */
    Conversation(Account account, Refusals refusals, Duration time) {
        this.account = account;
        this.refusals = refusals;
        this.budget = new Budget(time);
    }

    /**
     * Sends one request.
     *
     * @throws CloudFailure if nothing was sent, for want of a token or a service to send it to
     */
    HttpAnswer send(String method, Service service, String path, @Nullable JsonObject body)
            throws CloudFailure, NoAnswer {
        return send(method, service, path, body, Map.of());
    }

    /**
     * @param headers beside those that every request has
     */
    HttpAnswer send(
            String method,
            Service service,
            String path,
            @Nullable JsonObject body,
            Map<String, String> headers)
            throws CloudFailure, NoAnswer {
        var keystone = account.keystone();
        for (boolean again = false; ; again = true) {
            var session = keystone.session();
            budget.check();
            var address = URI.create(session.base(service) + path);
            var answer =
                    keystone.line()
                            .send(
                                    JsonRequests.of(
                                            method,
                                            address,
                                            body,
                                            headers,
                                            "X-Auth-Token",
                                            session.id()));
            if (answer.status() != 401) return answer;
            keystone.forget(session);
            if (again) return answer;
        }
    }

    /** Looks at one thing, empty if the service itself says that it is not there. */
    Optional<JsonObject> find(Service service, String path, String key) throws CloudFailure {
        var document = findWhole(service, path);
        if (document.isEmpty()) return document;
        return Optional.of(Json.object(document.get(), key));
    }

    /** The same where the document is not wrapped. */
    Optional<JsonObject> findWhole(Service service, String path) throws CloudFailure {
        var answer = look(service, path, Map.of());
        if (answer.status() == 404 && saysAbsent(service, path, answer)) return Optional.empty();
        return Optional.of(understood(service, answer));
    }

    /** A document that must be there. */
    JsonObject read(Service service, String path) throws CloudFailure {
        return understood(service, look(service, path, Map.of()));
    }

    /** Whether a service knows what these headers ask for. */
    boolean accepts(Service service, String path, Map<String, String> headers) throws CloudFailure {
        var answer = look(service, path, headers);
        if (answer.status() == 406) return false;
        understood(service, answer);
        return true;
    }

    /** Every item of a listing, paged to the end; each has an id. */
    List<JsonObject> list(Service service, String path, String key, Map<String, String> headers)
            throws CloudFailure {
        return list(service, path, key, headers, Optional::of);
    }

    /** The same, but of each page only what is made of it is kept. */
    <T> List<T> list(
            Service service,
            String path,
            String key,
            Map<String, String> headers,
            Function<JsonObject, Optional<T>> make)
            throws CloudFailure {
        var items = new ArrayList<T>();
        var ids = new HashSet<String>();
        var marker = "";
        while (true) {
            var page = page(service, path, headers, marker);
            var array = Json.array(page, key);
            int before = ids.size();
            for (var element : array) {
                if (!(element instanceof JsonObject item)) throw noId(service);
                marker = Json.text(item, "id").orElseThrow(() -> noId(service));
                if (marker.isBlank()) throw noId(service);
                if (ids.add(marker)) make.apply(item).ifPresent(items::add);
            }
            if (!goesOn(page, key) && array.size() < PAGE) return items;
            if (array.isEmpty()) return items;
            if (ids.size() == before) {
                throw new CloudFailure.Unreachable(
                        service.type() + " lists the same page over and over");
            }
        }
    }

    static String encoded(String value) {
        return URLEncoder.encode(value, StandardCharsets.UTF_8).replace("+", "%20");
    }

    private JsonObject page(
            Service service, String path, Map<String, String> headers, String marker)
            throws CloudFailure {
        var query = (path.contains("?") ? "&" : "?") + "limit=" + PAGE;
        var from = marker.isEmpty() ? "" : "&marker=" + encoded(marker);
        return understood(service, look(service, path + query + from, headers));
    }

    /**
     * Nova and neutron link to the next page, glance names it. The links themselves are not
     * followed: behind a proxy they may lead nowhere.
     */
    private static boolean goesOn(JsonObject page, String key) {
        if (Json.text(page, "next").isPresent()) return true;
        if (!page.has(key + "_links") || !page.get(key + "_links").isJsonArray()) return false;
        for (var element : page.getAsJsonArray(key + "_links")) {
            if (element instanceof JsonObject link
                    && Json.text(link, "rel").equals(Optional.of("next"))) {
                return true;
            }
        }
        return false;
    }

    private HttpAnswer look(Service service, String path, Map<String, String> headers)
            throws CloudFailure {
        try {
            return send("GET", service, path, null, headers);
        } catch (NoAnswer e) {
            throw refusals.silence(service.type(), e);
        }
    }

    private JsonObject understood(Service service, HttpAnswer answer) throws CloudFailure {
        if (!answer.isSuccess()) throw refusals.ofLook(service.type(), answer);
        return Json.object(answer.body());
    }

    /** In its own words, naming the id: a proxy that lost its way answers 404 too. */
    private static boolean saysAbsent(Service service, String path, HttpAnswer answer) {
        var words =
                switch (service) {
                    case COMPUTE -> "\"itemNotFound\"";
                    case NETWORK -> "\"NeutronError\"";
                    case IMAGE -> "No image found";
                };
        var id = path.substring(path.lastIndexOf('/') + 1);
        return answer.body().contains(words) && answer.body().contains(id);
    }

    private static CloudFailure noId(Service service) {
        return new CloudFailure.Unreachable(
                "an item of a listing of the " + service.type() + " service has no id");
    }
}
