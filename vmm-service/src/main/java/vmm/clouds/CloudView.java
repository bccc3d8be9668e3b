package vmm.clouds;

import io.swagger.v3.oas.annotations.media.Schema;

import org.jspecify.annotations.Nullable;

import vmm.vm.StateCounts;

import java.time.Instant;
import java.util.List;

/**
 * A cloud as administrators see it.
 *
 * @param health PAUSED while it is, whatever else
 * @param healthSince null while it is paused: that is not written down
 * @param live rows that are not DELETED
 * @param maxVms our own cap, null for none
 * @param quota null until the cloud told it once
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
        SignalViews.@Nullable CloudQuotaView quota) {

    static CloudView of(CloudState cloud, StateCounts counts, SignalViews signals) {
        return new CloudView(
                cloud.name(),
                cloud.kind(),
                cloud.region(),
                cloud.paused() ? CloudState.Health.PAUSED : cloud.health(),
                cloud.paused() ? whyPaused(cloud) : cloud.healthReason(),
                cloud.paused() ? null : cloud.healthSince(),
                cloud.paused(),
                cloud.pauseReason(),
                cloud.live(),
                cloud.maxVms(),
                counts,
                signals.probes(cloud.name()),
                signals.quota(cloud.name()));
    }

    /** A pause hides no illness. */
    private static String whyPaused(CloudState cloud) {
        String why =
                cloud.pauseReason() == null ? "paused by an administrator" : cloud.pauseReason();
        return cloud.health() == CloudState.Health.HEALTHY
                ? why
                : why + " (and " + cloud.health() + ": " + cloud.healthReason() + ")";
    }
}
