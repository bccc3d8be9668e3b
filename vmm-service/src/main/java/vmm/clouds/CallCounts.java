package vmm.clouds;

import io.github.resilience4j.circuitbreaker.CircuitBreaker;
import io.github.resilience4j.circuitbreaker.CircuitBreakerConfig;
import io.github.resilience4j.circuitbreaker.CircuitBreakerConfig.SlidingWindowType;

import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.TimeUnit;

/**
 * Failed and slow calls of the last minute, by kind of call, as Resilience4j's circuit breakers
 * count them. They block nothing: what blocks is the row (ADR 0018).
 */
final class CallCounts {
    private static final int SECONDS = 60;

    /** Fewer calls of a kind in a minute say nothing. */
    private static final int ENOUGH = 10;

    /** In per cent. */
    private static final float TOO_MANY = 50;

    private final CircuitBreakerConfig config;
    private final Duration slow;
    private final Map<String, CircuitBreaker> kinds = new ConcurrentSkipListMap<>();

    /**
     * @param slow a call that takes longer is a slow one
     */
    CallCounts(Duration slow) {
        this.slow = slow;
        this.config =
                CircuitBreakerConfig.custom()
                        .slidingWindow(SECONDS, ENOUGH, SlidingWindowType.TIME_BASED)
                        .slowCallDurationThreshold(slow)
                        .build();
    }

    void count(String kind, boolean answered, long nanos) {
        var breaker = kinds.computeIfAbsent(kind, this::counting);
        if (answered) {
            breaker.onSuccess(nanos, TimeUnit.NANOSECONDS);
        } else {
            breaker.onError(nanos, TimeUnit.NANOSECONDS, new Unanswered());
        }
    }

    private CircuitBreaker counting(String kind) {
        var breaker = CircuitBreaker.of(kind, config);
        breaker.transitionToMetricsOnlyState();
        return breaker;
    }

    /** Such as {@code 70 % of the calls to list failed in the last minute}. */
    Optional<String> trouble() {
        var words = new TreeMap<String, String>();
        kinds.forEach(
                (kind, breaker) -> {
                    var seen = breaker.getMetrics();
                    if (seen.getFailureRate() >= TOO_MANY) {
                        words.put(kind, percent(seen.getFailureRate(), kind) + "failed");
                    } else if (seen.getSlowCallRate() >= TOO_MANY) {
                        words.put(
                                kind,
                                percent(seen.getSlowCallRate(), kind) + "took more than " + slow);
                    }
                });
        return words.isEmpty()
                ? Optional.empty()
                : Optional.of(String.join(", ", words.values()) + " in the last minute");
    }

    private static String percent(float rate, String kind) {
        return Math.round(rate) + " % of the calls to " + kind + " ";
    }

    private static final class Unanswered extends RuntimeException {
        private static final long serialVersionUID = 1;

        Unanswered() {
            super(null, null, false, false);
        }
    }
}
