package vmm.cloud.jclouds.aws;

import org.jspecify.annotations.Nullable;

import vmm.cloud.CloudFailure;

import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * What requests are signed with.
 *
 * @param sessionToken null for keys of a user, which do not end
 * @param expires null: never, as far as is known
 */
record Keys(
        String accessKeyId,
        String secretAccessKey,
        @Nullable String sessionToken,
        @Nullable Instant expires) {

    /**
     * Keys that a source gave for a while.
     *
     * @param what the source, for words
     * @throws CloudFailure.Unreachable if a part is missing
     */
    static Keys of(
            String what,
            Optional<String> accessKeyId,
            Optional<String> secretAccessKey,
            Optional<String> sessionToken,
            Optional<Instant> expires)
            throws CloudFailure {
        if (accessKeyId.isEmpty() || secretAccessKey.isEmpty() || sessionToken.isEmpty()) {
            throw new CloudFailure.Unreachable(what + " answered without keys");
        }
        return new Keys(
                accessKeyId.get(), secretAccessKey.get(), sessionToken.get(), expires.orElse(null));
    }

    /** What of it must never be shown. */
    List<String> secrets() {
        return Stream.of(secretAccessKey, sessionToken == null ? "" : sessionToken)
                .filter(secret -> !secret.isEmpty())
                .toList();
    }

    @Override
    public String toString() {
        return "Keys[" + accessKeyId + ", until " + expires + "]";
    }
}
