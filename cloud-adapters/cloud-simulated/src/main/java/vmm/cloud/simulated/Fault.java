package vmm.cloud.simulated;

/** What weather can do to a call or to an instance. */
public enum Fault {
    /** Nobody answers; surely no effect. */
    OUTAGE,
    /** Credentials not accepted; no effect. */
    UNAUTHORIZED,
    /** Too many requests; no effect. */
    THROTTLED,
    /** A 5xx, and no effect, which the caller cannot know. */
    FAIL_BEFORE,
    /** No answer within the deadline, no effect. */
    HANG_WITHOUT_EFFECT,
    /** No answer within the deadline, and the effect happened. */
    HANG_WITH_EFFECT,
    /** The effect happened, the answer was lost. */
    LOST_REPLY,
    /** A create without an answer whose instance appears later. */
    LATE_BIRTH,
    /** A create refused as wrong. */
    REJECTED,
    /** A create refused for want of room. */
    NO_CAPACITY,
    /** A create refused for want of quota. */
    QUOTA_EXCEEDED,
    /** A listing that lags behind. */
    LIST_LAG,
    /** A listing one of whose pages failed. */
    PARTIAL_LIST,
    /** A listing from some time ago. */
    STALE_LIST,
    /** A good answer with nothing in it. */
    EMPTY_LIST,
    /** An instance that takes much longer to boot. */
    SLOW_BOOT,
    /** An instance that stays BUILDING. */
    NEVER_BOOTS,
    /** An instance that runs, with a guest that never reports. */
    NEVER_REPORTS,
    /** An instance that goes to ERROR. */
    ERROR_INSTANCE,
    /** An instance that leaves something behind when it goes. */
    LEFTOVER
}
