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

    /**
     * @param now by our clock, for that of the giver may differ
     * @param life from now to its end
     */
    static Token of(String value, Instant now, Duration life) {
        var margin = life.dividedBy(10);
        return new Token(
                value, now.plus(life).minus(margin.compareTo(MARGIN) < 0 ? margin : MARGIN));
    }

    @Override
    public String toString() {
        return "Token[until " + renewAt + "]";
    }
}
