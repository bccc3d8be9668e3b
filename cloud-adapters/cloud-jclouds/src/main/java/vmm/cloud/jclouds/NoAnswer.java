package vmm.cloud.jclouds;

/** A server did not answer, or its answer broke off. */
public final class NoAnswer extends Exception {

    private final boolean mayHaveArrived;

    /**
     * @param mayHaveArrived false only if surely nothing of the request was sent
     */
    public NoAnswer(String why, boolean mayHaveArrived) {
        super(why, null, false, false);
        this.mayHaveArrived = mayHaveArrived;
    }

    /** Whether the request may have taken effect. */
    public boolean mayHaveArrived() {
        return mayHaveArrived;
    }
}
