package vmm.cloud.jclouds.aws;

import org.jspecify.annotations.Nullable;

import java.time.Instant;
import java.util.List;
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
