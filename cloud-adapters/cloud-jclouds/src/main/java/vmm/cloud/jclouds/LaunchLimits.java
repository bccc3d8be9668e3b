package vmm.cloud.jclouds;

import vmm.cloud.CloudFailure;
import vmm.cloud.LaunchSpec;

import java.nio.charset.StandardCharsets;
import java.util.Base64;

/**
 * How long the texts of a launch may be; a cloud would answer one that is longer with the whole
 * request, user data included.
 *
 * @param cloud who allows it
 * @param tag characters of a tag's value
 * @param name characters of an instance's name
 */
public record LaunchLimits(String cloud, int tag, int name) {

    public void checkTags(LaunchSpec spec) throws CloudFailure {
        for (var one : spec.tags().asMap().entrySet()) {
            if (one.getValue().length() > tag) {
                throw new CloudFailure.Rejected(
                        "the tag %s is longer than the %d characters that %s allows"
                                .formatted(one.getKey(), tag, cloud));
            }
        }
    }

    public void checkName(LaunchSpec spec) throws CloudFailure {
        if (spec.name().length() > name) {
            throw new CloudFailure.Rejected(
                    "the name is longer than the %d characters that %s allows"
                            .formatted(name, cloud));
        }
    }

    /** The user data as clouds want them, in base64. */
    public static String encodedUserData(LaunchSpec spec) {
        return Base64.getEncoder().encodeToString(spec.userData().getBytes(StandardCharsets.UTF_8));
    }
}
