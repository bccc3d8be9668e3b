package vmm.process;

import static org.assertj.core.api.Assertions.assertThat;

import tools.jackson.databind.JsonNode;

import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Map;
import java.util.TreeMap;

/** A maintenance window of kind UNAVAILABLE, as an administrator enters it. */
record Window(String cloud, Instant from, Instant to) {
    private static final Duration A_DAY = Duration.ofDays(1);

    /** One that begins as soon as its lead allows. */
    static Window soon(Api admin, String cloud, Duration lasts)
            throws IOException, InterruptedException {
        var now = Instant.now();
        var later = new Window(cloud, now.plus(A_DAY), now.plus(A_DAY).plus(lasts));
        var lead = later.preview(admin).lead();
        // Windows begin and end at whole seconds.
        var from = now.plus(lead).plusSeconds(2).truncatedTo(ChronoUnit.SECONDS);
        return new Window(cloud, from, from.plus(lasts).truncatedTo(ChronoUnit.SECONDS));
    }

    /** What it would do to the only pool there is. Changes nothing. */
    Preview preview(Api admin) throws IOException, InterruptedException {
        var answer = admin.post(path() + "/preview", json());
        assertThat(answer.status()).as("preview: %s", answer.body()).isEqualTo(200);
        return Preview.of(answer.body());
    }

    void enter(Api admin) throws IOException, InterruptedException {
        var answer = admin.post(path(), json());
        assertThat(answer.status()).as("window: %s", answer.body()).isEqualTo(201);
    }

    /** Whether an allocation tells its owner of exactly this window. */
    boolean isToldBy(Api owner, String allocation) throws IOException, InterruptedException {
        var notice = owner.get("/api/v1/allocations/" + allocation).body().path("notice");
        return notice.path("from").asString("").equals(from.toString())
                && notice.path("to").asString("").equals(to.toString())
                && notice.path("text").asString("").contains(cloud);
    }

    /** From now to its start, not negative. */
    Duration untilStart() {
        return until(from);
    }

    Duration untilEnd() {
        return until(to);
    }

    private static Duration until(Instant when) {
        var time = Duration.between(Instant.now(), when);
        return time.isNegative() ? Duration.ZERO : time;
    }

    private String path() {
        return "/api/v1/clouds/" + cloud + "/maintenance-windows";
    }

    private String json() {
        return "{\"from\": \"%s\", \"to\": \"%s\", \"kind\": \"UNAVAILABLE\"}".formatted(from, to);
    }

    /**
     * What a preview says of the only pool.
     *
     * @param lead how long before the start replacements are launched
     * @param raised how many are launched elsewhere before the start, by cloud
     * @param sessions machines in use there whose lease lasts into the window
     */
    record Preview(
            Duration lead,
            boolean enough,
            int readyThere,
            int allocatedThere,
            Map<String, Integer> raised,
            int missing,
            String why,
            int sessions) {

        private static Preview of(JsonNode preview) {
            var pool = preview.path("pools").path(0);
            var raised = new TreeMap<String, Integer>();
            for (var raise : pool.path("raised")) {
                raised.put(raise.path("cloud").asString(), raise.path("by").asInt());
            }
            return new Preview(
                    Duration.ofSeconds(preview.path("leadSeconds").asLong()),
                    preview.path("enough").asBoolean(),
                    pool.path("readyThere").asInt(),
                    pool.path("allocatedThere").asInt(),
                    raised,
                    pool.path("missing").asInt(),
                    pool.path("why").asString(),
                    preview.path("sessions").size());
        }
    }
}
