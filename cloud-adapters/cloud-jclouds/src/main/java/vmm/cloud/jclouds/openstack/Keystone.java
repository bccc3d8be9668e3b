package vmm.cloud.jclouds.openstack;

import com.google.common.base.Function;
import com.google.common.base.Suppliers;
import com.google.inject.Injector;
import com.google.inject.Key;
import com.google.inject.TypeLiteral;

import org.jclouds.ContextBuilder;
import org.jclouds.domain.Credentials;
import org.jclouds.http.HttpCommandExecutorService;
import org.jclouds.lifecycle.Closer;
import org.jclouds.openstack.keystone.auth.domain.AuthInfo;
import org.jclouds.openstack.keystone.catalog.config.ServiceCatalogModule;
import org.jclouds.openstack.keystone.v3.KeystoneApiMetadata;
import org.jclouds.openstack.keystone.v3.config.KeystoneHttpApiModule;
import org.jclouds.openstack.keystone.v3.domain.Token;
import org.jspecify.annotations.Nullable;

import vmm.cloud.CloudFailure;
import vmm.cloud.jclouds.CarefulHttp;
import vmm.cloud.jclouds.HttpAnswer;
import vmm.cloud.jclouds.HttpLine;
import vmm.cloud.jclouds.NoAnswer;
import vmm.cloud.jclouds.NoLogging;
import vmm.cloud.jclouds.Shared;

import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReference;

/**
 * One jclouds context for an account: it authenticates, and carries our requests.
 *
 * <p>Tokens are fetched when one is needed, by one caller for all who wait, and a little before
 * they expire. Nothing of jclouds is logged: its requests hold secrets.
 */
final class Keystone implements AutoCloseable {

    /** A token is renewed this long before its end, or when nine tenths of its time are over. */
    private static final Duration MARGIN = Duration.ofMinutes(5);

    private final OpenStackOptions options;
    private final Refusals refusals;
    private final InstantSource clock;
    private final Credentials credentials;
    private final Injector context;
    private final HttpLine line;
    private final Function<Credentials, AuthInfo> authenticate;
    private final Shared<Session> current = new Shared<>();

    /** Calls nobody. */
    Keystone(
            OpenStackOptions options,
            Refusals refusals,
            Duration callTimeout,
            InstantSource clock) {
        this.options = options;
        this.refusals = refusals;
        this.clock = clock;
        this.credentials =
                new Credentials(options.credentials().identity(), options.credentials().secret());
        var http = new CarefulHttp(callTimeout);
        var properties = http.properties();
        properties.putAll(options.credentials().properties());
        var metadata =
                new KeystoneApiMetadata()
                        .toBuilder()
                                .defaultModules(
                                        Set.of(
                                                KeystoneModule.class,
                                                ServiceCatalogModule.class,
                                                KeystoneHttpApiModule.class))
                                .build();
        this.context =
                ContextBuilder.newBuilder(metadata)
                        .endpoint(options.keystone().toString())
                        .credentialsSupplier(Suppliers.ofInstance(credentials))
                        .overrides(properties)
                        .modules(Set.of(http, new NoLogging()))
                        .buildInjector();
        this.line = new HttpLine(context.getInstance(HttpCommandExecutorService.class));
        this.authenticate =
                context.getInstance(Key.get(new TypeLiteral<Function<Credentials, AuthInfo>>() {}));
    }

    HttpLine line() {
        return line;
    }

    /** A session that keystone gave not too long ago. */
    Session session() throws CloudFailure {
        return current.get(
                session -> clock.instant().isBefore(session.renewAt()), this::authenticated);
    }

    /** Somebody found that this session is not accepted any more. */
    void forget(Session session) {
        current.forget(session);
    }

    @Override
    public void close() {
        try {
            context.getInstance(Closer.class).close();
        } catch (IOException nothingLeftToDo) {
            // its threads and connections end by themselves
        }
    }

    private Session authenticated() throws CloudFailure {
        var found = new AtomicReference<@Nullable Token>();
        HttpAnswer answer;
        try {
            answer =
                    HttpLine.attempt(
                            () -> {
                                found.set((Token) authenticate.apply(credentials));
                                return new HttpAnswer(201, null, "");
                            });
        } catch (NoAnswer e) {
            throw refusals.silence("keystone", e);
        }
        var token = found.get();
        if (token == null) throw refusals.ofKeystone(answer);
        var id = token.id();
        var catalog = token.catalog();
        if (id == null || catalog == null) {
            throw new CloudFailure.Unreachable("keystone answered without a token");
        }
        return new Session(id, catalog, options.region(), renewAt(token));
    }

    /** Counted from now by our clock: keystone's may differ. */
    private Instant renewAt(Token token) {
        if (token.expiresAt() == null) return Instant.MAX;
        var life = Duration.between(token.issuedAt().toInstant(), token.expiresAt().toInstant());
        var margin = life.dividedBy(10);
        return clock.instant().plus(life).minus(margin.compareTo(MARGIN) < 0 ? margin : MARGIN);
    }
}
