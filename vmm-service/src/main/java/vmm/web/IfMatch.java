package vmm.web;

import org.jspecify.annotations.Nullable;

import java.util.LinkedHashSet;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The versions of a resource that a caller is ready to change, as the header {@code If-Match} names
 * them.
 */
public final class IfMatch {

    private static final Pattern TAGS =
            Pattern.compile("\\s*(?:W/)?\"[^\"]*\"\\s*(?:,\\s*(?:W/)?\"[^\"]*\"\\s*)*");
    private static final Pattern STRONG = Pattern.compile("(W/)?\"([^\"]*)\"");

    private final boolean any;
    private final Set<String> versions;

    private IfMatch(boolean any, Set<String> versions) {
        this.any = any;
        this.versions = versions;
    }

    /** The entity tag of a version: strong, and nothing but its number. */
    public static String etag(long version) {
        return "\"" + version + "\"";
    }

    /** Reads the header: 428 when it is missing, 412 when it names no version. */
    public static IfMatch of(@Nullable String header) {
        if (header == null || header.isBlank()) {
            throw Problem.of(
                    ProblemType.PRECONDITION_REQUIRED,
                    "Say which version you change: send the ETag you have read as If-Match (* is"
                            + " whatever it is now).");
        }
        if (header.strip().equals("*")) {
            return new IfMatch(true, Set.of());
        }
        if (header.length() > 1000 || !TAGS.matcher(header).matches()) {
            throw stale(
                    "If-Match is no entity tag: send the ETag as it was given, with its quotes.");
        }
        Set<String> versions = new LinkedHashSet<>();
        Matcher tag = STRONG.matcher(header);
        while (tag.find()) {
            if (tag.group(1) == null) { // weak tags never match (RFC 9110, 13.1.1)
                versions.add(tag.group(2));
            }
        }
        return new IfMatch(false, versions);
    }

    /** Whether the resource, being at this version, may be changed. */
    public boolean allows(long version) {
        return any || versions.contains(Long.toString(version));
    }

    /** Throws 412 unless the resource, being at this version, may be changed. */
    public void require(long version) {
        if (!allows(version)) {
            throw stale(
                    "It is at version "
                            + etag(version)
                            + " now: read it again and repeat the change.");
        }
    }

    private static Problem stale(String detail) {
        return Problem.of(ProblemType.PRECONDITION_FAILED, detail);
    }
}
