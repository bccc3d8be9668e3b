package vmm.guest;

import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Repository;

import vmm.event.Instants;
import vmm.event.LoopKind;
import vmm.event.Wakes;

import java.sql.Types;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.UUID;

/** Facts from inside VMs, as they are reported. The loops draw the conclusions. */
@Repository
public class GuestReports {
    /** A gap between reports longer than this is silence: what happened in it is unknown. */
    public static final Duration SILENCE = Duration.ofMinutes(5);

    private final JdbcClient jdbc;
    private final Wakes wakes;

    public GuestReports(JdbcClient jdbc, Wakes wakes) {
        this.jdbc = jdbc;
        this.wakes = wakes;
    }

    /**
     * The guest is ready; recorded in any live state.
     *
     * @param hostKeys fingerprints of its SSH host keys. The first that it reports stay: those that
     *     it had before anybody was given it
     * @return {@code false} if the VM is going or gone
     */
    public boolean ready(UUID vm, @Nullable String image, List<String> hostKeys, Instant now) {
        var cloud =
                jdbc.sql(
                                """
                                UPDATE vm SET guest_ready_at = COALESCE(guest_ready_at, :now), guest_image = COALESCE(:image, guest_image),
                                       guest_host_keys = CASE WHEN guest_host_keys = '{}' THEN CAST(:hostKeys AS text[]) ELSE guest_host_keys END
                                WHERE id = :id AND state NOT IN ('DELETING', 'DELETED') RETURNING cloud
                                """)
                        .param("now", Instants.sql(now))
                        .param("image", image, Types.VARCHAR)
                        .param("hostKeys", hostKeys.toArray(String[]::new))
                        .param("id", vm)
                        .query(String.class)
                        .optional();
        cloud.ifPresent(name -> wakes.wake(LoopKind.LIFECYCLE, name));
        return cloud.isPresent();
    }

    /**
     * The guest reports what it sees, at our time of receipt.
     *
     * @param lastUse when it was last used by what it sees, null if it sees nobody
     * @return {@code false} if the VM is going or gone
     */
    public boolean activity(UUID vm, @Nullable Instant lastUse, Instant now) {
        return jdbc.sql(
                                """
                                UPDATE vm SET last_active_at = greatest(last_active_at, CAST(:use AS timestamptz)),
                                       reporting_since = CASE WHEN reported_at >= :silent THEN reporting_since ELSE :now END,
                                       reported_at = :now
                                WHERE id = :id AND state NOT IN ('DELETING', 'DELETED')
                                """)
                        .param(
                                "use",
                                lastUse == null ? null : Instants.sql(lastUse),
                                Types.TIMESTAMP_WITH_TIMEZONE)
                        .param("silent", Instants.sql(now.minus(SILENCE)))
                        .param("now", Instants.sql(now))
                        .param("id", vm)
                        .update()
                == 1;
    }
}
