package vmm.identity;

import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import jakarta.servlet.http.HttpSession;

import org.springframework.security.access.AccessDeniedException;
import org.springframework.security.web.context.HttpSessionSecurityContextRepository;
import org.springframework.security.web.csrf.CsrfToken;
import org.springframework.security.web.csrf.CsrfTokenRequestAttributeHandler;
import org.springframework.web.filter.OncePerRequestFilter;

import java.io.IOException;
import java.util.Set;
import java.util.function.Supplier;

/** What keeps other sites from acting with the sign-in that a browser holds for us. */
final class BrowserCsrf {

    private static final Set<String> HARMLESS = Set.of("GET", "HEAD", "OPTIONS", "TRACE");

    private BrowserCsrf() {}

    /**
     * A change asked for by a browser's session; programs show their password each time and need no
     * token.
     */
    static boolean protects(HttpServletRequest request) {
        if (HARMLESS.contains(request.getMethod())) {
            return false;
        }
        HttpSession session = request.getSession(false);
        return session != null
                && session.getAttribute(
                                HttpSessionSecurityContextRepository.SPRING_SECURITY_CONTEXT_KEY)
                        != null;
    }

    /** Has the cookie XSRF-TOKEN sent, if the browser has none (or none any more). */
    static void sendToken(HttpServletRequest request) {
        if (request.getAttribute(CsrfToken.class.getName()) instanceof CsrfToken token) {
            token.getToken();
        }
    }

    /** Tokens as they are in the cookie, which every page of ours gets and no program. */
    static final class Tokens extends CsrfTokenRequestAttributeHandler {
        @Override
        public void handle(
                HttpServletRequest request,
                HttpServletResponse response,
                Supplier<CsrfToken> token) {
            super.handle(request, response, token);
            if (request.getMethod().equals("GET")
                    && request.getRequestURI().startsWith("/api/")
                    && request.getHeader("Authorization") == null) {
                sendToken(request);
            }
        }
    }

    /**
     * Refuses what a browser says another site has sent: also signing in (as somebody else), and
     * also with HTTP Basic, which browsers repeat for whoever asks.
     */
    static final class OtherSites extends OncePerRequestFilter {

        private final SecurityAnswers answers;

        OtherSites(SecurityAnswers answers) {
            this.answers = answers;
        }

        @Override
        protected void doFilterInternal(
                HttpServletRequest request, HttpServletResponse response, FilterChain chain)
                throws ServletException, IOException {
            if (HARMLESS.contains(request.getMethod()) || isOurs(request)) {
                chain.doFilter(request, response);
            } else {
                answers.handle(
                        request, response, new AccessDeniedException("sent by another site"));
            }
        }

        /** Browsers say where a request comes from: the newer ones, on HTTPS, in so many words. */
        private static boolean isOurs(HttpServletRequest request) {
            String site = request.getHeader("Sec-Fetch-Site");
            if (site != null) {
                return Set.of("same-origin", "none").contains(site);
            }
            String origin = request.getHeader("Origin");
            return origin == null
                    || origin.endsWith("://" + request.getHeader("Host"))
                    || origin.endsWith("://" + request.getHeader("X-Forwarded-Host"));
        }
    }
}
