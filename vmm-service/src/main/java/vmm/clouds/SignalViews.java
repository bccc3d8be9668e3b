package vmm.clouds;

import io.swagger.v3.oas.annotations.media.Schema;

import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;

import vmm.fleet.ProbeEntry;

import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.function.Function;
import java.util.stream.Collectors;

/** The signals of a cloud as administrators see them. */
@Component
class SignalViews {
    private final CloudSignals signals;
    private final Probes probes;

    SignalViews(CloudSignals signals, Probes probes) {
        this.signals = signals;
        this.probes = probes;
    }

    /** The probes of the fleet file by name, also those that nobody has looked at yet. */
    List<ProbeView> probes(String cloud) {
        var entries = probes.of(cloud);
        if (entries.isEmpty()) return List.of();
        Map<String, ProbeState> seen =
                signals.probes(cloud).stream()
                        .collect(Collectors.toMap(ProbeState::name, Function.identity()));
        return entries.stream()
                .sorted(Comparator.comparing(ProbeEntry::name))
                .map(entry -> ProbeView.of(entry.name(), seen.get(entry.name())))
                .toList();
    }

    /** Null if the cloud has never told it. */
    @Nullable CloudQuotaView quota(String cloud) {
        return signals.quota(cloud)
                .map(quota -> CloudQuotaView.of(quota, signals.ours(cloud, quota.readAt())))
                .orElse(null);
    }

    /**
     * A probe and what the last look found.
     *
     * @param ok null while nobody has looked
     * @param failing it failed three times in a row and has not succeeded since
     * @param since when {@code ok} became what it is
     */
    @Schema(name = "Probe")
    record ProbeView(
            String name,
            @Nullable Boolean ok,
            boolean failing,
            @Nullable Instant since,
            @Nullable Instant checkedAt,
            @Nullable Integer latencyMs,
            @Nullable String detail) {

        static ProbeView of(String name, @Nullable ProbeState seen) {
            return seen == null
                    ? new ProbeView(name, null, false, null, null, null, null)
                    : new ProbeView(
                            name,
                            seen.ok(),
                            seen.failing(),
                            seen.since(),
                            seen.checkedAt(),
                            seen.latencyMs(),
                            seen.detail());
        }
    }

    /** A cloud's own limits, as it last told them. */
    @Schema(name = "CloudQuota")
    record CloudQuotaView(
            QuotaUseView instances, QuotaUseView vcpus, QuotaUseView ramMb, Instant readAt) {

        static CloudQuotaView of(QuotaState state, QuotaState.Ours ours) {
            var quota = state.quota();
            return new CloudQuotaView(
                    QuotaUseView.of(quota.usedInstances(), quota.maxInstances(), ours.instances()),
                    QuotaUseView.of(quota.usedVcpus(), quota.maxVcpus(), ours.vcpus()),
                    QuotaUseView.of(quota.usedRamMb(), quota.maxRamMb(), ours.ramMb()),
                    state.readAt());
        }
    }

    /**
     * One limit; null is what the cloud does not tell.
     *
     * @param ours what our own VMs use of it; null where their sizes are not known
     */
    @Schema(name = "QuotaUse")
    record QuotaUseView(@Nullable Integer used, @Nullable Integer max, @Nullable Integer ours) {

        static QuotaUseView of(OptionalInt used, OptionalInt max, @Nullable Integer ours) {
            return new QuotaUseView(
                    used.isPresent() ? used.getAsInt() : null,
                    max.isPresent() ? max.getAsInt() : null,
                    ours);
        }
    }
}
