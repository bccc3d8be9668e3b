package vmm.cloud.simulated;

import org.jspecify.annotations.Nullable;

import vmm.cloud.CloudFailure;

import java.time.Duration;
import java.time.Instant;
import java.util.EnumMap;
import java.util.Map;
import java.util.Optional;
import java.util.random.RandomGenerator;

/** The dice of one simulated cloud: draws what the weather does, and counts it. */
final class Faults {

    /**
     * Why a call failed before it could have an effect.
     *
     * @param evident whether the caller can know that there was none
     */
    record Mishap(CloudFailure why, boolean evident) {}

    /** What becomes of an instance; null instants are never. */
    record Fate(@Nullable Instant runsAt, @Nullable Instant reportsAt, @Nullable Instant errorAt) {}

    private final RandomGenerator random;
    private final Pause pause;
    private final Duration callTimeout;
    private final Map<Fault, Long> counts = new EnumMap<>(Fault.class);

    Faults(RandomGenerator random, Pause pause, Duration callTimeout) {
        this.random = random;
        this.pause = pause;
        this.callTimeout = callTimeout;
    }

    /** How often each fault occurred. */
    synchronized Map<Fault, Long> counts() {
        var all = new EnumMap<Fault, Long>(Fault.class);
        for (var fault : Fault.values()) all.put(fault, counts.getOrDefault(fault, 0L));
        return all;
    }

    synchronized void count(Fault fault) {
        counts.merge(fault, 1L, Long::sum);
    }

    /** Whether a fault of this ratio strikes now. */
    synchronized boolean strikes(Fault fault, double ratio) {
        boolean strikes = ratio > 0 && random.nextDouble() < ratio;
        if (strikes) count(fault);
        return strikes;
    }

    synchronized String newInstanceId() {
        return "sim-%016x".formatted(random.nextLong());
    }

    /** What goes wrong with a call that only looks. */
    Optional<Mishap> ofLook(Weather weather) {
        return beforeEffect(weather, weather.hang());
    }

    /** What goes wrong with a call that changes something, before it does. */
    Optional<Mishap> ofChange(Weather weather) {
        return beforeEffect(weather, weather.hang() / 2);
    }

    /** What goes wrong with a call that changed something. */
    Optional<CloudFailure> afterEffect(Weather weather) {
        if (strikes(Fault.HANG_WITH_EFFECT, weather.hang() / (2 - weather.hang())))
            return Optional.of(hang());
        if (strikes(Fault.LOST_REPLY, weather.lostReply())) {
            return Optional.of(
                    new CloudFailure.Unreachable("the connection closed before the answer"));
        }
        return Optional.empty();
    }

    /** Lets the call's whole deadline pass. */
    CloudFailure hang() {
        sleep(callTimeout);
        return new CloudFailure.Unreachable("no answer within " + callTimeout);
    }

    void sleep(Duration duration) {
        if (duration.isPositive()) pause.pause(duration);
    }

    /** What becomes of an instance that is born at an instant. */
    Fate fate(Weather weather, Instant born) {
        var boot = bootTime(weather);
        if (strikes(Fault.ERROR_INSTANCE, weather.errorInstances())) {
            return new Fate(null, null, born.plus(boot.dividedBy(4)));
        }
        if (strikes(Fault.NEVER_BOOTS, weather.neverBoots())) return new Fate(null, null, null);
        boolean silent = strikes(Fault.NEVER_REPORTS, weather.neverReports());
        return new Fate(born.plus(boot.dividedBy(2)), silent ? null : born.plus(boot), null);
    }

    private Duration bootTime(Weather weather) {
        double factor = strikes(Fault.SLOW_BOOT, weather.slowBoot()) ? weather.slowBootFactor() : 1;
        synchronized (this) {
            factor *= 1 + weather.bootJitter() * (2 * random.nextDouble() - 1);
        }
        return Duration.ofMillis(Math.round(weather.bootTime().toMillis() * factor));
    }

    private Optional<Mishap> beforeEffect(Weather weather, double hang) {
        if (weather.outage()) {
            count(Fault.OUTAGE);
            return Optional.of(
                    new Mishap(new CloudFailure.Unreachable("connection refused"), true));
        }
        if (strikes(Fault.UNAUTHORIZED, weather.unauthorized())) {
            return Optional.of(
                    new Mishap(
                            new CloudFailure.Unauthorized("the credentials were not accepted"),
                            true));
        }
        if (strikes(Fault.THROTTLED, weather.throttled())) {
            var retryAfter = Optional.of(weather.retryAfter());
            return Optional.of(
                    new Mishap(new CloudFailure.Throttled("too many requests", retryAfter), true));
        }
        if (strikes(Fault.FAIL_BEFORE, weather.failBefore())) {
            return Optional.of(
                    new Mishap(new CloudFailure.Unreachable("503 service unavailable"), false));
        }
        if (strikes(Fault.HANG_WITHOUT_EFFECT, hang)) return Optional.of(new Mishap(hang(), false));
        return Optional.empty();
    }
}
