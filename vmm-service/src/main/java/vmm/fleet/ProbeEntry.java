package vmm.fleet;

import java.net.URI;
import java.time.Duration;
import java.util.Optional;

/**
 * Something of a cloud that is looked at beside its API: a tunnel, a proxy.
 *
 * @param timeout from the beginning of a look to its answer
 * @param every from the beginning of one look to that of the next
 */
public record ProbeEntry(String name, Target target, Duration timeout, Duration every) {

    public static final Duration TIMEOUT = Duration.ofSeconds(5);
    public static final Duration EVERY = Duration.ofSeconds(30);

    /** What is looked at. */
    public sealed interface Target {}

    /** A port that takes connections. */
    public record Tcp(String host, int port) implements Target {}

    /**
     * An address that answers a GET.
     *
     * @param expectStatus the only status that is success; empty: any of 2xx and 3xx
     * @param proxy through which it is asked, a host and a port; empty: directly
     */
    public record Http(URI address, Optional<Integer> expectStatus, Optional<Tcp> proxy)
            implements Target {

        /** Without the path, which may be nobody's business. */
        @Override
        public String toString() {
            return "Http[" + address.getHost() + "]";
        }
    }
}
