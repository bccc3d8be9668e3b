package vmm.cloud.jclouds.azure;

import vmm.cloud.CloudFailure;

import java.util.Map;
import java.util.TreeMap;

/** Tokens for the identity of the machine that we run on, from its metadata service. */
record ManagedIdentity(
        TokenRequests requests, AzureOptions options, AzureCredentials.Managed identity)
        implements CredentialSource {

    private static final String VERSION = "2018-02-01";

    @Override
    public Token fetch() throws CloudFailure {
        var query = new TreeMap<String, String>();
        query.put("api-version", VERSION);
        query.put("resource", options.audience());
        identity.client().ifPresent(id -> query.put("client_id", id));
        return requests.get(
                "the metadata service",
                options.imds() + "/metadata/identity/oauth2/token",
                query,
                Map.of("Metadata", "true"));
    }
}
