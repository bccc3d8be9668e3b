package vmm.cloud.jclouds.azure;

import com.google.gson.JsonObject;

import org.jclouds.http.HttpRequest;
import org.jspecify.annotations.Nullable;

import vmm.cloud.CloudFailure;
import vmm.cloud.jclouds.Budget;
import vmm.cloud.jclouds.HttpAnswer;
import vmm.cloud.jclouds.Json;
import vmm.cloud.jclouds.JsonRequests;
import vmm.cloud.jclouds.NoAnswer;

import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;

/**
 * The requests of one call of the core. None begins when the call's time is over; one that meets a
 * token that is not accepted any more is sent once more with a new token, for a 401 surely had no
 * effect.
 */
final class Conversation {

    private final Account account;
    private final Refusals refusals;
    private final Budget budget;

    /** Where a conversation gets its tokens. */
    interface Account {
        Arm arm() throws CloudFailure;
    }

    /** Takes one item of a listing, which may be anything. */
    interface Reader<T> {
        Optional<T> read(JsonObject item) throws CloudFailure;
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
     * @param path with its query, below the endpoint
     * @throws CloudFailure if nothing was sent, for want of a token or of time
     */
    HttpAnswer send(String method, String path, @Nullable JsonObject body)
            throws CloudFailure, NoAnswer {
        return send(method, path, body, Map.of());
    }

    /**
     * @param headers beside those that every request has
     */
    HttpAnswer send(
            String method, String path, @Nullable JsonObject body, Map<String, String> headers)
            throws CloudFailure, NoAnswer {
        var address = URI.create(account.arm().endpoint() + path);
        return send(method, address, body, headers);
    }

    /** Looks at one thing, empty if ARM itself says that it is not there. */
    Optional<JsonObject> find(String path) throws CloudFailure {
        return find(path, Refusals::isAbsent);
    }

    /**
     * The same with other words for absence.
     *
     * @param isAbsent whether an answer says that it is not there
     */
    Optional<JsonObject> find(String path, Predicate<HttpAnswer> isAbsent) throws CloudFailure {
        var answer = look(path);
        if (isAbsent.test(answer)) return Optional.empty();
        return Optional.of(understood(answer));
    }

    /** Whether something is there of which no more matters. */
    boolean exists(String path) throws CloudFailure {
        var answer = look(path);
        if (Refusals.isAbsentInAnyWords(answer) || Refusals.isMisspelt(answer)) return false;
        if (!answer.isSuccess()) throw refusals.ofLook(answer);
        return !answer.body().strip().equals("[]");
    }

    /** A document that must be there. */
    JsonObject read(String path) throws CloudFailure {
        return understood(look(path));
    }

    /** What is made of the items of a listing, paged to the end. */
    <T> List<T> list(String path, Reader<T> reader) throws CloudFailure {
        var items = new ArrayList<T>();
        read(path, reader, items, answer -> false);
        return items;
    }

    /** The same, empty if ARM says that we may not see it. */
    <T> Optional<List<T>> listIfAllowed(String path, Reader<T> reader) throws CloudFailure {
        var items = new ArrayList<T>();
        boolean whole = read(path, reader, items, Refusals::isForbidden);
        return whole ? Optional.of(items) : Optional.empty();
    }

    /** Whether that went to the end, and not to an answer at which to stop. */
    private <T> boolean read(
            String path, Reader<T> reader, List<T> items, Predicate<HttpAnswer> stop)
            throws CloudFailure {
        var endpoint = account.arm().endpoint();
        var seen = new HashSet<URI>();
        Optional<URI> next = Optional.of(URI.create(endpoint + path));
        while (next.isPresent()) {
            if (!seen.add(next.get())) {
                throw new CloudFailure.Unreachable("Azure lists the same page over and over");
            }
            var answer = look(next.get());
            if (stop.test(answer)) return false;
            var page = understood(answer);
            for (var element : Json.array(page, "value")) {
                var item = element instanceof JsonObject object ? object : new JsonObject();
                reader.read(item).ifPresent(items::add);
            }
            next = NextLinks.of(endpoint, page);
        }
        return true;
    }

    /** What ARM answers where it told us to ask again, at our endpoint. */
    HttpAnswer follow(String link) throws CloudFailure, NoAnswer {
        return send("GET", NextLinks.here(account.arm().endpoint(), link), null, Map.of());
    }

    /**
     * What an address answers that is no part of ARM, and must not see our token.
     *
     * @param address holds its own permission, and is a secret
     */
    HttpAnswer fetch(URI address) throws CloudFailure, NoAnswer {
        budget.check();
        var request = HttpRequest.builder().method("GET").endpoint(address).build();
        return account.arm().line().send(request);
    }

    private HttpAnswer look(String path) throws CloudFailure {
        return look(URI.create(account.arm().endpoint() + path));
    }

    private HttpAnswer look(URI address) throws CloudFailure {
        try {
            return send("GET", address, null, Map.of());
        } catch (NoAnswer e) {
            throw refusals.silence(e);
        }
    }

    private HttpAnswer send(
            String method, URI address, @Nullable JsonObject body, Map<String, String> headers)
            throws CloudFailure, NoAnswer {
        var arm = account.arm();
        for (boolean again = false; ; again = true) {
            budget.check();
            var token = arm.token();
            budget.check();
            var answer =
                    arm.line()
                            .send(
                                    JsonRequests.of(
                                            method,
                                            address,
                                            body,
                                            headers,
                                            "Authorization",
                                            "Bearer " + token.value()));
            if (answer.status() != 401) return answer;
            arm.forget(token);
            if (again) return answer;
        }
    }

    private JsonObject understood(HttpAnswer answer) throws CloudFailure {
        if (!answer.isSuccess()) throw refusals.ofLook(answer);
        return Json.object(answer.body());
    }
}
