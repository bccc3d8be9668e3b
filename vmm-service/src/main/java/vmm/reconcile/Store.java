package vmm.reconcile;

/**
 * The identity of this installation and its database.
 *
 * @param installation name that tags everything it launches
 * @param id random id made with the database
 */
public record Store(String installation, String id) {}
