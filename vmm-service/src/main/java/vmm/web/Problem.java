package vmm.web;

import com.fasterxml.jackson.annotation.JsonInclude;

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * An answer other than the one that was asked for, thrown by whoever finds out and written as
 * {@code application/problem+json}. The detail is read by people: it says what to do.
 */
public final class Problem extends RuntimeException {

    private static final long serialVersionUID = 1L;

    /**
     * One value that is wrong: its path in the body ({@code placements[0].cloud}) or its
     * parameter's name.
     *
     * @param near what may have been meant, likeliest first; absent in the answer if there is
     *     nothing
     */
    public record Field(
            String field,
            String message,
            @JsonInclude(JsonInclude.Include.NON_EMPTY) List<String> near) {

        public Field {
            near = List.copyOf(near);
        }

        public Field(String field, String message) {
            this(field, message, List.of());
        }
    }

    private final ProblemType type;
    private final int status;
    private final String detail;
    private final transient List<Field> errors;
    private final transient Map<String, String> headers = new LinkedHashMap<>();

    private Problem(ProblemType type, int status, String detail, List<Field> errors) {
        super(
                type.slug() + ": " + detail,
                null,
                false,
                false); // no stack: it is an answer, not a failure
        this.type = type;
        this.status = status;
        this.detail = detail;
        this.errors = List.copyOf(errors);
    }

    public static Problem of(ProblemType type, String detail) {
        return of(type, type.status(), detail);
    }

    public static Problem of(ProblemType type, int status, String detail) {
        return new Problem(type, status, detail, List.of());
    }

    /** 404: there is no such thing, or not for the caller. */
    public static Problem notFound(String what) {
        return of(ProblemType.NOT_FOUND, "There is no such " + what + " that you may see.");
    }

    /** 400: a value has the wrong shape (type, format, bounds of a parameter). */
    public static Problem invalid(String field, String message) {
        return invalid(ProblemType.VALIDATION_FAILED.status(), List.of(new Field(field, message)));
    }

    /** 422: a value has the right shape and breaks a rule. */
    public static Problem unprocessable(String field, String message) {
        return unprocessable(List.of(new Field(field, message)));
    }

    /** 422: some values break rules. */
    public static Problem unprocessable(List<Field> errors) {
        return invalid(422, errors);
    }

    /** 422: placements name what their clouds do not know. */
    public static Problem placementUnknown(List<Field> errors) {
        return new Problem(
                ProblemType.PLACEMENT_UNKNOWN,
                ProblemType.PLACEMENT_UNKNOWN.status(),
                inWords(errors),
                errors);
    }

    static Problem invalid(int status, List<Field> errors) {
        return new Problem(ProblemType.VALIDATION_FAILED, status, inWords(errors), errors);
    }

    private static String inWords(List<Field> errors) {
        return errors.isEmpty()
                ? "Some value is not valid."
                : errors.getFirst().field()
                        + ": "
                        + errors.getFirst().message()
                        + (errors.size() == 1 ? "" : " (and " + (errors.size() - 1) + " more)");
    }

    public static Problem malformed(String detail) {
        return of(ProblemType.MALFORMED_REQUEST, detail);
    }

    public static Problem unauthorized(String detail) {
        return of(ProblemType.UNAUTHORIZED, detail);
    }

    public static Problem forbidden(String detail) {
        return of(ProblemType.FORBIDDEN, detail);
    }

    public static Problem conflict(String detail) {
        return of(ProblemType.CONFLICT, detail);
    }

    /** 503: nothing is ready, and the caller did not want to wait. */
    public static Problem poolExhausted(String detail, Duration retryAfter) {
        return of(ProblemType.POOL_EXHAUSTED, detail).retryAfter(retryAfter);
    }

    /** 503: try again soon. */
    public static Problem unavailable(String detail, Duration retryAfter) {
        return of(ProblemType.UNAVAILABLE, detail).retryAfter(retryAfter);
    }

    /** Adds a header to the answer and returns this. */
    public Problem header(String name, String value) {
        headers.put(name, value);
        return this;
    }

    /** Adds {@code Retry-After} in whole seconds, at least one, and returns this. */
    public Problem retryAfter(Duration wait) {
        return header("Retry-After", Long.toString(Math.max(1, wait.plusMillis(999).toSeconds())));
    }

    public ProblemType type() {
        return type;
    }

    public int status() {
        return status;
    }

    public String detail() {
        return detail;
    }

    public List<Field> errors() {
        return errors;
    }

    public Map<String, String> headers() {
        return Map.copyOf(headers);
    }
}
