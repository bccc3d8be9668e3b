package vmm.cloud.jclouds.aws;

import com.google.common.collect.ImmutableMultimap;

import org.jclouds.http.HttpRequest;

import vmm.cloud.CloudFailure;
import vmm.cloud.jclouds.Budget;
import vmm.cloud.jclouds.HttpAnswer;
import vmm.cloud.jclouds.HttpLine;
import vmm.cloud.jclouds.Json;
import vmm.cloud.jclouds.NoAnswer;

import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.Optional;

/**
 * Keys of the role of the EC2 instance that this service runs on, from the instance's metadata
 * (IMDSv2).
 *
 * @param endpoint ends in a slash
 */
record InstanceProfile(URI endpoint) implements CredentialSource {

    static final String IMDS = "http://169.254.169.254";

    private static final String WHAT = "the instance's metadata service";
    private static final String ROLES = "latest/meta-data/iam/security-credentials/";
    private static final String LIFE = "300"; // seconds; it is used at once

    @Override
    public boolean renews() {
        return true;
    }

    @Override
    public Keys find(HttpLine line, Refusals refusals, Budget budget) throws CloudFailure {
        var token =
                ask(
                        line,
                        refusals,
                        budget,
                        "PUT",
                        "latest/api/token",
                        "X-aws-ec2-metadata-token-ttl-seconds",
                        LIFE);
        var roles = get(line, refusals, budget, ROLES, token);
        var role = roles.lines().map(String::strip).filter(name -> !name.isEmpty()).findFirst();
        if (role.isEmpty()) throw new CloudFailure.Unauthorized("this instance has no role");
        var path = ROLES + URLEncoder.encode(role.get(), StandardCharsets.UTF_8);
        return read(get(line, refusals, budget, path, token));
    }

    private String get(HttpLine line, Refusals refusals, Budget budget, String path, String token)
            throws CloudFailure {
        return ask(line, refusals, budget, "GET", path, "X-aws-ec2-metadata-token", token);
    }

    private String ask(
            HttpLine line,
            Refusals refusals,
            Budget budget,
            String method,
            String path,
            String header,
            String value)
            throws CloudFailure {
        budget.check();
        var request =
                HttpRequest.builder()
                        .method(method)
                        .endpoint(endpoint.resolve(path))
                        .headers(ImmutableMultimap.of(header, value))
                        .build();
        HttpAnswer answer;
        try {
            answer = line.send(request);
        } catch (NoAnswer e) {
            throw refusals.silence(WHAT, e);
        }
        if (answer.isSuccess()) return answer.body().strip();
        throw refused(answer);
    }

    /** 404: it has no role; 401 and 403: metadata are turned off, or only for others. */
    private static CloudFailure refused(HttpAnswer answer) {
        var said = WHAT + " answered " + answer.status();
        return switch (answer.status()) {
            case 404 -> new CloudFailure.Unauthorized(said + ": does this instance have a role?");
            case 400, 401, 403 -> new CloudFailure.Unauthorized(said);
            default -> new CloudFailure.Unreachable(said);
        };
    }

    private static Keys read(String body) throws CloudFailure {
        var document = Json.object(body);
        var code = Json.text(document, "Code").orElse("Success");
        if (!code.equals("Success")) {
            throw new CloudFailure.Unauthorized(
                    WHAT + " has no keys: " + code.replaceAll("[^A-Za-z]", ""));
        }
        return Keys.of(
                WHAT,
                Json.text(document, "AccessKeyId"),
                Json.text(document, "SecretAccessKey"),
                Json.text(document, "Token"),
                time(Json.text(document, "Expiration")));
    }

    /** A time as AWS writes it. */
    static Optional<Instant> time(Optional<String> text) {
        try {
            return text.map(Instant::parse);
        } catch (DateTimeException unreadable) {
            return Optional.empty();
        }
    }
}
