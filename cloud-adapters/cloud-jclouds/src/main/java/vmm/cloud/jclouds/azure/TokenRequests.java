package vmm.cloud.jclouds.azure;

import com.google.common.collect.ImmutableMultimap;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;

import org.jclouds.http.HttpRequest;
import org.jclouds.io.Payloads;

import vmm.cloud.CloudFailure;
import vmm.cloud.jclouds.HttpLine;
import vmm.cloud.jclouds.Json;
import vmm.cloud.jclouds.NoAnswer;

import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.InstantSource;
import java.util.Map;
import java.util.stream.Collectors;

/** How tokens are asked for where jclouds does not know how. */
record TokenRequests(HttpLine line, Refusals refusals, InstantSource clock) {

    /** Posts a form, as OAuth has it (RFC 6749, 4.4.2). */
    Token post(String whom, URI address, Map<String, String> form) throws CloudFailure {
        var payload = Payloads.newByteArrayPayload(query(form).getBytes(StandardCharsets.UTF_8));
        payload.getContentMetadata().setContentType("application/x-www-form-urlencoded");
        payload.setSensitive(true);
        return ask(
                whom,
                HttpRequest.builder()
                        .method("POST")
                        .endpoint(address)
                        .addHeader("Accept", "application/json")
                        .payload(payload)
                        .build());
    }

    /** Asks an address of this machine alone. */
    Token get(String whom, String address, Map<String, String> query, Map<String, String> headers)
            throws CloudFailure {
        return ask(
                whom,
                HttpRequest.builder()
                        .method("GET")
                        .endpoint(URI.create(address + "?" + query(query)))
                        .headers(ImmutableMultimap.copyOf(headers.entrySet()))
                        .build());
    }

    private Token ask(String whom, HttpRequest request) throws CloudFailure {
        try {
            var answer = line.send(request);
            if (!answer.isSuccess()) throw refusals.ofTokens(whom, answer);
            return token(whom, Json.object(answer.body()));
        } catch (NoAnswer e) {
            throw refusals.silence(whom, e);
        }
    }

    private Token token(String whom, JsonObject document) throws CloudFailure {
        var value =
                Json.text(document, "access_token")
                        .filter(text -> !text.isBlank())
                        .orElseThrow(
                                () ->
                                        new CloudFailure.Unreachable(
                                                whom + " answered without a token"));
        return Token.of(value, clock.instant(), life(document));
    }

    /** In seconds, 0 if it is not told; some write the number as a text. */
    private static long life(JsonObject document) {
        if (document.get("expires_in") instanceof JsonPrimitive life
                && life.getAsString().matches("\\d{1,9}")) {
            return life.getAsLong();
        }
        return 0;
    }

    private static String query(Map<String, String> parameters) {
        return parameters.entrySet().stream()
                .sorted(Map.Entry.comparingByKey())
                .map(entry -> entry.getKey() + "=" + Paths.encoded(entry.getValue()))
                .collect(Collectors.joining("&"));
    }
}
