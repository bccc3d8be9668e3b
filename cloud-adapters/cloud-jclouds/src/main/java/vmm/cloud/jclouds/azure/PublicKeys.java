package vmm.cloud.jclouds.azure;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.security.KeyPairGenerator;
import java.security.NoSuchAlgorithmException;
import java.security.interfaces.RSAPublicKey;
import java.util.Base64;

/** Public keys as SSH writes them (RFC 4253, 6.6). */
final class PublicKeys {

    private static final int BITS = 2048;
    private static final String KIND = "ssh-rsa";

    private PublicKeys() {}

    /** A key whose private half is thrown away: Azure wants one, and nobody shall log in by it. */
    static String ofNobody() {
        try {
            var pairs = KeyPairGenerator.getInstance("RSA");
            pairs.initialize(BITS);
            return written((RSAPublicKey) pairs.generateKeyPair().getPublic());
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has RSA", e);
        }
    }

    private static String written(RSAPublicKey key) {
        var bytes = new ByteArrayOutputStream();
        put(bytes, KIND.getBytes(StandardCharsets.US_ASCII));
        put(bytes, key.getPublicExponent().toByteArray());
        put(bytes, key.getModulus().toByteArray());
        return KIND + " " + Base64.getEncoder().encodeToString(bytes.toByteArray()) + " nobody";
    }

    private static void put(ByteArrayOutputStream bytes, byte[] field) {
        for (int shift = 24; shift >= 0; shift -= 8) bytes.write(field.length >>> shift);
        bytes.writeBytes(field);
    }
}
