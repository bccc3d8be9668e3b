package vmm.pool.schedule;

import jakarta.persistence.LockModeType;

import org.springframework.data.jpa.repository.Lock;
import org.springframework.data.repository.Repository;

import java.util.Optional;

/** The schedules, as they are edited. */
interface ScheduleConfigurations extends Repository<ScheduleConfiguration, String> {

    /** Locked against other edits to the end of the transaction, so that it is as it is read. */
    @Lock(LockModeType.PESSIMISTIC_WRITE)
    Optional<ScheduleConfiguration> findByName(String name);

    ScheduleConfiguration saveAndFlush(ScheduleConfiguration schedule);

    void delete(ScheduleConfiguration schedule);

    void flush();
}
