package vmm.web;

import java.util.Locale;

/** The kinds of problem that a caller can tell apart, each with the status it usually has. */
public enum ProblemType {
    /** A value is wrong: 400 when it has the wrong shape, 422 when it breaks a rule. */
    VALIDATION_FAILED(400, "The request is not valid"),
    MALFORMED_REQUEST(400, "The request cannot be read"),
    UNAUTHORIZED(401, "Sign in first"),
    FORBIDDEN(403, "Not allowed"),
    NOT_FOUND(404, "Not found"),
    METHOD_NOT_ALLOWED(405, "Method not allowed"),
    NOT_ACCEPTABLE(406, "Not acceptable"),
    CONFLICT(409, "In conflict with the present state"),
    ALREADY_ENDED(409, "It has ended already"),
    LIFETIME_EXCEEDED(409, "The maximum lifetime is exceeded"),
    QUOTA_EXCEEDED(409, "The quota is exceeded"),
    GONE(410, "Gone"),
    PRECONDITION_FAILED(412, "Somebody changed it meanwhile"),
    TOO_LARGE(413, "Too large"),
    UNSUPPORTED_MEDIA_TYPE(415, "Unsupported media type"),
    /** A placement names what its cloud does not know. */
    PLACEMENT_UNKNOWN(422, "The cloud does not know it"),
    IDEMPOTENCY_KEY_REUSED(422, "The idempotency key was used before"),
    PRECONDITION_REQUIRED(428, "If-Match is required"),
    INTERNAL_ERROR(500, "Something went wrong here"),
    POOL_EXHAUSTED(503, "Nothing is ready"),
    /** The service cannot answer just now (its database is away, too many sign-ins at once). */
    UNAVAILABLE(503, "Not available just now");

    private final int status;
    private final String title;

    ProblemType(int status, String title) {
        this.status = status;
        this.title = title;
    }

    public int status() {
        return status;
    }

    public String title() {
        return title;
    }

    /** The last part of the URN, for instance {@code not-found}. */
    public String slug() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    /** The stable identifier that callers compare. */
    public String urn() {
        return "urn:vmm:problem:" + slug();
    }

    /** The type of an HTTP error of which nothing but its status is known. */
    static ProblemType ofStatus(int status) {
        return switch (status) {
            case 401 -> UNAUTHORIZED;
            case 403 -> FORBIDDEN;
            case 404 -> NOT_FOUND;
            case 405, 501 -> METHOD_NOT_ALLOWED;
            case 406 -> NOT_ACCEPTABLE;
            case 409 -> CONFLICT;
            case 410 -> GONE;
            case 412 -> PRECONDITION_FAILED;
            case 413 -> TOO_LARGE;
            case 415 -> UNSUPPORTED_MEDIA_TYPE;
            case 422 -> VALIDATION_FAILED;
            case 428 -> PRECONDITION_REQUIRED;
            case 503 -> UNAVAILABLE;
            default -> status >= 400 && status < 500 ? MALFORMED_REQUEST : INTERNAL_ERROR;
        };
    }
}
