package vmm.cloud;

import java.time.InstantSource;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;

import javax.sql.DataSource;

/** Makes the providers of one kind of cloud; found by {@link java.util.ServiceLoader}. */
public interface CloudProviderFactory {

    /** The {@code kind} of the fleet file that this factory serves. */
    String kind();

    /**
     * The options that {@link CloudConfig#options()} may hold; others are refused with the fleet
     * file.
     */
    Set<String> options();

    /**
     * The credentials that {@link CloudConfig#credentials()} may hold; others are refused with the
     * fleet file.
     */
    Set<String> credentials();

    /**
     * The options that a placement on such a cloud may hold ({@link LaunchSpec#options()}), each
     * with what its values must match; others are refused.
     */
    default Map<String, Pattern> placementOptions() {
        return Map.of();
    }

    /**
     * Makes a provider without calling the cloud, which may be unreachable.
     *
     * @throws IllegalArgumentException if the configuration is wrong; the message names the option
     *     and the remedy
     */
    CloudProvider open(CloudConfig config, Surroundings surroundings);

    /**
     * What an adapter may use of the process it runs in.
     *
     * @param dataSource the service's database, for adapters that keep a world of their own there
     */
    record Surroundings(InstantSource clock, DataSource dataSource) {}
}
