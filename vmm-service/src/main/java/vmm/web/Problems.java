package vmm.web;

import jakarta.persistence.OptimisticLockException;
import jakarta.validation.ConstraintViolationException;

import org.apache.tomcat.util.http.InvalidParameterException;
import org.jspecify.annotations.Nullable;
import org.springframework.core.MethodParameter;
import org.springframework.dao.DataAccessException;
import org.springframework.dao.DataAccessResourceFailureException;
import org.springframework.dao.DataIntegrityViolationException;
import org.springframework.dao.OptimisticLockingFailureException;
import org.springframework.dao.TransientDataAccessException;
import org.springframework.http.HttpHeaders;
import org.springframework.http.converter.HttpMessageNotReadableException;
import org.springframework.security.web.firewall.RequestRejectedException;
import org.springframework.transaction.CannotCreateTransactionException;
import org.springframework.validation.BindException;
import org.springframework.validation.Errors;
import org.springframework.validation.FieldError;
import org.springframework.validation.ObjectError;
import org.springframework.validation.method.ParameterErrors;
import org.springframework.validation.method.ParameterValidationResult;
import org.springframework.web.ErrorResponse;
import org.springframework.web.bind.MissingRequestHeaderException;
import org.springframework.web.bind.MissingServletRequestParameterException;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.method.annotation.HandlerMethodValidationException;
import org.springframework.web.method.annotation.MethodArgumentTypeMismatchException;

import tools.jackson.core.JacksonException;

import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Objects;
import java.util.function.Function;

/** Says which problem an exception is for the caller; what nobody foresaw is an internal error. */
final class Problems {

    private Problems() {}

    static Problem of(Throwable thrown) {
        Problem known = causeOf(thrown, Problem.class);
        return known != null ? known : translate(thrown);
    }

    private static Problem translate(Throwable thrown) {
        return switch (thrown) {
            case HttpMessageNotReadableException e -> unreadable(e);
            case HandlerMethodValidationException e when !e.isForReturnValue() ->
                    invalidArguments(e);
            case BindException e -> Problem.unprocessable(fields(e.getBindingResult()));
            case ConstraintViolationException e -> violations(e);
            case MethodArgumentTypeMismatchException e -> mismatch(e);
            case MissingServletRequestParameterException e ->
                    Problem.invalid(e.getParameterName(), "is required");
            case MissingRequestHeaderException e ->
                    Problem.invalid(e.getHeaderName(), "is required");
            case RequestRejectedException _ ->
                    Problem.malformed(
                            "The address, a header or a parameter holds characters that are not"
                                + " allowed (control characters, encoded slashes), or the method is"
                                + " unknown.");
            case InvalidParameterException e ->
                    ofStatus(e.getErrorCode()); // a form, read by Tomcat
            case DataAccessException e -> database(e);
            case OptimisticLockException _ -> changedMeanwhile();
            case CannotCreateTransactionException _ -> databaseAway();
            case ErrorResponse e -> framework(e);
            default -> internal();
        };
    }

    private static Problem unreadable(HttpMessageNotReadableException e) {
        JacksonException json = causeOf(e, JacksonException.class);
        return json != null ? JsonProblems.of(json) : Problem.malformed("A JSON body is required.");
    }

    private static Problem invalidArguments(HandlerMethodValidationException e) {
        List<Problem.Field> fields = new ArrayList<>();
        boolean ofTheBody = false;
        for (ParameterValidationResult result : e.getParameterValidationResults()) {
            MethodParameter parameter = result.getMethodParameter();
            if (parameter.hasParameterAnnotation(PathVariable.class)) {
                return nowhere();
            }
            ofTheBody |= parameter.hasParameterAnnotation(RequestBody.class);
            if (result instanceof ParameterErrors errors) {
                fields.addAll(fields(errors));
            } else {
                String name = Objects.requireNonNullElse(parameter.getParameterName(), "parameter");
                result.getResolvableErrors()
                        .forEach(error -> fields.add(field(name, error.getDefaultMessage())));
            }
        }
        return Problem.invalid(ofTheBody ? 422 : 400, fields);
    }

    private static List<Problem.Field> fields(Errors errors) {
        return sorted(errors.getAllErrors(), Problems::field);
    }

    private static Problem.Field field(ObjectError error) {
        return field(
                error instanceof FieldError named ? named.getField() : error.getObjectName(),
                error.getDefaultMessage());
    }

    private static Problem violations(ConstraintViolationException e) {
        return Problem.unprocessable(
                sorted(
                        e.getConstraintViolations(),
                        violation ->
                                field(
                                        violation.getPropertyPath().toString(),
                                        violation.getMessage())));
    }

    private static <E> List<Problem.Field> sorted(
            Collection<E> errors, Function<E, Problem.Field> field) {
        return errors.stream()
                .map(field)
                .sorted((a, b) -> (a.field() + a.message()).compareTo(b.field() + b.message()))
                .toList();
    }

    private static Problem.Field field(String name, @Nullable String message) {
        return new Problem.Field(name, Objects.requireNonNullElse(message, "is not valid"));
    }

    /**
     * A path that names something which cannot exist names nothing; a parameter has the wrong
     * shape.
     */
    private static Problem mismatch(MethodArgumentTypeMismatchException e) {
        if (e.getParameter().hasParameterAnnotation(PathVariable.class)) {
            return nowhere();
        }
        Class<?> required = e.getRequiredType();
        String wanted = required == null ? "" : ": it takes " + JsonProblems.expected(required);
        return Problem.invalid(e.getName(), "cannot be read" + wanted);
    }

    private static Problem database(DataAccessException e) {
        if (e instanceof OptimisticLockingFailureException) {
            return changedMeanwhile();
        }
        SQLException sql = causeOf(e, SQLException.class);
        String state = sql == null || sql.getSQLState() == null ? "" : sql.getSQLState();
        if (state.startsWith("22")) { // data exception: too long, out of range, not storable
            return Problem.of(
                    ProblemType.VALIDATION_FAILED,
                    "A value is too long, out of range or holds characters that cannot"
                            + " be stored.");
        }
        if (e instanceof DataIntegrityViolationException) {
            return Problem.conflict(
                    "It contradicts what is there already (a name that is taken, something that is"
                            + " still in use). Read it again.");
        }
        return e instanceof TransientDataAccessException
                        || e instanceof DataAccessResourceFailureException
                ? databaseAway()
                : internal();
    }

    private static Problem changedMeanwhile() {
        return Problem.of(
                ProblemType.PRECONDITION_FAILED,
                "Somebody changed it meanwhile: read it again and repeat the change.");
    }

    private static Problem databaseAway() {
        return Problem.unavailable(
                "The database does not answer just now: try again.", Duration.ofSeconds(2));
    }

    private static Problem internal() {
        return Problem.of(
                ProblemType.INTERNAL_ERROR,
                "This is our fault and has been logged. Try again, then tell the operators"
                        + " the time and the path.");
    }

    static Problem nowhere() {
        return Problem.of(
                ProblemType.NOT_FOUND,
                "There is nothing at this path. /swagger-ui.html shows which paths there are.");
    }

    private static Problem framework(ErrorResponse e) {
        Problem problem = ofStatus(e.getStatusCode().value());
        HttpHeaders headers = e.getHeaders();
        headers.headerNames()
                .forEach(name -> problem.header(name, String.join(", ", headers.getOrEmpty(name))));
        return problem;
    }

    /** The problem of an error of which nothing but the status is known. */
    static Problem ofStatus(int status) {
        ProblemType type = ProblemType.ofStatus(status);
        return switch (type) {
            case NOT_FOUND -> nowhere();
            case INTERNAL_ERROR -> Problem.of(type, status, internal().detail());
            case UNAVAILABLE ->
                    Problem.unavailable("Try again in a moment.", Duration.ofSeconds(2));
            default -> Problem.of(type, status, detail(type));
        };
    }

    private static String detail(ProblemType type) {
        return switch (type) {
            case METHOD_NOT_ALLOWED -> "This path takes other methods: see the header Allow.";
            case NOT_ACCEPTABLE ->
                    "This path cannot answer in the form that Accept asks for. Ask for"
                            + " application/json.";
            case UNSUPPORTED_MEDIA_TYPE ->
                    "Send the body as application/json, and say so in Content-Type.";
            case TOO_LARGE -> "A body may have up to 1 MiB.";
            case UNAUTHORIZED -> "Sign in, or send a name and password with HTTP Basic.";
            case FORBIDDEN -> "Your role does not allow this.";
            default -> "Check the request against /swagger-ui.html.";
        };
    }

    private static <T extends Throwable> @Nullable T causeOf(Throwable thrown, Class<T> type) {
        Throwable cause = thrown;
        for (int depth = 0; cause != null && depth < 20; depth++) {
            if (type.isInstance(cause)) {
                return type.cast(cause);
            }
            cause = cause.getCause();
        }
        return null;
    }
}
