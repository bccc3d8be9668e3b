package vmm.event;

import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.RowMapper;

import java.time.Instant;
import java.util.Objects;
import java.util.UUID;

/**
 * Something that happened.
 *
 * @param seq its number in the stream, null until it is published
 * @param user whom it concerns beside operators, null for operators alone
 * @param actor who did it: a loop, a person, a guest
 */
public record Event(
        @Nullable Long seq,
        Instant at,
        String type,
        @Nullable UUID vmId,
        @Nullable UUID allocationId,
        @Nullable String pool,
        @Nullable String cloud,
        @Nullable String user,
        @Nullable String from,
        @Nullable String to,
        @Nullable String reason,
        @Nullable String detail,
        String actor) {

    static final RowMapper<Event> ROWS =
            (row, n) ->
                    new Event(
                            row.getObject("seq", Long.class),
                            Objects.requireNonNull(Instants.read(row, "at")),
                            row.getString("type"),
                            row.getObject("vm_id", UUID.class),
                            row.getObject("allocation_id", UUID.class),
                            row.getString("pool"),
                            row.getString("cloud"),
                            row.getString("user_name"),
                            row.getString("from_state"),
                            row.getString("to_state"),
                            row.getString("reason"),
                            row.getString("detail"),
                            row.getString("actor"));
}
