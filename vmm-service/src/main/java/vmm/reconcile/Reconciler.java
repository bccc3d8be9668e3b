package vmm.reconcile;

import vmm.event.LoopKind;

import java.util.List;

/**
 * A kind of loop. Its passes take no input but the key they run for, and start from the table and
 * the clouds.
 */
public interface Reconciler {

    LoopKind kind();

    /** The pools or clouds that have work that a tick should look at now. */
    List<String> due();

    /** One pass; returns what it did for the operator to read. */
    Pass pass(String key);
}
