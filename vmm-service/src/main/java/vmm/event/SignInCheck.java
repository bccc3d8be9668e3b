package vmm.event;

import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpSession;

import org.springframework.security.web.context.HttpSessionSecurityContextRepository;

/** Whether whoever opened a stream is still signed in: a session may end long before the stream. */
interface SignInCheck {
    boolean holds();

    /** Of a program that showed its password with the request, until the stream ends by itself. */
    static SignInCheck of(HttpServletRequest request) {
        HttpSession session =
                request.getHeader("Authorization") == null ? request.getSession(false) : null;
        return session == null ? () -> true : () -> isSignedIn(session);
    }

    private static boolean isSignedIn(HttpSession session) {
        try {
            return session.getAttribute(
                            HttpSessionSecurityContextRepository.SPRING_SECURITY_CONTEXT_KEY)
                    != null;
        } catch (IllegalStateException ended) {
            return false;
        }
    }
}
