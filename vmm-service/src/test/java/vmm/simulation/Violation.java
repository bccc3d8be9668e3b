package vmm.simulation;

/** Something happened that must never happen. */
final class Violation extends AssertionError {
    Violation(String invariant, String what) {
        super(invariant + ": " + what);
    }
}
