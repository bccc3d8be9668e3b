package vmm.clouds;

import vmm.cloud.CloudProvider;

import java.util.Collection;
import java.util.regex.Pattern;

/** What is shown of a console: a guest wrote it, and it may be shown in a terminal. */
final class ConsoleText {

    /** Colours, cursor movements, titles. */
    private static final Pattern ESCAPES =
            Pattern.compile(
                    "\u001b(?:\\[[0-?]*[ -/]*[@-~]|\\][^\u0007\u001b]*(?:\u0007|\u001b\\\\)?|["
                            + " -~])");

    /** What else a terminal would obey; line breaks and tabs stay. */
    private static final Pattern CONTROLS = Pattern.compile("[\\p{Cc}&&[^\n\t]]");

    private ConsoleText() {}

    /** The last lines as plain text, without these secrets. */
    static String shown(String text, Collection<String> secrets) {
        String plain = ESCAPES.matcher(text).replaceAll("");
        plain = CONTROLS.matcher(plain).replaceAll("");
        for (String secret : secrets) plain = plain.replace(secret, "***");
        var lines = plain.lines().toList();
        int first = Math.max(0, lines.size() - CloudProvider.CONSOLE_LINES);
        return first == 0 ? plain : String.join("\n", lines.subList(first, lines.size())) + "\n";
    }
}
