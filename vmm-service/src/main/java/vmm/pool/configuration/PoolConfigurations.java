package vmm.pool.configuration;

import jakarta.persistence.LockModeType;

import org.springframework.data.jpa.repository.Lock;
import org.springframework.data.repository.Repository;

import java.util.Optional;

/** The configurations of all pools, deleted ones too: their names may come back. */
interface PoolConfigurations extends Repository<PoolConfiguration, Long> {

    /**
     * Locked against refill and other edits to the end of the transaction, so that it is as it is
     * read.
     */
    @Lock(LockModeType.PESSIMISTIC_WRITE)
    Optional<PoolConfiguration> findByName(String name);

    PoolConfiguration saveAndFlush(PoolConfiguration pool);
}
