package vmm.simulation;

import vmm.cloud.CloudConfig;
import vmm.cloud.CloudProviderFactory;
import vmm.cloud.simulated.SimulatedCloud;
import vmm.cloud.simulated.SimulatedInstance;
import vmm.cloud.simulated.Weather;
import vmm.clouds.ProbeLook;
import vmm.fleet.ProbeEntry;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/** The clouds of one world, their changing weather, and their guests. */
final class Skies {
    /** What is looked at of each cloud. */
    static final List<ProbeEntry> PROBES =
            List.of(
                    new ProbeEntry(
                            "tunnel",
                            new ProbeEntry.Tcp("10.0.0.1", 443),
                            ProbeEntry.TIMEOUT,
                            ProbeEntry.EVERY));

    private final Simulation sim;
    private final Dice dice;
    private final GuestWire wire;
    private final Map<String, SimulatedCloud> clouds = new TreeMap<>();
    private final Map<String, Map<String, Instant>> blind = new HashMap<>();
    private final Set<String> cutOff = new HashSet<>();

    Skies(Simulation sim, Dice dice, long seed) {
        this.sim = sim;
        this.dice = dice;
        this.wire = new GuestWire(sim, new Dice(seed, "guests"));
        for (var cloud : sim.scenario.clouds()) {
            var options =
                    Map.of(
                            "deduplicates", String.valueOf(cloud.deduplicates()),
                            "activityEvery", Duration.ofSeconds(dice.between(60, 150)).toString());
            var config =
                    new CloudConfig(
                            Simulation.STORE.installation(),
                            cloud.name(),
                            "simulated",
                            Optional.empty(),
                            Optional.empty(),
                            Map.of(),
                            options,
                            Scenario.CALL_TIMEOUT);
            clouds.put(
                    cloud.name(),
                    new SimulatedCloud(
                            config,
                            new CloudProviderFactory.Surroundings(sim.time, sim.database),
                            new Dice(seed, cloud.name()).source(),
                            sim::callTakes,
                            wire));
            blind.put(cloud.name(), WatchedProvider.nobodyBlind());
        }
    }

    void begin() {
        for (var name : clouds.keySet()) {
            change(name);
            cutOff(name);
        }
    }

    /** The tunnel to a cloud breaks down for a while, now and then. */
    private void cutOff(String name) {
        sim.time.after(
                dice.minutes(4, 40),
                () -> {
                    if (!sim.chaos.on()) return;
                    sim.tally.count(Mischief.TUNNEL_DOWN);
                    cutOff.add(name);
                    sim.time.after(dice.minutes(0.5, 8), () -> cutOff.remove(name));
                    cutOff(name);
                });
    }

    /** What a probe finds: it waits for its answer as long as it may. */
    ProbeLook.Finding look(String cloud) {
        boolean missed = sim.chaos.on() && dice.chance(0.05);
        if (!missed && !cutOff.contains(cloud)) return new ProbeLook.Finding(true, 12, "well");
        sim.callTakes(ProbeEntry.TIMEOUT);
        return new ProbeLook.Finding(false, null, "no answer within " + ProbeEntry.TIMEOUT);
    }

    private void change(String name) {
        if (!sim.chaos.on()) return;
        cloud(name).setWeather(weather(name));
        sim.time.after(dice.seconds(40, 400), () -> change(name));
    }

    /** What a calm sky looks like here: instances come and go in some seconds. */
    private Weather fair() {
        return Weather.CALM
                .with("bootTime", dice.seconds(5, 40))
                .with("deleteTime", dice.seconds(1, 15))
                .with("leftover", 0.4)
                .with("createTime", dice.chance(0.5) ? Duration.ZERO : dice.seconds(0.1, 4));
    }

    void calmDown() {
        clouds.values().forEach(cloud -> cloud.setWeather(fair()));
        cutOff.clear();
    }

    private Weather weather(String name) {
        var weather = fair();
        if (dice.chance(0.25)) return weather;
        if (dice.chance(0.15)) return storm(weather);
        var some =
                List.of(
                        "lostReply",
                        "failBefore",
                        "hang",
                        "noCapacity",
                        "throttled",
                        "unauthorized",
                        "rejected",
                        "slowBoot",
                        "neverBoots",
                        "neverReports",
                        "errorInstances",
                        "partialList",
                        "staleList",
                        "emptyList",
                        "lateBirth",
                        "listLag",
                        "capacity",
                        "quota");
        int count = dice.between(1, 5);
        for (int i = 0; i < count; i++) weather = worse(weather, dice.pick(some));
        return weather;
    }

    private Weather worse(Weather weather, String what) {
        return switch (what) {
            case "listLag" -> weather.with(what, dice.seconds(1, 40));
            case "capacity", "quota" -> weather.with(what, String.valueOf(dice.between(0, 6)));
            case "lateBirth" ->
                    weather.with(what, dice.ratio(0.1, 0.8)).with("lateBy", dice.seconds(5, 300));
            case "staleList" ->
                    weather.with(what, dice.ratio(0.1, 1)).with("staleBy", dice.seconds(5, 300));
            case "slowBoot" ->
                    weather.with(what, dice.ratio(0.2, 0.8))
                            .with("slowBootFactor", dice.between(2, 12));
            default -> weather.with(what, dice.ratio(0.05, 0.6));
        };
    }

    private Weather storm(Weather weather) {
        return switch (dice.between(0, 4)) {
            case 0 -> weather.with("outage", true);
            case 1 -> weather.with("unauthorized", 1.0);
            case 2 -> weather.with("emptyList", 1.0);
            case 3 -> weather.with("partialList", 1.0).with("lostReply", 0.9);
            default -> weather.with("hang", 0.8);
        };
    }

    /** The guests of a cloud say what they have to say. */
    void guestsSpeak(String name) {
        sim.step(
                new Act(null, "guests " + name),
                () -> {
                    int spoke = cloud(name).tick(100);
                    sim.note(spoke + " had something to say");
                });
    }

    WatchedProvider provider(Replica replica, String name) {
        return new WatchedProvider(
                sim, replica, name, cloud(name), Objects.requireNonNull(blind.get(name)));
    }

    SimulatedCloud cloud(String name) {
        return Objects.requireNonNull(clouds.get(name));
    }

    Map<String, SimulatedCloud> clouds() {
        return clouds;
    }

    /** All instances of all clouds, as they are. */
    List<SimulatedInstance> truth() {
        var all = new ArrayList<SimulatedInstance>();
        clouds.values().forEach(cloud -> all.addAll(cloud.truth()));
        return all;
    }

    boolean portAnswers(String address) {
        return !address.isEmpty() && dice.chance(sim.chaos.on() ? 0.8 : 1);
    }

    GuestWire wire() {
        return wire;
    }

    void close() {
        clouds.values().forEach(SimulatedCloud::close);
    }
}
