package vmm.process;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * A create that the service recorded as sent, and what became of it: judged by the table and by
 * what the cloud was asked, not by what the service thinks of the cloud. Instants are {@link
 * Instant#MAX} where the thing has not happened.
 *
 * @param receivedAt when the cloud received it; never, if it failed before, as without a token
 * @param answeredAt when the cloud answered
 * @param status of the answer, 0 without one
 * @param readyAt when the VM was READY
 * @param givenUpAt when the VM had to go
 * @param reason why, empty if it did not
 */
record SentCreate(
        String vm,
        Instant sentAt,
        Instant receivedAt,
        Instant answeredAt,
        int status,
        Instant readyAt,
        Instant givenUpAt,
        String reason) {

    /** A create that is unanswered for so long is late: ADR 0019. */
    private static final Duration ANSWER = Duration.ofSeconds(5);

    /** Canaries of ADR 0018, after the opening of a breaker that only meets failures. */
    private static final List<Duration> CANARIES =
            Stream.of(30, 90, 210, 450, 690, 930, 1170).map(Duration::ofSeconds).toList();

    /** Of ten minutes of trouble. */
    static final int ISSUE = 5;

    /** What a refusal is taken for where only the table tells of it. */
    private static final int REFUSED = 403;

    private static final int ACCEPTED = 202;

    /**
     * As the table has it, where the cloud keeps no account: received when it was sent, and
     * answered when its VM was accepted or refused. An answer that was lost is none.
     *
     * @param answer as the row has it, empty without one
     */
    static SentCreate recorded(
            String vm,
            Instant sentAt,
            String answer,
            Instant acceptedAt,
            Instant readyAt,
            Instant givenUpAt,
            String reason) {
        boolean refused = answer.equals("REFUSED");
        boolean accepted = answer.equals("ACCEPTED");
        return new SentCreate(
                vm,
                sentAt,
                sentAt,
                refused ? givenUpAt : acceptedAt,
                refused ? REFUSED : accepted ? ACCEPTED : 0,
                readyAt,
                givenUpAt,
                reason);
    }

    /** With what the cloud says of it. */
    SentCreate with(Instant receivedAt, Instant answeredAt, int status) {
        return new SentCreate(
                vm, sentAt, receivedAt, answeredAt, status, readyAt, givenUpAt, reason);
    }

    /** The first sign of trouble that some creates gave. */
    static Optional<Instant> firstSign(List<SentCreate> sent, Duration late, Instant now) {
        return sent.stream()
                .flatMap(create -> create.sign(late, now).stream())
                .min(Instant::compareTo);
    }

    /** Of those that were sent after the first sign, how many were for nothing. */
    static long wastedAfter(
            Optional<Instant> sign, List<SentCreate> sent, Duration late, Instant now) {
        return sent.stream()
                .filter(create -> create.sentAt.isAfter(sign.orElse(Instant.MAX)))
                .filter(create -> create.wasted(late, now))
                .count();
    }

    /**
     * Whether the first was alone until its VM was READY, as a canary is.
     *
     * @param sent in their order, at least one
     */
    static boolean beginsWithCanary(List<SentCreate> sent) {
        var canary = sent.getFirst();
        return canary.readyAt.isBefore(Instant.MAX)
                && sent.stream().skip(1).noneMatch(next -> next.sentAt.isBefore(canary.readyAt));
    }

    /**
     * From when on the time to a full pool counts: the first sign, if there was one while it was
     * not full. A later one explains nothing.
     */
    static Instant countsFrom(Instant claimed, Optional<Instant> sign, Optional<Instant> full) {
        return sign.filter(claimed::isBefore)
                .filter(at -> full.isEmpty() || at.isBefore(full.get()))
                .orElse(claimed);
    }

    /**
     * When a VM is late: twice the p95 of launches, and at least 5 s more than it (ADR 0019).
     *
     * @param p95 from create to READY in calm
     */
    static Duration late(Duration p95) {
        var twice = p95.multipliedBy(2);
        var more = p95.plusSeconds(5);
        return twice.compareTo(more) > 0 ? twice : more;
    }

    /**
     * How many creates a cloud in trouble may cost after the first sign: the second strike, one
     * that was being sent meanwhile, and the canaries of that time; of ten minutes and more, five.
     */
    static int allowed(Duration trouble) {
        long canaries = CANARIES.stream().filter(at -> at.compareTo(trouble) <= 0).count();
        return (int) Math.min(ISSUE, 2 + canaries);
    }

    /**
     * The first sign of trouble: when it failed, was unanswered for 5 s, became late, or was given
     * up without having been READY. What was surplus is no sign.
     *
     * @param late after so long without being READY
     * @param now nothing later is known
     */
    Optional<Instant> sign(Duration late, Instant now) {
        boolean failed = status >= 300;
        boolean unanswered =
                receivedAt.isBefore(Instant.MAX) && answeredAt.isAfter(receivedAt.plus(ANSWER));
        boolean becameLate = !wasReadyWithin(late) && givenUpAt.isAfter(sentAt.plus(late));
        boolean givenUp =
                readyAt.equals(Instant.MAX)
                        && givenUpAt.isBefore(Instant.MAX)
                        && !reason.equals("SURPLUS");
        return Stream.of(
                        failed ? answeredAt : Instant.MAX,
                        givenUp ? givenUpAt : Instant.MAX,
                        unanswered ? receivedAt.plus(ANSWER) : Instant.MAX,
                        becameLate ? sentAt.plus(late) : Instant.MAX)
                .min(Instant::compareTo)
                .filter(at -> !at.isAfter(now));
    }

    /**
     * Whether it was for nothing: it failed, or its VM was late or given up. One whose answer was
     * lost and whose VM was READY in time nevertheless is not.
     */
    boolean wasted(Duration late, Instant now) {
        return !wasReadyWithin(late) && sign(late, now).isPresent();
    }

    private boolean wasReadyWithin(Duration late) {
        return !readyAt.isAfter(sentAt.plus(late));
    }
}
