package vmm.cloud;

import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * One cloud: an endpoint, an account and a region that can run instances.
 *
 * <p>Every call blocks, may be slow, and may be made from any thread; the caller puts a deadline on
 * it. An adapter neither retries nor waits: the loops of the core are the retry. It never answers
 * from memory what exists or in which state; it may remember for a minute which id a name of an
 * image, flavor or network stands for, until a create is rejected, and why an instance failed. An
 * adapter touches only instances that carry the tag of its own installation ({@link
 * Tags#installation()}).
 */
public interface CloudProvider extends AutoCloseable {

    /** How much of a console is asked for. */
    int CONSOLE_LINES = 200;

    /**
     * Asks for one instance and returns as soon as the cloud accepts, not when the instance runs.
     *
     * <p>The adapter sends at most one request that can take effect. Whatever went wrong is in the
     * answer: {@link CreateAnswer.Refused} only if the cloud surely made nothing, {@link
     * CreateAnswer.Unknown} whenever it may have.
     */
    CreateAnswer create(LaunchSpec spec);

    /**
     * Whether sending the same {@link LaunchSpec} again yields the same instance (EC2 client token,
     * ARM PUT). Where false, a create whose answer is unknown is never sent again.
     */
    boolean deduplicatesCreates();

    /**
     * Looks at one instance directly.
     *
     * @return empty only if the cloud itself said that there is no such instance
     * @throws CloudFailure if that could not be found out
     */
    Optional<Instance> get(String instanceId) throws CloudFailure;

    /**
     * Everything that carries our installation's tag, whatever its state, paged to the end.
     *
     * @return a complete listing; its absences may still lag behind the truth
     * @throws CloudFailure if any page failed: a partial list is never returned
     */
    List<Instance> list() throws CloudFailure;

    /**
     * Asks for an instance to be deleted. May be repeated; an absent instance is success. The
     * instance is gone when {@link #list()} and {@link #get(String)} no longer show it, not when
     * this returns.
     */
    void delete(String instanceId) throws CloudFailure;

    /**
     * Starts an instance that is shut off ({@link Instance.Status#STOPPED}); a running one is left
     * as it is.
     */
    void start(String instanceId) throws CloudFailure;

    /** The flavors that can be launched here. */
    List<Offering> offerings() throws CloudFailure;

    /** The images that can be launched here. */
    List<Image> images() throws CloudFailure;

    /** The networks that instances can be launched in; empty where the cloud has no such choice. */
    default List<Network> networks() throws CloudFailure {
        return List.of();
    }

    /**
     * What of a placement stands for nothing here: each name of its image, flavor and network that
     * a launch would be rejected for.
     *
     * @param network null: the cloud's default
     * @return empty if all of it exists
     * @throws CloudFailure if that could not be found out
     */
    default List<Misnomer> misnomers(String image, String flavor, @Nullable String network)
            throws CloudFailure {
        var wrong = new ArrayList<Misnomer>();
        var images = images().stream().flatMap(some -> Stream.of(some.name(), some.id())).toList();
        if (!images.contains(image)) wrong.add(new Misnomer("image", image, images));
        var flavors = offerings().stream().map(Offering::flavor).toList();
        if (!flavors.contains(flavor)) wrong.add(new Misnomer("flavor", flavor, flavors));
        if (network == null) return wrong;
        var networks =
                networks().stream().flatMap(some -> Stream.of(some.name(), some.id())).toList();
        if (!networks.contains(network)) wrong.add(new Misnomer("network", network, networks));
        return wrong;
    }

    /**
     * Goes through a create without making anything, as far as the cloud lets us: what it would
     * refuse (permissions, names, options) is thrown.
     */
    default void rehearse(LaunchSpec spec) throws CloudFailure {
        for (var wrong : misnomers(spec.image(), spec.flavor(), spec.network())) {
            throw new CloudFailure.Rejected(
                    "there is no " + wrong.what() + " '" + wrong.name() + "' here");
        }
    }

    /** Asks, as cheaply as can be, whether the cloud answers and accepts our credentials. */
    default void ping() throws CloudFailure {
        quota();
    }

    /** The cloud's own limits, and what of them is used by anyone. */
    Quota quota() throws CloudFailure;

    /**
     * What instances that no longer exist left behind in this account, by whomever they were
     * launched: the cloud keeps no tags of what is gone. The core removes only what belonged to a
     * VM of its own that is DELETED. May leave some for the next call.
     */
    default List<Leftover> leftovers() throws CloudFailure {
        return List.of();
    }

    /**
     * Removes a leftover, after looking once more that its instance is gone and that nothing else
     * took it over. May be repeated; an absent one is success.
     */
    default void remove(Leftover leftover) throws CloudFailure {
        throw new CloudFailure.Rejected("this cloud knows no leftovers");
    }

    /**
     * The last lines that an instance wrote to its console, up to {@link #CONSOLE_LINES}, oldest
     * first. Nothing of the user data is added to them.
     *
     * @return empty if there is no such instance, or the cloud has no console of it
     * @throws CloudFailure if that could not be found out
     */
    default Optional<String> console(String instanceId) throws CloudFailure {
        return Optional.empty();
    }

    /** What can be set of this cloud if it is only simulated; empty for a real one. */
    default Optional<Weathered> weathered() {
        return Optional.empty();
    }

    /** Frees connections and threads. Instances live on. */
    @Override
    void close();
}
