package vmm.pool.configuration;

import jakarta.persistence.CollectionTable;
import jakarta.persistence.Column;
import jakarta.persistence.Convert;
import jakarta.persistence.ElementCollection;
import jakarta.persistence.Embeddable;
import jakarta.persistence.Entity;
import jakarta.persistence.GeneratedValue;
import jakarta.persistence.GenerationType;
import jakarta.persistence.Id;
import jakarta.persistence.JoinColumn;
import jakarta.persistence.OrderColumn;
import jakarta.persistence.Table;
import jakarta.persistence.Version;

import org.hibernate.annotations.JdbcTypeCode;
import org.hibernate.type.SqlTypes;
import org.jspecify.annotations.Nullable;

import vmm.fleet.PoolEntry;
import vmm.fleet.ReadyWhen;
import vmm.pool.Seconds;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/**
 * What is decided about a pool: its row without the columns that refill writes, so that neither
 * undoes what the other does. Its version is the pool's ETag.
 */
@Entity
@Table(name = "pool")
class PoolConfiguration {
    @Id
    @GeneratedValue(strategy = GenerationType.IDENTITY)
    private @Nullable Long id;

    @Version private long version;

    private String name;
    private int poolSize;
    private int maxSize;
    private String readyWhen;

    @Column(name = "boot_timeout_s")
    @Convert(converter = Seconds.class)
    private Duration bootTimeout;

    @Column(name = "lease_s")
    @Convert(converter = Seconds.class)
    private Duration lease;

    @Column(name = "max_lifetime_s")
    @Convert(converter = Seconds.class)
    private Duration maxLifetime;

    @Column(name = "idle_timeout_s")
    @Convert(converter = Seconds.class)
    private Duration idleTimeout;

    @Column(name = "warning_s")
    @Convert(converter = Seconds.class)
    private Duration warning;

    private boolean deleted;

    @ElementCollection
    @CollectionTable(name = "placement", joinColumns = @JoinColumn(name = "pool_id"))
    @OrderColumn(name = "position")
    private List<Place> placements = new ArrayList<>();

    @ElementCollection
    @CollectionTable(name = "pool_connect", joinColumns = @JoinColumn(name = "pool_id"))
    @OrderColumn(name = "position")
    private List<Way> connect = new ArrayList<>();

    @SuppressWarnings("NullAway.Init") // Hibernate fills in the rest
    protected PoolConfiguration() {}

    static PoolConfiguration of(PoolEntry entry) {
        var pool = new PoolConfiguration();
        pool.name = entry.name();
        pool.take(entry);
        return pool;
    }

    /** Makes it what is wanted; the name stays. */
    final void take(PoolEntry wanted) {
        poolSize = wanted.poolSize();
        maxSize = wanted.maxSize();
        readyWhen = wanted.readyWhen().text();
        bootTimeout = wanted.bootTimeout();
        lease = wanted.lease();
        maxLifetime = wanted.maxLifetime();
        idleTimeout = wanted.idleTimeout();
        warning = wanted.warning();
        replace(placements, wanted.placements().stream().map(Place::of).toList());
        replace(connect, wanted.connect().stream().map(Way::of).toList());
    }

    private static <T> void replace(List<T> rows, List<T> wanted) {
        if (rows.equals(wanted)) return;
        rows.clear();
        rows.addAll(wanted);
    }

    PoolEntry entry() {
        return new PoolEntry(
                name,
                poolSize,
                maxSize,
                ReadyWhen.parse(readyWhen).orElseThrow(),
                bootTimeout,
                lease,
                maxLifetime,
                idleTimeout,
                warning,
                placements.stream().map(Place::entry).toList(),
                connect.stream().map(Way::entry).toList());
    }

    long id() {
        return Objects.requireNonNull(id);
    }

    long version() {
        return version;
    }

    boolean deleted() {
        return deleted;
    }

    void delete() {
        deleted = true;
    }

    void revive() {
        deleted = false;
    }

    /** A row of {@code placement}. */
    @Embeddable
    record Place(
            String cloud,
            String image,
            String flavor,
            @Nullable String network,
            @JdbcTypeCode(SqlTypes.JSON) Map<String, String> options,
            int weight,
            @Column(name = "max_vms") @Nullable Integer maxVms) {

        static Place of(PoolEntry.Placement place) {
            return new Place(
                    place.cloud(),
                    place.image(),
                    place.flavor(),
                    place.network().orElse(null),
                    place.options(),
                    place.weight(),
                    place.maxVms().orElse(null));
        }

        PoolEntry.Placement entry() {
            return new PoolEntry.Placement(
                    cloud,
                    image,
                    flavor,
                    Optional.ofNullable(network),
                    options,
                    weight,
                    Optional.ofNullable(maxVms));
        }
    }

    /** A row of {@code pool_connect}. */
    @Embeddable
    record Way(String kind, @Nullable String url, @Nullable String command) {

        static Way of(PoolEntry.Connect way) {
            return new Way(way.kind(), way.url().orElse(null), way.command().orElse(null));
        }

        PoolEntry.Connect entry() {
            return new PoolEntry.Connect(
                    kind, Optional.ofNullable(url), Optional.ofNullable(command));
        }
    }
}
