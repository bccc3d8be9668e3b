package vmm.event;

import jakarta.servlet.http.HttpServletResponse;

import org.jspecify.annotations.Nullable;

import tools.jackson.databind.json.JsonMapper;

import vmm.identity.Person;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.OptionalLong;

/**
 * One browser's stream: what it missed, then what happens, until it leaves, lags behind, or is no
 * longer signed in.
 */
final class EventStream {
    private static final Duration COMMENT_EVERY = Duration.ofSeconds(15);

    /** Then the client comes again and is asked anew who it is. */
    private static final Duration LONGEST = Duration.ofHours(1);

    private static final int PAGE = 500;

    private final Person person;
    private final Audience audience;
    private final JsonMapper json;
    private final HttpServletResponse response;
    private final SignInCheck signIn;
    private final long began = System.nanoTime();
    private long commented = began;
    private long last;

    EventStream(
            Person person,
            Audience audience,
            JsonMapper json,
            HttpServletResponse response,
            SignInCheck signIn) {
        this.person = person;
        this.audience = audience;
        this.json = json;
        this.response = response;
        this.signIn = signIn;
    }

    void run(Subscription subscription, Events events, @Nullable String lastEventId, Instant now)
            throws IOException, InterruptedException {
        begin(subscription, events, lastEventId, now);
        while (!subscription.isOver() && since(began).compareTo(LONGEST) < 0) {
            var batch = subscription.next(COMMENT_EVERY.minus(since(commented)));
            if (!signIn.holds()) return;
            send(batch);
            if (since(commented).compareTo(COMMENT_EVERY) >= 0) comment();
        }
    }

    private void begin(
            Subscription subscription, Events events, @Nullable String lastEventId, Instant now)
            throws IOException {
        write("retry: 2000\n\n");
        last = subscription.start();
        if (lastEventId == null || lastEventId.isEmpty()) {
            comment();
            return;
        }
        var resume = resumable(lastEventId, events);
        if (resume.isEmpty()) {
            write(message(EventView.reset(last, now)));
            return;
        }
        last = resume.getAsLong();
        List<Event> missed;
        do {
            missed = events.after(last, PAGE);
            send(missed);
        } while (missed.size() == PAGE);
        comment();
    }

    /**
     * Where to go on; empty if events after it are gone, or if it is not a number that we have
     * given.
     */
    private static OptionalLong resumable(String lastEventId, Events events) {
        if (!lastEventId.matches("[0-9]{1,18}")) return OptionalLong.empty();
        long id = Long.parseLong(lastEventId);
        var first = events.first();
        boolean known =
                first.isPresent() ? id >= first.getAsLong() - 1 && id <= events.last() : id == 0;
        return known ? OptionalLong.of(id) : OptionalLong.empty();
    }

    private void send(List<Event> batch) throws IOException {
        var news = batch.stream().filter(event -> EventView.number(event) > last).toList();
        if (news.isEmpty()) return;
        var text = new StringBuilder();
        EventView.of(news, person, audience).forEach(event -> text.append(message(event)));
        last = EventView.number(news.getLast());
        if (!text.isEmpty()) write(text.toString());
    }

    private String message(EventView event) {
        return "id: "
                + event.seq()
                + "\nevent: "
                + event.type()
                + "\ndata: "
                + json.writeValueAsString(event)
                + "\n\n";
    }

    /**
     * Keeps the connection alive, and tells how far we are though nothing concerned this person.
     */
    private void comment() throws IOException {
        write(": \nid: " + last + "\n\n");
        commented = System.nanoTime();
    }

    private void write(String text) throws IOException {
        response.getOutputStream().write(text.getBytes(StandardCharsets.UTF_8));
        response.flushBuffer();
    }

    private static Duration since(long nanoTime) {
        return Duration.ofNanos(System.nanoTime() - nanoTime);
    }
}
