package vmm.cloud.jclouds.azure;

import org.jclouds.oauth.v2.AuthorizationApi;
import org.jspecify.annotations.Nullable;

import vmm.cloud.CloudFailure;
import vmm.cloud.jclouds.HttpAnswer;
import vmm.cloud.jclouds.HttpLine;
import vmm.cloud.jclouds.NoAnswer;

import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;

/**
 * Tokens for an application with a secret, by jclouds' OAuth from the first version of Entra's
 * token endpoint.
 *
 * @param second asked where there is no such version
 */
record ClientSecrets(
        AuthorizationApi entra,
        AzureCredentials.Application application,
        String resource,
        CredentialSource second,
        Refusals refusals,
        InstantSource clock)
        implements CredentialSource {

    @Override
    public Token fetch() throws CloudFailure {
        var found = new AtomicReference<org.jclouds.oauth.v2.domain.@Nullable Token>();
        HttpAnswer answer;
        try {
            answer =
                    HttpLine.attempt(
                            () -> {
                                found.set(
                                        entra.authorizeClientSecret(
                                                application.client(),
                                                application.secret(),
                                                resource,
                                                null));
                                return new HttpAnswer(200, null, "");
                            });
        } catch (NoAnswer e) {
            throw refusals.silence("the token endpoint", e);
        }
        var token = found.get();
        if (token == null && answer.status() == 404) return second.fetch();
        if (token == null) throw refusals.ofTokens("the token endpoint", answer);
        if (token.accessToken().isBlank()) {
            throw new CloudFailure.Unreachable("the token endpoint answered without a token");
        }
        return Token.of(token.accessToken(), clock.instant(), token.expiresIn());
    }

    @Override
    public List<String> secrets() {
        return List.of(application.secret());
    }

    @Override
    public String toString() {
        return "ClientSecrets[" + application + "]";
    }
}
