package vmm.cloud.jclouds.openstack;

import vmm.cloud.Tags;
import vmm.cloud.jclouds.RawServer.Answer;
import vmm.cloud.jclouds.RawServer.BreakOff;
import vmm.cloud.jclouds.RawServer.Drop;
import vmm.cloud.jclouds.RawServer.Hang;
import vmm.cloud.jclouds.RawServer.Reply;
import vmm.cloud.jclouds.RawServer.Request;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * An OpenStack for whole services: it boots and answers in real time, has the troubles that are
 * switched on while it serves, and keeps account of what it was asked for and what became of it.
 */
public final class TroubledOpenStack implements AutoCloseable {
    public static final String PASSWORD = FakeOpenStack.PASSWORD;

    /** Names of what it has, for the fleet file. */
    public static final String IMAGE = "tiny";

    public static final String FLAVOR = "m1.tiny";
    public static final String NETWORK = "vmm-net";

    private static final Duration NEVER = Duration.ofDays(36_500);
    private static final Duration LAG = Duration.ofSeconds(20);
    private static final int SLOWNESS = 10;

    private static final int PAGE = 500;

    /** So few that a listing of any pool has several pages. */
    private static final int SHORT_PAGE = 10;

    private static final Pattern VM_ID = Pattern.compile('"' + Tags.VM_ID + "\": ?\"([^\"]*)\"");

    /** What it suffers from, one at a time. */
    public enum Trouble {
        HEALTHY,
        /** Servers that are made from now on stay in BUILD for ever. */
        NEVER_BOOTS,
        /** Creates are not answered, and make nothing. */
        CREATE_HANGS,
        /** Creates are answered 500, and make nothing. */
        CREATE_500,
        /** Creates are answered 504, and have made a server. */
        CREATE_504_AFTER_EFFECT,
        /** Listings of servers are answered 500. */
        LIST_FAILS,
        /** Listings begin well; then 500 and a connection that breaks off, in turns. */
        LIST_CUT_SHORT,
        /** Listings show what was so 20 s ago. */
        LIST_LAGS,
        /** Listings are answered 200 and hold nothing. */
        LIST_EMPTY,
        /** Boots and answers take ten times as long. */
        SLOW_10X,
        /** Keystone and the services answer 401. */
        UNAUTHORIZED
    }

    /**
     * @param share of the creates that meet a trouble of creates, from 0 to 1
     */
    private record Weather(Trouble trouble, double share) {}

    /**
     * A POST for a server.
     *
     * @param vmId the tag that it carried
     * @param answeredAt {@link Instant#MAX} if it is not answered (yet)
     * @param status 0 if it is not answered (yet)
     */
    public record Create(String vmId, Instant receivedAt, Instant answeredAt, int status) {
        public boolean accepted() {
            return status >= 200 && status < 300;
        }
    }

    /**
     * A server that was made.
     *
     * @param deletedAt when it was first asked to go, {@link Instant#MAX} if it was not
     * @param goneAt {@link Instant#MAX} if nobody deleted it
     */
    public record Server(
            String id, String vmId, Instant madeAt, Instant deletedAt, Instant goneAt) {}

    private final InstantSource clock;
    private final Duration boot;
    private final Duration latency;
    private final SplittableRandom random;
    private final List<Create> creates = new ArrayList<>();
    private final AtomicInteger broken = new AtomicInteger();
    private final AtomicInteger met = new AtomicInteger();
    private final FakeOpenStack openStack;
    private volatile Weather weather = new Weather(Trouble.HEALTHY, 0);

    /**
     * @param boot from a create to ACTIVE
     * @param latency of each answer
     * @param seed of which creates meet a trouble that not all of them meet
     */
    public TroubledOpenStack(InstantSource clock, Duration boot, Duration latency, long seed) {
        this.clock = clock;
        this.boot = boot;
        this.latency = latency;
        this.random = new SplittableRandom(seed);
        this.openStack = new FakeOpenStack(clock, this::through);
        openStack.setBoot(boot);
    }

    /** The endpoint for the fleet file. */
    public String keystone() {
        return openStack.keystone();
    }

    /** Ends one trouble and begins another. Creates that hang go on hanging. */
    public void suffer(Trouble trouble) {
        suffer(trouble, 1);
    }

    /**
     * @param share of the creates that meet a trouble of creates, from 0 to 1
     */
    public void suffer(Trouble trouble, double share) {
        openStack.setBoot(
                switch (trouble) {
                    case NEVER_BOOTS -> NEVER;
                    case SLOW_10X -> boot.multipliedBy(SLOWNESS);
                    default -> boot;
                });
        openStack.setListLag(trouble == Trouble.LIST_LAGS ? LAG : Duration.ZERO);
        openStack.setPageSize(trouble == Trouble.LIST_CUT_SHORT ? SHORT_PAGE : PAGE);
        weather = new Weather(trouble, share);
        met.set(0);
    }

    /** How many requests the present trouble has concerned so far; none, while it is healthy. */
    public int met() {
        return met.get();
    }

    /** Allows so many servers at once; more are refused by 403. */
    public void setQuota(int servers) {
        openStack.setQuota(servers);
    }

    /** Every POST for a server that was received, in their order. */
    public synchronized List<Create> creates() {
        return List.copyOf(creates);
    }

    /** VMs that were asked for more than once, beside what was turned away for its token. */
    public synchronized Set<String> askedTwice() {
        var once = new HashSet<String>();
        return creates.stream()
                .filter(create -> create.status() != 401)
                .map(Create::vmId)
                .filter(vm -> !once.add(vm))
                .collect(Collectors.toSet());
    }

    /** Every server that was ever made. */
    public List<Server> everMade() {
        return openStack.lives().stream()
                .map(
                        life ->
                                new Server(
                                        life.id(),
                                        life.vmId(),
                                        life.createdAt(),
                                        life.deletedAt(),
                                        life.goneAt()))
                .toList();
    }

    /** The servers that exist now. */
    public List<Server> servers() {
        var now = clock.instant();
        return everMade().stream().filter(server -> server.goneAt().isAfter(now)).toList();
    }

    /** How many servers existed at most at one moment, on several clouds together. */
    public static int peak(Collection<TroubledOpenStack> clouds) {
        record Change(Instant at, int by) {}
        var changes =
                clouds.stream()
                        .flatMap(cloud -> cloud.everMade().stream())
                        .flatMap(
                                server ->
                                        Stream.of(
                                                new Change(server.madeAt(), 1),
                                                new Change(server.goneAt(), -1)))
                        .sorted(
                                java.util.Comparator.comparing(Change::at)
                                        .thenComparing(Change::by))
                        .toList();
        int now = 0;
        int peak = 0;
        for (var change : changes) {
            now += change.by();
            peak = Math.max(peak, now);
        }
        return peak;
    }

    @Override
    public void close() {
        openStack.close();
    }

    private Reply through(Request request, Function<Request, Reply> serve) {
        var now = weather;
        boolean creates =
                request.method().equals("POST") && request.path().endsWith("/v2.1/servers");
        int index = creates ? received(request) : -1;
        if (concerns(now.trouble, request, creates)) met.incrementAndGet();
        if (!pause(now.trouble == Trouble.SLOW_10X ? latency.multipliedBy(SLOWNESS) : latency)) {
            return new Drop();
        }
        var reply = answer(request, creates, serve, now);
        if (creates && reply instanceof Answer answer) answered(index, answer.status());
        return reply;
    }

    private static boolean concerns(Trouble trouble, Request request, boolean creates) {
        return switch (trouble) {
            case HEALTHY -> false;
            case NEVER_BOOTS, CREATE_HANGS, CREATE_500, CREATE_504_AFTER_EFFECT -> creates;
            case LIST_FAILS, LIST_CUT_SHORT, LIST_LAGS, LIST_EMPTY -> isListing(request);
            case SLOW_10X, UNAUTHORIZED -> true;
        };
    }

    private static boolean isListing(Request request) {
        return request.path().endsWith("/v2.1/servers/detail");
    }

    private Reply answer(
            Request request, boolean creates, Function<Request, Reply> serve, Weather now) {
        if (now.trouble == Trouble.UNAUTHORIZED) return UNAUTHORIZED;
        if (creates) return create(request, serve, now);
        if (isListing(request)) return listing(request, serve, now.trouble);
        return serve.apply(request);
    }

    private Reply create(Request request, Function<Request, Reply> serve, Weather now) {
        if (!meets(now.share)) return serve.apply(request);
        return switch (now.trouble) {
            case CREATE_HANGS -> new Hang();
            case CREATE_500 ->
                    new Answer(
                            500,
                            "{\"computeFault\": {\"code\": 500, \"message\": \"Unexpected API"
                                    + " Error.\"}}");
            case CREATE_504_AFTER_EFFECT -> {
                serve.apply(request);
                yield new Answer(504, "<html><body>504 Gateway Time-out</body></html>");
            }
            default -> serve.apply(request);
        };
    }

    private Reply listing(Request request, Function<Request, Reply> serve, Trouble trouble) {
        return switch (trouble) {
            case LIST_FAILS -> LISTING_FAILED;
            case LIST_EMPTY -> new Answer(200, "{\"servers\": []}");
            case LIST_CUT_SHORT -> {
                var page = serve.apply(request);
                boolean first = request.parameter("marker").isEmpty();
                if (!(page instanceof Answer(int status, var headers, String body))
                        || first && body.contains("servers_links")) yield page;
                yield broken.getAndIncrement() % 2 == 0
                        ? LISTING_FAILED
                        : new BreakOff(status, body.substring(0, body.length() / 2));
            }
            default -> serve.apply(request);
        };
    }

    private static final Answer LISTING_FAILED =
            new Answer(
                    500,
                    "{\"computeFault\": {\"code\": 500, \"message\": \"Unexpected API Error.\"}}");

    private static final Answer UNAUTHORIZED =
            new Answer(
                    401,
                    "{\"error\": {\"code\": 401, \"title\": \"Unauthorized\", \"message\": \"The"
                            + " request you have made requires authentication.\"}}");

    private synchronized boolean meets(double share) {
        return share >= 1 || random.nextDouble() < share;
    }

    private synchronized int received(Request request) {
        var tag = VM_ID.matcher(request.body());
        creates.add(new Create(tag.find() ? tag.group(1) : "", clock.instant(), Instant.MAX, 0));
        return creates.size() - 1;
    }

    private synchronized void answered(int index, int status) {
        var create = creates.get(index);
        creates.set(index, new Create(create.vmId, create.receivedAt, clock.instant(), status));
    }

    private static boolean pause(Duration time) {
        try {
            TimeUnit.NANOSECONDS.sleep(time.toNanos());
            return true;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }
}
