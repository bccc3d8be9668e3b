package vmm.start;

import vmm.fleet.ReadyWhen;

import java.lang.reflect.RecordComponent;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;

/**
 * What differs between a record of the fleet file and the same of the database, a line each: {@code
 * maxSize 12 in the file, 20 in the database}.
 */
final class Differences {
    private final List<String> lines = new ArrayList<>();

    private Differences() {}

    static List<String> between(Record file, Record database) {
        var differences = new Differences();
        differences.compare("", file, database);
        return List.copyOf(differences.lines);
    }

    private void compare(String path, Object file, Object database) {
        if (file.equals(database)) return;
        switch (file) {
            case ReadyWhen one -> line(path, file, database);
            case Record one when one.getClass() == database.getClass() -> {
                for (var part : one.getClass().getRecordComponents()) {
                    compare(
                            path.isEmpty() ? part.getName() : path + "." + part.getName(),
                            value(part, file),
                            value(part, database));
                }
            }
            case List<?> some when ofRecords(some) && database instanceof List<?> others -> {
                for (int i = 0; i < Math.max(some.size(), others.size()); i++) {
                    compare(path + "[" + i + "]", at(some, i), at(others, i));
                }
            }
            default -> line(path, file, database);
        }
    }

    private void line(String path, Object file, Object database) {
        lines.add(
                path + " " + words(file) + " in the file, " + words(database) + " in the database");
    }

    private static boolean ofRecords(List<?> list) {
        return list.stream().anyMatch(Record.class::isInstance);
    }

    private static Object at(List<?> list, int i) {
        return i < list.size() ? Objects.requireNonNull(list.get(i)) : Optional.empty();
    }

    private static String words(Object value) {
        return switch (value) {
            case Optional<?> some -> some.map(Differences::words).orElse("nothing");
            case ReadyWhen when -> when.text();
            case String text when text.contains(" ") || text.isEmpty() -> "'" + text + "'";
            case List<?> list when list.isEmpty() -> "none";
            case Map<?, ?> map when map.isEmpty() -> "none";
            case Map<?, ?> map -> new TreeMap<>(map).toString();
            default -> value.toString();
        };
    }

    private static Object value(RecordComponent part, Object record) {
        try {
            var accessor = part.getAccessor();
            accessor.setAccessible(true);
            return Objects.requireNonNull(accessor.invoke(record));
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException("a record hides its " + part.getName(), e);
        }
    }
}
