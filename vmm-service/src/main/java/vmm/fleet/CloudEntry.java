package vmm.fleet;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A cloud of the fleet file, with its secrets resolved.
 *
 * @param kind names the adapter
 * @param credentials secrets: never logged, never stored
 * @param options what only this kind of cloud understands; may hold secrets too
 * @param maxVms our own cap, beside the cloud's quota; empty: none
 * @param callTimeout deadline of one call
 * @param rateLimit calls per second; empty: the default of the kind
 * @param probes what else is looked at, each with a name of its own; empty: nothing
 * @param prices of its flavors; empty: none are named
 */
public record CloudEntry(
        String name,
        String kind,
        Optional<String> endpoint,
        Optional<String> region,
        Map<String, String> credentials,
        Map<String, String> options,
        Optional<Integer> maxVms,
        Duration callTimeout,
        Optional<Double> rateLimit,
        List<ProbeEntry> probes,
        Optional<Prices> prices) {

    public static final Duration CALL_TIMEOUT = Duration.ofSeconds(20);

    public CloudEntry {
        credentials = Map.copyOf(credentials);
        options = Map.copyOf(options);
        probes = List.copyOf(probes);
    }

    /** Shows no secret: only names. */
    @Override
    public String toString() {
        return "CloudEntry[" + name + ", " + kind + "]";
    }
}
