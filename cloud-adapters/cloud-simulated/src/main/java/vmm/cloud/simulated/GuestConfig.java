package vmm.cloud.simulated;

import org.jspecify.annotations.Nullable;

import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/**
 * What a guest reads of {@code /etc/vmm/guest.json}: where to report, and the token that lets it.
 *
 * @param url of the service, without a slash at its end
 */
record GuestConfig(String vmId, String url, String token) {

    /**
     * Finds the guest's file in a cloud-init document: the first flat JSON object that holds a
     * {@code vmId}. Empty if there is none, or none that says where to report.
     */
    static Optional<GuestConfig> in(String userData) {
        for (int at = userData.indexOf('{'); at >= 0; at = userData.indexOf('{', at + 1)) {
            var object = new Reader(userData, at).object();
            if (object == null || !object.containsKey("vmId")) continue;
            var url = object.getOrDefault("url", "").replaceAll("/+$", "");
            if (url.isEmpty()) return Optional.empty();
            return Optional.of(
                    new GuestConfig(
                            object.getOrDefault("vmId", ""),
                            url,
                            object.getOrDefault("token", "")));
        }
        return Optional.empty();
    }

    @Override
    public String toString() {
        return "GuestConfig[" + vmId + ", " + url + "]";
    }

    /**
     * Just enough JSON for one flat object; of values other than strings only the end is sought.
     */
    private static final class Reader {
        private final String text;
        private int at;

        Reader(String text, int at) {
            this.text = text;
            this.at = at;
        }

        @Nullable Map<String, String> object() {
            var object = new HashMap<String, String>();
            at++;
            while (true) {
                var key = string();
                if (key == null || !skip(':')) return null;
                var value = peek() == '"' ? string() : bare();
                if (value == null) return null;
                object.put(key, value);
                if (skip('}')) return object;
                if (!skip(',')) return null;
            }
        }

        private @Nullable String string() {
            if (!skip('"')) return null;
            var value = new StringBuilder();
            for (; at < text.length(); at++) {
                char c = text.charAt(at);
                if (c == '"') {
                    at++;
                    return value.toString();
                }
                if (c == '\\') c = escaped();
                value.append(c);
            }
            return null;
        }

        private char escaped() {
            at++;
            char c = at < text.length() ? text.charAt(at) : '\\';
            return switch (c) {
                case 'n' -> '\n';
                case 't' -> '\t';
                case 'r' -> '\r';
                case 'b' -> '\b';
                case 'f' -> '\f';
                case 'u' -> unicode();
                default -> c;
            };
        }

        private char unicode() {
            if (at + 4 >= text.length()) return '?';
            try {
                char c = (char) Integer.parseInt(text.substring(at + 1, at + 5), 16);
                at += 4;
                return c;
            } catch (NumberFormatException e) {
                return '?';
            }
        }

        private @Nullable String bare() {
            int start = at;
            while (at < text.length() && ",}{[\"".indexOf(text.charAt(at)) < 0) at++;
            return at == start ? null : text.substring(start, at).strip();
        }

        private char peek() {
            while (at < text.length() && Character.isWhitespace(text.charAt(at))) at++;
            return at < text.length() ? text.charAt(at) : '\0';
        }

        private boolean skip(char wanted) {
            if (peek() != wanted) return false;
            at++;
            return true;
        }
    }
}
