package vmm.simulation;

/** Something happened that must never happen. */
final class Violation extends AssertionError {
    private final String invariant;

    Violation(String invariant, String what) {
        super(invariant + ": " + what);
        this.invariant = invariant;
    }

    String invariant() {
        return invariant;
    }
}
