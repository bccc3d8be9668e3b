package vmm.reconcile;

/** Lets tests of other packages run one pass and read what it did. */
public final class Passes {
    private Passes() {}

    public static Ran run(Reconciler loop, String key) {
        Pass pass = loop.pass(key);
        return new Ran(pass.changed(), pass.again(), pass.report());
    }

    /**
     * What a pass did.
     *
     * @param again whether it must run again at once
     */
    public record Ran(int changed, boolean again, String report) {}
}
