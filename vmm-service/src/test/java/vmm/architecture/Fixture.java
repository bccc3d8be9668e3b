package vmm.architecture;

import java.net.URI;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

import javax.tools.JavaFileObject;
import javax.tools.SimpleJavaFileObject;
import javax.tools.ToolProvider;

/**
 * A few lines of Java compiled by themselves, so that a test can break a rule without breaking the
 * build.
 */
final class Fixture {

    private Fixture() {}

    static void compile(Path directory, String... sources) {
        var units = Stream.of(sources).map(Fixture::source).toList();
        boolean compiled =
                ToolProvider.getSystemJavaCompiler()
                        .getTask(
                                null,
                                null,
                                null,
                                List.of(
                                        "-proc:none",
                                        "-d",
                                        directory.toString(),
                                        "-cp",
                                        directory.toString()),
                                null,
                                units)
                        .call();
        if (!compiled) {
            throw new IllegalArgumentException(String.join("\n", sources));
        }
    }

    private static JavaFileObject source(String text) {
        String name = text.replaceFirst("(?s)^.*?(?:class|record) (\\w+).*$", "$1");
        return new SimpleJavaFileObject(
                URI.create("string:///" + name + ".java"), JavaFileObject.Kind.SOURCE) {
            @Override
            public CharSequence getCharContent(boolean ignoreEncodingErrors) {
                return text;
            }
        };
    }
}
