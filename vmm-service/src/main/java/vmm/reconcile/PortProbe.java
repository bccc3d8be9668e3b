package vmm.reconcile;

/** Tries TCP connections to guests. */
@FunctionalInterface
public interface PortProbe {
    boolean answers(String address, int port);
}
