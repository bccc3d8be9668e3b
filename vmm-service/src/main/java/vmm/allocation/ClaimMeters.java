package vmm.allocation;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;

import org.springframework.stereotype.Component;

import java.time.Duration;
import java.util.Locale;
import java.util.Objects;
import java.util.function.Supplier;

/** What became of the claims that this process took, and how long each took it. */
@Component
class ClaimMeters {
    private final MeterRegistry meters;
    private final Timer duration;

    ClaimMeters(MeterRegistry meters) {
        this.meters = meters;
        this.duration =
                Timer.builder("vmm.claim.duration")
                        .description(
                                "Seconds from taking a request to its answer, the grant included;"
                                        + " each replica counts its own")
                        .publishPercentileHistogram()
                        .minimumExpectedValue(Duration.ofMillis(1))
                        .maximumExpectedValue(Duration.ofSeconds(10))
                        .register(meters);
    }

    <T> T timed(Supplier<T> claim) {
        return Objects.requireNonNull(duration.record(claim));
    }

    void count(String pool, Fate fate) {
        Counter.builder("vmm.claims")
                .description(
                        "Requests for a VM by what became of them: granted at once (warm), queued,"
                                + " refused, or cancelled while queued; each replica counts its"
                                + " own")
                .tag("pool", pool)
                .tag("outcome", fate.name().toLowerCase(Locale.ROOT))
                .register(meters)
                .increment();
    }

    /** A claim is granted at once, waits, is turned away, or is taken back while it waits. */
    enum Fate {
        WARM,
        QUEUED,
        REFUSED,
        CANCELLED
    }
}
