package vmm.cloud.jclouds.aws;

import vmm.cloud.CloudFailure;
import vmm.cloud.jclouds.Shared;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The ids of images, which the fleet file may call by name.
 *
 * <p>Names count among the images of the owners that the fleet file trusts only: anybody may
 * publish an image under any name. What a name stands for is remembered for a minute, and forgotten
 * as soon as a create is rejected. Launches at the same time ask once for all of them.
 */
final class Names {

    private static final Duration MEMORY = Duration.ofMinutes(1);

    private record Meaning(String id, Instant until) {}

    private final Map<String, Shared<Meaning>> known = new ConcurrentHashMap<>();
    private final List<String> owners;
    private final InstantSource clock;

    Names(List<String> owners, InstantSource clock) {
        this.owners = owners;
        this.clock = clock;
    }

    /** Whether EC2 takes a text as it is. */
    static boolean isId(String image) {
        return image.matches("ami-[0-9a-f]+") || isParameter(image);
    }

    /** Whether an image is named by a parameter of Systems Manager, which EC2 looks up. */
    static boolean isParameter(String image) {
        return image.startsWith("resolve:ssm:");
    }

    String idOf(Conversation talk, String image) throws CloudFailure {
        if (isId(image)) return image;
        return known.computeIfAbsent(image, unknown -> new Shared<>())
                .get(
                        meaning -> clock.instant().isBefore(meaning.until()),
                        () -> new Meaning(lookUp(talk, image), clock.instant().plus(MEMORY)))
                .id();
    }

    void forget() {
        known.clear();
    }

    /** The images of a name, as they are now. */
    List<String> idsOf(Conversation talk, String image) throws CloudFailure {
        var form =
                Form.of("DescribeImages")
                        .each("Owner", owners)
                        .where("name", image)
                        .where("state", "available");
        return Shelves.list(talk, form, "imagesSet").stream()
                .filter(item -> item.text("name").equals(Optional.of(image)))
                .flatMap(item -> item.text("imageId").stream())
                .distinct()
                .toList();
    }

    private String lookUp(Conversation talk, String image) throws CloudFailure {
        var ids = idsOf(talk, image);
        return switch (ids.size()) {
            case 1 -> ids.getFirst();
            case 0 ->
                    throw new CloudFailure.Rejected(
                            "there is no image '%s' of %s here"
                                    .formatted(image, String.join(", ", owners)));
            default ->
                    throw new CloudFailure.Rejected(
                            "image '%s' is ambiguous here, write one of the ids %s"
                                    .formatted(image, ids));
        };
    }
}
