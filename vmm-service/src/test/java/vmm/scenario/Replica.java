package vmm.scenario;

import org.springframework.jdbc.core.simple.JdbcClient;

import vmm.clouds.CloudSignals;
import vmm.clouds.ProbeLook;
import vmm.event.LoopKind;
import vmm.pool.PlacementNames;
import vmm.reconcile.HealthLoop;
import vmm.reconcile.Passes;
import vmm.reconcile.Reconciler;
import vmm.simulation.Engine;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;

/** One process of the service: an engine, and what its passes have asked of clouds. */
final class Replica {
    private final World world;
    private final Engine engine;
    private final Map<String, Runnable> calls = new LinkedHashMap<>();

    Replica(World world, int number) {
        this.world = world;
        this.engine =
                new Engine(
                        new Engine.Surroundings(
                                world.database(),
                                world.clock(),
                                new Random(number),
                                world::connection,
                                (cloud, subject, task) ->
                                        calls.putIfAbsent(cloud + " " + subject, task),
                                world::wake,
                                (address, port) -> world.portAnswers(address),
                                World.STORE));
        engine.loops.put(LoopKind.HEALTH, health());
    }

    /** Reads quotas; these clouds have no probes. */
    private HealthLoop health() {
        return new HealthLoop(
                engine.clouds,
                world::connection,
                new CloudSignals(
                        JdbcClient.create(world.database()), engine.events, engine.transactions),
                cloud -> List.of(),
                (cloud, probe) -> new ProbeLook.Finding(true, 1, "answers"),
                new PlacementNames(JdbcClient.create(world.database())),
                world::wake,
                world.clock());
    }

    Engine engine() {
        return engine;
    }

    List<String> due(LoopKind kind) {
        return loop(kind).due();
    }

    void pass(LoopKind kind, String key) {
        if (Passes.run(loop(kind), key).again()) world.wake(kind, key);
    }

    /** Makes the calls that the passes asked for, in their order. */
    void makeCalls() {
        while (!calls.isEmpty()) {
            var next = calls.keySet().iterator().next();
            Objects.requireNonNull(calls.get(next)).run();
            calls.remove(next);
        }
    }

    private Reconciler loop(LoopKind kind) {
        return Objects.requireNonNull(engine.loops.get(kind));
    }
}
