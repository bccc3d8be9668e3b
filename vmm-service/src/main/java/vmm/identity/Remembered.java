package vmm.identity;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;

import javax.crypto.Mac;
import javax.crypto.SecretKey;

/**
 * Which passwords were found right lately, kept as digests under a key of this process, so that a
 * copy of the memory shows none. It holds so many; the oldest makes room. A person whose hash
 * changes is forgotten, as the hash is part of the digest.
 */
final class Remembered {

    /** What stands for a name, a password and the hash it was checked against. */
    record Digest(String hex) {}

    private final SecretKey key;
    private final InstantSource clock;
    private final Duration lifetime;
    private final Map<Digest, Instant> until;

    Remembered(SecretKey key, InstantSource clock, Duration lifetime, int atMost) {
        this.key = key;
        this.clock = clock;
        this.lifetime = lifetime;
        this.until =
                new LinkedHashMap<>() {
                    private static final long serialVersionUID = 1L;

                    @Override
                    protected boolean removeEldestEntry(Map.Entry<Digest, Instant> eldest) {
                        return size() > atMost;
                    }
                };
    }

    Digest digest(String name, String password, String hash) {
        try {
            Mac mac = Mac.getInstance("HmacSHA256");
            mac.init(key);
            for (String part : new String[] {name, password, hash}) {
                byte[] bytes = part.getBytes(StandardCharsets.UTF_8);
                mac.update(
                        (bytes.length + ":")
                                .getBytes(StandardCharsets.US_ASCII)); // no two splits look alike
                mac.update(bytes);
            }
            return new Digest(HexFormat.of().formatHex(mac.doFinal()));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e); // every Java has this algorithm
        }
    }

    synchronized boolean knows(Digest digest) {
        Instant end = until.get(digest);
        if (end == null) {
            return false;
        }
        if (clock.instant().isBefore(end)) {
            return true;
        }
        until.remove(digest);
        return false;
    }

    synchronized void add(Digest digest) {
        until.remove(digest);
        until.put(digest, clock.instant().plus(lifetime));
    }
}
