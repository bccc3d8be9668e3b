package vmm.vm;

/** Why a VM went. */
public enum VmReason {
    /** Its owner gave it back. */
    RELEASED,
    /** Its lease or maximum lifetime was over. */
    EXPIRED,
    /** Its guest reported that nobody used it for the pool's idle timeout. */
    ABANDONED,
    /** Its guest reported that nobody ever came. */
    NEVER_CONNECTED,
    /** The cloud refused it, failed it, or never showed it. */
    LAUNCH_FAILED,
    /** It was not running by the pool's boot timeout. */
    LAUNCH_TIMEOUT,
    /** It ran, but its guest was not ready by the pool's boot timeout. */
    BOOTSTRAP_TIMEOUT,
    /**
     * It stopped or failed while it waited in reserve, its cloud is sick while it warms, or nothing
     * may be launched there any more and it was not sent yet.
     */
    UNHEALTHY,
    /** The cloud said twice, asked directly, that it has no such instance. We deleted nothing. */
    VANISHED,
    /** More were ready than the target. */
    SURPLUS,
    /** Its image is no longer the pool's. */
    OUTDATED_IMAGE,
    /** Its cloud is away as planned. */
    CLOUD_DRAINED,
    /** An operator deleted it. */
    FORCED
}
