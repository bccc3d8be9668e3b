package vmm.allocation;

import com.fasterxml.jackson.annotation.JsonInclude;

import org.jspecify.annotations.Nullable;

import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.function.UnaryOperator;
import java.util.regex.Pattern;

/**
 * A way to reach a VM: a URL to open or a command to type. As a pool keeps it, with {@code
 * {address}} and the like unfilled.
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
record Connect(String kind, @Nullable String url, @Nullable String command) {
    private static final Pattern ADDRESS =
            Pattern.compile("[0-9A-Za-z]([0-9A-Za-z.:-]{0,252}[0-9A-Za-z])?|[0-9A-Fa-f:]+");
    private static final Pattern PLAIN = Pattern.compile("[A-Za-z0-9._@+-]+");

    /**
     * Filled in for one VM: encoded in URLs, quoted in commands.
     *
     * @param address as the cloud tells it; null while it has none
     * @param secret null for whoever may not see it: the placeholder stays
     * @return empty where it cannot be filled in safely or without an address
     */
    Optional<Connect> fill(@Nullable String address, @Nullable String secret, String user) {
        var template = url == null ? command : url;
        if (template == null) return Optional.empty();
        boolean addressed = template.contains("{address}");
        if (addressed && (address == null || !ADDRESS.matcher(address).matches()))
            return Optional.empty();
        // An option is an option, however it is quoted.
        if (command != null && template.contains("{user}") && user.startsWith("-"))
            return Optional.empty();
        String at = address == null ? "" : address;
        if (url != null) {
            String host = at.contains(":") ? "[" + at + "]" : at;
            return Optional.of(
                    new Connect(kind, filled(url, host, secret, user, Connect::encoded), null));
        }
        return Optional.of(
                new Connect(kind, null, filled(template, at, secret, user, Connect::quoted)));
    }

    private static String filled(
            String template,
            String host,
            @Nullable String secret,
            String user,
            UnaryOperator<String> safe) {
        String filled = template.replace("{address}", host).replace("{user}", safe.apply(user));
        return secret == null ? filled : filled.replace("{secret}", safe.apply(secret));
    }

    private static String encoded(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
    }

    /** One word to a POSIX shell, whatever it holds. */
    private static String quoted(String text) {
        return PLAIN.matcher(text).matches() ? text : "'" + text.replace("'", "'\\''") + "'";
    }
}
