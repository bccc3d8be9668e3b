package vmm.reconcile;

/**
 * What one pass did.
 *
 * @param changed how many rows or instances it changed
 * @param again whether it hit its bound, so that it must run again at once
 */
record Pass(int changed, boolean again, String report) {
    static final Pass NOTHING = new Pass(0, false, "nothing to do");

    static Pass of(int changed, String report) {
        return new Pass(changed, false, report);
    }
}
