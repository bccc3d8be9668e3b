package vmm.cloud.jclouds.azure;

import com.google.common.base.Supplier;
import com.google.common.base.Suppliers;
import com.google.inject.AbstractModule;
import com.google.inject.Injector;
import com.google.inject.TypeLiteral;

import org.jclouds.ContextBuilder;
import org.jclouds.http.HttpCommandExecutorService;
import org.jclouds.lifecycle.Closer;
import org.jclouds.oauth.v2.AuthorizationApi;
import org.jclouds.oauth.v2.config.Authorization;
import org.jclouds.rest.internal.BaseHttpApiMetadata;

import vmm.cloud.CloudFailure;
import vmm.cloud.jclouds.CarefulHttp;
import vmm.cloud.jclouds.HttpLine;
import vmm.cloud.jclouds.NoLogging;
import vmm.cloud.jclouds.Shared;

import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReference;

/**
 * One jclouds context for a subscription: it gets tokens, and carries our requests.
 *
 * <p>Tokens are fetched when one is needed, by one caller for all who wait, and a little before
 * they expire. Nothing of jclouds is logged: its requests hold secrets.
 */
final class Arm implements AutoCloseable {

    private final AzureOptions options;
    private final InstantSource clock;
    private final Injector context;
    private final HttpLine line;
    private final CredentialSource source;
    private final Shared<Token> current = new Shared<>();
    private final AtomicReference<List<String>> tokens = new AtomicReference<>(List.of());

    /** Calls nobody. */
    Arm(AzureOptions options, Refusals refusals, Duration callTimeout, InstantSource clock) {
        this.options = options;
        this.clock = clock;
        var http = new CarefulHttp(callTimeout);
        this.context =
                ContextBuilder.newBuilder(new Metadata())
                        .endpoint(options.endpoint().toString())
                        .credentials("vmm", "unused")
                        .overrides(http.properties())
                        .modules(Set.of(http, new NoLogging(), new Tokens(options)))
                        .buildInjector();
        this.line = new HttpLine(context.getInstance(HttpCommandExecutorService.class));
        this.source = source(refusals);
    }

    HttpLine line() {
        return line;
    }

    URI endpoint() {
        return options.endpoint();
    }

    /** A token that is good for some minutes. */
    Token token() throws CloudFailure {
        return current.get(token -> clock.instant().isBefore(token.renewAt()), this::fetch);
    }

    /** Somebody found that this token is not accepted any more. */
    void forget(Token token) {
        current.forget(token);
    }

    /** What must not be shown: also the token before this one may still be under way. */
    List<String> secrets() {
        var all = new ArrayList<>(source.secrets());
        all.addAll(tokens.get());
        return all;
    }

    @Override
    public void close() {
        try {
            context.getInstance(Closer.class).close();
        } catch (IOException nothingLeftToDo) {
            // its threads and connections end by themselves
        }
    }

    private Token fetch() throws CloudFailure {
        var token = source.fetch();
        tokens.updateAndGet(
                known ->
                        known.isEmpty()
                                ? List.of(token.value())
                                : List.of(known.getLast(), token.value()));
        return token;
    }

    private CredentialSource source(Refusals refusals) {
        var requests = new TokenRequests(line, refusals, clock);
        return switch (options.credentials()) {
            case AzureCredentials.Application application ->
                    options.entra() == AzureOptions.Entra.V1
                            ? new ClientSecrets(
                                    context.getInstance(AuthorizationApi.class),
                                    application,
                                    options.audience(),
                                    new EntraTokens(requests, options),
                                    refusals,
                                    clock)
                            : new EntraTokens(requests, options);
            case AzureCredentials.Workload w -> new EntraTokens(requests, options);
            case AzureCredentials.Managed managed ->
                    new ManagedIdentity(requests, options, managed);
        };
    }

    /** jclouds' OAuth by itself: with any token endpoint, and without ids for ServiceLoader. */
    private static final class Metadata extends BaseHttpApiMetadata<AuthorizationApi> {

        Metadata() {
            super(new Builder());
        }

        @Override
        public Builder toBuilder() {
            return new Builder().fromApiMetadata(this);
        }

        private static final class Builder
                extends BaseHttpApiMetadata.Builder<AuthorizationApi, Builder> {

            Builder() {
                super(AuthorizationApi.class);
                id("vmm-arm")
                        .name("Azure Resource Manager")
                        .identityName("unused")
                        .credentialName("unused")
                        .defaultProperties(BaseHttpApiMetadata.defaultProperties())
                        .documentation(URI.create("https://learn.microsoft.com/rest/api/azure"));
            }

            @Override
            protected Builder self() {
                return this;
            }

            @Override
            public Metadata build() {
                return new Metadata();
            }
        }
    }

    /** Tells jclouds where tokens are given. */
    private static final class Tokens extends AbstractModule {

        private final URI endpoint;

        Tokens(AzureOptions options) {
            var tenant =
                    options.credentials() instanceof AzureCredentials.Application application
                            ? application.tenant()
                            : "common";
            this.endpoint = URI.create(options.authority() + "/" + tenant + "/oauth2/token");
        }

        @Override
        protected void configure() {
            bind(new TypeLiteral<Supplier<URI>>() {})
                    .annotatedWith(Authorization.class)
                    .toInstance(Suppliers.ofInstance(endpoint));
        }
    }
}
