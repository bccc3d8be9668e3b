package vmm.clouds;

import io.swagger.v3.oas.annotations.media.Schema;

import org.jspecify.annotations.Nullable;

import vmm.vm.StateCounts;

import java.math.BigDecimal;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;

/**
 * A cloud as administrators see it.
 *
 * @param health PAUSED or MAINTENANCE while it is, whatever else
 * @param healthSince null while it is: that is not written down
 * @param live rows that are not DELETED
 * @param maxVms our own cap, null for none
 * @param width while it recovers: VMs that may warm at once
 * @param quota null until the cloud told it once
 * @param credentials the names of those that the fleet file gives
 * @param placementOptions options that placements there may have, with the pattern of their values
 * @param prices null where the fleet file names none
 */
@Schema(name = "Cloud")
record CloudView(
        String name,
        String kind,
        @Nullable String region,
        CloudState.Health health,
        @Nullable String healthReason,
        @Nullable Instant healthSince,
        boolean paused,
        @Nullable String pauseReason,
        int live,
        @Nullable Integer maxVms,
        StateCounts counts,
        List<SignalViews.ProbeView> probes,
        SignalViews.@Nullable CloudQuotaView quota,
        @Nullable Integer width,
        List<TroubleViews.BreakerView> breakers,
        List<TroubleViews.OfferingStatus> offerings,
        List<String> credentials,
        Map<String, String> placementOptions,
        @Nullable PricesView prices) {

    /**
     * What an operator says that flavors cost.
     *
     * @param perHour by flavor, of one VM
     */
    @Schema(name = "Prices")
    record PricesView(String currency, Map<String, BigDecimal> perHour) {}

    static CloudView of(
            CloudState cloud,
            StateCounts counts,
            SignalViews signals,
            TroubleViews.Troubles troubles,
            CloudSettings.Setting setting) {
        return new CloudView(
                cloud.name(),
                cloud.kind(),
                cloud.region(),
                shown(cloud),
                why(cloud),
                shown(cloud) == cloud.health() ? cloud.healthSince() : null,
                cloud.paused(),
                cloud.pauseReason(),
                cloud.live(),
                cloud.maxVms(),
                counts,
                signals.probes(cloud.name()),
                signals.quota(cloud.name()),
                cloud.width(),
                troubles.breakers(),
                troubles.offerings(),
                setting.credentials(),
                setting.placementOptions(),
                setting.prices()
                        .map(p -> new PricesView(p.currency(), new TreeMap<>(p.perHour())))
                        .orElse(null));
    }

    private static CloudState.Health shown(CloudState cloud) {
        if (cloud.paused()) return CloudState.Health.PAUSED;
        return cloud.maintenance() != null ? CloudState.Health.MAINTENANCE : cloud.health();
    }

    /** Neither a pause nor a window hides an illness. */
    private static @Nullable String why(CloudState cloud) {
        String why =
                cloud.paused()
                        ? Objects.requireNonNullElse(
                                cloud.pauseReason(), "paused by an administrator")
                        : cloud.maintenance();
        if (why == null) return cloud.healthReason();
        return cloud.health() == CloudState.Health.HEALTHY
                ? why
                : why + " (and " + cloud.health() + ": " + cloud.healthReason() + ")";
    }
}
