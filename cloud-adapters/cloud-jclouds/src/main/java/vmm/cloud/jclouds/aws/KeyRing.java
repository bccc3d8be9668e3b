package vmm.cloud.jclouds.aws;

import org.jspecify.annotations.Nullable;

import vmm.cloud.CloudFailure;
import vmm.cloud.jclouds.Budget;
import vmm.cloud.jclouds.HttpLine;
import vmm.cloud.jclouds.Shared;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicReference;

/**
 * The keys of an account: found when they are needed, by one caller for all who wait, and anew
 * before they end. While the source fails, the old ones serve until they end.
 */
final class KeyRing {

    /**
     * Keys are renewed this long before their end. An instance's metadata have new ones five
     * minutes before, so earlier would bring the same.
     */
    private static final Duration MARGIN = Duration.ofMinutes(4);

    /**
     * A source is asked no more often than this: where it fails while there are keys that still
     * serve, where its keys end soon, and where they are refused, which may mean that EC2 does not
     * know them yet.
     */
    private static final Duration PAUSE = Duration.ofSeconds(30);

    private static final int REMEMBERED = 4;

    /**
     * Keys in use.
     *
     * @param at when the source gave them
     * @param until when to ask it again
     */
    private record Found(Keys keys, Instant at, Instant until) {}

    private final CredentialSource source;
    private final InstantSource clock;
    private final Shared<Found> current = new Shared<>();

    /** The ones that EC2 did not refuse, for when the source fails. */
    private final AtomicReference<@Nullable Found> last = new AtomicReference<>();

    /** The last ones: what a cloud quotes may be of keys that were just replaced. */
    private final List<Keys> seen = new CopyOnWriteArrayList<>();

    KeyRing(CredentialSource source, InstantSource clock) {
        this.source = source;
        this.clock = clock;
        if (source instanceof FixedKeys(Keys keys)) seen.add(keys);
    }

    Keys keys(HttpLine line, Refusals refusals, Budget budget) throws CloudFailure {
        return current.get(
                        found -> clock.instant().isBefore(found.until()),
                        () -> found(line, refusals, budget))
                .keys();
    }

    /**
     * Somebody found that these are not accepted any more.
     *
     * @return whether asking again may bring others
     */
    boolean forget(Keys keys) {
        if (!source.renews()) return false;
        var known = last.get();
        if (known == null || !known.keys().equals(keys)) return true;
        if (known.at().plus(PAUSE).isAfter(clock.instant())) return false;
        if (last.compareAndSet(known, null)) current.forget(known);
        return true;
    }

    /** What must never be shown. */
    Collection<String> secrets() {
        return seen.stream().flatMap(keys -> keys.secrets().stream()).toList();
    }

    private Found found(HttpLine line, Refusals refusals, Budget budget) throws CloudFailure {
        Found found;
        try {
            found = fresh(source.find(line, refusals, budget));
        } catch (CloudFailure failure) {
            found = old().orElseThrow(() -> failure);
        }
        last.set(found);
        return found;
    }

    private Found fresh(Keys keys) {
        if (!seen.contains(keys)) seen.add(keys);
        while (seen.size() > REMEMBERED) seen.removeFirst();
        var now = clock.instant();
        var end = keys.expires();
        if (end == null) return new Found(keys, now, Instant.MAX);
        var early = end.minus(MARGIN);
        return new Found(keys, now, early.isAfter(now) ? early : soon(now, end));
    }

    /** What was found before, until the source is asked again. */
    private Optional<Found> old() {
        var now = clock.instant();
        return Optional.ofNullable(last.get())
                .filter(found -> isAlive(found.keys(), now))
                .map(
                        found ->
                                new Found(
                                        found.keys(),
                                        found.at(),
                                        soon(now, found.keys().expires())));
    }

    private static boolean isAlive(Keys keys, Instant now) {
        return keys.expires() == null || now.isBefore(keys.expires());
    }

    private static Instant soon(Instant now, @Nullable Instant end) {
        var next = now.plus(PAUSE);
        return end == null || next.isBefore(end) ? next : end;
    }
}
