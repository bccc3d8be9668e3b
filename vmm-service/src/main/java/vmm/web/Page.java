package vmm.web;

import org.jspecify.annotations.Nullable;

import java.util.List;
import java.util.function.Function;

/** One page of a list: its items and the cursor of the next page, null on the last. */
public record Page<T>(List<T> items, @Nullable String nextCursor) {

    public Page {
        items = List.copyOf(items);
    }

    /** A list that is always whole. */
    public static <T> Page<T> whole(List<T> items) {
        return new Page<>(items, null);
    }

    /**
     * Cuts rows that were read with one more than the limit ({@link Limit#plusOne}); that one tells
     * that there is a next page, which begins after the last row kept.
     */
    public static <T> Page<T> of(
            List<T> rows, Limit limit, Function<? super T, Cursor> positionOf) {
        if (rows.size() <= limit.value()) {
            return whole(rows);
        }
        List<T> kept = rows.subList(0, limit.value());
        return new Page<>(kept, positionOf.apply(kept.getLast()).encoded());
    }

    public <R> Page<R> map(Function<? super T, ? extends R> shape) {
        return new Page<>(items.stream().<R>map(shape).toList(), nextCursor);
    }
}
