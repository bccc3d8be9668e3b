package vmm.reconcile;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.stereotype.Component;

import vmm.cloud.CloudFailure;
import vmm.cloud.CloudProvider;
import vmm.clouds.CloudConnections;
import vmm.clouds.CloudSignals;
import vmm.clouds.CloudState;
import vmm.clouds.Clouds;
import vmm.clouds.ProbeLook;
import vmm.clouds.ProbeState;
import vmm.clouds.Probes;
import vmm.clouds.QuotaState;
import vmm.event.LoopKind;
import vmm.event.Wakes;
import vmm.fleet.ProbeEntry;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Collectors;

/**
 * Health: what a cloud shows beside its listings. Looks at the probes that are due, and reads its
 * quota and its offerings now and then, all at once, each with a deadline of its own. What cannot
 * be found out leaves what was known, with its age.
 */
@Component
public class HealthLoop implements Reconciler {
    /** From one reading of the quota to the next, also after one that failed. */
    static final Duration QUOTA_EVERY = Duration.ofSeconds(60);

    /**
     * From one reading of the offerings to the next; one that failed is repeated like the quota.
     */
    static final Duration OFFERINGS_EVERY = Duration.ofMinutes(10);

    /** What is due before the next tick is done now. */
    private static final Duration SLACK = Duration.ofSeconds(2);

    private static final Logger log = LoggerFactory.getLogger(HealthLoop.class);

    private final Clouds clouds;
    private final CloudConnections connections;
    private final CloudSignals signals;
    private final Probes probes;
    private final ProbeLook look;
    private final Wakes wakes;
    private final InstantSource clock;
    private final Supplier<ExecutorService> threads;
    private final Map<String, Instant> tried = new ConcurrentHashMap<>();

    @Autowired
    public HealthLoop(
            Clouds clouds,
            CloudConnections connections,
            CloudSignals signals,
            Probes probes,
            ProbeLook look,
            Wakes wakes,
            InstantSource clock) {
        this(
                clouds,
                connections,
                signals,
                probes,
                look,
                wakes,
                clock,
                Executors::newVirtualThreadPerTaskExecutor);
    }

    /**
     * @param threads which do what is due in one pass; closed after it
     */
    public HealthLoop(
            Clouds clouds,
            CloudConnections connections,
            CloudSignals signals,
            Probes probes,
            ProbeLook look,
            Wakes wakes,
            InstantSource clock,
            Supplier<ExecutorService> threads) {
        this.clouds = clouds;
        this.connections = connections;
        this.signals = signals;
        this.probes = probes;
        this.look = look;
        this.wakes = wakes;
        this.clock = clock;
        this.threads = threads;
    }

    @Override
    public LoopKind kind() {
        return LoopKind.HEALTH;
    }

    @Override
    public List<String> due() {
        Instant now = clock.instant();
        return clouds.all().stream()
                .map(CloudState::name)
                .filter(cloud -> hasSurplus(cloud) || !work(cloud, now).isEmpty())
                .toList();
    }

    /** Whether probes are remembered that the fleet file no longer names. */
    private boolean hasSurplus(String cloud) {
        return !names(cloud)
                .containsAll(signals.probes(cloud).stream().map(ProbeState::name).toList());
    }

    private Set<String> names(String cloud) {
        return probes.of(cloud).stream().map(ProbeEntry::name).collect(Collectors.toSet());
    }

    @Override
    public Pass pass(String cloud) {
        if (hasSurplus(cloud)) signals.forgetOtherProbes(cloud, names(cloud));
        var work = work(cloud, clock.instant());
        if (work.isEmpty()) return Pass.NOTHING;
        var done = all(work);
        boolean news = done.stream().anyMatch(Done::news);
        if (news) {
            clouds.judge(cloud, clock.instant());
            wakes.wake(LoopKind.LIFECYCLE, cloud);
            wakes.wake(LoopKind.REFILL, Wakes.ALL);
        }
        return Pass.of(
                news ? 1 : 0, done.stream().map(Done::words).collect(Collectors.joining("; ")));
    }

    /** What is due now: each may take as long as its own deadline. */
    private List<Callable<Done>> work(String cloud, Instant now) {
        Map<String, ProbeState> known =
                signals.probes(cloud).stream()
                        .collect(Collectors.toMap(ProbeState::name, Function.identity()));
        var work = new ArrayList<Callable<Done>>();
        for (var probe : probes.of(cloud)) {
            var before = Optional.ofNullable(known.get(probe.name()));
            if (before.filter(b -> !isDue(b.checkedAt(), probe.every(), now)).isEmpty()) {
                work.add(() -> lookAt(cloud, probe, before));
            }
        }
        var provider = connections.provider(cloud);
        if (provider.isEmpty()) return work;
        if (isQuotaDue(cloud, now)) work.add(() -> readQuota(cloud, provider.get(), now));
        if (areOfferingsDue(cloud, now)) work.add(() -> readOfferings(cloud, provider.get(), now));
        return work;
    }

    private static boolean isDue(Instant last, Duration every, Instant now) {
        return !last.plus(every).minus(SLACK).isAfter(now);
    }

    private boolean isQuotaDue(String cloud, Instant now) {
        return isTryDue(cloud + "/quota", now)
                && signals.quota(cloud)
                        .filter(read -> !isDue(read.readAt(), QUOTA_EVERY, now))
                        .isEmpty();
    }

    private boolean areOfferingsDue(String cloud, Instant now) {
        return isTryDue(cloud + "/offerings", now)
                && signals.offeringsReadAt(cloud)
                        .filter(at -> !isDue(at, OFFERINGS_EVERY, now))
                        .isEmpty();
    }

    private boolean isTryDue(String what, Instant now) {
        Instant last = tried.get(what);
        return last == null || isDue(last, QUOTA_EVERY, now);
    }

    private Done lookAt(String cloud, ProbeEntry probe, Optional<ProbeState> before) {
        Instant began = clock.instant();
        var found = look.take(cloud, probe);
        var after = ProbeState.after(before, cloud, probe.name(), found, began);
        boolean news = signals.recordLook(before, after);
        if (news) {
            log.warn(
                    "health cloud={} probe={} {}: {}",
                    cloud,
                    probe.name(),
                    after.failing() ? "fails" : "succeeds again",
                    after.detail());
        }
        return new Done(news, "probe " + probe.name() + " " + found.detail());
    }

    private Done readQuota(String cloud, CloudProvider provider, Instant now) {
        tried.put(cloud + "/quota", now);
        try {
            signals.recordQuota(cloud, new QuotaState(provider.quota(), now));
            return new Done(false, "quota read");
        } catch (CloudFailure failure) {
            return new Done(false, "quota not read: " + failure.detail());
        }
    }

    private Done readOfferings(String cloud, CloudProvider provider, Instant now) {
        tried.put(cloud + "/offerings", now);
        try {
            var offerings = provider.offerings();
            signals.recordOfferings(cloud, offerings, now);
            return new Done(false, offerings.size() + " offerings read");
        } catch (CloudFailure failure) {
            return new Done(false, "offerings not read: " + failure.detail());
        }
    }

    /** Does all of it at once, and fails if any of it does. */
    private List<Done> all(List<Callable<Done>> work) {
        try (var some = threads.get()) {
            return some.invokeAll(work).stream().map(HealthLoop::outcome).toList();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return List.of();
        }
    }

    private static Done outcome(Future<Done> work) {
        if (work.state() == Future.State.SUCCESS) return work.resultNow();
        if (work.exceptionNow() instanceof RuntimeException failure) throw failure;
        if (work.exceptionNow() instanceof Error error) throw error;
        throw new IllegalStateException(work.exceptionNow());
    }

    /**
     * What came of one of them.
     *
     * @param news whether a probe began or ended to be failing
     */
    private record Done(boolean news, String words) {}
}
