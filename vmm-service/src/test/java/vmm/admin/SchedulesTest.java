package vmm.admin;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;

class SchedulesTest extends Service {
    private static String body(String name, String pool, String cron, String duration, int target) {
        return """
        {"name": "%s", "pool": "%s", "cron": "%s", "zone": "Europe/London", "duration": "%s", "target": %d}
        """
                .formatted(name, pool, cron, duration, target);
    }

    @Test
    void aScheduleIsMadeShownChangedAndDeleted() {
        post("pools", poolBody("cycled", 0, 5)).is(201);
        post("pools", poolBody("cycled-too", 0, 5)).is(201);
        var made =
                post("schedules", body("cycle", "cycled", "0 30 7 * * MON-FRI", "PT3H", 0)).is(201);
        assertThat(made.whole().headers().firstValue("Location"))
                .contains("/api/v1/schedules/cycle");
        assertThat(made.etag()).isEqualTo("\"0\"");
        var shown = get("schedules/cycle").is(200);
        assertThat(shown.etag()).isEqualTo("\"0\"");
        assertThat(shown.body().path("zone").asString()).isEqualTo("Europe/London");
        var start = Instant.parse(shown.body().path("nextStart").asString());
        assertThat(Duration.between(start, Instant.parse(shown.body().path("nextEnd").asString())))
                .isEqualTo(Duration.ofHours(3));
        assertThat(start).isAfter(clock.instant());

        var changed =
                patch(
                                "schedules/cycle",
                                "\"0\"",
                                "{\"duration\": \"PT4H\", \"pool\": \"cycled-too\"}")
                        .is(200);
        assertThat(changed.etag()).isEqualTo("\"1\"");
        assertThat(changed.body().path("pool").asString()).isEqualTo("cycled-too");
        assertThat(patch("schedules/cycle", "\"1\"", "{}").is(200).etag()).isEqualTo("\"1\"");
        patch("schedules/cycle", "\"0\"", "{\"target\": 1}").is(412, "precondition-failed");

        delete("schedules/cycle", "\"0\"").is(412, "precondition-failed");
        delete("schedules/cycle", "\"1\"").is(204);
        get("schedules/cycle").is(404, "not-found");
        assertThat(events("pool", "cycled"))
                .containsExactly(
                        "admin CREATED: poolSize 0, maxSize 5",
                        "admin CREATED: cycle: target 0 for PT3H at 0 30 7 * * MON-FRI"
                                + " Europe/London");
        assertThat(events("pool", "cycled-too"))
                .contains("admin CHANGED: cycle: pool cycled → cycled-too, duration PT3H → PT4H");
    }

    @Test
    void schedulesComeByPoolThenName() {
        post("pools", poolBody("ordered-a", 0, 5)).is(201);
        post("pools", poolBody("ordered-b", 0, 5)).is(201);
        post("schedules", body("z", "ordered-a", "@daily", "PT1H", 0)).is(201);
        post("schedules", body("y", "ordered-b", "@daily", "PT1H", 0)).is(201);
        post("schedules", body("x", "ordered-b", "@daily", "PT1H", 0)).is(201);
        var names = new ArrayList<String>();
        String cursor = "";
        do {
            var page = get("schedules?limit=1" + cursor).is(200).body();
            names.addAll(texts(page.path("items"), "name"));
            cursor =
                    page.path("nextCursor").isNull()
                            ? ""
                            : "&cursor=" + page.path("nextCursor").asString();
        } while (!cursor.isEmpty());
        assertThat(names).containsSubsequence("z", "x", "y", "mornings").doesNotHaveDuplicates();
        assertThat(texts(get("schedules?pool=ordered-b").body().path("items"), "name"))
                .containsExactly("x", "y");
    }

    @Test
    void aScheduleThatIsOnRaisesItsPoolAtOnceAndKeepsItFromBeingDeleted() {
        post("pools", poolBody("raised", 0, 2)).is(201);
        var on =
                post("schedules", body("always", "raised", "0 * * * * *", "PT2M", 3))
                        .is(201)
                        .body();
        assertThat(Instant.parse(on.path("activeUntil").asString())).isAfter(clock.instant());
        assertThat(on.path("notes").path(0).asString())
                .isEqualTo("target 3 is above max size 2: 2 will be kept");
        assertThat(
                        patch("schedules/always", "*", "{\"target\": 2}")
                                .is(200)
                                .body()
                                .path("notes")
                                .size())
                .isZero();
        patch("schedules/always", "*", "{\"target\": 3}").is(200);
        var pool =
                until(
                        "a target",
                        "pools/raised",
                        p -> p.path("targetReason").asString().contains("wants 3"));
        assertThat(pool.path("targetReason").asString())
                .contains("schedule always")
                .contains("which wants 3 but max size is 2");
        patch("pools/raised", "*", "{\"poolSize\": 0}").is(200);
        delete("schedules/always", "*").is(204);
        until("no target", "pools/raised", p -> p.path("target").asInt() == 0);
    }

    @Test
    void thePreviewShowsTheTargetWithoutAGapRightThroughTheEndOfSummerTime() {
        post(
                        "pools",
                        poolBody("autumn", 2, 9)
                                .replace(
                                        "\"readyWhen\"",
                                        "\"bootTimeout\": \"PT10M\", \"readyWhen\""))
                .is(201);
        post("schedules", body("autumn-mornings", "autumn", "0 30 7 * * *", "PT3H", 8)).is(201);
        var preview =
                get("schedules/preview?pool=autumn&from=2030-10-26T00:00:00Z&to=2030-10-28T00:00:00Z")
                        .is(200)
                        .body();
        assertThat(preview.path("nextCursor").isNull()).isTrue();
        var item = preview.path("items").path(0);
        // 07:30 in London is 06:30 UTC in summer and 07:30 UTC after the night to the 27th.
        assertThat(texts(item.path("occurrences"), "start"))
                .containsExactly("2030-10-26T06:30:00Z", "2030-10-27T07:30:00Z");
        assertThat(texts(item.path("occurrences"), "end"))
                .containsExactly("2030-10-26T09:30:00Z", "2030-10-27T10:30:00Z");
        var points = item.path("points");
        assertThat(points.path(0).path("from").asString()).isEqualTo("2030-10-26T00:00:00Z");
        assertThat(points.path(points.size() - 1).path("to").asString())
                .isEqualTo("2030-10-28T00:00:00Z");
        for (int i = 1; i < points.size(); i++) {
            assertThat(points.path(i).path("from")).isEqualTo(points.path(i - 1).path("to"));
        }
        // Without a launch to measure, launching begins the boot timeout ahead.
        var eights = new ArrayList<String>();
        points.forEach(
                point -> {
                    if (point.path("target").asInt() == 8)
                        eights.add(point.path("from").asString());
                });
        assertThat(eights).contains("2030-10-26T06:20:00Z", "2030-10-27T07:20:00Z");
        assertThat(points.path(0).path("reason").asString()).isEqualTo("pool size");
    }

    @Test
    void thePreviewIsOfTheComingWeekAndAllPoolsWithSchedulesUnlessAskedOtherwise() {
        post("pools", poolBody("flat", 1, 9)).is(201);
        var all = get("schedules/preview").is(200).body().path("items");
        assertThat(texts(all, "pool")).contains("quiet").doesNotContain("flat");
        var points = all.path(0).path("points");
        assertThat(
                        Duration.between(
                                Instant.parse(points.path(0).path("from").asString()),
                                Instant.parse(
                                        points.path(points.size() - 1).path("to").asString())))
                .isEqualTo(Duration.ofDays(7));
        var flat = get("schedules/preview?pool=flat").is(200).body().path("items");
        assertThat(flat.size()).isEqualTo(1);
        assertThat(flat.path(0).path("points").size()).isEqualTo(1);
        assertThat(flat.path(0).path("occurrences").isEmpty()).isTrue();
    }
}
