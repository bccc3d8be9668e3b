package vmm.cloud;

import org.jspecify.annotations.Nullable;

import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * One cloud set up for {@link CloudProviderContract}, empty of our instances at the start.
 *
 * <p>What returns an {@code Optional} is a capability: a cloud that cannot be made to do it returns
 * empty, and the tests that need it are reported as skipped.
 */
public interface CloudHarness extends AutoCloseable {

    /** What can be made to go wrong. */
    enum Trouble {
        /** The next create takes effect and its answer is lost. */
        LOST_REPLY,
        /** A listing fails after its first page. */
        FAILED_PAGE,
        /** Nobody answers. */
        OUTAGE,
        /** The next create finds no room. */
        NO_CAPACITY,
        /** The next create finds the quota used up. */
        QUOTA_EXCEEDED,
        /** The cloud says it is asked too often, and names {@link #RETRY_AFTER}. */
        THROTTLED,
        /** The credentials are not accepted any more. */
        UNAUTHORIZED,
        /** The next delete leaves something behind. */
        LEFTOVER,
        /** What is launched now is shown only after a while. */
        SHOWN_LATE
    }

    /** What a throttling cloud asks for. */
    Duration RETRY_AFTER = Duration.ofSeconds(7);

    /** The provider under test, the same at each call. */
    CloudProvider provider();

    /** Another provider for the same account, as a service has after its restart. */
    CloudProvider reopen();

    /** A provider for the same account under the name of another installation. */
    CloudProvider openFor(String installation);

    /** The installation that {@link #provider()} belongs to. */
    String installation();

    String image();

    String flavor();

    default @Nullable String network() {
        return null;
    }

    /** Lets a little time pass for the cloud: a step of a virtual clock, or a short wait. */
    void passTime();

    /**
     * How many times {@link #passTime} is worth repeating before a cloud must have done what it was
     * asked.
     */
    default int patience() {
        return 120;
    }

    /**
     * How many instances a listing is tried with; enough for several pages where that costs
     * nothing.
     */
    default int many() {
        return 1_200;
    }

    /** Whether unknown flavors and images are refused here. */
    default boolean knowsItsFlavorsAndImages() {
        return true;
    }

    /** What must never be shown: credentials and the like. */
    Set<String> secrets();

    /** Makes trouble until {@link #calm}. */
    Optional<Runnable> trouble(Trouble trouble);

    /** Ends all trouble. */
    void calm();

    /** Somebody deletes an instance behind our back. */
    Optional<Consumer<String>> vanish();

    /** Somebody removes the tags of an instance, but for that of its installation. */
    Optional<Consumer<String>> untag();

    /** An instance is shown without most of what belongs to it, in all listings from now on. */
    Optional<Consumer<String>> garble();

    /** Shuts an instance off from within. */
    Optional<Consumer<String>> shutOff();

    /** The user data that the guest of an instance sees, not encoded. */
    Optional<Function<String, String>> userDataSeenByGuest();

    @Override
    void close();
}
