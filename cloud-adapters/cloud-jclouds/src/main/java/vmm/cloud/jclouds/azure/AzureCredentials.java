package vmm.cloud.jclouds.azure;

import vmm.cloud.jclouds.Settings;

import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * Who we are to Microsoft Entra: an application with a secret, or an identity of our surroundings.
 */
sealed interface AzureCredentials {

    Set<String> NAMES = Set.of("source", "tenantId", "clientId", "clientSecret", "tokenFile");

    Pattern TENANT = Pattern.compile("[A-Za-z0-9][A-Za-z0-9.-]{0,253}");

    /**
     * @throws IllegalArgumentException naming what is wrong and the remedy, and never a value
     */
    static AzureCredentials parse(Map<String, String> credentials) {
        Settings.checkNames("credential", credentials.keySet(), NAMES, "Azure clouds; they know");
        var source = credentials.getOrDefault("source", "client-secret").strip();
        return switch (source) {
            case "client-secret" -> {
                only(credentials, source, Set.of("tenantId", "clientId", "clientSecret"));
                yield new Application(
                        tenant(credentials, source),
                        required(credentials, source, "clientId"),
                        required(credentials, source, "clientSecret"));
            }
            case "managed-identity" -> {
                only(credentials, source, Set.of("clientId"));
                yield new Managed(
                        Optional.ofNullable(credentials.get("clientId"))
                                .map(String::strip)
                                .filter(id -> !id.isEmpty()));
            }
            case "workload-identity" -> {
                only(credentials, source, Set.of("tenantId", "clientId", "tokenFile"));
                yield new Workload(
                        tenant(credentials, source),
                        required(credentials, source, "clientId"),
                        Path.of(required(credentials, source, "tokenFile")));
            }
            default ->
                    throw new IllegalArgumentException(
                            "credential source is not known; write client-secret (or leave it out),"
                                    + " managed-identity or workload-identity");
        };
    }

    private static void only(Map<String, String> credentials, String source, Set<String> known) {
        for (var name : credentials.keySet()) {
            if (!name.equals("source") && !known.contains(name)) {
                throw new IllegalArgumentException(
                        "credential %s does not belong to the source %s, which knows %s; leave it out or change source"
                                .formatted(name, source, Settings.sorted(known)));
            }
        }
    }

    private static String tenant(Map<String, String> credentials, String source) {
        var tenant = required(credentials, source, "tenantId");
        if (TENANT.matcher(tenant).matches()) return tenant;
        throw new IllegalArgumentException(
                "credential tenantId is neither the id of a directory nor one of its domains; find"
                        + " it with 'az account show --query tenantId'");
    }

    private static String required(Map<String, String> credentials, String source, String name) {
        var value = credentials.getOrDefault(name, "").strip();
        if (value.isEmpty()) {
            throw new IllegalArgumentException(
                    "credential "
                            + name
                            + " is missing for the source "
                            + source
                            + "; write tenantId, clientId and clientSecret, or source:"
                            + " managed-identity, or source: workload-identity with tenantId,"
                            + " clientId and tokenFile");
        }
        return value;
    }

    /** An application of a directory, with a secret. */
    record Application(String tenant, String client, String secret) implements AzureCredentials {
        @Override
        public String toString() {
            return "Application[" + client + ", tenant " + tenant + "]";
        }
    }

    /**
     * The identity of the machine that we run on.
     *
     * @param client which one, where it has several
     */
    record Managed(Optional<String> client) implements AzureCredentials {}

    /**
     * An application that trusts another issuer of tokens, such as a Kubernetes cluster.
     *
     * @param tokenFile holds that issuer's token for us, and is renewed by somebody else
     */
    record Workload(String tenant, String client, Path tokenFile) implements AzureCredentials {}
}
