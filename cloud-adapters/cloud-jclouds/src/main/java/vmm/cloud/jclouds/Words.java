package vmm.cloud.jclouds;

import java.util.Collection;
import java.util.List;
import java.util.function.Supplier;
import java.util.stream.Stream;

/**
 * What a cloud said, made fit to be shown to operators: on one line, cut short, and with secrets
 * masked. Clouds quote what they do not like, user data and signatures included.
 *
 * @param secrets never shown; asked each time, as credentials may change
 */
public record Words(Supplier<? extends Collection<String>> secrets) {

    private static final int LONGEST = 300;

    /** Of secrets that stay as they are. */
    public static Words hiding(Collection<String> secrets) {
        var all = List.copyOf(secrets);
        return new Words(() -> all);
    }

    /** The same, which hides one more text. */
    public Words hiding(String secret) {
        return new Words(() -> Stream.concat(secrets.get().stream(), Stream.of(secret)).toList());
    }

    /** Text of the cloud that is safe to show. */
    public String shown(String text) {
        var line = maskedLine(onOneLine(masked(text)));
        return line.length() <= LONGEST ? line : line.substring(0, LONGEST) + "…";
    }

    /** The same text without the secrets. */
    public String masked(String text) {
        var masked = text;
        for (var secret : secrets.get()) {
            if (!secret.isEmpty()) masked = masked.replace(secret, "***");
        }
        return masked;
    }

    /** Secrets that were broken elsewhere than we know them, or not where we do. */
    private String maskedLine(String line) {
        var masked = masked(line);
        for (var secret : secrets.get()) {
            var known = onOneLine(secret);
            if (!known.isEmpty()) masked = masked.replace(known, "***");
        }
        return masked;
    }

    private static String onOneLine(String text) {
        return text.replaceAll("\\s+", " ").strip();
    }

    @Override
    public String toString() {
        return "Words";
    }
}
