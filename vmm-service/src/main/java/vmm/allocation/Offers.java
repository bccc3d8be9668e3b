package vmm.allocation;

import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Repository;

import vmm.identity.Person;
import vmm.identity.Role;

import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** What may be asked for: VM types with the terms of their pools. */
@Repository
class Offers {
    static final String SELECT =
            """
            SELECT vm_type.name, vm_type.groups, pool.id, pool.name AS pool, pool.lease_s, pool.max_lifetime_s,
                   NOT pool.deleted AND pool.max_size > 0 AS open
            FROM vm_type JOIN pool ON pool.id = vm_type.pool_id WHERE vm_type.name = :name
            """;

    private final JdbcClient jdbc;

    Offers(JdbcClient jdbc) {
        this.jdbc = jdbc;
    }

    /** A type that this person may use; a type of others' groups does not exist for them. */
    Optional<Offer> find(String vmType, Person person) {
        return jdbc.sql(SELECT)
                .param("name", vmType)
                .query(
                        (row, n) ->
                                new Offer(
                                        row.getString("name"),
                                        Arrays.asList((String[]) row.getArray("groups").getArray()),
                                        row.getLong("id"),
                                        row.getString("pool"),
                                        Duration.ofSeconds(row.getLong("lease_s")),
                                        Duration.ofSeconds(row.getLong("max_lifetime_s")),
                                        row.getBoolean("open")))
                .optional()
                .filter(offer -> person.is(Role.OPERATOR) || person.mayUse(offer.groups()));
    }

    /**
     * @param open false if its pool is being emptied or may have no VM at all
     */
    record Offer(
            String vmType,
            List<String> groups,
            long poolId,
            String pool,
            Duration lease,
            Duration maxLifetime,
            boolean open) {}
}
