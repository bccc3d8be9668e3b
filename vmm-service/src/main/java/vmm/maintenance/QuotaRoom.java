package vmm.maintenance;

import java.util.OptionalInt;

/** Tells how many more VMs a cloud's own quota allows. */
public interface QuotaRoom {
    /** Not negative; empty where the quota is not known. */
    OptionalInt of(String cloud);
}
