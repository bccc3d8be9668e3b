package vmm.fleet;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A pool of the fleet file.
 *
 * @param poolSize READY VMs kept in reserve; at most {@code maxSize}
 * @param maxSize live VMs at once
 * @param readyWhen what makes a booted VM READY
 * @param bootTimeout how long a launch may take
 * @param lease the first lease of an allocation; at most {@code maxLifetime}
 * @param maxLifetime how far a lease can be extended
 * @param idleTimeout without activity for so long, an allocation is abandoned
 * @param warning how long before a reclaim its owner is told; half of {@code idleTimeout} at most
 */
public record PoolEntry(
        String name,
        int poolSize,
        int maxSize,
        ReadyWhen readyWhen,
        Duration bootTimeout,
        Duration lease,
        Duration maxLifetime,
        Duration idleTimeout,
        Duration warning,
        List<Placement> placements,
        List<Connect> connect) {

    public static final Duration BOOT_TIMEOUT = Duration.ofMinutes(10);
    public static final Duration LEASE = Duration.ofHours(12);
    public static final Duration MAX_LIFETIME = Duration.ofDays(14);
    public static final Duration IDLE_TIMEOUT = Duration.ofHours(24);
    public static final Duration WARNING = Duration.ofHours(1);

    public PoolEntry {
        placements = List.copyOf(placements);
        connect = List.copyOf(connect);
    }

    /**
     * Whether the warning would come before anybody has been away. The default may stand beside any
     * idle timeout: half of that counts then.
     */
    public boolean warnsTooEarly() {
        return !warning.equals(WARNING) && warning.compareTo(idleTimeout) >= 0;
    }

    /**
     * Where VMs of a pool may be launched.
     *
     * @param cloud the name of a cloud of the same file
     * @param network empty: the cloud's default
     * @param options what only this kind of cloud understands
     * @param weight its share among healthy clouds with room
     * @param maxVms its own maximum; empty: none
     */
    public record Placement(
            String cloud,
            String image,
            String flavor,
            Optional<String> network,
            Map<String, String> options,
            int weight,
            Optional<Integer> maxVms) {

        public static final int WEIGHT = 100;

        public Placement {
            options = Map.copyOf(options);
        }

        /** Without options. */
        public Placement(
                String cloud,
                String image,
                String flavor,
                Optional<String> network,
                int weight,
                Optional<Integer> maxVms) {
            this(cloud, image, flavor, network, Map.of(), weight, maxVms);
        }
    }

    /**
     * A way to reach a VM: either an address for the browser or a command for a terminal.
     *
     * <p>Both may hold {@code {address}}, {@code {secret}} and {@code {user}}, filled in for the
     * owner of a VM.
     */
    public record Connect(String kind, Optional<String> url, Optional<String> command) {}
}
