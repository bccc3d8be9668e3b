package vmm.web;

import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;

import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.core.Ordered;
import org.springframework.core.annotation.Order;
import org.springframework.security.access.AccessDeniedException;
import org.springframework.security.core.AuthenticationException;
import org.springframework.stereotype.Component;
import org.springframework.web.context.request.async.AsyncRequestTimeoutException;
import org.springframework.web.servlet.HandlerExceptionResolver;
import org.springframework.web.servlet.ModelAndView;
import org.springframework.web.util.DisconnectedClientHelper;

import java.io.IOException;

/** Answers every exception of a controller, and of finding one, as a problem. */
@Component
@Order(Ordered.HIGHEST_PRECEDENCE)
class ProblemResolver implements HandlerExceptionResolver {

    private static final Logger log = LoggerFactory.getLogger(ProblemResolver.class);

    @Override
    public @Nullable ModelAndView resolveException(
            HttpServletRequest request,
            HttpServletResponse response,
            @Nullable Object handler,
            Exception thrown) {
        if (thrown instanceof AccessDeniedException || thrown instanceof AuthenticationException) {
            return null; // the security filters know who asks
        }
        if (SinglePage.lost(request, thrown)) {
            response.setStatus(HttpServletResponse.SC_NOT_FOUND);
            return new ModelAndView(SinglePage.DOCUMENT);
        }
        answer(request, response, thrown);
        return new ModelAndView();
    }

    /** Writes the problem that an exception is; logs it when it is ours. */
    static void answer(HttpServletRequest request, HttpServletResponse response, Exception thrown) {
        if (DisconnectedClientHelper.isClientDisconnectedException(thrown)) {
            return;
        }
        if (response.isCommitted() && thrown instanceof AsyncRequestTimeoutException) {
            return; // a stream that has lasted its time
        }
        Problem problem = Problems.of(thrown);
        if (problem.type() == ProblemType.INTERNAL_ERROR) {
            log.error("{} {} failed", request.getMethod(), request.getRequestURI(), thrown);
        } else if (problem.type() == ProblemType.UNAVAILABLE) {
            log.warn(
                    "{} {} not available: {}",
                    request.getMethod(),
                    request.getRequestURI(),
                    thrown.toString());
        }
        try {
            ProblemWriter.write(request, response, problem);
        } catch (IOException gone) {
            log.debug("nobody waits for the answer any more", gone);
        }
    }
}
