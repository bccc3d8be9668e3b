package vmm.cloud.jclouds;

import com.google.inject.AbstractModule;
import com.google.inject.Provides;

import okhttp3.ConnectionPool;
import okhttp3.OkHttpClient;
import okhttp3.Protocol;

import org.jclouds.Constants;
import org.jclouds.http.HttpCommand;
import org.jclouds.http.HttpErrorHandler;
import org.jclouds.http.HttpResponse;
import org.jclouds.http.HttpRetryHandler;
import org.jclouds.http.annotation.ClientError;
import org.jclouds.http.annotation.Redirection;
import org.jclouds.http.annotation.ServerError;
import org.jclouds.http.config.ConfiguresHttpCommandExecutorService;
import org.jclouds.http.okhttp.OkHttpClientSupplier;
import org.jclouds.http.okhttp.config.OkHttpCommandExecutorServiceModule;

import java.time.Duration;
import java.util.List;
import java.util.Properties;
import java.util.concurrent.TimeUnit;

/**
 * jclouds' HTTP without its habits: no request is repeated, no redirect followed, no thread put to
 * sleep, every call has a deadline, and whatever a server answers comes back as it is.
 *
 * <p>Contexts with this module must not bind retry or error handlers of their own.
 */
@ConfiguresHttpCommandExecutorService
public final class CarefulHttp extends AbstractModule {

    private static final Duration CONNECT = Duration.ofSeconds(5);

    /**
     * Shorter than servers keep idle connections (Apache: 5 s), so that a request seldom meets one
     * that is just being closed.
     */
    private static final Duration IDLE = Duration.ofSeconds(4);

    private static final int IDLE_CONNECTIONS = 40;

    private final Duration callTimeout;

    /**
     * @param callTimeout from the first attempt to connect to the last byte of the answer
     */
    public CarefulHttp(Duration callTimeout) {
        this.callTimeout = callTimeout;
    }

    /** What a context's properties must hold beside this module. */
    public Properties properties() {
        var connect = callTimeout.compareTo(CONNECT) < 0 ? callTimeout : CONNECT;
        var properties = new Properties();
        properties.setProperty(
                Constants.PROPERTY_CONNECTION_TIMEOUT, String.valueOf(connect.toMillis()));
        properties.setProperty(
                Constants.PROPERTY_SO_TIMEOUT, String.valueOf(callTimeout.toMillis()));
        properties.setProperty(Constants.PROPERTY_MAX_RETRIES, "0");
        properties.setProperty(Constants.PROPERTY_MAX_REDIRECTS, "0");
        return properties;
    }

    @Override
    protected void configure() {
        install(new OkHttpCommandExecutorServiceModule());
        for (var kind : List.of(Redirection.class, ClientError.class, ServerError.class)) {
            bind(HttpRetryHandler.class).annotatedWith(kind).toInstance(CarefulHttp::never);
            bind(HttpErrorHandler.class).annotatedWith(kind).toInstance(CarefulHttp::answered);
        }
    }

    @Provides
    OkHttpClientSupplier client() {
        return () ->
                new OkHttpClient.Builder()
                        .protocols(List.of(Protocol.HTTP_1_1))
                        .connectionPool(
                                new ConnectionPool(
                                        IDLE_CONNECTIONS, IDLE.toMillis(), TimeUnit.MILLISECONDS))
                        .callTimeout(callTimeout)
                        .eventListener(new Departure.Listener())
                        .addInterceptor(new OneShotPosts())
                        .build();
    }

    private static boolean never(HttpCommand command, HttpResponse response) {
        return false;
    }

    private static void answered(HttpCommand command, HttpResponse response) {
        command.setException(new Answered(HttpLine.readRefusal(response)));
    }
}
