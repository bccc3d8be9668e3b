package vmm.cloud.simulated;

import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Base64;

/**
 * The software inside one simulated instance: what it would say of itself, always the same for the
 * same instance.
 */
record Guest(String instanceId, String image) {

    /**
     * Whether somebody uses this guest; that share of all guests which {@code idleRatio} names is
     * used by nobody.
     */
    static boolean isUsed(String instanceId, double idleRatio) {
        return (hash(instanceId) >>> 11) * 0x1.0p-53 >= idleRatio;
    }

    /** An address of its own, of the network 10.0.0.0/8. */
    static String address(String instanceId) {
        long hash = hash(instanceId);
        return "10." + (hash & 0xff) + "." + (hash >> 8 & 0xff) + "." + (1 + (hash >> 16 & 0x7f));
    }

    String ready() {
        var key =
                Base64.getEncoder()
                        .withoutPadding()
                        .encodeToString(
                                ("simulated " + instanceId).getBytes(StandardCharsets.UTF_8));
        return """
        {"imageName":%s,"imageVersion":"simulated","addresses":[%s],"hostKeys":[%s]}\
        """
                .formatted(
                        quoted(image),
                        quoted(address(instanceId)),
                        quoted("ssh-ed25519" + " " + key));
    }

    String activity(Instant at, boolean used) {
        var session =
                """
                {"kind":"desktop","user":"scientist","idleSeconds":%d}\
                """
                        .formatted(Math.floorMod(hash(instanceId), 60));
        return """
        {"at":"%s","sessions":[%s],"kernelsBusy":0,"cpuPercent":%s}\
        """
                .formatted(at, used ? session : "", used ? "35.0" : "1.0");
    }

    private static String quoted(String text) {
        var quoted = new StringBuilder("\"");
        for (char c : text.toCharArray()) {
            if (c == '"' || c == '\\') quoted.append('\\').append(c);
            else if (c < ' ') quoted.append("\\u%04x".formatted((int) c));
            else quoted.append(c);
        }
        return quoted.append('"').toString();
    }

    /** FNV-1a, then a mix, as ids differ in few places only. */
    private static long hash(String text) {
        long hash = 0xcbf29ce484222325L;
        for (byte b : text.getBytes(StandardCharsets.UTF_8))
            hash = (hash ^ (b & 0xff)) * 0x100000001b3L;
        hash = (hash ^ (hash >>> 30)) * 0xbf58476d1ce4e5b9L;
        hash = (hash ^ (hash >>> 27)) * 0x94d049bb133111ebL;
        return hash ^ (hash >>> 31);
    }
}
