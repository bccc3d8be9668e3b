package vmm.cloud.jclouds.aws;

import vmm.cloud.CloudFailure;
import vmm.cloud.jclouds.Budget;
import vmm.cloud.jclouds.HttpAnswer;
import vmm.cloud.jclouds.HttpLine;
import vmm.cloud.jclouds.NoAnswer;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Keys of a role that trusts an identity from elsewhere, such as a Kubernetes service account; the
 * token that proves it is read from its file each time, for others replace it.
 *
 * @param endpoint of STS, ending in a slash
 */
record WebIdentity(String roleArn, Path tokenFile, String sessionName, URI endpoint)
        implements CredentialSource {

    private static final String WHAT = "STS";

    @Override
    public boolean renews() {
        return true;
    }

    @Override
    public Keys find(HttpLine line, Refusals refusals, Budget budget) throws CloudFailure {
        var token = token();
        budget.check();
        var form =
                new Form("AssumeRoleWithWebIdentity", "2011-06-15")
                        .with("RoleArn", roleArn)
                        .with("RoleSessionName", sessionName)
                        .with("WebIdentityToken", token);
        var discreet = refusals.hiding(token);
        HttpAnswer answer;
        try {
            answer = line.send(form.request(endpoint));
        } catch (NoAnswer e) {
            throw discreet.silence(WHAT, e);
        }
        if (!answer.isSuccess()) throw discreet.ofSts(answer);
        return read(answer.body());
    }

    private String token() throws CloudFailure {
        try {
            var token = Files.readString(tokenFile).strip();
            if (!token.isEmpty()) return token;
        } catch (IOException e) {
            // said below, without what the file may hold
        }
        throw new CloudFailure.Unauthorized("no web identity token can be read from " + tokenFile);
    }

    private static Keys read(String body) throws CloudFailure {
        var credentials = Xml.parse(body).find("Credentials");
        return Keys.of(
                WHAT,
                credentials.flatMap(some -> some.text("AccessKeyId")),
                credentials.flatMap(some -> some.text("SecretAccessKey")),
                credentials.flatMap(some -> some.text("SessionToken")),
                InstanceProfile.time(credentials.flatMap(some -> some.text("Expiration"))));
    }
}
