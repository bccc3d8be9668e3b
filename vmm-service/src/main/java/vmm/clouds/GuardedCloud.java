package vmm.clouds;

import io.github.resilience4j.bulkhead.Bulkhead;
import io.github.resilience4j.bulkhead.BulkheadConfig;
import io.github.resilience4j.ratelimiter.RateLimiter;
import io.github.resilience4j.ratelimiter.RateLimiterConfig;
import io.github.resilience4j.timelimiter.TimeLimiter;
import io.github.resilience4j.timelimiter.TimeLimiterConfig;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;

import org.jspecify.annotations.Nullable;

import vmm.cloud.CloudFailure;
import vmm.cloud.CloudProvider;
import vmm.cloud.CreateAnswer;
import vmm.cloud.Image;
import vmm.cloud.Instance;
import vmm.cloud.LaunchSpec;
import vmm.cloud.Leftover;
import vmm.cloud.Misnomer;
import vmm.cloud.Network;
import vmm.cloud.Offering;
import vmm.cloud.Quota;
import vmm.cloud.Weathered;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeoutException;

/**
 * A cloud behind a deadline, a bulkhead and a rate limit, so that one that hangs or throttles holds
 * up nobody. A call that outlives its deadline goes on by itself and keeps its place in the
 * bulkhead until it ends.
 */
public final class GuardedCloud implements CloudProvider {
    /** Calls that read, under way at once: a hung listing must not shut out all others. */
    private static final int READS = 8;

    /** Calls that change something, under way at once. */
    private static final int CHANGES = 32;

    private final String name;
    private final CloudProvider cloud;
    private final MeterRegistry meters;
    private final TimeLimiter deadline;
    private final RateLimiter rate;
    private final Bulkhead reads;
    private final Bulkhead changes;
    private final CallCounts counts;

    /**
     * Threads of the platform, as many as the bulkheads let in: what adapters call (loading and
     * initialising classes, looking names up) can hold the few threads that carry virtual ones, and
     * with them every request.
     */
    private final ExecutorService threads;

    /**
     * @param callTimeout deadline of one call
     * @param callsPerSecond calls in any one second; more wait for the next, for at most the
     *     deadline
     */
    public GuardedCloud(
            String name,
            CloudProvider cloud,
            Duration callTimeout,
            double callsPerSecond,
            MeterRegistry meters) {
        this.name = name;
        this.cloud = cloud;
        this.meters = meters;
        this.deadline =
                TimeLimiter.of(
                        name,
                        TimeLimiterConfig.custom()
                                .timeoutDuration(callTimeout)
                                .cancelRunningFuture(false)
                                .build());
        this.rate =
                RateLimiter.of(
                        name,
                        RateLimiterConfig.custom()
                                .limitForPeriod(Math.max(1, (int) Math.ceil(callsPerSecond)))
                                .limitRefreshPeriod(
                                        Duration.ofMillis(
                                                callsPerSecond >= 1
                                                        ? 1000
                                                        : (long) (1000 / callsPerSecond)))
                                .timeoutDuration(callTimeout)
                                .build());
        this.threads =
                Executors.newCachedThreadPool(
                        Thread.ofPlatform().name("cloud-" + name + "-", 0).daemon().factory());
        this.reads = bulkhead(name + "-reads", READS, callTimeout);
        this.changes = bulkhead(name + "-changes", CHANGES, callTimeout);
        this.counts = new CallCounts(callTimeout.dividedBy(2));
    }

    private static Bulkhead bulkhead(String name, int calls, Duration wait) {
        return Bulkhead.of(
                name,
                BulkheadConfig.custom().maxConcurrentCalls(calls).maxWaitDuration(wait).build());
    }

    @Override
    public CreateAnswer create(LaunchSpec spec) {
        try {
            return call("create", changes, () -> cloud.create(spec));
        } catch (CloudFailure.HeldBack notSent) {
            return new CreateAnswer.Refused(notSent);
        } catch (CloudFailure unanswered) {
            return new CreateAnswer.Unknown(unanswered);
        }
    }

    @Override
    public boolean deduplicatesCreates() {
        return cloud.deduplicatesCreates();
    }

    @Override
    public Optional<Instance> get(String instanceId) throws CloudFailure {
        return call("get", reads, () -> cloud.get(instanceId));
    }

    @Override
    public List<Instance> list() throws CloudFailure {
        return call("list", reads, cloud::list);
    }

    @Override
    public void delete(String instanceId) throws CloudFailure {
        run("delete", changes, () -> cloud.delete(instanceId));
    }

    @Override
    public void start(String instanceId) throws CloudFailure {
        run("start", changes, () -> cloud.start(instanceId));
    }

    @Override
    public List<Offering> offerings() throws CloudFailure {
        return call("offerings", reads, cloud::offerings);
    }

    @Override
    public List<Image> images() throws CloudFailure {
        return call("images", reads, cloud::images);
    }

    @Override
    public List<Network> networks() throws CloudFailure {
        return call("networks", reads, cloud::networks);
    }

    @Override
    public List<Misnomer> misnomers(String image, String flavor, @Nullable String network)
            throws CloudFailure {
        return call("misnomers", reads, () -> cloud.misnomers(image, flavor, network));
    }

    @Override
    public void rehearse(LaunchSpec spec) throws CloudFailure {
        run("rehearse", reads, () -> cloud.rehearse(spec));
    }

    @Override
    public void ping() throws CloudFailure {
        run("ping", reads, () -> cloud.ping());
    }

    @Override
    public Quota quota() throws CloudFailure {
        return call("quota", reads, cloud::quota);
    }

    @Override
    public List<Leftover> leftovers() throws CloudFailure {
        return call("leftovers", reads, cloud::leftovers);
    }

    @Override
    public void remove(Leftover leftover) throws CloudFailure {
        run("remove", changes, () -> cloud.remove(leftover));
    }

    @Override
    public Optional<String> console(String instanceId) throws CloudFailure {
        return call("console", reads, () -> cloud.console(instanceId));
    }

    /** Not behind the guards: what is called there is not the cloud. */
    @Override
    public Optional<Weathered> weathered() {
        return cloud.weathered();
    }

    @Override
    public void close() {
        threads.shutdown();
        cloud.close();
    }

    /** What is wrong with the calls of the last minute. */
    public Optional<String> trouble() {
        return counts.trouble();
    }

    private void run(String what, Bulkhead bulkhead, Action action) throws CloudFailure {
        call(
                what,
                bulkhead,
                () -> {
                    action.take();
                    return what;
                });
    }

    /** Times what the caller sees, waiting for its turn included. */
    private <T> T call(String what, Bulkhead bulkhead, Call<T> call) throws CloudFailure {
        var sample = Timer.start(meters);
        String outcome = "ok";
        try {
            T value = make(what, bulkhead, call);
            outcome =
                    switch (value) {
                        case CreateAnswer.Refused(CloudFailure why) -> why.kind();
                        case CreateAnswer.Unknown(CloudFailure why) -> why.kind();
                        default -> outcome;
                    };
            return value;
        } catch (CloudFailure failure) {
            outcome = failure.kind();
            throw failure;
        } finally {
            sample.stop(
                    Timer.builder("vmm.cloud.call.duration")
                            .description(
                                    "Seconds that a call to a cloud took, waiting for its turn"
                                            + " included; each replica counts its own")
                            .tags("cloud", name, "call", what, "outcome", outcome)
                            .register(meters));
        }
    }

    private <T> T make(String what, Bulkhead bulkhead, Call<T> call) throws CloudFailure {
        if (!rate.acquirePermission()) throw notSent("our own rate limit for this cloud");
        if (!bulkhead.tryAcquirePermission())
            throw notSent("too many calls to this cloud are under way");
        CompletableFuture<Answer<T>> answer;
        try {
            answer = CompletableFuture.supplyAsync(() -> answer(call), threads);
        } catch (java.util.concurrent.RejectedExecutionException closing) {
            bulkhead.onComplete();
            throw notSent("the service is stopping");
        }
        var done = answer.whenComplete((value, failure) -> bulkhead.onComplete());
        long began = System.nanoTime();
        boolean answered = false;
        try {
            var said = TimeLimiter.decorateFutureSupplier(deadline, () -> done).call();
            answered = said.isAnswer();
            return said.get();
        } catch (TimeoutException late) {
            throw new CloudFailure.Unreachable(
                    "no answer within " + deadline.getTimeLimiterConfig().getTimeoutDuration());
        } catch (CloudFailure failure) {
            throw failure;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new CloudFailure.Unreachable("interrupted");
        } catch (Exception e) {
            throw new CloudFailure.Unreachable("the adapter failed: " + e);
        } finally {
            counts.count(what, answered, System.nanoTime() - began);
        }
    }

    private static <T> Answer<T> answer(Call<T> call) {
        try {
            return new Answer<>(call.make(), null);
        } catch (CloudFailure failure) {
            return new Answer<>(null, failure);
        } catch (RuntimeException | Error broken) { // nobody above reckons with an Error
            return new Answer<>(
                    null, new CloudFailure.Unreachable("the adapter failed: " + broken));
        }
    }

    private static CloudFailure notSent(String why) {
        return new CloudFailure.HeldBack(why);
    }

    /** A call to the cloud that answers nothing. */
    private interface Action {
        void take() throws CloudFailure;
    }

    /** A call to the cloud. */
    private interface Call<T> {
        T make() throws CloudFailure;
    }

    /** What came of it: one of the two. */
    private record Answer<T>(@Nullable T value, @Nullable CloudFailure failure) {
        /** A refusal is an answer, and so is a request to slow down. */
        boolean isAnswer() {
            return !(failure instanceof CloudFailure.Unreachable)
                    && !(value instanceof CreateAnswer.Unknown);
        }

        T get() throws CloudFailure {
            if (failure != null) throw failure;
            if (value == null) throw new CloudFailure.Unreachable("the adapter gave no answer");
            return value;
        }
    }
}
