package vmm.reconcile;

import org.jspecify.annotations.Nullable;

import vmm.clouds.Breaker;
import vmm.clouds.CloudState;
import vmm.maintenance.WindowEffect;
import vmm.placement.Shelf.Standing;
import vmm.pool.Pool;

import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.UUID;

/**
 * What an offering is good for now, by maintenance, the health of its cloud and the breakers that
 * concern it.
 *
 * @param why null where it is simply offered
 */
record Footing(Standing standing, @Nullable String why, boolean canaryDue) {

    /**
     * @param open all open breakers
     * @param trying canaries that are under way
     */
    static Footing of(
            CloudState cloud,
            Pool.Place place,
            WindowEffect window,
            List<Breaker> open,
            Set<UUID> trying,
            Instant now) {
        if (!window.mayLaunch()) return closed(words(window), false);
        if (cloud.maintenance() != null) return closed(cloud.maintenance(), false);
        if (cloud.paused()) return closed(paused(cloud), false);
        var there = open.stream().filter(b -> b.cloud().equals(cloud.name())).toList();
        var own = there.stream().filter(b -> b.concerns(place.flavor(), place.image())).toList();
        var closing = own.stream().filter(Breaker::closesOffering).findFirst();
        if (cloud.sick() && !cloud.reachable()) return closed(unhealthy(cloud), false);
        if (cloud.sick() && closing.isEmpty()) {
            return closed(unhealthy(cloud), maySuspect(there, trying, now));
        }
        boolean due =
                !own.isEmpty()
                        && own.stream().allMatch(b -> b.due(now) && !trying.contains(b.canary()));
        if (closing.isPresent()) {
            var breaker = closing.get();
            return closed(words(breaker, trying, now), due);
        }
        if (!own.isEmpty()) {
            return new Footing(Standing.SLOW, words(own.getFirst(), trying, now), due);
        }
        if (window.strength() == WindowEffect.Strength.LAST_RESORT) {
            return lastResort(words(window));
        }
        return cloud.callTrouble() != null
                ? lastResort(cloud.callTrouble())
                : new Footing(Standing.OFFERED, null, false);
    }

    private static Footing closed(String why, boolean canaryDue) {
        return new Footing(Standing.CLOSED, why, canaryDue);
    }

    private static Footing lastResort(String why) {
        return new Footing(Standing.LAST_RESORT, why, false);
    }

    /**
     * Where a cloud is sick because other offerings do not boot there: whether one more may be
     * tried, after their back-off and one at a time.
     */
    private static boolean maySuspect(List<Breaker> there, Set<UUID> trying, Instant now) {
        return there.stream().anyMatch(b -> b.kind() == Breaker.Kind.BOOT_FAILED && b.due(now))
                && there.stream().noneMatch(b -> trying.contains(b.canary()));
    }

    private static String words(WindowEffect window) {
        return Objects.toString(window.reason(), "maintenance");
    }

    private static String paused(CloudState cloud) {
        return "paused" + (cloud.pauseReason() == null ? "" : ": " + cloud.pauseReason());
    }

    private static String unhealthy(CloudState cloud) {
        return "unhealthy since " + cloud.healthSince() + ": " + cloud.healthReason();
    }

    /** Such as {@code creates fail: HTTP 500 (since …, no canary before …)}. */
    private static String words(Breaker breaker, Set<UUID> trying, Instant now) {
        String next =
                trying.contains(breaker.canary())
                        ? "its canary is under way"
                        : breaker.due(now) ? "a canary is due" : "again after " + breaker.until();
        return breaker.words() + ", since " + breaker.openedAt() + ", " + next;
    }
}
