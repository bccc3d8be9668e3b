package vmm.admin;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.util.concurrent.locks.LockSupport;

class ReconcilersTest extends Service {

    @AfterEach
    void goOn() {
        for (String name : texts(get("reconcilers").body().path("items"), "name")) {
            post("reconcilers/" + name + "/pause", "{\"paused\": false}").is(200);
        }
    }

    @Test
    void theLoopsComeByNameWithTheirLastReports() {
        var loops = get("reconcilers").is(200).body();
        assertThat(loops.path("nextCursor").isNull()).isTrue();
        assertThat(texts(loops.path("items"), "name"))
                .containsExactly(
                        "grant",
                        "health-here",
                        "health-mute",
                        "health-shop",
                        "health-there",
                        "housekeeping",
                        "lifecycle-here",
                        "lifecycle-mute",
                        "lifecycle-shop",
                        "lifecycle-there",
                        "orphan-here",
                        "orphan-mute",
                        "orphan-shop",
                        "orphan-there",
                        "publish",
                        "reclaim",
                        "refill");
        var reported =
                until(
                        "a report of lifecycle-here",
                        "reconcilers",
                        all -> !all.path("items").path(6).path("lastReport").isNull());
        assertThat(reported.path("items").path(6).path("kind").asString()).isEqualTo("lifecycle");
        assertThat(reported.path("items").path(6).path("lastReport").asString())
                .contains("instances");
        assertThat(reported.path("items").path(6).path("lastStartedAt").asString()).isNotEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "refill",
                "lifecycle-here",
                "lifecycle:here",
                "orphan-there",
                "health-here",
                "grant",
                "reclaim"
            })
    void aLoopIsPausedRefusesToRunAndGoesOn(String name) {
        var paused = post("reconcilers/" + name + "/pause", "{\"paused\": true}").is(200).body();
        assertThat(paused.path("name").asString()).isEqualTo(name.replace(':', '-'));
        assertThat(paused.path("state").asString()).isEqualTo("PAUSED");
        send("admin", "POST", "reconcilers/" + name + "/run", null, null).is(409, "conflict");
        post("reconcilers/" + name + "/pause", "{\"paused\": true}").is(200);
        var on = post("reconcilers/" + name + "/pause", "{\"paused\": false}").is(200).body();
        assertThat(on.path("paused").asBoolean()).isFalse();
        send("admin", "POST", "reconcilers/" + name + "/run", null, null).is(202);
    }

    private void untilPublished(String pool) {
        long deadline = System.nanoTime() + 30_000_000_000L;
        while (jdbc.sql("SELECT count(*) FROM event WHERE pool = ? AND seq IS NULL")
                        .param(pool)
                        .query(Integer.class)
                        .single()
                > 0) {
            assertThat(System.nanoTime()).as("events of %s published", pool).isLessThan(deadline);
            LockSupport.parkNanos(20_000_000);
        }
    }

    @Test
    void whileRefillIsPausedNothingIsRequestedAndRunningItAsksForWhatIsMissing() {
        post("reconcilers/refill/pause", "{\"paused\": true}").is(200);
        post("pools", poolBody("waits", 1, 3)).is(201);
        // What was woken after refill has done its work, and refill none.
        untilPublished("waits");
        assertThat(get("pools/waits").body().path("targetReason").asString())
                .isEqualTo("not planned yet");
        post("reconcilers/refill/pause", "{\"paused\": false}").is(200);
        until("one READY", "pools/waits", pool -> pool.path("counts").path("ready").asInt() == 1);
    }
}
