package vmm.cloud.jclouds.aws;

import vmm.cloud.jclouds.Settings;

import java.net.URI;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;

/** Which source of keys the fleet file asks for. */
record AwsCredentials(CredentialSource source) {

    static final Set<String> NAMES =
            Set.of(
                    "accessKeyId",
                    "secretAccessKey",
                    "sessionToken",
                    "source",
                    "roleArn",
                    "tokenFile",
                    "roleSessionName");

    private static final Set<String> KEYS =
            Set.of("accessKeyId", "secretAccessKey", "sessionToken");

    private static final String REMEDY =
            "; write accessKeyId and secretAccessKey, or source: instance-profile, or source:"
                    + " web-identity with roleArn and tokenFile";

    /**
     * @throws IllegalArgumentException naming what is missing, and never a value
     */
    static AwsCredentials parse(Map<String, String> credentials, URI imds, URI sts) {
        Settings.checkNames("credential", credentials.keySet(), NAMES, "AWS; it knows");
        return new AwsCredentials(
                switch (credentials.getOrDefault("source", "").strip()) {
                    case "" -> {
                        only(credentials, KEYS, "keys");
                        yield keys(credentials);
                    }
                    case "instance-profile" -> {
                        only(credentials, Set.of("source"), "instance-profile");
                        yield new InstanceProfile(imds);
                    }
                    case "web-identity" -> {
                        only(
                                credentials,
                                Set.of("source", "roleArn", "tokenFile", "roleSessionName"),
                                "web-identity");
                        yield webIdentity(credentials, sts);
                    }
                    default ->
                            throw new IllegalArgumentException(
                                    "credential source is unknown" + REMEDY);
                });
    }

    private static void only(Map<String, String> credentials, Set<String> names, String source) {
        for (var name : credentials.keySet()) {
            if (!names.contains(name) && !name.equals("source")) {
                throw new IllegalArgumentException(
                        "credential " + name + " does not go with " + source + REMEDY);
            }
        }
    }

    private static CredentialSource keys(Map<String, String> credentials) {
        var token = credentials.getOrDefault("sessionToken", "").strip();
        return new FixedKeys(
                new Keys(
                        required(credentials, "accessKeyId"),
                        required(credentials, "secretAccessKey"),
                        token.isEmpty() ? null : token,
                        null));
    }

    private static CredentialSource webIdentity(Map<String, String> credentials, URI sts) {
        var role = required(credentials, "roleArn");
        if (!role.matches("arn:[a-z-]+:iam::\\d+:role/.+")) {
            throw new IllegalArgumentException(
                    "credential roleArn is no ARN of a role; write one such as"
                            + " arn:aws:iam::123456789012:role/vmm");
        }
        var session = credentials.getOrDefault("roleSessionName", "vmm").strip();
        if (!session.matches("[\\w+=,.@-]{2,64}")) {
            throw new IllegalArgumentException(
                    "credential roleSessionName is wrong; write 2 to 64 letters, digits or"
                            + " _+=,.@-");
        }
        return new WebIdentity(role, Path.of(required(credentials, "tokenFile")), session, sts);
    }

    private static String required(Map<String, String> credentials, String name) {
        var value = credentials.getOrDefault(name, "").strip();
        if (value.isEmpty()) {
            throw new IllegalArgumentException("credential " + name + " is missing" + REMEDY);
        }
        return value;
    }
}
