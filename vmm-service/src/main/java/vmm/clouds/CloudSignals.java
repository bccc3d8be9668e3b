package vmm.clouds;

import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Repository;
import org.springframework.transaction.support.TransactionOperations;

import vmm.cloud.Offering;
import vmm.cloud.Quota;
import vmm.event.Events;
import vmm.event.Events.NewEvent;
import vmm.event.Instants;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Types;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.Collectors;

/** What was last seen of the clouds beside their listings: rows, the same for all replicas. */
@Repository
public class CloudSignals {
    private static final String ACTOR = "health";

    private final JdbcClient jdbc;
    private final Events events;
    private final TransactionOperations transactions;

    public CloudSignals(JdbcClient jdbc, Events events, TransactionOperations transactions) {
        this.jdbc = jdbc;
        this.events = events;
        this.transactions = transactions;
    }

    /** The probes of a cloud that failed three times in a row and have not succeeded since. */
    public List<ProbeState> failingProbes(String cloud) {
        return probes(cloud).stream().filter(ProbeState::failing).toList();
    }

    /** Every probe of a cloud that was looked at, by name. */
    public List<ProbeState> probes(String cloud) {
        return jdbc.sql(
                        "SELECT * FROM cloud_probe WHERE cloud = :cloud ORDER BY name COLLATE"
                                + " \"C\"")
                .param("cloud", cloud)
                .query(CloudSignals::probe)
                .list();
    }

    /**
     * Records a look at a probe, and tells when it begins to be failing and when it ends to be.
     *
     * @param before what the look began with, empty if it was the first; a look that another
     *     replica made meanwhile is not overwritten
     * @return whether it began or ended to be failing
     */
    public boolean recordLook(Optional<ProbeState> before, ProbeState now) {
        return Boolean.TRUE.equals(
                transactions.execute(
                        status -> {
                            boolean was = before.map(ProbeState::failing).orElse(false);
                            boolean written =
                                    write(before.map(ProbeState::checkedAt).orElse(null), now);
                            if (!written || was == now.failing()) return false;
                            events.append(
                                    NewEvent.ofCloud(
                                            now.cloud(),
                                            now.failing() ? "PROBE_FAILS" : "PROBE_SUCCEEDS",
                                            words(now),
                                            ACTOR),
                                    now.checkedAt());
                            return true;
                        }));
    }

    private static String words(ProbeState probe) {
        String what = "probe " + probe.name() + ": " + probe.detail();
        return probe.failing() ? what + ", " + probe.failures() + " times in a row" : what;
    }

    private boolean write(@Nullable Instant before, ProbeState now) {
        return jdbc.sql(
                                """
                                INSERT INTO cloud_probe AS known
                                       (cloud, name, ok, failures, since, checked_at, latency_ms, detail)
                                VALUES (:cloud, :name, :ok, :failures, :since, :now, :latency, :detail)
                                ON CONFLICT (cloud, name) DO UPDATE
                                SET ok = excluded.ok, failures = excluded.failures, since = excluded.since,
                                    checked_at = excluded.checked_at, latency_ms = excluded.latency_ms, detail = excluded.detail
                                WHERE known.checked_at = :before
                                """)
                        .param("cloud", now.cloud())
                        .param("name", now.name())
                        .param("ok", now.ok())
                        .param("failures", now.failures())
                        .param("since", Instants.sql(now.since()))
                        .param("now", Instants.sql(now.checkedAt()))
                        .param("latency", now.latencyMs(), Types.INTEGER)
                        .param("detail", now.detail())
                        .param(
                                "before",
                                before == null ? null : Instants.sql(before),
                                Types.TIMESTAMP_WITH_TIMEZONE)
                        .update()
                == 1;
    }

    /** Forgets the probes of a cloud that are not among these. */
    public void forgetOtherProbes(String cloud, Collection<String> names) {
        jdbc.sql("DELETE FROM cloud_probe WHERE cloud = :cloud AND name <> ALL (:names)")
                .param("cloud", cloud)
                .param("names", names.toArray(String[]::new))
                .update();
    }

    /** The quota of a cloud as it was last told, however long ago. */
    public Optional<QuotaState> quota(String cloud) {
        return jdbc.sql("SELECT * FROM cloud_quota WHERE cloud = :cloud")
                .param("cloud", cloud)
                .query(CloudSignals::quota)
                .optional();
    }

    public void recordQuota(String cloud, QuotaState read) {
        var quota = read.quota();
        jdbc.sql(
                        """
                        INSERT INTO cloud_quota AS known
                               (cloud, max_instances, used_instances, max_vcpus, used_vcpus, max_ram_mb, used_ram_mb, read_at)
                        VALUES (:cloud, :maxInstances, :usedInstances, :maxVcpus, :usedVcpus, :maxRamMb, :usedRamMb, :readAt)
                        ON CONFLICT (cloud) DO UPDATE
                        SET max_instances = excluded.max_instances, used_instances = excluded.used_instances,
                            max_vcpus = excluded.max_vcpus, used_vcpus = excluded.used_vcpus,
                            max_ram_mb = excluded.max_ram_mb, used_ram_mb = excluded.used_ram_mb, read_at = excluded.read_at
                        WHERE known.read_at <= excluded.read_at
                        """)
                .param("cloud", cloud)
                .param("maxInstances", orNull(quota.maxInstances()), Types.INTEGER)
                .param("usedInstances", orNull(quota.usedInstances()), Types.INTEGER)
                .param("maxVcpus", orNull(quota.maxVcpus()), Types.INTEGER)
                .param("usedVcpus", orNull(quota.usedVcpus()), Types.INTEGER)
                .param("maxRamMb", orNull(quota.maxRamMb()), Types.INTEGER)
                .param("usedRamMb", orNull(quota.usedRamMb()), Types.INTEGER)
                .param("readAt", Instants.sql(read.readAt()))
                .update();
    }

    /** When the offerings of a cloud were last read; empty if never, or if it had none. */
    public Optional<Instant> offeringsReadAt(String cloud) {
        return jdbc.sql(
                        "SELECT read_at FROM offering WHERE cloud = :cloud ORDER BY read_at LIMIT"
                                + " 1")
                .param("cloud", cloud)
                .query((row, n) -> Objects.requireNonNull(Instants.read(row, "read_at")))
                .optional();
    }

    /** What one flavor of a cloud is, as it was last told; empty if it never was. */
    public Optional<Offering> offering(String cloud, String flavor) {
        return jdbc.sql("SELECT * FROM offering WHERE cloud = :cloud AND flavor = :flavor")
                .param("cloud", cloud)
                .param("flavor", flavor)
                .query(CloudSignals::offering)
                .optional();
    }

    private static Offering offering(ResultSet row, int n) throws SQLException {
        return new Offering(
                row.getString("flavor"),
                row.getInt("vcpus"),
                row.getInt("ram_mb"),
                row.getInt("gpus"));
    }

    /** Replaces the offerings of a cloud by those that it has now. */
    public void recordOfferings(String cloud, List<Offering> offerings, Instant readAt) {
        transactions.executeWithoutResult(
                status -> {
                    // One after the other, so that two passes leave the offerings of one of them.
                    jdbc.sql("SELECT name FROM cloud WHERE name = :cloud FOR NO KEY UPDATE")
                            .param("cloud", cloud)
                            .query(String.class)
                            .list();
                    jdbc.sql("DELETE FROM offering WHERE cloud = :cloud")
                            .param("cloud", cloud)
                            .update();
                    jdbc.sql(
                                    """
                                    INSERT INTO offering (cloud, flavor, vcpus, ram_mb, gpus, read_at)
                                    SELECT :cloud, flavor, vcpus, ram_mb, gpus, :readAt
                                    FROM unnest(:flavors, :vcpus, :ramMb, :gpus) AS told (flavor, vcpus, ram_mb, gpus)
                                    ON CONFLICT DO NOTHING
                                    """)
                            .param("cloud", cloud)
                            .param("flavors", array(offerings, Offering::flavor, String[]::new))
                            .param("vcpus", array(offerings, Offering::vcpus, Integer[]::new))
                            .param("ramMb", array(offerings, Offering::ramMb, Integer[]::new))
                            .param("gpus", array(offerings, Offering::gpus, Integer[]::new))
                            .param("readAt", Instants.sql(readAt))
                            .update();
                });
    }

    /**
     * How many more VMs of a flavor the quota of a cloud leaves room for.
     *
     * @return as {@link QuotaRoom#of} says, of the rows as they are now
     */
    public OptionalInt room(String cloud, String flavor, Instant now) {
        var quota = quota(cloud);
        if (quota.isEmpty()) return OptionalInt.empty();
        var size = offering(cloud, flavor);
        return QuotaRoom.of(quota, size, unseen(cloud, size, quota.get().readAt()), now);
    }

    /**
     * What the quota of a cloud leaves for VMs of any flavor; empty if it is not known, or too old.
     * VMs of ours whose size is not known take one instance and nothing else.
     */
    public Optional<QuotaRoom.Left> left(String cloud, Instant now) {
        return quota(cloud)
                .filter(read -> !QuotaRoom.tooOld(read, now))
                .map(
                        read ->
                                QuotaRoom.Left.of(
                                        read.quota(),
                                        unseen(cloud, Optional.empty(), read.readAt()),
                                        sizes(cloud)));
    }

    private Map<String, Offering> sizes(String cloud) {
        return jdbc
                .sql("SELECT * FROM offering WHERE cloud = :cloud ORDER BY flavor")
                .param("cloud", cloud)
                .query(CloudSignals::offering)
                .list()
                .stream()
                .collect(Collectors.toMap(Offering::flavor, size -> size));
    }

    /**
     * The VMs of a cloud that its quota cannot count yet: their create was sent after it was read,
     * or will be. One whose size is not known counts as big as the flavor that is asked about.
     */
    QuotaRoom.Unseen unseen(String cloud, Optional<Offering> size, Instant readAt) {
        return jdbc.sql(
                        """
                        SELECT count(*) AS instances, COALESCE(sum(COALESCE(offering.vcpus, :vcpus)), 0) AS vcpus,
                               COALESCE(sum(COALESCE(offering.ram_mb, :ramMb)), 0) AS ram_mb
                        FROM vm LEFT JOIN offering ON offering.cloud = vm.cloud AND offering.flavor = vm.flavor
                        WHERE vm.cloud = :cloud AND vm.state <> 'DELETED' AND vm.create_answer IS DISTINCT FROM 'REFUSED'
                          AND (vm.create_sent_at >= :readAt OR (vm.create_sent_at IS NULL AND vm.state = 'REQUESTED'))
                        """)
                .param("cloud", cloud)
                .param("vcpus", size.map(Offering::vcpus).orElse(0))
                .param("ramMb", size.map(Offering::ramMb).orElse(0))
                .param("readAt", Instants.sql(readAt))
                .query(
                        (row, n) ->
                                new QuotaRoom.Unseen(
                                        row.getLong("instances"),
                                        row.getLong("vcpus"),
                                        row.getLong("ram_mb")))
                .single();
    }

    /**
     * What VMs of ours use of the quota of a cloud, of those that it could count when it was read.
     */
    QuotaState.Ours ours(String cloud, Instant readAt) {
        return jdbc.sql(
                        """
                        SELECT count(*)::int AS instances, count(*) = count(offering.flavor) AS known,
                               COALESCE(sum(offering.vcpus), 0)::int AS vcpus, COALESCE(sum(offering.ram_mb), 0)::int AS ram_mb
                        FROM vm LEFT JOIN offering ON offering.cloud = vm.cloud AND offering.flavor = vm.flavor
                        WHERE vm.cloud = :cloud AND (vm.state <> 'DELETED' OR vm.state_since > :readAt)
                          AND vm.create_answer IS DISTINCT FROM 'REFUSED' AND vm.create_sent_at < :readAt
                        """)
                .param("cloud", cloud)
                .param("readAt", Instants.sql(readAt))
                .query(
                        (row, n) -> {
                            boolean known = row.getBoolean("known");
                            return new QuotaState.Ours(
                                    row.getInt("instances"),
                                    known ? row.getInt("vcpus") : null,
                                    known ? row.getInt("ram_mb") : null);
                        })
                .single();
    }

    private static <T> T[] array(
            List<Offering> offerings,
            java.util.function.Function<Offering, T> part,
            java.util.function.IntFunction<T[]> make) {
        return offerings.stream().map(part).toArray(make);
    }

    private static @Nullable Integer orNull(OptionalInt number) {
        return number.isPresent() ? number.getAsInt() : null;
    }

    private static ProbeState probe(ResultSet row, int n) throws SQLException {
        return new ProbeState(
                row.getString("cloud"),
                row.getString("name"),
                row.getBoolean("ok"),
                row.getInt("failures"),
                Objects.requireNonNull(Instants.read(row, "since")),
                Objects.requireNonNull(Instants.read(row, "checked_at")),
                row.getObject("latency_ms", Integer.class),
                row.getString("detail"));
    }

    private static QuotaState quota(ResultSet row, int n) throws SQLException {
        return new QuotaState(
                new Quota(
                        number(row, "max_instances"),
                        number(row, "used_instances"),
                        number(row, "max_vcpus"),
                        number(row, "used_vcpus"),
                        number(row, "max_ram_mb"),
                        number(row, "used_ram_mb")),
                Objects.requireNonNull(Instants.read(row, "read_at")));
    }

    private static OptionalInt number(ResultSet row, String column) throws SQLException {
        int number = row.getInt(column);
        return row.wasNull() ? OptionalInt.empty() : OptionalInt.of(number);
    }
}
