package vmm.cloud.jclouds.aws;

import vmm.cloud.CloudFailure;
import vmm.cloud.jclouds.Budget;
import vmm.cloud.jclouds.HttpLine;
import vmm.cloud.jclouds.Shared;

import java.time.Duration;
import java.time.InstantSource;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/**
 * The keys of an account: found when they are needed, by one caller for all who wait, and anew
 * before they end.
 */
final class KeyRing {

    /**
     * Keys are renewed this long before their end. An instance's metadata have new ones five
     * minutes before, so earlier would bring the same.
     */
    private static final Duration MARGIN = Duration.ofMinutes(4);

    private static final int REMEMBERED = 4;

    private final CredentialSource source;
    private final InstantSource clock;
    private final Shared<Keys> current = new Shared<>();

    /** The last ones: what a cloud quotes may be of keys that were just replaced. */
    private final List<Keys> seen = new CopyOnWriteArrayList<>();

    KeyRing(CredentialSource source, InstantSource clock) {
        this.source = source;
        this.clock = clock;
        if (source instanceof FixedKeys(Keys keys)) seen.add(keys);
    }

    Keys keys(HttpLine line, Refusals refusals, Budget budget) throws CloudFailure {
        return current.get(this::isGood, () -> found(line, refusals, budget));
    }

    /**
     * Somebody found that these are not accepted any more.
     *
     * @return whether asking again may bring others
     */
    boolean forget(Keys keys) {
        if (!source.renews()) return false;
        current.forget(keys);
        return true;
    }

    /** What must never be shown. */
    Collection<String> secrets() {
        return seen.stream().flatMap(keys -> keys.secrets().stream()).toList();
    }

    private boolean isGood(Keys keys) {
        return keys.expires() == null || clock.instant().isBefore(keys.expires().minus(MARGIN));
    }

    private Keys found(HttpLine line, Refusals refusals, Budget budget) throws CloudFailure {
        var keys = source.find(line, refusals, budget);
        if (!seen.contains(keys)) seen.add(keys);
        while (seen.size() > REMEMBERED) seen.removeFirst();
        return keys;
    }
}
