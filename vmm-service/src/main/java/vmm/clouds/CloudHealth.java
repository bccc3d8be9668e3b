package vmm.clouds;

import org.jspecify.annotations.Nullable;

import vmm.clouds.CloudState.Health;

import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Stream;

/** How a cloud is, from all that is known of it: a pure function. */
public final class CloudHealth {
    /**
     * Listings that must fail in a row before a cloud is called UNHEALTHY: one may be an accident,
     * three are not.
     */
    static final int FAILURES_UNTIL_UNHEALTHY = 3;

    private CloudHealth() {}

    /**
     * What is known of a cloud.
     *
     * @param listFailures listings that failed in a row
     * @param listFailure what for, null if the last one succeeded
     * @param refused whether that says that our credentials are wrong, or that there are none
     * @param breakers all of the cloud's
     * @param boots whether launches that fail to boot are of one offering among others, or
     *     something became READY since the first that did
     * @param probes those that fail, in words
     * @param calls what is wrong with the calls of the last minute, null if nothing is
     * @param recovering whether it was UNHEALTHY or away, and has not proved itself yet
     */
    public record Signals(
            int listFailures,
            @Nullable String listFailure,
            boolean refused,
            List<Breaker> breakers,
            boolean boots,
            List<String> probes,
            @Nullable String calls,
            boolean recovering) {}

    /** The verdict and its reason; without a reason where all is well. */
    public record Verdict(Health health, @Nullable String reason) {
        /** Whether VMs that warm there are not to be counted on. */
        boolean sick() {
            return health == Health.UNHEALTHY;
        }
    }

    public static Verdict judge(Signals seen) {
        var sick =
                Stream.of(listing(seen), breakers(seen), probes(seen))
                        .flatMap(Optional::stream)
                        .toList();
        if (!sick.isEmpty()) return new Verdict(Health.UNHEALTHY, String.join("; ", sick));
        var poor = poor(seen);
        if (!poor.isEmpty()) return new Verdict(Health.DEGRADED, String.join("; ", poor));
        return seen.recovering()
                ? new Verdict(Health.RECOVERING, "launches there return in steps")
                : new Verdict(Health.HEALTHY, null);
    }

    private static Optional<String> listing(Signals seen) {
        if (seen.listFailure() == null) return Optional.empty();
        if (seen.refused()) return Optional.of(seen.listFailure());
        if (seen.listFailures() < FAILURES_UNTIL_UNHEALTHY) return Optional.empty();
        return Optional.of("its last listings failed: " + seen.listFailure());
    }

    private static Optional<String> breakers(Signals seen) {
        return seen.breakers().stream()
                .filter(Breaker::open)
                .filter(
                        breaker ->
                                breaker.kind().sick()
                                        || (breaker.kind() == Breaker.Kind.BOOT_FAILED
                                                && !seen.boots()))
                .findFirst()
                .map(CloudHealth::words);
    }

    private static Optional<String> probes(Signals seen) {
        return seen.probes().isEmpty()
                ? Optional.empty()
                : Optional.of(String.join("; ", seen.probes()));
    }

    private static List<String> poor(Signals seen) {
        var open =
                seen.breakers().stream()
                        .filter(Breaker::open)
                        .filter(breaker -> breaker.kind() != Breaker.Kind.WINDOW)
                        .map(CloudHealth::words);
        return Stream.concat(open, Stream.ofNullable(seen.calls())).toList();
    }

    private static String words(Breaker breaker) {
        return breaker.where()
                + breaker.words()
                + ", since "
                + Objects.requireNonNull(breaker.openedAt());
    }
}
