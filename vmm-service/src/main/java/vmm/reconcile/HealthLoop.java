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
import vmm.clouds.NameChecks;
import vmm.clouds.NameChecks.Asked;
import vmm.clouds.NameChecks.Finding;
import vmm.clouds.ProbeLook;
import vmm.clouds.ProbeState;
import vmm.clouds.Probes;
import vmm.clouds.QuotaState;
import vmm.event.LoopKind;
import vmm.event.Wakes;
import vmm.fleet.ProbeEntry;
import vmm.pool.PlacementNames;

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
 * Health: what a cloud shows beside its listings. Looks at the probes that are due, and now and
 * then pings it, reads its quota and its offerings, and asks whether it knows what placements name,
 * all at once, each with a deadline of its own. What cannot be found out leaves what was known,
 * with its age.
 */
@Component
public class HealthLoop implements Reconciler {
    /** From one reading of the quota to the next, also after one that failed. */
    static final Duration QUOTA_EVERY = Duration.ofSeconds(60);

    /**
     * From one reading of the offerings to the next; one that failed is repeated like the quota.
     */
    static final Duration OFFERINGS_EVERY = Duration.ofMinutes(10);

    /** From one ping to the next while they fail: what is said of that lasts a minute. */
    private static final Duration FAILED_PING_AGAIN = Duration.ofSeconds(30);

    /** From asking about names that were known to asking again: an image may be deleted. */
    static final Duration NAMES_EVERY = Duration.ofHours(1);

    /** The same of names that were not: somebody may have made what they stand for. */
    static final Duration WRONG_NAMES_EVERY = Duration.ofMinutes(5);

    /** Placements that a cloud is asked about in one pass. */
    static final int NAMES_A_PASS = 5;

    /** What is due before the next tick is done now. */
    private static final Duration SLACK = Duration.ofSeconds(2);

    private static final Logger log = LoggerFactory.getLogger(HealthLoop.class);

    private final Clouds clouds;
    private final CloudConnections connections;
    private final CloudSignals signals;
    private final Probes probes;
    private final ProbeLook look;
    private final PlacementNames names;
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
            PlacementNames names,
            Wakes wakes,
            InstantSource clock) {
        this(
                clouds,
                connections,
                signals,
                probes,
                look,
                names,
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
            PlacementNames names,
            Wakes wakes,
            InstantSource clock,
            Supplier<ExecutorService> threads) {
        this.clouds = clouds;
        this.connections = connections;
        this.signals = signals;
        this.probes = probes;
        this.look = look;
        this.names = names;
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
        var one = provider.get();
        if (isPingDue(cloud, now)) work.add(() -> pingAndReadQuota(cloud, one, now));
        else if (isQuotaDue(cloud, now)) work.add(() -> readQuota(cloud, one, now));
        if (areOfferingsDue(cloud, now)) work.add(() -> readOfferings(cloud, one, now));
        var asked = namesDue(cloud, now);
        if (!asked.isEmpty()) work.add(() -> checkNames(cloud, one, asked, now));
        return work;
    }

    private static boolean isDue(Instant last, Duration every, Instant now) {
        return !last.plus(every).minus(SLACK).isAfter(now);
    }

    private boolean isPingDue(String cloud, Instant now) {
        return isTryDue(cloud + "/ping", now);
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

    private List<Asked> namesDue(String cloud, Instant now) {
        return isTryDue(cloud + "/names", now)
                ? names.due(
                        cloud, now.minus(NAMES_EVERY), now.minus(WRONG_NAMES_EVERY), NAMES_A_PASS)
                : List.of();
    }

    /** The ping first: where both fail, its words are the better ones. */
    private Done pingAndReadQuota(String cloud, CloudProvider provider, Instant now) {
        var trouble = ping(cloud, provider, now);
        boolean due = isQuotaDue(cloud, now);
        if (!due) return new Done(false, trouble.orElse("ping answered"));
        var quota = readQuota(cloud, provider, now);
        return trouble.map(words -> new Done(false, words + "; " + quota.words())).orElse(quota);
    }

    /** What is wrong with our account there; whether it answers at all, the listings show. */
    private Optional<String> ping(String cloud, CloudProvider provider, Instant now) {
        tried.put(cloud + "/ping", now);
        try {
            provider.ping();
            return Optional.empty();
        } catch (CloudFailure.Unauthorized | CloudFailure.Rejected failure) {
            String words = "its ping failed: " + failure.kind() + ": " + failure.detail();
            tried.put(cloud + "/ping", now.minus(QUOTA_EVERY).plus(FAILED_PING_AGAIN));
            clouds.recordCalls(cloud, words, clock.instant());
            return Optional.of(words);
        } catch (CloudFailure failure) {
            return Optional.of("ping not answered: " + failure.detail());
        }
    }

    /** A cloud that does not tell is not asked about the rest, nor for a minute. */
    private Done checkNames(String cloud, CloudProvider provider, List<Asked> asked, Instant now) {
        Optional<Finding> silent = Optional.empty();
        for (var place : asked) {
            var found = silent.orElseGet(() -> NameChecks.check(place, provider));
            if (found instanceof Finding.Unknown) silent = Optional.of(found);
            if (names.record(place, found.note(), now)) warn(place, found);
        }
        if (silent.isPresent()) tried.put(cloud + "/names", now);
        return new Done(false, "names of " + asked.size() + " placements checked");
    }

    private static void warn(Asked place, Finding found) {
        if (found.note() == null) {
            log.info(
                    "health cloud={} knows {} on {}", place.cloud(), place.image(), place.flavor());
        } else {
            log.warn(
                    "health cloud={} placement of {} on {}: {}",
                    place.cloud(),
                    place.image(),
                    place.flavor(),
                    found.note());
        }
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
