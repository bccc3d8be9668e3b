package vmm.event;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

import vmm.identity.Person;
import vmm.identity.Role;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

class SubscriptionTest {
    private final List<Subscription> removed = new ArrayList<>();
    private final Person person = new Person("muon", Set.of(Role.SCIENTIST), Set.of(), false);

    @Test
    void aClientThatLagsTooFarBehindIsDroppedAndNothingIsBuffered() {
        try (var subscription = new Subscription(person, 0, removed::add)) {
            for (int i = 1; i <= 100; i++) subscription.offer(batch(i));
            assertThat(subscription.isOver()).isFalse();
            subscription.offer(batch(101));
            assertThat(subscription.isOver()).isTrue();
            assertThatThrownBy(() -> subscription.next(Duration.ofSeconds(60)))
                    .isInstanceOf(InterruptedException.class);
        }
        assertThat(removed).hasSize(1);
    }

    @Test
    void aThreadThatHasLeftItsStreamIsNotInterruptedAnyMore() {
        var subscription = new Subscription(person, 0, removed::add);
        subscription.end();
        subscription.close();
        assertThat(Thread.currentThread().isInterrupted()).isFalse();
        subscription.end();
        assertThat(Thread.currentThread().isInterrupted()).isFalse();
    }

    @Test
    void whoHasNothingToReadIsToldInTime() throws InterruptedException {
        try (var subscription = new Subscription(person, 0, removed::add)) {
            assertThat(subscription.next(Duration.ofMillis(1))).isEmpty();
            assertThat(subscription.next(Duration.ofMillis(-1))).isEmpty();
            subscription.offer(batch(1));
            assertThat(subscription.next(Duration.ZERO)).hasSize(1);
        }
    }

    private static List<Event> batch(long seq) {
        return List.of(
                new Event(
                        seq,
                        Instant.EPOCH,
                        "pool",
                        null,
                        null,
                        "muon",
                        null,
                        null,
                        null,
                        null,
                        null,
                        null,
                        "test"));
    }
}
