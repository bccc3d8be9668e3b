package vmm.web;

import io.swagger.v3.oas.annotations.media.Schema;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Base64;
import java.util.List;
import java.util.function.Function;

/**
 * A position in a sorted list: the sort values of the last item one has seen. Callers carry it as
 * an opaque word and may send anything back, so every doubt about one is theirs (400). Spring makes
 * it from a parameter by {@link #of(String)}: {@code @RequestParam(required = false) @Nullable
 * Cursor cursor}.
 */
@Schema(type = "string", description = "The nextCursor of the page before")
public record Cursor(List<String> parts) {

    private static final String SEPARATOR = "\u001f";
    private static final int LONGEST = 2000;
    private static final Instant EARLIEST = Instant.parse("0001-01-01T00:00:00Z");
    private static final Instant LATEST = Instant.parse("9999-12-31T23:59:59Z");

    public Cursor {
        parts = List.copyOf(parts);
        if (parts.isEmpty() || parts.stream().anyMatch(part -> part.contains(SEPARATOR))) {
            throw new IllegalArgumentException(
                    "a cursor is one or more values without " + "U+001F");
        }
    }

    /** The position after an item with these sort values. */
    public static Cursor at(Object... sortValues) {
        return new Cursor(List.of(sortValues).stream().map(Object::toString).toList());
    }

    /** Reads what {@link #encoded} wrote. */
    public static Cursor of(String text) {
        try {
            if (text.isEmpty() || text.length() > LONGEST || text.indexOf('=') >= 0) {
                throw unknown();
            }
            ByteBuffer bytes = ByteBuffer.wrap(Base64.getUrlDecoder().decode(text));
            String joined = StandardCharsets.UTF_8.newDecoder().decode(bytes).toString();
            if (joined.indexOf('\0') >= 0) {
                throw unknown();
            }
            return new Cursor(List.of(joined.split(SEPARATOR, -1)));
        } catch (IllegalArgumentException | CharacterCodingException e) {
            throw unknown();
        }
    }

    /** The same position as a word for an address: base64url without padding. */
    public String encoded() {
        byte[] bytes = String.join(SEPARATOR, parts).getBytes(StandardCharsets.UTF_8);
        return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
    }

    /** This cursor, if it has as many values as the list sorts by. */
    public Cursor ofSize(int size) {
        if (parts.size() != size) {
            throw unknown();
        }
        return this;
    }

    /**
     * One of its values, read as what the list sorts by, for instance {@code value(0,
     * Instant::parse)}.
     */
    public <T> T value(int index, Function<? super String, ? extends T> read) {
        if (index >= parts.size()) {
            throw unknown();
        }
        try {
            return read.apply(parts.get(index));
        } catch (RuntimeException e) {
            throw unknown();
        }
    }

    /** One of its values that is a time. */
    public Instant time(int index) {
        Instant time = value(index, Instant::parse);
        // Beyond them the database has no such time, and we never gave one.
        if (time.isBefore(EARLIEST) || time.isAfter(LATEST)) {
            throw unknown();
        }
        return time;
    }

    private static Problem unknown() {
        return Problem.invalid(
                "cursor", "is not one of ours: give the nextCursor of the page before, or none");
    }
}
