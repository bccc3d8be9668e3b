package vmm.simulation;

import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** The fleet of one seed: three clouds, some pools with their placements, and some schedules. */
record Scenario(List<Cloud> clouds, List<Pool> pools, List<Schedule> schedules) {
    static final Duration CALL_TIMEOUT = Duration.ofSeconds(20);

    /**
     * @param deduplicates whether it makes one instance of two equal creates
     */
    record Cloud(String name, @Nullable Integer maxVms, boolean deduplicates) {}

    record Place(String cloud, String flavor, int weight, @Nullable Integer maxVms) {}

    record Pool(
            String name,
            int size,
            int max,
            String readyWhen,
            Duration bootTimeout,
            Duration lease,
            Duration lifetime,
            Duration idle,
            Duration warning,
            List<Place> places) {}

    record Schedule(String name, String pool, String cron, Duration duration, int target) {}

    static Scenario of(Dice dice, Instant start) {
        var clouds =
                List.of(
                        new Cloud("harwell", dice.chance(0.6) ? dice.between(3, 12) : null, false),
                        new Cloud(
                                "ireland",
                                dice.chance(0.4) ? dice.between(2, 10) : null,
                                dice.chance(0.3)),
                        new Cloud(
                                "rutherford",
                                dice.chance(0.4) ? dice.between(3, 12) : null,
                                false));
        var pools = new ArrayList<Pool>();
        var schedules = new ArrayList<Schedule>();
        int count = dice.between(2, 4);
        for (int i = 0; i < count; i++) {
            var pool = pool("pool-" + i, dice, clouds);
            pools.add(pool);
            if (dice.chance(0.3)) {
                int minute = (int) (start.getEpochSecond() / 60 + dice.between(2, 50)) % 60;
                schedules.add(
                        new Schedule(
                                "schedule-" + i,
                                pool.name,
                                "0 " + minute + " * * * *",
                                Duration.ofMinutes(dice.between(3, 20)),
                                dice.between(0, pool.max)));
            }
        }
        return new Scenario(clouds, pools, schedules);
    }

    private static Pool pool(String name, Dice dice, List<Cloud> clouds) {
        int size = dice.between(0, 5);
        var places = new ArrayList<Place>();
        for (var cloud : clouds) {
            if (dice.chance(0.7))
                places.add(
                        new Place(
                                cloud.name,
                                "m" + dice.between(1, 2),
                                dice.chance(0.1) ? 0 : dice.between(1, 100),
                                dice.chance(0.2) ? dice.between(1, 5) : null));
        }
        if (places.isEmpty()) places.add(new Place(dice.pick(clouds).name, "m1", 10, null));
        var lease = dice.minutes(4, 90);
        var idle = dice.minutes(7, 40);
        return new Pool(
                name,
                size,
                Math.max(size, dice.between(3, 9)),
                dice.pick(
                        List.of(
                                "guestReport",
                                "guestReport",
                                "guestReport",
                                "instanceActive",
                                "portOpen:22")),
                dice.seconds(60, 240),
                lease,
                lease.multipliedBy(dice.between(1, 3)),
                idle,
                dice.chance(0.3) ? Duration.ofHours(1) : dice.minutes(1, 6),
                places);
    }

    /** Writes the fleet; the pools' ids by their names. */
    Map<String, Long> store(JdbcClient jdbc, Instant now) {
        var at = java.sql.Timestamp.from(now);
        for (var cloud : clouds) {
            jdbc.sql(
                            "INSERT INTO cloud (name, kind, max_vms, health_since) VALUES (?,"
                                    + " 'simulated', ?, ?)")
                    .params(cloud.name, cloud.maxVms, at)
                    .update();
        }
        var ids = new TreeMap<String, Long>();
        for (var pool : pools) ids.put(pool.name, store(jdbc, pool));
        for (var schedule : schedules) {
            jdbc.sql(
                            "INSERT INTO schedule (name, pool_id, cron, zone, duration_s, target)"
                                    + " VALUES (?, ?, ?, 'UTC', ?, ?)")
                    .params(
                            schedule.name,
                            ids.get(schedule.pool),
                            schedule.cron,
                            schedule.duration.toSeconds(),
                            schedule.target)
                    .update();
        }
        return ids;
    }

    private static long store(JdbcClient jdbc, Pool pool) {
        long id =
                jdbc.sql(
                                """
                                INSERT INTO pool (name, pool_size, max_size, ready_when, boot_timeout_s, lease_s, max_lifetime_s,
                                                  idle_timeout_s, warning_s)
                                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING id
                                """)
                        .params(
                                pool.name,
                                pool.size,
                                pool.max,
                                pool.readyWhen,
                                pool.bootTimeout.toSeconds(),
                                pool.lease.toSeconds(),
                                pool.lifetime.toSeconds(),
                                pool.idle.toSeconds(),
                                pool.warning.toSeconds())
                        .query(Long.class)
                        .single();
        for (int i = 0; i < pool.places.size(); i++) {
            var place = pool.places.get(i);
            jdbc.sql(
                            "INSERT INTO placement (pool_id, position, cloud, image, flavor,"
                                    + " weight, max_vms) VALUES (?, ?, ?, 'image', ?, ?, ?)")
                    .params(id, i, place.cloud, place.flavor, place.weight, place.maxVms)
                    .update();
        }
        return id;
    }
}
