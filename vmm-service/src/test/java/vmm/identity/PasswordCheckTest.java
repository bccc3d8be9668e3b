package vmm.identity;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.springframework.security.authentication.BadCredentialsException;
import org.springframework.security.authentication.UsernamePasswordAuthenticationToken;
import org.springframework.security.core.Authentication;
import org.springframework.security.crypto.password.PasswordEncoder;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;

import javax.crypto.SecretKey;
import javax.crypto.spec.SecretKeySpec;

class PasswordCheckTest {

    private static final SecretKey KEY = new SecretKeySpec(new byte[32], "HmacSHA256");

    private final CountingEncoder encoder = new CountingEncoder();
    private Instant now = Instant.EPOCH;
    private final PasswordCheck check =
            new PasswordCheck(signIns("ada", "secret"), encoder, KEY, () -> now, 1);

    @Test
    void theSlowHashIsAskedOnceAMinute() {
        for (int i = 0; i < 10; i++) {
            assertThat(signIn("ada", "secret").getPrincipal()).isInstanceOf(Person.class);
        }
        assertThat(encoder.asked.get()).isEqualTo(1);
        now = now.plus(Duration.ofSeconds(59));
        signIn("ada", "secret");
        assertThat(encoder.asked.get()).isEqualTo(1);
        now = now.plus(Duration.ofSeconds(1));
        signIn("ada", "secret");
        assertThat(encoder.asked.get()).isEqualTo(2);
    }

    @Test
    void aWrongPasswordIsNeverRememberedAndForgetsNothing() {
        signIn("ada", "secret");
        refused("ada", "wrong");
        refused("ada", "wrong");
        assertThat(encoder.asked.get()).isEqualTo(3);
        signIn("ada", "secret");
        assertThat(encoder.asked.get()).isEqualTo(3);
    }

    @Test
    void anUnknownNameCostsAHashAndIsRefusedAlsoWithTheRightPasswordOfAnother() {
        refused("nobody", "secret");
        assertThat(encoder.asked.get()).isEqualTo(1);
        refused("nobody", "secret");
        refused("", "");
    }

    @Test
    void aPasswordOfOneIsNotThatOfAnother() {
        Remembered remembered = new Remembered(KEY, () -> now, Duration.ofMinutes(1), 10);
        assertThat(remembered.digest("a", "bc", "h"))
                .isNotEqualTo(remembered.digest("ab", "c", "h"));
        remembered.add(remembered.digest("ada", "secret", "old"));
        assertThat(remembered.knows(remembered.digest("ada", "secret", "old"))).isTrue();
        assertThat(remembered.knows(remembered.digest("ada", "secret", "changed"))).isFalse();
    }

    @Test
    void theOldestIsForgottenWhenThereAreTooMany() {
        Remembered remembered = new Remembered(KEY, () -> now, Duration.ofMinutes(1), 2);
        List<Remembered.Digest> digests =
                IntStream.range(0, 3)
                        .mapToObj(i -> remembered.digest("ada" + i, "secret", "hash"))
                        .toList();
        digests.forEach(remembered::add);
        assertThat(digests.stream().map(remembered::knows)).containsExactly(false, true, true);
    }

    @Test
    void fewHashesAreComputedAtATimeAndOneServesAll() throws Exception {
        PasswordCheck two = new PasswordCheck(signIns("ada", "secret"), encoder, KEY, () -> now, 2);
        encoder.slow = new CountDownLatch(1);
        try (ExecutorService people = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<Authentication>> all =
                    IntStream.range(0, 50)
                            .mapToObj(
                                    i ->
                                            people.submit(
                                                    () ->
                                                            two.authenticate(
                                                                    attempt("ada", "secret"))))
                            .toList();
            encoder.slow.countDown();
            for (Future<Authentication> one : all) {
                assertThat(one.get().getName()).isEqualTo("ada");
            }
        }
        assertThat(encoder.mostAtOnce.get()).isLessThanOrEqualTo(2);
        assertThat(encoder.asked.get()).isBetween(1, 2);
    }

    private Authentication signIn(String name, String password) {
        return check.authenticate(attempt(name, password));
    }

    private void refused(String name, String password) {
        assertThatThrownBy(() -> signIn(name, password))
                .isInstanceOf(BadCredentialsException.class);
    }

    private static Authentication attempt(String name, String password) {
        return UsernamePasswordAuthenticationToken.unauthenticated(name, password);
    }

    private static SignIns signIns(String name, String password) {
        Person person = new Person(name, Set.of(Role.SCIENTIST), Set.of(), false);
        return new SignIns(List.of(new SignIn(person, "hash of " + password)));
    }

    /** Counts how often it is asked, and how many ask at once. */
    private static final class CountingEncoder implements PasswordEncoder {
        final AtomicInteger asked = new AtomicInteger();
        final AtomicInteger mostAtOnce = new AtomicInteger();
        private final AtomicInteger now = new AtomicInteger();
        volatile CountDownLatch slow = new CountDownLatch(0);

        @Override
        public String encode(CharSequence password) {
            return "hash of " + password;
        }

        @Override
        public boolean matches(CharSequence password, String hash) {
            asked.incrementAndGet();
            mostAtOnce.accumulateAndGet(now.incrementAndGet(), Math::max);
            try {
                slow.await();
                return encode(password).equals(hash);
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            } finally {
                now.decrementAndGet();
            }
        }
    }
}
