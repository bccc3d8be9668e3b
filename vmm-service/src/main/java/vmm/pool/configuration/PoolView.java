package vmm.pool.configuration;

import com.fasterxml.jackson.annotation.JsonInclude;

import io.swagger.v3.oas.annotations.media.Schema;

import org.jspecify.annotations.Nullable;

import vmm.vm.StateCounts;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;

/**
 * A pool as administrators see it: its configuration, and what the loops make of it.
 *
 * @param version of the configuration; counts and plans do not change it
 * @param launchP50Seconds from sending a create to READY, of the last launches; null before the
 *     first
 * @param explanation null before the first plan
 */
@Schema(name = "Pool")
record PoolView(
        String name,
        long version,
        int poolSize,
        int maxSize,
        int target,
        String targetReason,
        int queued,
        StateCounts counts,
        List<PlacementView> placements,
        List<String> vmTypes,
        String readyWhen,
        Duration bootTimeout,
        Duration lease,
        Duration maxLifetime,
        Duration idleTimeout,
        Duration warning,
        List<ConnectView> connect,
        @Nullable Double launchP50Seconds,
        @Nullable Double launchP95Seconds,
        @Nullable PoolExplanation explanation) {

    /**
     * The plan in force.
     *
     * @param reasons one for each placement: how many are there, and why
     * @param at since when it is so
     */
    @Schema(name = "PoolExplanation")
    record PoolExplanation(String summary, List<String> reasons, Instant at) {}

    /**
     * A placement and the pool's VMs there, told apart by cloud, flavor and options.
     *
     * @param note what the cloud does not know of it, or why that could not be found out
     */
    @Schema(name = "Placement")
    record PlacementView(
            String cloud,
            String image,
            String flavor,
            @Nullable String network,
            Map<String, String> options,
            @Nullable String note,
            int weight,
            @Nullable Integer maxVms,
            StateCounts counts) {}

    /** A way to reach a VM, as a template. */
    @Schema(name = "Connect")
    @JsonInclude(JsonInclude.Include.NON_NULL)
    record ConnectView(String kind, @Nullable String url, @Nullable String command) {}
}
