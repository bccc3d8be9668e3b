package vmm.guest;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.Base64;
import java.util.UUID;

import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * What a guest proves itself with, and what its owner opens it with: HMAC-SHA256 (RFC 2104) of the
 * installation's key over the VM id. Derived and not stored, so that the same launch can be sent
 * again to the letter.
 */
public final class GuestTokens {
    private final byte[] key;

    public GuestTokens(byte[] key) {
        this.key = key.clone();
    }

    /** The token that a guest sends with its reports; it stands for its own VM and no other. */
    public String token(UUID vm) {
        return vm + "." + mac("token:" + vm);
    }

    /** The secret that opens the guest's own services; shown to the VM's owner only. */
    public String secret(UUID vm) {
        return mac("secret:" + vm).substring(0, 24);
    }

    /** Whether a token is the VM's, in constant time. */
    public boolean accepts(UUID vm, String token) {
        return MessageDigest.isEqual(
                token(vm).getBytes(StandardCharsets.UTF_8), token.getBytes(StandardCharsets.UTF_8));
    }

    private String mac(String text) {
        try {
            var mac = Mac.getInstance("HmacSHA256");
            mac.init(new SecretKeySpec(key, "HmacSHA256"));
            return Base64.getUrlEncoder()
                    .withoutPadding()
                    .encodeToString(mac.doFinal(text.getBytes(StandardCharsets.UTF_8)));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("HmacSHA256 is part of every Java", e);
        }
    }
}
