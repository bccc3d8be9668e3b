package vmm.fleet;

import org.yaml.snakeyaml.error.MarkedYAMLException;
import org.yaml.snakeyaml.error.YAMLException;

import java.util.LinkedHashMap;
import java.util.Map;

/**
 * What a YAML parser complains of, in words of ours: its own repeat pieces of the file, which may
 * be secrets.
 */
final class SyntaxError {

    private static final Map<String, String> WORDS = words();

    private SyntaxError() {}

    static String explain(MarkedYAMLException error) {
        var began = error.getContextMark();
        var found = error.getProblemMark();
        boolean far = began != null && found != null && began.getLine() != found.getLine();
        return explain(error.getProblem() + " " + error.getContext())
                + (far ? " (it began at line " + (began.getLine() + 1) + ")" : "");
    }

    static String explain(YAMLException error) {
        return explain(String.valueOf(error.getMessage()));
    }

    private static String explain(String complaint) {
        return WORDS.entrySet().stream()
                .filter(word -> complaint.contains(word.getKey()))
                .map(Map.Entry::getValue)
                .findFirst()
                .orElse("is no valid YAML here: check indentation, quotes and brackets");
    }

    private static Map<String, String> words() {
        var words = new LinkedHashMap<String, String>();
        words.put("\\t(TAB)", "holds a tab: indent with spaces");
        words.put(
                "undefined alias",
                "a value begins with '*', which YAML takes for an alias that is not there: put it"
                        + " in quotes");
        words.put("Number of aliases", "uses too many aliases (*name): write things out");
        words.put("Nesting Depth", "is nested too deeply");
        words.put(
                "but found another document",
                "holds more than one document: remove the line '---' between them");
        words.put(
                "mapping values are not allowed here",
                "a ':' is not allowed here: check the indentation, or put the value in quotes");
        words.put(
                "cannot start any token",
                "a value begins with a character that YAML reserves (such as @, ` or %): put it in"
                        + " quotes");
        words.put(
                "expected ',' or ']'", "a list opened with '[' is not closed: add ']' or a comma");
        words.put(
                "expected ',' or '}'",
                "a mapping opened with '{' is not closed: add '}' or a comma");
        words.put(
                "quoted scalar",
                "a quoted text is not closed, or holds an escape that YAML does not know");
        words.put("could not find expected ':'", "a ':' is missing after the name of a field");
        words.put(
                "block mapping", "is no valid YAML here: check that the fields are indented alike");
        words.put(
                "block collection",
                "is no valid YAML here: check that the elements of the list are indented alike");
        words.put(
                "anchor",
                "a value begins with '&' or '*', which YAML takes for an anchor: put it in quotes");
        words.put("tag", "a value begins with '!', which YAML takes for a tag: put it in quotes");
        return words;
    }
}
