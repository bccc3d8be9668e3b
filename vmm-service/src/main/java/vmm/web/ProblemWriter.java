package vmm.web;

import jakarta.servlet.RequestDispatcher;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;

import org.jspecify.annotations.Nullable;

import tools.jackson.databind.json.JsonMapper;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Writes a problem to a response, whatever the caller said it accepts. */
public final class ProblemWriter {

    /**
     * Set by a controller that has begun to answer and failed; they describe a body that will not
     * come.
     */
    private static final List<String> OF_THE_BODY_NOT_SENT =
            List.of(
                    "Cache-Control",
                    "Content-Disposition",
                    "Content-Encoding",
                    "Content-Language",
                    "ETag",
                    "Last-Modified",
                    "Location",
                    "X-Accel-Buffering");

    private static final JsonMapper JSON = JsonMapper.builder().build();

    private ProblemWriter() {}

    /** Writes it, unless an answer is already on its way. */
    public static void write(
            HttpServletRequest request, HttpServletResponse response, Problem problem)
            throws IOException {
        if (response.isCommitted()) {
            return;
        }
        response.resetBuffer();
        OF_THE_BODY_NOT_SENT.forEach(header -> response.setHeader(header, null));
        problem.headers().forEach(response::setHeader);
        byte[] body = body(problem, path(request));
        response.setStatus(problem.status());
        response.setCharacterEncoding((String) null);
        response.setContentType("application/problem+json");
        response.setContentLength(body.length);
        try {
            response.getOutputStream().write(body);
        } catch (IllegalStateException writerInUse) {
            response.getWriter().write(new String(body, StandardCharsets.UTF_8));
        }
        response.flushBuffer();
    }

    static byte[] body(Problem problem, @Nullable String instance) {
        Map<String, Object> body = new LinkedHashMap<>();
        body.put("type", problem.type().urn());
        body.put("title", problem.type().title());
        body.put("status", problem.status());
        body.put("detail", problem.detail());
        if (instance != null) {
            body.put("instance", instance);
        }
        if (!problem.errors().isEmpty()) {
            body.put("errors", problem.errors());
        }
        return JSON.writeValueAsBytes(body);
    }

    /** The path that was asked for, also after the container or we have forwarded the request. */
    private static String path(HttpServletRequest request) {
        for (String attribute :
                List.of(
                        RequestDispatcher.ERROR_REQUEST_URI,
                        RequestDispatcher.FORWARD_REQUEST_URI)) {
            if (request.getAttribute(attribute) instanceof String path) {
                return path;
            }
        }
        return request.getRequestURI();
    }
}
