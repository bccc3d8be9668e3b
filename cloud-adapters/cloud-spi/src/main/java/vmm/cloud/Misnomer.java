package vmm.cloud;

import java.util.List;

/**
 * A name in a placement that stands for nothing here: a launch would be rejected.
 *
 * @param what it should be: {@code image}, {@code flavor} or {@code network}
 * @param name as it was written
 * @param known the names and ids that would do, as far as the cloud lists them
 */
public record Misnomer(String what, String name, List<String> known) {

    public Misnomer {
        known = List.copyOf(known);
    }
}
