package vmm.cloud.jclouds.azure;

import java.time.Duration;
import java.time.Instant;

/**
 * What lets us in at Azure Resource Manager.
 *
 * @param value a secret
 * @param renewAt while it still serves a call that begins just before
 */
record Token(String value, Instant renewAt) {

    /** A token is renewed this long before its end, or when nine tenths of its time are over. */
    private static final Duration MARGIN = Duration.ofMinutes(5);

    /** Of one whose giver does not tell; nobody gives them for less. */
    private static final Duration LIFE = Duration.ofMinutes(5);

    /**
     * @param now by our clock, for that of the giver may differ
     * @param seconds from now to its end; 0: not told
     */
    static Token of(String value, Instant now, long seconds) {
        var life = seconds > 0 ? Duration.ofSeconds(seconds) : LIFE;
        var margin = life.dividedBy(10);
        return new Token(
                value, now.plus(life).minus(margin.compareTo(MARGIN) < 0 ? margin : MARGIN));
    }

    @Override
    public String toString() {
        return "Token[until " + renewAt + "]";
    }
}
