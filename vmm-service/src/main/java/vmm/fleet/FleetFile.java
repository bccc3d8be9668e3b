package vmm.fleet;

import org.jspecify.annotations.Nullable;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.error.MarkedYAMLException;
import org.yaml.snakeyaml.error.YAMLException;
import org.yaml.snakeyaml.nodes.Node;
import org.yaml.snakeyaml.nodes.Tag;
import org.yaml.snakeyaml.reader.ReaderException;

import java.io.IOException;
import java.io.StringReader;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

/** The reader of fleet files. */
public final class FleetFile {

    private static final int MOST_BYTES = 4 * 1024 * 1024;
    private static final int MOST_ALIASES = 1_000;
    private static final int DEEPEST = 20;

    private FleetFile() {}

    /**
     * Reads a fleet file whole.
     *
     * @param environment values for <code>${NAME}</code>; they are never told
     * @param kinds the kinds of clouds that this build has adapters for
     * @throws FleetRefused if anything is wrong with it, telling all that is
     */
    public static Fleet read(
            Path file,
            Function<String, Optional<String>> environment,
            Map<String, KindRules> kinds) {
        var problems = new Problems(file.toString());
        return read(bytes(file, problems), problems, environment, kinds);
    }

    /**
     * Reads a fleet that is no file of its own, such as one within a jar.
     *
     * @param name what problems call it
     */
    public static Fleet read(
            String name,
            byte[] content,
            Function<String, Optional<String>> environment,
            Map<String, KindRules> kinds) {
        return read(content, new Problems(name), environment, kinds);
    }

    private static Fleet read(
            byte[] content,
            Problems problems,
            Function<String, Optional<String>> environment,
            Map<String, KindRules> kinds) {
        var root = compose(text(content, problems), problems);
        if (root == null || root.getTag().equals(Tag.NULL)) {
            problems.add(1, "is empty: describe at least installation and clouds");
            throw problems.refused();
        }
        var fleet =
                new FleetReader(kinds, problems, new Variables(environment, problems)).read(root);
        problems.refuseAny();
        return fleet;
    }

    private static String text(byte[] bytes, Problems problems) {
        try {
            var text =
                    StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
            return text.startsWith("\uFEFF") ? text.substring(1) : text;
        } catch (CharacterCodingException e) {
            problems.add(firstBadLine(bytes), "is not UTF-8: save the file as UTF-8");
            throw problems.refused();
        }
    }

    private static byte[] bytes(Path file, Problems problems) {
        if (Files.isDirectory(file))
            throw refused(problems, "is a directory: name the file itself");
        if (!Files.exists(file))
            throw refused(problems, "does not exist: give the path of a fleet file");
        byte[] bytes;
        try (var in = Files.newInputStream(file)) {
            bytes = in.readNBytes(MOST_BYTES + 1);
        } catch (AccessDeniedException e) {
            throw refused(problems, "may not be read: give this process the right to read it");
        } catch (IOException e) {
            throw refused(problems, "cannot be read (" + e.getClass().getSimpleName() + ")");
        }
        if (bytes.length > MOST_BYTES)
            throw refused(problems, "is larger than " + MOST_BYTES + " bytes");
        return bytes;
    }

    private static FleetRefused refused(Problems problems, String what) {
        problems.add(0, what);
        return problems.refused();
    }

    private static int firstBadLine(byte[] bytes) {
        var decoder = StandardCharsets.UTF_8.newDecoder();
        int line = 1;
        for (int from = 0, i = 0; i <= bytes.length; i++) {
            if (i < bytes.length && bytes[i] != '\n') continue;
            try {
                decoder.reset().decode(ByteBuffer.wrap(bytes, from, i - from));
            } catch (CharacterCodingException e) {
                return line;
            }
            from = i + 1;
            line++;
        }
        return 1;
    }

    /** The root of the document, null if there is none. */
    private static @Nullable Node compose(String text, Problems problems) {
        var options = new LoaderOptions();
        options.setMaxAliasesForCollections(MOST_ALIASES);
        options.setNestingDepthLimit(DEEPEST);
        options.setCodePointLimit(MOST_BYTES);
        try {
            return new Yaml(options).compose(new StringReader(text));
        } catch (MarkedYAMLException e) {
            var mark = e.getProblemMark();
            problems.add(mark == null ? 1 : mark.getLine() + 1, SyntaxError.explain(e));
        } catch (ReaderException e) {
            int line =
                    1
                            + (int)
                                    text.codePoints()
                                            .limit(e.getPosition())
                                            .filter(c -> c == '\n')
                                            .count();
            problems.add(
                    line,
                    "holds the character U+%04X, which YAML does not allow"
                            .formatted(e.getCodePoint()));
        } catch (YAMLException e) {
            problems.add(1, SyntaxError.explain(e));
        }
        throw problems.refused();
    }
}
