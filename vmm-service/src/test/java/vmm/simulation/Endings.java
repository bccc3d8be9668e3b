package vmm.simulation;

import java.time.Duration;
import java.time.Instant;
import java.util.Objects;

/** Whether a claim ended for the reason that is kept. */
record Endings(Limits limits, GuestMemory guests) {
    private static final Duration TOLERANCE = Duration.ofSeconds(3);

    void check(Requests.Asked asked, View.ClaimRow row) {
        if (!row.state().equals("ENDED"))
            throw new Violation("8", asked.id + " is " + row.state() + " and not open");
        String reason = String.valueOf(row.endReason());
        boolean true_ =
                switch (reason) {
                    case "RELEASED" -> asked.ended && row.vm() != null;
                    case "CANCELLED" -> (asked.ended || asked.forced) && row.vm() == null;
                    case "REFUSED" -> !asked.wait && row.vm() == null;
                    case "EXPIRED" -> past(row.expiresAt(), row.endedAt());
                    case "MAX_LIFETIME" ->
                            past(
                                    Objects.requireNonNull(row.grantedAt())
                                            .plusSeconds(row.lifetimeSeconds()),
                                    row.endedAt());
                    case "FORCED" -> asked.forced;
                    case "VANISHED" -> true; // looked into where its VM went
                    case "ABANDONED", "NEVER_CONNECTED" -> unused(row);
                    default -> false;
                };
        if (!true_)
            throw new Violation(
                    "2", asked.id + " ended as " + reason + ", which is not so: " + row);
    }

    private static boolean past(
            @org.jspecify.annotations.Nullable Instant limit,
            @org.jspecify.annotations.Nullable Instant end) {
        return limit != null && end != null && !limit.isAfter(end.plus(TOLERANCE));
    }

    private boolean unused(View.ClaimRow row) {
        var pool = limits.pool(row.pool());
        var half = pool.idle().dividedBy(2);
        var warning = pool.warning().compareTo(half) < 0 ? pool.warning() : half;
        var objection = guests.objection(row, pool.idle(), warning);
        if (objection != null)
            throw new Violation(
                    "2", row.id() + " ended as " + row.endReason() + ", but " + objection);
        return true;
    }
}
