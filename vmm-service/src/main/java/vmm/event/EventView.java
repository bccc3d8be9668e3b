package vmm.event;

import com.fasterxml.jackson.annotation.JsonInclude;

import org.jspecify.annotations.Nullable;

import vmm.identity.Person;
import vmm.identity.Role;

import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;

/** An event as it is shown. Everyone sees what concerns them. */
@JsonInclude(JsonInclude.Include.NON_NULL)
record EventView(
        long seq,
        String type,
        Instant at,
        @Nullable UUID allocationId,
        @Nullable UUID vmId,
        @Nullable String pool,
        @Nullable String cloud,
        @Nullable String from,
        @Nullable String to,
        @Nullable String reason,
        @Nullable String detail) {

    /** That what was seen before is not to be built upon. */
    static EventView reset(long seq, Instant at) {
        return new EventView(seq, "reset", at, null, null, null, null, null, null, null, null);
    }

    /**
     * What a person sees of published events in order: operators all. Others see what happened to
     * their own allocations, and that something changed in a pool that they may use: once for all
     * these events, and not what, how many, or for whom.
     */
    static List<EventView> of(List<Event> events, Person person, Audience audience) {
        if (person.is(Role.OPERATOR)) {
            return events.stream().map(event -> whole(event, event.type())).toList();
        }
        Map<String, Event> lastOfPool = new HashMap<>();
        for (var event : events) {
            if (event.pool() != null) lastOfPool.put(event.pool(), event);
        }
        var seen = new ArrayList<EventView>();
        for (var event : events) {
            if (isOfOwnAllocation(event, person)) seen.add(whole(event, "allocation"));
            String pool = event.pool();
            if (pool != null && lastOfPool.get(pool) == event && audience.mayUse(person, pool)) {
                seen.add(ofPool(event, pool));
            }
        }
        return seen;
    }

    /** Also that its VM was lost, which is told of the VM. */
    private static boolean isOfOwnAllocation(Event event, Person person) {
        return person.name().equals(event.user())
                && event.allocationId() != null
                && (event.type().equals("allocation")
                        || event.type().equals("vm") && "ALLOCATED".equals(event.from()));
    }

    private static EventView whole(Event event, String type) {
        return new EventView(
                number(event),
                type,
                event.at(),
                event.allocationId(),
                event.vmId(),
                event.pool(),
                event.cloud(),
                event.from(),
                event.to(),
                event.reason(),
                event.detail());
    }

    private static EventView ofPool(Event event, String pool) {
        return new EventView(
                number(event), "pool", event.at(), null, null, pool, null, null, null, null, null);
    }

    static long number(Event published) {
        return Objects.requireNonNull(published.seq());
    }
}
