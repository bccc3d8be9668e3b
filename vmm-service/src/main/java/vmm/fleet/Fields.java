package vmm.fleet;

import org.jspecify.annotations.Nullable;
import org.yaml.snakeyaml.nodes.MappingNode;
import org.yaml.snakeyaml.nodes.Node;
import org.yaml.snakeyaml.nodes.ScalarNode;
import org.yaml.snakeyaml.nodes.SequenceNode;
import org.yaml.snakeyaml.nodes.Tag;

import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * A mapping of the fleet file, read field by field.
 *
 * <p>Whatever is wrong goes to the problems, and the field then counts as empty, so that reading
 * goes on. Values are quoted in problems as they are written, before variables are filled in, and
 * those of credentials and options never.
 */
final class Fields {

    static final Pattern NAME = Pattern.compile("[a-z0-9][a-z0-9-]{0,62}");

    private static final Pattern PLAIN_KEY = Pattern.compile("[A-Za-z][A-Za-z0-9_-]{0,62}");
    private static final Pattern WHOLE = Pattern.compile("0|-?[1-9][0-9]{0,8}");
    private static final Pattern DECIMAL = Pattern.compile("[0-9]{1,9}(\\.[0-9]{1,6})?");
    private static final Duration LONGEST = Duration.ofDays(365);
    private static final int LONGEST_SECRET = 20_000;

    private final Problems problems;
    private final Variables variables;
    private final MappingNode node;
    private final String what;
    private final Map<String, Node> values = new LinkedHashMap<>();

    private Fields(Problems problems, Variables variables, MappingNode node, String noun) {
        this.problems = problems;
        this.variables = variables;
        this.node = node;
        for (var pair : node.getValue()) take(pair.getKeyNode(), pair.getValueNode());
        what =
                values.get("name") instanceof ScalarNode name
                        ? noun + " " + quoted(name.getValue())
                        : noun;
    }

    /** The fields of a node, or empty after a problem. */
    static Optional<Fields> of(
            Node node, String noun, Set<String> known, Problems problems, Variables variables) {
        if (node instanceof MappingNode mapping) {
            var fields = new Fields(problems, variables, mapping, noun);
            fields.refuseUnknown(known);
            return Optional.of(fields);
        }
        problems.add(node, noun + " must be a mapping, such as {name: …}");
        return Optional.empty();
    }

    private void take(Node key, Node value) {
        if (!(key instanceof ScalarNode scalar)) {
            problems.add(key, "a field's name must be plain text");
        } else if (values.containsKey(scalar.getValue())) {
            problems.add(key, key(scalar.getValue()) + " is given twice: keep one");
        } else {
            values.put(scalar.getValue(), value);
        }
    }

    private void refuseUnknown(Set<String> known) {
        for (var pair : node.getValue()) {
            if (!(pair.getKeyNode() instanceof ScalarNode key) || known.contains(key.getValue()))
                continue;
            if (key.getValue().equals("<<"))
                problems.add(key, "merge keys (<<) are not supported: write the fields out");
            else
                problems.add(
                        key,
                        "unknown "
                                + key(key.getValue())
                                + " of "
                                + what
                                + Nearest.hint(key.getValue(), known));
        }
    }

    private static String key(String key) {
        return PLAIN_KEY.matcher(key).matches() ? "field '" + key + "'" : "field";
    }

    /** Adds a problem with a field, or with all of this if the field is not there. */
    void problem(String field, String problem) {
        problems.add(values.getOrDefault(field, node), problem);
    }

    /** Demands that these fields are there. */
    Fields require(String... fields) {
        for (var field : fields)
            if (!values.containsKey(field))
                problems.add(node, what + " lacks '" + field + "': add it");
        return this;
    }

    boolean has(String field) {
        return values.containsKey(field);
    }

    int line() {
        return node.getStartMark().getLine() + 1;
    }

    Optional<String> name(String field) {
        var name = text(field, 1_000);
        if (name.isEmpty() || NAME.matcher(name.get()).matches()) return name;
        problem(
                field,
                field
                        + " "
                        + written(field)
                        + " is no name: use a-z, 0-9 and '-', beginning with a letter or digit,"
                        + " at most 63 characters");
        return Optional.empty();
    }

    /** A single value, whatever is wrong with it and without telling. */
    Optional<String> asWritten(String field) {
        return values.get(field) instanceof ScalarNode scalar
                ? Optional.of(scalar.getValue())
                : Optional.empty();
    }

    /** A text on one line, not empty. */
    Optional<String> text(String field, int most) {
        return text(field, most, false);
    }

    /** A text that may have several lines. */
    Optional<String> prose(String field, int most) {
        return text(field, most, true);
    }

    private Optional<String> text(String field, int most, boolean lines) {
        return Optional.ofNullable(values.get(field))
                .flatMap(value -> text(value, field, most, lines));
    }

    private Optional<String> text(Node value, String field, int most, boolean lines) {
        if (!(value instanceof ScalarNode scalar) || isNull(scalar))
            return wrong(value, field, "must be text");
        if (!scalar.getTag().equals(Tag.STR))
            return wrong(value, field, "must be text: put it in quotes");
        return filledIn(scalar, field, most, lines);
    }

    private Optional<String> filledIn(ScalarNode scalar, String field, int most, boolean lines) {
        var text = variables.fillIn(scalar);
        if (text == null) return Optional.empty();
        int length = text.codePointCount(0, text.length());
        if (text.isBlank())
            return wrong(scalar, field, "is empty: write something or leave the field out");
        if (length > most)
            return wrong(scalar, field, "is " + length + " characters long: at most " + most);
        if (text.chars()
                        .anyMatch(
                                c ->
                                        Character.isISOControl(c)
                                                && !(lines
                                                        && (c == '\n' || c == '\r' || c == '\t')))
                || !StandardCharsets.UTF_8.newEncoder().canEncode(text))
            return wrong(
                    scalar,
                    field,
                    "holds control characters"
                            + (lines ? "" : " or line breaks")
                            + ": remove them");
        return Optional.of(text);
    }

    Optional<Integer> whole(String field, int least, int most) {
        var value = values.get(field);
        if (value == null) return Optional.empty();
        if (!(value instanceof ScalarNode scalar)
                || !scalar.getTag().equals(Tag.INT)
                || !WHOLE.matcher(scalar.getValue()).matches())
            return wrong(
                    value,
                    field,
                    "must be a whole number, such as " + Math.max(least, Math.min(most, 5)));
        int number = Integer.parseInt(scalar.getValue());
        if (number < least || number > most)
            return wrong(value, field, "is " + number + ": give " + least + " to " + most);
        return Optional.of(number);
    }

    /** A number above zero, with a point if need be. */
    Optional<Double> positive(String field, int most) {
        var value = values.get(field);
        if (value == null) return Optional.empty();
        if (!(value instanceof ScalarNode scalar)
                || !(scalar.getTag().equals(Tag.INT) || scalar.getTag().equals(Tag.FLOAT))
                || !DECIMAL.matcher(scalar.getValue()).matches())
            return wrong(value, field, "must be a number above 0, such as 2.5");
        var number = new BigDecimal(scalar.getValue());
        if (number.signum() == 0 || number.compareTo(BigDecimal.valueOf(most)) > 0)
            return wrong(value, field, "must be above 0 and at most " + most);
        return Optional.of(number.doubleValue());
    }

    Optional<Duration> duration(String field) {
        return duration(field, LONGEST);
    }

    Optional<Duration> duration(String field, Duration longest) {
        return text(field, 100)
                .flatMap(
                        text -> {
                            try {
                                var duration = Duration.parse(text);
                                if (!duration.isPositive())
                                    return wrong(field, "must be longer than nothing");
                                if (duration.compareTo(longest) > 0)
                                    return wrong(field, "is longer than " + inWords(longest));
                                return Optional.of(duration);
                            } catch (DateTimeException e) {
                                return wrong(
                                        field,
                                        written(field)
                                                + " is no duration: write ISO 8601, such as PT30M,"
                                                + " PT12H or P14D");
                            }
                        });
    }

    /** The elements of a list; empty if there is none. */
    List<Node> list(String field) {
        var value = values.get(field);
        if (value == null) return List.of();
        if (value instanceof SequenceNode sequence) return sequence.getValue();
        problem(field, field + " must be a list; write [] if there is nothing in it");
        return List.of();
    }

    /** Demands that a list, if it is one, has something in it. */
    void atLeastOne(String field) {
        if (values.get(field) instanceof SequenceNode sequence && sequence.getValue().isEmpty())
            problem(field, field + " needs at least one element");
    }

    /** The elements of a list of mappings. */
    List<Fields> entries(String field, String noun, Set<String> known) {
        return list(field).stream()
                .flatMap(element -> of(element, noun, known, problems, variables).stream())
                .toList();
    }

    /** A list of texts, each once. */
    List<String> texts(String field, int most) {
        var texts = new ArrayList<String>();
        for (var element : list(field))
            text(element, "an element of " + field, most, false)
                    .ifPresent(
                            text -> {
                                if (texts.contains(text))
                                    problems.add(
                                            element,
                                            field + " holds " + quoted(scalar(element)) + " twice");
                                else texts.add(text);
                            });
        return List.copyOf(texts);
    }

    /** A mapping from names to single values; numbers count as the text they are written with. */
    Map<String, String> pairs(String field, String noun, @Nullable Set<String> known) {
        var value = values.get(field);
        if (value == null) return Map.of();
        if (!(value instanceof MappingNode mapping)) {
            problem(field, field + " must be a mapping, such as {name: value}");
            return Map.of();
        }
        var inner = new Fields(problems, variables, mapping, noun);
        if (known != null) inner.refuseUnknown(known);
        var pairs = new LinkedHashMap<String, String>();
        inner.values.forEach(
                (name, node) -> {
                    if (!(node instanceof ScalarNode scalar) || isNull(scalar))
                        problems.add(node, key(name) + " of " + noun + " must have a single value");
                    else
                        filledIn(scalar, key(name), LONGEST_SECRET, true)
                                .ifPresent(text -> pairs.put(name, text));
                });
        return Map.copyOf(pairs);
    }

    /** The field's value as it is written, in quotes, for a problem. */
    String written(String field) {
        return quoted(scalar(values.get(field)));
    }

    /** Whether the value is as it is written, without any variable. */
    boolean isLiteral(String field) {
        return !scalar(values.get(field)).contains("${");
    }

    private static String scalar(@Nullable Node node) {
        return node instanceof ScalarNode scalar ? scalar.getValue() : "";
    }

    static String quoted(String text) {
        var plain = text.replaceAll("\\p{Cntrl}", " ");
        return "'" + (plain.length() > 80 ? plain.substring(0, 77) + "…" : plain) + "'";
    }

    private static boolean isNull(ScalarNode scalar) {
        return scalar.getTag().equals(Tag.NULL);
    }

    private <T> Optional<T> wrong(String field, String problem) {
        return wrong(values.getOrDefault(field, node), field, problem);
    }

    private <T> Optional<T> wrong(Node where, String field, String problem) {
        problems.add(where, field + " " + problem);
        return Optional.empty();
    }

    private static String inWords(Duration duration) {
        return duration.toDays() > 0 ? "P" + duration.toDays() + "D" : duration.toString();
    }
}
