package vmm.identity;

import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;

import org.jspecify.annotations.Nullable;
import org.springframework.security.access.AccessDeniedException;
import org.springframework.security.authentication.AuthenticationServiceException;
import org.springframework.security.authentication.BadCredentialsException;
import org.springframework.security.core.Authentication;
import org.springframework.security.core.AuthenticationException;
import org.springframework.security.web.AuthenticationEntryPoint;
import org.springframework.security.web.access.AccessDeniedHandler;
import org.springframework.security.web.authentication.AuthenticationSuccessHandler;
import org.springframework.security.web.authentication.logout.LogoutSuccessHandler;
import org.springframework.security.web.csrf.CsrfException;

import vmm.web.Problem;
import vmm.web.ProblemWriter;

import java.io.IOException;
import java.time.Duration;

/**
 * What the security filters answer: 204 for signing in and out, else a problem; never a redirect.
 */
final class SecurityAnswers
        implements AuthenticationEntryPoint,
                AccessDeniedHandler,
                AuthenticationSuccessHandler,
                LogoutSuccessHandler {

    /**
     * Not signed in. Programs are told how; a script in a page is not, or the browser would ask by
     * itself.
     */
    @Override
    public void commence(
            HttpServletRequest request, HttpServletResponse response, AuthenticationException why)
            throws IOException {
        if (why instanceof AuthenticationServiceException) {
            ProblemWriter.write(
                    request,
                    response,
                    Problem.unavailable(
                            "Too many people sign in just now: try again.", Duration.ofSeconds(1)));
            return;
        }
        Problem problem =
                Problem.unauthorized(
                        why instanceof BadCredentialsException
                                ? "Name and password do not belong together."
                                : "Sign in, or send a name and password with HTTP Basic.");
        boolean form =
                request.getMethod().equals("POST") && request.getRequestURI().equals("/login");
        if (!form && request.getHeader("X-Requested-With") == null) {
            problem.header("WWW-Authenticate", "Basic realm=\"vmm\", charset=\"UTF-8\"");
        }
        ProblemWriter.write(request, response, problem);
    }

    /** Signed in, and still not allowed. */
    @Override
    public void handle(
            HttpServletRequest request, HttpServletResponse response, AccessDeniedException why)
            throws IOException {
        String detail =
                why instanceof CsrfException
                        ? "A request of a browser session repeats its cookie XSRF-TOKEN in the"
                                + " header X-XSRF-TOKEN. Reload."
                        : "Your role does not allow this. Ask an administrator for a higher one.";
        ProblemWriter.write(request, response, Problem.forbidden(detail));
    }

    /** Signed in with the form. */
    @Override
    public void onAuthenticationSuccess(
            HttpServletRequest request, HttpServletResponse response, Authentication person) {
        BrowserCsrf.sendToken(request);
        response.setStatus(HttpServletResponse.SC_NO_CONTENT);
    }

    /** Signed out, or never signed in. */
    @Override
    public void onLogoutSuccess(
            HttpServletRequest request,
            HttpServletResponse response,
            @Nullable Authentication person) {
        response.setStatus(HttpServletResponse.SC_NO_CONTENT);
    }
}
