package vmm.start;

import org.springframework.jdbc.core.simple.JdbcClient;

import vmm.database.StartRefused;
import vmm.event.Instants;
import vmm.vm.Ids;

import java.security.SecureRandom;
import java.time.Instant;
import java.util.Optional;
import java.util.UUID;

/**
 * Which installation this database belongs to.
 *
 * @param store random id made with the database
 * @param guestKey what guests' tokens are made from
 */
record Installation(String name, UUID store, byte[] guestKey) {

    /**
     * The installation of this database, made now if it is new. To be called under a lock.
     *
     * @throws StartRefused if the database belongs to another
     */
    static Installation bind(
            JdbcClient jdbc, String name, Ids ids, SecureRandom random, Instant now) {
        var known = read(jdbc);
        if (known.isPresent()) {
            if (known.get().name().equals(name)) return known.get();
            throw new StartRefused(
                    "this database belongs to the installation '"
                            + known.get().name()
                            + "', the fleet file is of '"
                            + name
                            + "': use the fleet file of that installation (VMM_FLEET), or another"
                            + " database. Nothing was changed");
        }
        var key = new byte[32];
        random.nextBytes(key);
        jdbc.sql(
                        "INSERT INTO installation (name, store, guest_key, created_at) VALUES"
                                + " (:name, :store, :key, :now)")
                .param("name", name)
                .param("store", ids.next())
                .param("key", key)
                .param("now", Instants.sql(now))
                .update();
        return read(jdbc).orElseThrow();
    }

    private static Optional<Installation> read(JdbcClient jdbc) {
        return jdbc.sql("SELECT name, store, guest_key FROM installation")
                .query(
                        (row, n) ->
                                new Installation(
                                        row.getString("name"),
                                        row.getObject("store", UUID.class),
                                        row.getBytes("guest_key")))
                .optional();
    }
}
