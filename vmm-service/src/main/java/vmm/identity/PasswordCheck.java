package vmm.identity;

import org.springframework.security.authentication.AuthenticationProvider;
import org.springframework.security.authentication.AuthenticationServiceException;
import org.springframework.security.authentication.BadCredentialsException;
import org.springframework.security.authentication.UsernamePasswordAuthenticationToken;
import org.springframework.security.core.Authentication;
import org.springframework.security.crypto.password.PasswordEncoder;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.InstantSource;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

import javax.crypto.SecretKey;

/**
 * Tells whether name and password belong together. The slow hash is asked once; the answer yes is
 * then remembered for a minute under a keyed digest, as HTTP Basic sends the password each time. A
 * wrong name takes as long as a wrong password, and few hashes are computed at a time, so that no
 * flood of guesses takes all processors.
 */
final class PasswordCheck implements AuthenticationProvider {

    private static final Duration REMEMBERED = Duration.ofMinutes(1);
    private static final int AT_MOST_REMEMBERED = 10_000;
    private static final int AT_MOST_WAITING = 500;
    private static final long PATIENCE_SECONDS = 10;

    private final SignIns signIns;
    private final PasswordEncoder encoder;
    private final Remembered remembered;
    private final Semaphore turns;

    PasswordCheck(
            SignIns signIns,
            PasswordEncoder encoder,
            SecretKey key,
            InstantSource clock,
            int atATime) {
        this.signIns = signIns;
        this.encoder = encoder;
        this.remembered = new Remembered(key, clock, REMEMBERED, AT_MOST_REMEMBERED);
        this.turns = new Semaphore(atATime, true);
    }

    @Override
    public Authentication authenticate(Authentication attempt) {
        String name = attempt.getName();
        String password = attempt.getCredentials() instanceof String text ? text : "";
        SignIn signIn = signIns.of(name).orElse(null);
        String hash = signIn == null ? signIns.anyHash() : signIn.passwordHash();
        boolean right = verified(name, password, hash);
        if (signIn == null || !right) {
            throw new BadCredentialsException("name and password do not belong together");
        }
        return UsernamePasswordAuthenticationToken.authenticated(
                signIn.person(), null, signIn.person().authorities());
    }

    private boolean verified(String name, String password, String hash) {
        Remembered.Digest digest = remembered.digest(name, password, hash);
        if (remembered.knows(digest)) {
            return true;
        }
        awaitTurn();
        try {
            if (remembered.knows(digest)) { // somebody with the same password was before us
                return true;
            }
            boolean right = matches(password, hash);
            if (right) {
                remembered.add(digest);
            }
            return right;
        } finally {
            turns.release();
        }
    }

    private boolean matches(String password, String hash) {
        if (password.getBytes(StandardCharsets.UTF_8).length > 1000) {
            return encoder.matches("", hash) && false; // as slow as any other, and never right
        }
        try {
            return encoder.matches(password, hash);
        } catch (
                IllegalArgumentException
                        unusable) { // a password that this kind of hash cannot take
            return false;
        }
    }

    private void awaitTurn() {
        try {
            if (turns.getQueueLength() < AT_MOST_WAITING
                    && turns.tryAcquire(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
                return;
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        throw new AuthenticationServiceException("too many sign-ins at once");
    }

    @Override
    public boolean supports(Class<?> authentication) {
        return UsernamePasswordAuthenticationToken.class.isAssignableFrom(authentication);
    }
}
