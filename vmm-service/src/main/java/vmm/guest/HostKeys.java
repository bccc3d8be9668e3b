package vmm.guest;

import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** SSH host keys, as guests report them and as people compare them. */
final class HostKeys {
    private HostKeys() {}

    /**
     * Fingerprints as ssh shows them on the first connection, {@code SHA256:… (ED25519)}: SHA-256
     * of the key in base64 without padding (ssh-keygen(1), -l).
     *
     * @param keys lines of {@code /etc/ssh/ssh_host_*_key.pub}; what is no public key is left out
     */
    static List<String> fingerprints(List<String> keys) {
        return keys.stream()
                .flatMap(key -> fingerprint(key.strip().split("\\s+", 3)).stream())
                .distinct()
                .toList();
    }

    private static Optional<String> fingerprint(String[] words) {
        if (words.length < 2) return Optional.empty();
        try {
            byte[] key = Base64.getDecoder().decode(words[1]);
            var inside = ByteBuffer.wrap(key);
            // A key begins with the length and the name of its kind (RFC 4253, 6.6).
            byte[] kind = new byte[Math.clamp(inside.getInt(), 0, key.length)];
            inside.get(kind);
            if (!words[0].equals(new String(kind, StandardCharsets.US_ASCII))) {
                return Optional.empty();
            }
            byte[] digest = MessageDigest.getInstance("SHA-256").digest(key);
            return Optional.of(
                    "SHA256:%s (%s)"
                            .formatted(
                                    Base64.getEncoder().withoutPadding().encodeToString(digest),
                                    name(words[0])));
        } catch (IllegalArgumentException | BufferUnderflowException noKey) {
            return Optional.empty();
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("SHA-256 is part of every Java", e);
        }
    }

    /** As ssh names it: {@code ecdsa-sha2-nistp256} is ECDSA. */
    private static String name(String kind) {
        String word = kind.startsWith("ssh-") ? kind.substring(4) : kind;
        int dash = word.indexOf('-');
        return (dash < 0 ? word : word.substring(0, dash)).toUpperCase(Locale.ROOT);
    }
}
