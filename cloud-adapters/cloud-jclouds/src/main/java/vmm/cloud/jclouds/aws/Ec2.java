package vmm.cloud.jclouds.aws;

import com.google.inject.AbstractModule;
import com.google.inject.Injector;

import org.jclouds.ContextBuilder;
import org.jclouds.aws.domain.SessionCredentials;
import org.jclouds.aws.filters.FormSignerV4;
import org.jclouds.date.TimeStamp;
import org.jclouds.domain.Credentials;
import org.jclouds.http.HttpCommandExecutorService;
import org.jclouds.http.HttpRequest;
import org.jclouds.lifecycle.Closer;
import org.jclouds.rest.config.HttpApiModule;
import org.jclouds.rest.internal.BaseHttpApiMetadata;

import vmm.cloud.jclouds.CarefulHttp;
import vmm.cloud.jclouds.HttpAnswer;
import vmm.cloud.jclouds.HttpLine;
import vmm.cloud.jclouds.NoAnswer;
import vmm.cloud.jclouds.NoLogging;

import java.io.Closeable;
import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.time.InstantSource;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Set;

/**
 * One jclouds context: its HTTP, and its signatures of requests to EC2 (version 4).
 *
 * <p>Nothing of jclouds is logged: its requests hold secrets.
 */
final class Ec2 implements AutoCloseable {

    /** What the request at hand is signed with; jclouds' signer asks a supplier. */
    private static final ScopedValue<Keys> KEYS = ScopedValue.newInstance();

    private static final DateTimeFormatter TIME =
            DateTimeFormatter.ofPattern("yyyyMMdd'T'HHmmss'Z'").withZone(ZoneOffset.UTC);

    private final URI endpoint;
    private final Injector context;
    private final HttpLine line;
    private final FormSignerV4 signer;

    /** Calls nobody. */
    Ec2(AwsOptions options, Duration callTimeout, InstantSource clock) {
        this.endpoint = options.endpoint();
        var http = new CarefulHttp(callTimeout);
        this.context =
                ContextBuilder.newBuilder(new Metadata())
                        .endpoint(endpoint.toString())
                        .credentialsSupplier(Ec2::credentials)
                        .overrides(http.properties())
                        .modules(
                                Set.of(
                                        http,
                                        new NoLogging(),
                                        new HttpApiModule<>(NoApi.class),
                                        new Signing(options.region(), clock)))
                        .buildInjector();
        this.line = new HttpLine(context.getInstance(HttpCommandExecutorService.class));
        this.signer = context.getInstance(FormSignerV4.class);
    }

    /** For requests that are not signed. */
    HttpLine line() {
        return line;
    }

    /** Sends a request once. */
    HttpAnswer send(Form form, Keys keys) throws NoAnswer {
        return line.send(signed(form.request(endpoint), keys));
    }

    @Override
    public void close() {
        try {
            context.getInstance(Closer.class).close();
        } catch (IOException nothingLeftToDo) {
            // its threads and connections end by themselves
        }
    }

    private HttpRequest signed(HttpRequest request, Keys keys) {
        return ScopedValue.where(KEYS, keys).call(() -> signer.filter(request));
    }

    /** While a context is built there are none yet. */
    private static Credentials credentials() {
        if (!KEYS.isBound()) return new Credentials("nobody", "nothing");
        var keys = KEYS.get();
        if (keys.sessionToken() == null) {
            return new Credentials(keys.accessKeyId(), keys.secretAccessKey());
        }
        return SessionCredentials.builder()
                .accessKeyId(keys.accessKeyId())
                .secretAccessKey(keys.secretAccessKey())
                .sessionToken(keys.sessionToken())
                .build();
    }

    /** jclouds' contexts are of some API; our requests go past those. */
    public interface NoApi extends Closeable {}

    /** What the signer must know and would else read off the host's name. */
    private static final class Signing extends AbstractModule {

        private final String region;
        private final InstantSource clock;

        Signing(String region, InstantSource clock) {
            this.region = region;
            this.clock = clock;
        }

        @Override
        protected void configure() {
            bind(String.class)
                    .annotatedWith(TimeStamp.class)
                    .toProvider(() -> TIME.format(clock.instant()));
            bind(FormSignerV4.ServiceAndRegion.class)
                    .toInstance(
                            new FormSignerV4.ServiceAndRegion() {
                                @Override
                                public String service() {
                                    return "ec2";
                                }

                                @Override
                                public String region(String host) {
                                    return region;
                                }
                            });
        }
    }

    private static final class Metadata extends BaseHttpApiMetadata<NoApi> {

        Metadata() {
            super(new Builder());
        }

        private Metadata(Builder builder) {
            super(builder);
        }

        @Override
        public Builder toBuilder() {
            var builder = new Builder();
            builder.fromApiMetadata(this);
            return builder;
        }

        private static final class Builder extends BaseHttpApiMetadata.Builder<NoApi, Builder> {

            Builder() {
                super(NoApi.class);
                id("vmm-ec2")
                        .identityName("access key id")
                        .credentialName("secret access key")
                        .version("2016-11-15")
                        .documentation(URI.create("https://docs.aws.amazon.com/AWSEC2"))
                        .defaultModules(Set.of());
            }

            @Override
            public Metadata build() {
                return new Metadata(this);
            }

            @Override
            protected Builder self() {
                return this;
            }
        }
    }
}
