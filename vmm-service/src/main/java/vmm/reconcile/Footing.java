package vmm.reconcile;

import org.jspecify.annotations.Nullable;

import vmm.clouds.Breaker;
import vmm.clouds.CloudState;
import vmm.maintenance.WindowEffect;
import vmm.placement.Shelf.Standing;
import vmm.placement.Shelf.Trust;

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
record Footing(Standing standing, @Nullable String why, boolean canaryDue, Trust trust) {

    /**
     * @param open all open breakers
     * @param trying canaries that are under way
     */
    static Footing of(
            CloudState cloud,
            String flavor,
            WindowEffect window,
            List<Breaker> open,
            Set<UUID> trying,
            Instant now) {
        if (!window.mayLaunch()) return closed(words(window), trust(cloud, window));
        if (cloud.paused()) return closed(paused(cloud), trust(cloud));
        var own =
                open.stream()
                        .filter(b -> b.cloud().equals(cloud.name()))
                        .filter(b -> b.ofWholeCloud() || b.flavor().equals(flavor))
                        .toList();
        var closing = own.stream().filter(Breaker::closesOffering).findFirst();
        if (cloud.sick() && (!cloud.reachable() || closing.isEmpty())) {
            return closed(unhealthy(cloud), trust(cloud));
        }
        boolean due =
                !own.isEmpty()
                        && own.stream().allMatch(b -> b.due(now) && !trying.contains(b.canary()));
        if (closing.isPresent()) {
            var breaker = closing.get();
            return new Footing(Standing.CLOSED, words(breaker, trying, now), due, trust(cloud));
        }
        if (!own.isEmpty()) {
            return new Footing(
                    Standing.LAST_RESORT, words(own.getFirst(), trying, now), due, trust(cloud));
        }
        if (window.strength() == WindowEffect.Strength.LAST_RESORT) {
            return new Footing(Standing.LAST_RESORT, words(window), false, trust(cloud));
        }
        return cloud.callTrouble() != null
                ? new Footing(Standing.LAST_RESORT, cloud.callTrouble(), false, trust(cloud))
                : new Footing(Standing.OFFERED, null, false, trust(cloud));
    }

    private static Footing closed(String why, Trust trust) {
        return new Footing(Standing.CLOSED, why, false, trust);
    }

    private static Trust trust(CloudState cloud, WindowEffect window) {
        if (window.drains()) return Trust.DRAINED;
        return window.counts() ? trust(cloud) : Trust.NONE;
    }

    private static String words(WindowEffect window) {
        return Objects.toString(window.reason(), "maintenance");
    }

    private static Trust trust(CloudState cloud) {
        return cloud.sick() ? Trust.READY_ONLY : Trust.ALL;
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
