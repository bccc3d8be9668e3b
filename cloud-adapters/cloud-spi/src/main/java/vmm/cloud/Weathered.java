package vmm.cloud;

import java.util.List;
import java.util.Map;

/**
 * What can be set of a cloud that is only simulated: what it does to its callers and its instances.
 * For demonstrations and tests; no real cloud has it.
 *
 * <p>These calls are not made to the cloud but to whoever owns it: they work also while nobody
 * answers there, and take no longer than a statement of its database.
 */
public interface Weathered {

    /** Everything that can be set, always in the same order, as it is now. */
    List<Component> weather();

    /**
     * Changes some components; the others stay. All replicas see it within a second.
     *
     * @param changes texts by the names of components, as {@link Component#value()} writes them
     * @throws Unfit if there is no such component or a value does not fit; then nothing is changed
     */
    void change(Map<String, String> changes);

    /**
     * Sets everything: some components as named here, the others as the fleet file says.
     *
     * @throws Unfit as {@link #change} does
     */
    void reset(Map<String, String> changes);

    /**
     * One thing that can be set.
     *
     * @param value as text: a decimal number, a whole number or nothing for no limit, an ISO 8601
     *     duration, {@code true} or {@code false}
     */
    record Component(String name, Kind kind, String value) {}

    /** What the value of a component is. */
    enum Kind {
        NUMBER,
        LIMIT,
        DURATION,
        SWITCH
    }

    /** A change that cannot be made. */
    final class Unfit extends IllegalArgumentException {
        private static final long serialVersionUID = 1L;

        private final String component;

        public Unfit(String component, String why) {
            super(why);
            this.component = component;
        }

        /** The name that was given. */
        public String component() {
            return component;
        }
    }
}
