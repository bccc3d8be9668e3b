package vmm.cloud;

import java.time.Duration;
import java.util.Map;
import java.util.Optional;

/**
 * One cloud of the fleet file, with its secrets resolved.
 *
 * @param installation tags everything that is launched
 * @param credentials secrets: never logged, never stored
 * @param options what only this kind of cloud understands
 * @param callTimeout deadline of one call
 */
public record CloudConfig(
        String installation,
        String name,
        String kind,
        Optional<String> endpoint,
        Optional<String> region,
        Map<String, String> credentials,
        Map<String, String> options,
        Duration callTimeout) {

    @Override
    public String toString() {
        return "CloudConfig[" + name + ", " + kind + "]";
    }
}
