package vmm.cloud.jclouds;

import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/** Reading of what the fleet file says of a cloud. */
public final class Settings {

    private Settings() {}

    /**
     * Refuses names that nobody knows.
     *
     * @param what they are, such as {@code option}
     * @param whose who knows the others, such as {@code OpenStack clouds; they know}
     * @throws IllegalArgumentException naming one, and what is known; never a value
     */
    public static void checkNames(String what, Set<String> given, Set<String> known, String whose) {
        for (var name : given) {
            if (!known.contains(name)) {
                throw new IllegalArgumentException(
                        "%s %s is unknown to %s %s".formatted(what, name, whose, sorted(known)));
            }
        }
    }

    /** Names as a text. */
    public static String sorted(Set<String> names) {
        return names.stream().sorted().collect(Collectors.joining(", "));
    }

    /** The items of a text that are separated by commas, each once. */
    public static List<String> items(String text) {
        return Arrays.stream(text.split(","))
                .map(String::strip)
                .filter(item -> !item.isEmpty())
                .distinct()
                .toList();
    }
}
