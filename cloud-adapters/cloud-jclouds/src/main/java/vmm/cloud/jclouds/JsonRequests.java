package vmm.cloud.jclouds;

import com.google.common.collect.ImmutableMultimap;
import com.google.gson.JsonObject;

import org.jclouds.http.HttpRequest;
import org.jclouds.io.Payloads;
import org.jspecify.annotations.Nullable;

import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.Map;

/** Requests to services that speak JSON. */
public final class JsonRequests {

    private JsonRequests() {}

    /**
     * One request, with a permission.
     *
     * @param headers beside those that every request has
     * @param permission name of the header that holds {@code secret}
     */
    public static HttpRequest of(
            String method,
            URI address,
            @Nullable JsonObject body,
            Map<String, String> headers,
            String permission,
            String secret) {
        var request =
                HttpRequest.builder()
                        .method(method)
                        .endpoint(address)
                        .headers(
                                ImmutableMultimap.<String, String>builder()
                                        .putAll(headers.entrySet())
                                        .put("Accept", "application/json")
                                        .put(permission, secret)
                                        .build());
        if (body != null) {
            var payload =
                    Payloads.newByteArrayPayload(body.toString().getBytes(StandardCharsets.UTF_8));
            payload.getContentMetadata().setContentType("application/json");
            payload.setSensitive(true);
            request.payload(payload);
        }
        return request.build();
    }
}
