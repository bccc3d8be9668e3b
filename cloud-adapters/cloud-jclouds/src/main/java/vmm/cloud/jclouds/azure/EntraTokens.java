package vmm.cloud.jclouds.azure;

import vmm.cloud.CloudFailure;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicReference;

/**
 * Tokens for an application from the second version of Entra's token endpoint, for a secret or for
 * the token of an issuer that it trusts (RFC 7523).
 */
final class EntraTokens implements CredentialSource {

    private static final String ASSERTION =
            "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

    private final TokenRequests requests;
    private final AzureOptions options;
    private final AtomicReference<String> proof = new AtomicReference<>("");

    /** With credentials that have a client of a tenant. */
    EntraTokens(TokenRequests requests, AzureOptions options) {
        this.requests = requests;
        this.options = options;
    }

    @Override
    public Token fetch() throws CloudFailure {
        var form = new TreeMap<String, String>();
        form.put("grant_type", "client_credentials");
        form.put("scope", options.audience().replaceFirst("/+$", "") + "/.default");
        return switch (options.credentials()) {
            case AzureCredentials.Application(var tenant, var client, var secret) -> {
                form.put("client_id", client);
                form.put("client_secret", remembered(secret));
                yield post(tenant, form);
            }
            case AzureCredentials.Workload workload -> {
                form.put("client_id", workload.client());
                form.put("client_assertion_type", ASSERTION);
                form.put("client_assertion", remembered(assertion(workload)));
                yield post(workload.tenant(), form);
            }
            case AzureCredentials.Managed m ->
                    throw new IllegalStateException("a managed identity has no form");
        };
    }

    @Override
    public List<String> secrets() {
        return List.of(proof.get());
    }

    private Token post(String tenant, Map<String, String> form) throws CloudFailure {
        var address = URI.create(options.authority() + "/" + tenant + "/oauth2/v2.0/token");
        return requests.post("the token endpoint", address, form);
    }

    /** Read each time: whoever wrote it renews it. */
    private static String assertion(AzureCredentials.Workload workload) throws CloudFailure {
        try {
            return Files.readString(workload.tokenFile()).strip();
        } catch (IOException e) {
            throw new CloudFailure.Unauthorized(
                    "the file that credential tokenFile names cannot be read ("
                            + e.getClass().getSimpleName()
                            + "); it should hold the token of this workload");
        }
    }

    private String remembered(String secret) {
        proof.set(secret);
        return secret;
    }
}
