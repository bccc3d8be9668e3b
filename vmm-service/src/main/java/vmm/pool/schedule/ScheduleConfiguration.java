package vmm.pool.schedule;

import jakarta.persistence.Column;
import jakarta.persistence.Convert;
import jakarta.persistence.Entity;
import jakarta.persistence.Id;
import jakarta.persistence.Table;
import jakarta.persistence.Version;

import org.jspecify.annotations.Nullable;

import vmm.pool.Seconds;
import vmm.sizing.Schedule;

import java.time.Duration;
import java.util.Objects;

/** A schedule's row, as it is edited. Its version is the ETag. */
@Entity
@Table(name = "schedule")
class ScheduleConfiguration {
    @Id private String name;

    @Version private @Nullable Long version; // null until it is a row: the name is no sign of that

    private long poolId;
    private String cron;
    private String zone;

    @Column(name = "duration_s")
    @Convert(converter = Seconds.class)
    private Duration duration;

    private int target;

    @SuppressWarnings("NullAway.Init") // Hibernate fills in the rest
    protected ScheduleConfiguration() {}

    static ScheduleConfiguration of(Schedule schedule, long poolId) {
        var row = new ScheduleConfiguration();
        row.name = schedule.name();
        row.take(schedule, poolId);
        return row;
    }

    /** Makes it what is wanted; the name stays. */
    final void take(Schedule wanted, long pool) {
        poolId = pool;
        cron = wanted.cron();
        zone = wanted.zone().getId();
        duration = wanted.duration();
        target = wanted.target();
    }

    /**
     * @param pool the name of its pool
     */
    Schedule schedule(String pool) {
        return Schedule.of(name, pool, cron, zone, duration, target);
    }

    long poolId() {
        return poolId;
    }

    long version() {
        return Objects.requireNonNull(version);
    }
}
