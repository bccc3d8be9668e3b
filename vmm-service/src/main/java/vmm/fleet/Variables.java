package vmm.fleet;

import org.jspecify.annotations.Nullable;
import org.yaml.snakeyaml.nodes.ScalarNode;

import java.util.Optional;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The environment, for <code>${NAME}</code> in the values of a fleet file; <code>$${</code> stands
 * for itself.
 */
final class Variables {

    private static final Pattern REFERENCE =
            Pattern.compile("\\$\\$\\{|\\$\\{([A-Za-z_][A-Za-z0-9_]*)}|\\$\\{");

    private final Function<String, Optional<String>> environment;
    private final Problems problems;

    Variables(Function<String, Optional<String>> environment, Problems problems) {
        this.environment = environment;
        this.problems = problems;
    }

    /** The text with every variable filled in; null after a problem. Values are never told. */
    @Nullable String fillIn(ScalarNode node) {
        var text = new StringBuilder();
        boolean known = true;
        var reference = REFERENCE.matcher(node.getValue());
        while (reference.find()) {
            var value = value(reference, node);
            if (value == null) known = false;
            else reference.appendReplacement(text, Matcher.quoteReplacement(value));
        }
        return known ? reference.appendTail(text).toString() : null;
    }

    private @Nullable String value(Matcher reference, ScalarNode node) {
        if (reference.group().equals("$${")) return "${";
        var name = reference.group(1);
        if (name == null) {
            problems.add(
                    node,
                    "'${' begins no variable: write ${NAME}, and $${ for the characters"
                            + " themselves");
            return null;
        }
        var value = environment.apply(name).orElse("");
        if (!value.isEmpty()) return value;
        problems.add(
                node,
                "${"
                        + name
                        + "} is not set: give the environment variable "
                        + name
                        + " before the start");
        return null;
    }
}
