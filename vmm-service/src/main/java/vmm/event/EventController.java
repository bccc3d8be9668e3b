package vmm.event;

import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;

import org.jspecify.annotations.Nullable;
import org.springframework.http.MediaType;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RequestHeader;
import org.springframework.web.bind.annotation.RestController;

import tools.jackson.databind.json.JsonMapper;

import vmm.identity.Person;
import vmm.web.Problem;

import java.io.IOException;
import java.time.InstantSource;

/** The stream of events. A request stays with its (virtual) thread for as long as it lasts. */
@RestController
class EventController {
    private static final int LONGEST_ID = 40;

    private final EventHub hub;
    private final Events events;
    private final Audience audience;
    private final JsonMapper json;
    private final InstantSource clock;

    EventController(
            EventHub hub, Events events, Audience audience, JsonMapper json, InstantSource clock) {
        this.hub = hub;
        this.events = events;
        this.audience = audience;
        this.json = json;
        this.clock = clock;
    }

    @GetMapping(path = "/api/v1/events", produces = MediaType.TEXT_EVENT_STREAM_VALUE)
    void stream(
            Person person,
            @RequestHeader(name = "Last-Event-ID", required = false) @Nullable String lastEventId,
            HttpServletRequest request,
            HttpServletResponse response)
            throws IOException {
        if (lastEventId != null && lastEventId.length() > LONGEST_ID) {
            throw Problem.invalid("Last-Event-ID", "has at most " + LONGEST_ID + " characters");
        }
        try (var subscription = hub.open(person)) {
            response.setContentType("text/event-stream;charset=UTF-8");
            response.setHeader("Cache-Control", "no-store");
            response.setHeader("X-Accel-Buffering", "no");
            if (request.getMethod().equals("HEAD")) return;
            var stream = new EventStream(person, audience, json, response, SignInCheck.of(request));
            stream.run(subscription, events, lastEventId, clock.instant());
        } catch (InterruptedException stopped) {
            // the stream was ended: the client comes again
        }
    }
}
