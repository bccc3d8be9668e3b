package vmm.simulation;

/** What goes wrong, or is done to us, beside the weather of the clouds. */
enum Mischief {
    /** A wake-up that never arrives. */
    LOST_WAKE,
    /**
     * A replica stands still in the middle of a pass or task, and goes on after the other has
     * acted.
     */
    REPLICA_PAUSED,
    /** A replica dies. */
    CRASH,
    /** No replica is there. */
    SERVICE_DOWN,
    /** Our tables go back to an older copy; the clouds do not. */
    DATABASE_RESTORED,
    /** Somebody deletes an instance. */
    INSTANCE_TAKEN,
    /** Somebody shuts an instance off. */
    POWERED_OFF,
    /** Its owner has it started again. */
    RESTARTED,
    /** Somebody else's instance, on the same account. */
    FOREIGN_INSTANCE,
    /** An instance of our installation, of another database. */
    OTHER_STORE,
    /** A second instance with the tags of a first. */
    DOUBLE,
    /** An instance that was gone is there again. */
    REAPPEARED,
    /** A direct look says for some seconds that there is no such instance, and there is. */
    LOOK_MISSES,
    /** A guest that says nothing for a while. */
    GUEST_SILENT,
    /** A report with the token of another guest. */
    FORGED_REPORT,
    /** Hours in which hardly a tick comes. */
    CLOCK_LEAPS,
    /** Two requests under one key. */
    KEY_REPEATED,
    /** A key used for another request. */
    KEY_REUSED,
    /** An operator lowers a maximum below what lives. */
    MAXIMUM_LOWERED,
    /** An operator holds a VM. */
    HELD,
    /** An operator takes a VM away. */
    FORCED,
    /** An operator holds a VM until some time. */
    HELD_FOR_A_WHILE,
    /** An operator pauses a cloud. */
    CLOUD_PAUSED,
    /** An administrator enters a maintenance window in which a cloud is a last resort. */
    WINDOW_AT_RISK,
    /** One in which a cloud gets nothing new. */
    WINDOW_NO_NEW,
    /** One in which a cloud is away. */
    WINDOW_UNAVAILABLE,
    /** An administrator changes the times or the kind of a window. */
    WINDOW_MOVED,
    /** An administrator calls off a window, or ends it early. */
    WINDOW_ENDED,
    /** What a probe looks at does not answer for some minutes. */
    TUNNEL_DOWN,
    /** All instances of a cloud are shut off at once. */
    HYPERVISORS_DOWN
}
