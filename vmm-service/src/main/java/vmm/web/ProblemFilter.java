package vmm.web;

import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;

import org.springframework.core.Ordered;
import org.springframework.core.annotation.Order;
import org.springframework.stereotype.Component;
import org.springframework.web.filter.OncePerRequestFilter;

import java.io.IOException;

/** The outermost filter of ours: bounds the body and answers what any filter inside throws. */
@Component
@Order(Ordered.HIGHEST_PRECEDENCE + 10)
class ProblemFilter extends OncePerRequestFilter {

    @Override
    protected void doFilterInternal(
            HttpServletRequest request, HttpServletResponse response, FilterChain chain)
            throws ServletException, IOException {
        if (request.getContentLengthLong() > BoundedBody.MOST) {
            response.setHeader("Connection", "close"); // do not read on to the end of it
            ProblemWriter.write(request, response, BoundedBody.tooLarge());
            return;
        }
        String type = request.getContentType();
        if (type != null && type.contains("*")) { // no converter expects one that is a pattern
            ProblemWriter.write(
                    request,
                    response,
                    Problem.of(
                            ProblemType.UNSUPPORTED_MEDIA_TYPE,
                            "Content-Type is a pattern: say what the body is, application/json."));
            return;
        }
        try {
            chain.doFilter(new BoundedBody(request), response);
        } catch (Exception e) {
            ProblemResolver.answer(request, response, e);
        }
    }
}
