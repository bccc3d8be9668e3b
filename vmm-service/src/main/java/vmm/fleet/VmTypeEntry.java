package vmm.fleet;

import java.util.List;
import java.util.Optional;

/**
 * What a scientist picks, as the fleet file tells it.
 *
 * @param pool the name of a pool of the same file; several types may share one
 * @param groups who may use it; empty: everyone
 * @param logo address of a picture
 */
public record VmTypeEntry(
        String name,
        String title,
        String description,
        String pool,
        int vcpus,
        double ramGb,
        int gpus,
        List<String> groups,
        List<String> tags,
        Optional<String> logo) {

    public VmTypeEntry {
        groups = List.copyOf(groups);
        tags = List.copyOf(tags);
    }
}
