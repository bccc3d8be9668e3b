package vmm.start;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.jdbc.core.simple.JdbcClient;

import vmm.database.StartRefused;
import vmm.event.Instants;
import vmm.fleet.CloudEntry;
import vmm.fleet.Fleet;
import vmm.fleet.PoolEntry;
import vmm.fleet.ReadyWhen;
import vmm.fleet.VmTypeEntry;
import vmm.sizing.Schedule;
import vmm.vm.Options;

import java.sql.Types;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * The fleet file in the tables. In {@link Mode#SEED} what is not there yet is created and each
 * difference is logged, so that edits through the API survive a restart; in {@link Mode#APPLY} what
 * the file names is made to match it. Nothing that the file does not name is touched.
 */
final class FleetTables {
    private static final Logger log = LoggerFactory.getLogger(FleetTables.class);

    private final JdbcClient jdbc;
    private final Mode mode;
    private final Instant now;

    FleetTables(JdbcClient jdbc, Mode mode, Instant now) {
        this.jdbc = jdbc;
        this.mode = mode;
        this.now = now;
    }

    /** What to do with what is there already. */
    enum Mode {
        SEED,
        APPLY
    }

    /** In a transaction: whole or not at all. */
    void take(Fleet fleet) {
        if (mode == Mode.APPLY) requireCloudsInUse(fleet);
        fleet.clouds().forEach(this::cloud);
        fleet.pools().forEach(this::pool);
        int position = 0;
        for (var type : fleet.vmTypes()) vmType(type, position++);
        fleet.schedules().forEach(this::schedule);
    }

    /** A cloud that is left out cannot be called any more: its VMs would run on unseen. */
    private void requireCloudsInUse(Fleet fleet) {
        record InUse(String cloud, int vms) {}
        var named = fleet.clouds().stream().map(CloudEntry::name).collect(Collectors.toSet());
        jdbc
                .sql(
                        "SELECT cloud, count(*) AS vms FROM vm WHERE state <> 'DELETED' GROUP BY"
                                + " cloud ORDER BY cloud")
                .query((row, n) -> new InUse(row.getString("cloud"), row.getInt("vms")))
                .list()
                .stream()
                .filter(use -> !named.contains(use.cloud()))
                .findFirst()
                .ifPresent(
                        use -> {
                            throw new StartRefused(
                                    "cloud '"
                                            + use.cloud()
                                            + "' still has "
                                            + use.vms()
                                            + (use.vms() == 1 ? " VM" : " VMs")
                                            + " and is not in the fleet file: keep it there, take"
                                            + " it out of the pools and leave it out when its VMs"
                                            + " are gone (VMM_FLEET_MODE=seed starts all the"
                                            + " same)");
                        });
    }

    private void cloud(CloudEntry cloud) {
        record Row(String kind, Optional<String> region, Optional<Integer> maxVms) {}
        var wanted = new Row(cloud.kind(), cloud.region(), cloud.maxVms());
        var known =
                jdbc.sql("SELECT kind, region, max_vms FROM cloud WHERE name = :name")
                        .param("name", cloud.name())
                        .query(
                                (row, n) ->
                                        new Row(
                                                row.getString("kind"),
                                                Optional.ofNullable(row.getString("region")),
                                                Optional.ofNullable(
                                                        row.getObject("max_vms", Integer.class))))
                        .optional();
        if (known.isPresent() && !known.get().kind().equals(cloud.kind())) {
            throw new StartRefused(
                    "cloud '"
                            + cloud.name()
                            + "' is of kind "
                            + known.get().kind()
                            + " in the database and of kind "
                            + cloud.kind()
                            + " in the fleet file: give the new cloud a name of its own");
        }
        if (skip("cloud", cloud.name(), known, wanted)) return;
        jdbc.sql(
                        """
                        INSERT INTO cloud (name, kind, region, max_vms, health_since)
                        VALUES (:name, :kind, :region, :max, :now)
                        ON CONFLICT (name) DO UPDATE SET region = :region, max_vms = :max, version = cloud.version + 1
                        """)
                .param("name", cloud.name())
                .param("kind", cloud.kind())
                .param("region", cloud.region().orElse(null), Types.VARCHAR)
                .param("max", cloud.maxVms().orElse(null), Types.INTEGER)
                .param("now", Instants.sql(now))
                .update();
    }

    private void pool(PoolEntry pool) {
        if (skip("pool", pool.name(), readPool(pool.name()), pool)) return;
        long id =
                jdbc.sql(
                                """
                                INSERT INTO pool (name, pool_size, max_size, ready_when, boot_timeout_s, lease_s, max_lifetime_s,
                                                  idle_timeout_s, warning_s)
                                VALUES (:name, :size, :max, :ready, :boot, :lease, :lifetime, :idle, :warning)
                                ON CONFLICT (name) DO UPDATE SET pool_size = :size, max_size = :max, ready_when = :ready,
                                    boot_timeout_s = :boot, lease_s = :lease, max_lifetime_s = :lifetime, idle_timeout_s = :idle,
                                    warning_s = :warning, version = pool.version + 1, deleted = false
                                RETURNING id
                                """)
                        .param("name", pool.name())
                        .param("size", pool.poolSize())
                        .param("max", pool.maxSize())
                        .param("ready", pool.readyWhen().text())
                        .param("boot", pool.bootTimeout().toSeconds())
                        .param("lease", pool.lease().toSeconds())
                        .param("lifetime", pool.maxLifetime().toSeconds())
                        .param("idle", pool.idleTimeout().toSeconds())
                        .param("warning", pool.warning().toSeconds())
                        .query(Long.class)
                        .single();
        jdbc.sql("DELETE FROM placement WHERE pool_id = :id").param("id", id).update();
        jdbc.sql("DELETE FROM pool_connect WHERE pool_id = :id").param("id", id).update();
        for (int i = 0; i < pool.placements().size(); i++) {
            placement(id, i, pool.placements().get(i));
        }
        for (int i = 0; i < pool.connect().size(); i++) {
            connect(id, i, pool.connect().get(i));
        }
    }

    private void placement(long pool, int position, PoolEntry.Placement place) {
        jdbc.sql(
                        """
                        INSERT INTO placement (pool_id, position, cloud, image, flavor, network, options, weight, max_vms)
                        VALUES (:pool, :position, :cloud, :image, :flavor, :network, CAST(:options AS jsonb), :weight, :max)
                        """)
                .param("pool", pool)
                .param("position", position)
                .param("cloud", place.cloud())
                .param("image", place.image())
                .param("flavor", place.flavor())
                .param("network", place.network().orElse(null), Types.VARCHAR)
                .param("options", Options.sql(place.options()))
                .param("weight", place.weight())
                .param("max", place.maxVms().orElse(null), Types.INTEGER)
                .update();
    }

    private void connect(long pool, int position, PoolEntry.Connect way) {
        jdbc.sql(
                        """
                        INSERT INTO pool_connect (pool_id, position, kind, url, command)
                        VALUES (:pool, :position, :kind, :url, :command)
                        """)
                .param("pool", pool)
                .param("position", position)
                .param("kind", way.kind())
                .param("url", way.url().orElse(null), Types.VARCHAR)
                .param("command", way.command().orElse(null), Types.VARCHAR)
                .update();
    }

    private Optional<PoolEntry> readPool(String name) {
        List<PoolEntry.Placement> places =
                jdbc.sql(
                                """
                                SELECT placement.* FROM placement JOIN pool ON pool.id = pool_id WHERE pool.name = :name ORDER BY position
                                """)
                        .param("name", name)
                        .query(
                                (row, n) ->
                                        new PoolEntry.Placement(
                                                row.getString("cloud"),
                                                row.getString("image"),
                                                row.getString("flavor"),
                                                Optional.ofNullable(row.getString("network")),
                                                Options.read(row),
                                                row.getInt("weight"),
                                                Optional.ofNullable(
                                                        row.getObject("max_vms", Integer.class))))
                        .list();
        List<PoolEntry.Connect> ways =
                jdbc.sql(
                                """
                                SELECT pool_connect.* FROM pool_connect JOIN pool ON pool.id = pool_id WHERE pool.name = :name
                                ORDER BY position
                                """)
                        .param("name", name)
                        .query(
                                (row, n) ->
                                        new PoolEntry.Connect(
                                                row.getString("kind"),
                                                Optional.ofNullable(row.getString("url")),
                                                Optional.ofNullable(row.getString("command"))))
                        .list();
        return jdbc.sql("SELECT * FROM pool WHERE name = :name AND (:seeding OR NOT deleted)")
                .param("name", name)
                .param("seeding", mode == Mode.SEED)
                .query(
                        (row, n) ->
                                new PoolEntry(
                                        row.getString("name"),
                                        row.getInt("pool_size"),
                                        row.getInt("max_size"),
                                        ReadyWhen.parse(row.getString("ready_when")).orElseThrow(),
                                        Duration.ofSeconds(row.getLong("boot_timeout_s")),
                                        Duration.ofSeconds(row.getLong("lease_s")),
                                        Duration.ofSeconds(row.getLong("max_lifetime_s")),
                                        Duration.ofSeconds(row.getLong("idle_timeout_s")),
                                        Duration.ofSeconds(row.getLong("warning_s")),
                                        places,
                                        ways))
                .optional();
    }

    private void vmType(VmTypeEntry type, int position) {
        var known =
                jdbc.sql(
                                "SELECT vm_type.*, pool.name AS pool FROM vm_type JOIN pool ON"
                                        + " pool.id = pool_id WHERE vm_type.name = :name")
                        .param("name", type.name())
                        .query(
                                (row, n) ->
                                        new VmTypeEntry(
                                                row.getString("name"),
                                                row.getString("title"),
                                                row.getString("description"),
                                                row.getString("pool"),
                                                row.getInt("vcpus"),
                                                row.getDouble("ram_gb"),
                                                row.getInt("gpus"),
                                                texts(row.getArray("groups")),
                                                texts(row.getArray("tags")),
                                                Optional.ofNullable(row.getString("logo"))))
                        .optional();
        if (skip("VM type", type.name(), known, type)) return;
        jdbc.sql(
                        """
                        INSERT INTO vm_type (name, position, title, description, pool_id, vcpus, ram_gb, gpus, groups, tags, logo)
                        VALUES (:name, :position, :title, :description, (SELECT id FROM pool WHERE name = :pool), :vcpus, :ram,
                                :gpus, :groups, :tags, :logo)
                        ON CONFLICT (name) DO UPDATE SET position = :position, title = :title, description = :description,
                            pool_id = (SELECT id FROM pool WHERE name = :pool), vcpus = :vcpus, ram_gb = :ram, gpus = :gpus,
                            groups = :groups, tags = :tags, logo = :logo
                        """)
                .param("name", type.name())
                .param("position", position)
                .param("title", type.title())
                .param("description", type.description())
                .param("pool", type.pool())
                .param("vcpus", type.vcpus())
                .param("ram", type.ramGb())
                .param("gpus", type.gpus())
                .param("groups", type.groups().toArray(String[]::new))
                .param("tags", type.tags().toArray(String[]::new))
                .param("logo", type.logo().orElse(null), Types.VARCHAR)
                .update();
    }

    private static List<String> texts(java.sql.Array array) throws java.sql.SQLException {
        var texts = new ArrayList<String>();
        for (Object text : (Object[]) array.getArray()) texts.add(Objects.toString(text));
        return texts;
    }

    private void schedule(Schedule schedule) {
        var known =
                jdbc.sql(
                                "SELECT schedule.*, pool.name AS pool FROM schedule JOIN pool ON"
                                        + " pool.id = pool_id WHERE schedule.name = :name")
                        .param("name", schedule.name())
                        .query(
                                (row, n) ->
                                        Schedule.of(
                                                row.getString("name"),
                                                row.getString("pool"),
                                                row.getString("cron"),
                                                row.getString("zone"),
                                                Duration.ofSeconds(row.getLong("duration_s")),
                                                row.getInt("target")))
                        .optional();
        if (skip("schedule", schedule.name(), known, schedule)) return;
        jdbc.sql(
                        """
                        INSERT INTO schedule (name, pool_id, cron, zone, duration_s, target)
                        VALUES (:name, (SELECT id FROM pool WHERE name = :pool), :cron, :zone, :duration, :target)
                        ON CONFLICT (name) DO UPDATE SET pool_id = (SELECT id FROM pool WHERE name = :pool), cron = :cron,
                            zone = :zone, duration_s = :duration, target = :target, version = schedule.version + 1
                        """)
                .param("name", schedule.name())
                .param("pool", schedule.pool())
                .param("cron", schedule.cron())
                .param("zone", schedule.zone().getId())
                .param("duration", schedule.duration().toSeconds())
                .param("target", schedule.target())
                .update();
    }

    /** Whether the file put it in once and somebody took it out; only applying brings it back. */
    private boolean leftOut(String what, String name) {
        if (mode == Mode.APPLY) return false;
        log.warn(
                "{} '{}' was deleted since and is left out (VMM_FLEET_MODE=apply would make it"
                        + " again)",
                what,
                name);
        return true;
    }

    /** Whether this is the first time. */
    private boolean rememberSeeded(String what, String name) {
        return jdbc.sql(
                                "INSERT INTO seeded (kind, name) VALUES (:kind, :name) ON CONFLICT"
                                        + " DO NOTHING")
                        .param("kind", what)
                        .param("name", name)
                        .update()
                == 1;
    }

    /**
     * Whether to leave what is there as it is: because it matches, or because seeding changes
     * nothing.
     */
    private boolean skip(
            String what, String name, Optional<? extends Record> known, Record wanted) {
        boolean first = rememberSeeded(what, name);
        if (known.isEmpty()) return !first && leftOut(what, name);
        if (known.get().equals(wanted)) return true;
        for (String difference : Differences.between(wanted, known.get())) {
            if (mode == Mode.APPLY) log.info("{} {}: {} (changed)", what, name, difference);
            else log.warn("{} {}: {} (kept)", what, name, difference);
        }
        return mode == Mode.SEED;
    }
}
