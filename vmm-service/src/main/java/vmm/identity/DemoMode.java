package vmm.identity;

/**
 * Whether this is the demo, where everybody can sign in as anybody and clouds may be played with.
 *
 * @param on false wherever the sign-ins are real
 */
public record DemoMode(boolean on) {}
