package vmm.cloud;

import java.time.InstantSource;
import java.util.Set;

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
