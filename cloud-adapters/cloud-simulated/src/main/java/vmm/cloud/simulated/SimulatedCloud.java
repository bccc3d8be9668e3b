package vmm.cloud.simulated;

import org.jspecify.annotations.Nullable;

import vmm.cloud.CloudConfig;
import vmm.cloud.CloudFailure;
import vmm.cloud.CloudProvider;
import vmm.cloud.CloudProviderFactory.Surroundings;
import vmm.cloud.CreateAnswer;
import vmm.cloud.Image;
import vmm.cloud.Instance;
import vmm.cloud.LaunchSpec;
import vmm.cloud.Leftover;
import vmm.cloud.Misnomer;
import vmm.cloud.Offering;
import vmm.cloud.Quota;
import vmm.cloud.Tags;
import vmm.cloud.Weathered;

import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.random.RandomGenerator;
import java.util.stream.Stream;

/**
 * A cloud kept in PostgreSQL: it outlives the process, is one cloud for all replicas, and has
 * {@link Weather}.
 *
 * <p>The state of an instance is derived from the instants in its row and the clock, so that
 * nothing needs to run for it to boot or to go. Only guests need somebody to {@link #tick} for
 * them. Beside the calls of a provider there are those of somebody who owns the cloud: what is
 * really there, and what happens behind our back.
 */
public final class SimulatedCloud implements CloudProvider {

    private static final Duration PURGE_EVERY = Duration.ofMinutes(1);

    private final CloudConfig config;
    private final SimulatedOptions options;
    private final InstantSource clock;
    private final GuestTransport transport;
    private final Faults faults;
    private final Sky sky;
    private final Instances instances;
    private final Launches launches;
    private final Guests guests;
    private volatile Instant purgedAt = Instant.MIN;
    private volatile Optional<GuestLoop> loop = Optional.empty();

    /**
     * A cloud whose guests speak only when somebody ticks.
     *
     * @param random need not be thread-safe
     * @param pause how time passes within a call that is slow or hangs
     * @param transport closed with this cloud
     * @throws IllegalArgumentException naming the option that is wrong
     */
    public SimulatedCloud(
            CloudConfig config,
            Surroundings surroundings,
            RandomGenerator random,
            Pause pause,
            GuestTransport transport) {
        this.config = config;
        this.options = SimulatedOptions.parse(config.options());
        this.clock = surroundings.clock();
        this.transport = transport;
        this.faults = new Faults(random, pause, config.callTimeout());
        var sql = new Sql(new Schema(surroundings.dataSource()));
        this.sky = new Sky(sql, config.name(), clock, options.weather());
        this.instances = new Instances(sql, config.name());
        this.launches = new Launches(instances, faults, clock, options);
        this.guests = new Guests(sql, config.name(), clock, transport, options);
    }

    @Override
    public CreateAnswer create(LaunchSpec spec) {
        try {
            return launches.create(spec, sky.weather());
        } catch (SQLException e) {
            return new CreateAnswer.Unknown(broken(e));
        }
    }

    @Override
    public boolean deduplicatesCreates() {
        return options.deduplicates();
    }

    @Override
    public Optional<Instance> get(String instanceId) throws CloudFailure {
        return look(
                weather -> {
                    var now = clock.instant();
                    return instances
                            .find(instanceId, config.installation(), now)
                            .map(instance -> instance.shownAt(now));
                });
    }

    @Override
    public List<Instance> list() throws CloudFailure {
        return look(
                weather -> {
                    if (faults.strikes(Fault.PARTIAL_LIST, weather.partialList())) {
                        throw new CloudFailure.Unreachable("a page of the listing failed");
                    }
                    if (faults.strikes(Fault.EMPTY_LIST, weather.emptyList())) return List.of();
                    if (weather.listLag().isPositive()) faults.count(Fault.LIST_LAG);
                    boolean stale = faults.strikes(Fault.STALE_LIST, weather.staleList());
                    var asOf =
                            clock.instant()
                                    .minus(weather.listLag())
                                    .minus(stale ? weather.staleBy() : Duration.ZERO);
                    return instances.of(config.installation(), asOf).stream()
                            .map(instance -> instance.shownAt(asOf))
                            .toList();
                });
    }

    @Override
    public void delete(String instanceId) throws CloudFailure {
        change(
                weather -> {
                    var now = clock.instant();
                    var goneAt = now.plus(weather.deleteTime());
                    boolean going =
                            instances.requestDelete(instanceId, config.installation(), now, goneAt);
                    if (going && faults.strikes(Fault.LEFTOVER, weather.leftover())) {
                        instances.leaveBehind(instanceId, faults.newInstanceId(), goneAt);
                    }
                    return true;
                });
    }

    @Override
    public void start(String instanceId) throws CloudFailure {
        boolean there =
                change(
                        weather -> {
                            var now = clock.instant();
                            var boot = weather.bootTime();
                            instances.start(
                                    instanceId,
                                    config.installation(),
                                    now,
                                    now.plus(boot.dividedBy(2)),
                                    now.plus(boot));
                            return instances
                                    .find(instanceId, config.installation(), now)
                                    .isPresent();
                        });
        if (!there) throw new CloudFailure.Rejected("there is no instance " + instanceId);
    }

    /** Those of the fleet file, else those in use; the simulation knows no sizes. */
    @Override
    public List<Offering> offerings() throws CloudFailure {
        var flavors =
                options.flavors().isEmpty()
                        ? look(weather -> instances.flavors(clock.instant()))
                        : look(weather -> List.copyOf(options.flavors()));
        return flavors.stream().map(flavor -> new Offering(flavor, 2, 4096, 0)).toList();
    }

    /** Those of the fleet file, else those in use. */
    @Override
    public List<Image> images() throws CloudFailure {
        var images =
                options.images().isEmpty()
                        ? look(weather -> instances.images(clock.instant()))
                        : look(weather -> List.copyOf(options.images()));
        return images.stream().map(image -> new Image(image, image)).toList();
    }

    /** Takes any network, and any flavor and image where the fleet file names none. */
    @Override
    public List<Misnomer> misnomers(String image, String flavor, @Nullable String network)
            throws CloudFailure {
        return look(
                weather ->
                        Stream.of(
                                        new Misnomer("image", image, List.copyOf(options.images())),
                                        new Misnomer(
                                                "flavor", flavor, List.copyOf(options.flavors())))
                                .filter(some -> !some.known().isEmpty())
                                .filter(some -> !some.known().contains(some.name()))
                                .toList());
    }

    @Override
    public Quota quota() throws CloudFailure {
        return look(
                weather ->
                        new Quota(
                                weather.quota(),
                                OptionalInt.of(instances.count(clock.instant())),
                                OptionalInt.empty(),
                                OptionalInt.empty(),
                                OptionalInt.empty(),
                                OptionalInt.empty()));
    }

    @Override
    public List<Leftover> leftovers() throws CloudFailure {
        return look(weather -> instances.leftovers(clock.instant()));
    }

    @Override
    public void remove(Leftover leftover) throws CloudFailure {
        change(
                weather -> {
                    instances.removeLeftover(leftover.id());
                    return true;
                });
    }

    /** None of an instance that has not begun to run. */
    @Override
    public Optional<String> console(String instanceId) throws CloudFailure {
        return look(
                weather -> {
                    var now = clock.instant();
                    return instances
                            .find(instanceId, config.installation(), now)
                            .flatMap(instance -> Console.of(instance, now));
                });
    }

    @Override
    public Optional<Weathered> weathered() {
        return Optional.of(new SettableWeather(sky));
    }

    /** Ends the guests' voice in this process; instances and weather live on. */
    @Override
    public void close() {
        transport.close();
        loop.ifPresent(GuestLoop::close);
    }

    /**
     * Sends what guests have to say by now.
     *
     * @param max guests that have their turn
     * @return how many had
     */
    public int tick(int max) {
        return own(
                () -> {
                    var now = clock.instant();
                    if (purgedAt.isBefore(now.minus(PURGE_EVERY))) {
                        purgedAt = now;
                        instances.purge(now);
                    }
                    return guests.tick(max);
                });
    }

    public Weather weather() {
        return own(sky::weather);
    }

    /**
     * Changes the weather for all replicas: at once for callers of this object, within a second for
     * others.
     */
    public void setWeather(Weather weather) {
        own(
                () -> {
                    sky.set(weather);
                    return weather;
                });
    }

    /** Everything that exists now, of all installations, oldest first. */
    public List<SimulatedInstance> truth() {
        return own(() -> instances.all(clock.instant()));
    }

    /** How many instances were asked for and will appear later. */
    public int unborn() {
        return own(() -> instances.unborn(clock.instant()));
    }

    /** How often each fault was met through this object. */
    public Map<Fault, Long> faults() {
        return faults.counts();
    }

    /** Whether the guest of an instance is used by somebody. */
    public boolean isUsed(String instanceId) {
        return Guest.isUsed(instanceId, options.idleRatio());
    }

    /** Shuts a running instance off, as its user may; answers whether there was one. */
    public boolean stop(String instanceId) {
        return own(() -> instances.stop(instanceId, clock.instant()));
    }

    /** Somebody deletes an instance behind our back; answers whether there was one. */
    public boolean vanish(String instanceId) {
        return own(() -> instances.vanish(instanceId, clock.instant()));
    }

    /** Somebody else starts an instance with these tags; it runs at once, and has no guest. */
    public String createForeign(Tags tags) {
        var spec = new LaunchSpec("foreign-" + tags.vmId(), tags, "foreign", "foreign", null, "");
        var now = clock.instant();
        return plant(spec, new Faults.Fate(now, null, null));
    }

    /**
     * A double of an instance: the same name, tags and user data, another id; it boots as in calm
     * weather.
     */
    public String duplicate(String instanceId) {
        var original =
                truth().stream()
                        .filter(instance -> instance.id().equals(instanceId))
                        .findFirst()
                        .orElseThrow(
                                () ->
                                        new IllegalArgumentException(
                                                "there is no instance " + instanceId));
        var spec =
                new LaunchSpec(
                        original.name(),
                        original.tags(),
                        original.image(),
                        original.flavor(),
                        original.network(),
                        userDataOf(instanceId).orElse(""));
        return plant(spec, faults.fate(Weather.CALM, clock.instant()));
    }

    /** What the guest of an instance was given. */
    Optional<String> userDataOf(String instanceId) {
        return own(() -> instances.userData(instanceId));
    }

    /** Ticks on a thread of its own until closed. */
    SimulatedCloud tickEvery(Duration period) {
        loop = Optional.of(new GuestLoop(config.name(), period, this::tick));
        return this;
    }

    private String plant(LaunchSpec spec, Faults.Fate fate) {
        return own(() -> instances.plant(spec, clock.instant(), fate, faults::newInstanceId));
    }

    private <T> T look(Call<T> call) throws CloudFailure {
        try {
            var weather = sky.weather();
            var mishap = faults.ofLook(weather);
            if (mishap.isPresent()) throw mishap.get().why();
            return call.run(weather);
        } catch (SQLException e) {
            throw broken(e);
        }
    }

    private <T> T change(Call<T> call) throws CloudFailure {
        try {
            var weather = sky.weather();
            var mishap = faults.ofChange(weather);
            if (mishap.isPresent()) throw mishap.get().why();
            var result = call.run(weather);
            var lost = faults.afterEffect(weather);
            if (lost.isPresent()) throw lost.get();
            return result;
        } catch (SQLException e) {
            throw broken(e);
        }
    }

    private static <T> T own(OwnCall<T> call) {
        try {
            return call.run();
        } catch (SQLException e) {
            throw new IllegalStateException(broken(e).getMessage());
        }
    }

    /**
     * Only the SQL state: PostgreSQL's messages may quote rows, and rows hold secrets of guests.
     */
    private static CloudFailure broken(SQLException e) {
        return new CloudFailure.Unreachable(
                "the database of the simulated cloud failed, SQL state " + e.getSQLState());
    }

    /** What a provider's call does in this weather. */
    private interface Call<T> {
        T run(Weather weather) throws SQLException, CloudFailure;
    }

    /** What the cloud's owner does, whatever the weather. */
    private interface OwnCall<T> {
        T run() throws SQLException;
    }
}
