package vmm.simulation;

import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;

import vmm.cloud.simulated.SimulatedInstance;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Supplier;

/** What pools and clouds allow now, and the truth about the clouds. */
final class Limits {
    record Pool(
            long id,
            String name,
            int size,
            int max,
            Duration idle,
            Duration warning,
            List<Scenario.Place> places) {}

    private final JdbcClient jdbc;
    private final Scenario scenario;
    private final Supplier<List<SimulatedInstance>> truth;
    private final Map<Long, Pool> pools = new TreeMap<>();
    private final Map<String, Integer> caps = new TreeMap<>();

    Limits(JdbcClient jdbc, Scenario scenario, Supplier<List<SimulatedInstance>> truth) {
        this.jdbc = jdbc;
        this.scenario = scenario;
        this.truth = truth;
    }

    /** Reads them anew. */
    void read() {
        record Row(long id, String name, int size, int max) {}
        jdbc.sql("SELECT id, name, pool_size AS size, max_size AS max FROM pool ORDER BY id")
                .query(Row.class)
                .list()
                .forEach(
                        row -> {
                            var pool =
                                    scenario.pools().stream()
                                            .filter(p -> p.name().equals(row.name))
                                            .findFirst()
                                            .orElseThrow();
                            pools.put(
                                    row.id,
                                    new Pool(
                                            row.id,
                                            row.name,
                                            row.size,
                                            row.max,
                                            pool.idle(),
                                            pool.warning(),
                                            pool.places()));
                        });
        caps.clear();
        record Cap(String name, Integer cap) {}
        jdbc.sql("SELECT name, max_vms AS cap FROM cloud WHERE max_vms IS NOT NULL")
                .query(Cap.class)
                .list()
                .forEach(cap -> caps.put(cap.name, cap.cap));
    }

    Map<Long, Pool> pools() {
        return pools;
    }

    Pool pool(long id) {
        @Nullable Pool pool = pools.get(id);
        if (pool == null) throw new IllegalArgumentException("no pool " + id);
        return pool;
    }

    boolean deduplicates(String cloud) {
        return scenario.clouds().stream().anyMatch(c -> c.name().equals(cloud) && c.deduplicates());
    }

    Map<String, Integer> caps() {
        return caps;
    }

    List<SimulatedInstance> truth() {
        return truth.get();
    }
}
