package vmm.web;

import io.swagger.v3.oas.annotations.media.Schema;

import org.jspecify.annotations.Nullable;

/**
 * How many items a page may have. Spring makes it from a parameter by {@link #of(String)}:
 * {@code @RequestParam(defaultValue = Limit.DEFAULT) Limit limit}.
 */
@Schema(type = "integer", minimum = "1", maximum = "500", defaultValue = Limit.DEFAULT)
public record Limit(int value) {

    public static final String DEFAULT = "100";
    private static final int MOST = 500;

    public Limit {
        if (value < 1 || value > MOST) {
            throw Problem.invalid("limit", "must be from 1 to " + MOST);
        }
    }

    public static Limit of(@Nullable String text) {
        String digits = text == null || text.isEmpty() ? DEFAULT : text;
        if (!digits.matches("-?[0-9]{1,9}")) {
            throw Problem.invalid("limit", "must be a whole number from 1 to " + MOST);
        }
        return new Limit(Integer.parseInt(digits));
    }

    /** What to ask the database for, so that {@link Page#of} can tell whether there is more. */
    public int plusOne() {
        return value + 1;
    }
}
