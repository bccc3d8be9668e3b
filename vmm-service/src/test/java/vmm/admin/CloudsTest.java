package vmm.admin;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class CloudsTest extends Service {

    @AfterEach
    void goOn() {
        post("clouds/there/pause", "{\"paused\": false}").is(200);
    }

    @Test
    void cloudsComeByNameWithTheirHealthAndCounts() {
        readyVms("counted", 2);
        var clouds = get("clouds").is(200).body();
        assertThat(texts(clouds.path("items"), "name"))
                .containsExactly("here", "mute", "shop", "there");
        var here = clouds.path("items").path(0);
        assertThat(here.path("health").asString()).isEqualTo("HEALTHY");
        assertThat(here.path("healthReason").isNull()).isTrue();
        assertThat(here.path("kind").asString()).isEqualTo("simulated");
        assertThat(here.path("maxVms").asInt()).isEqualTo(100);
        assertThat(here.path("live").asInt()).isGreaterThanOrEqualTo(2);
        assertThat(here.path("counts").path("ready").asInt()).isGreaterThanOrEqualTo(2);
        assertThat(get("clouds/there").is(200).body().path("maxVms").isNull()).isTrue();
        var first = get("clouds?limit=1").body();
        var second = get("clouds?limit=2&cursor=" + first.path("nextCursor").asString()).body();
        assertThat(texts(second.path("items"), "name")).containsExactly("mute", "shop");
        var third = get("clouds?limit=1&cursor=" + second.path("nextCursor").asString()).body();
        assertThat(texts(third.path("items"), "name")).containsExactly("there");
        assertThat(third.path("nextCursor").isNull()).isTrue();
    }

    @Test
    void aCloudShowsItsProbesAndItsQuota() {
        var here =
                until(
                        "a probe that fails, and the quota",
                        "clouds/here",
                        cloud ->
                                !cloud.path("quota").isNull()
                                        && !cloud.path("probes").path(0).path("ok").isNull());
        var probe = here.path("probes").path(0);
        assertThat(here.path("probes").size()).isEqualTo(1);
        assertThat(probe.path("name").asString()).isEqualTo("nobody");
        assertThat(probe.path("ok").asBoolean()).isFalse();
        assertThat(probe.path("latencyMs").isNull()).isTrue();
        assertThat(probe.path("detail").asString()).startsWith("it takes no connection");
        assertThat(probe.path("checkedAt").asString()).isNotEmpty();
        assertThat(here.path("quota").path("instances").path("used").isInt()).isTrue();
        assertThat(here.path("quota").path("instances").path("max").isNull()).isTrue();
        assertThat(here.path("quota").path("readAt").asString()).isNotEmpty();
        assertThat(get("clouds/there").body().path("probes").isEmpty()).isTrue();
    }

    @Test
    void nothingIsLaunchedOnAPausedCloudUntilItGoesOn() {
        var paused =
                post("clouds/there/pause", "{\"paused\": true, \"reason\": \"new switches\"}")
                        .is(200)
                        .body();
        assertThat(paused.path("health").asString()).isEqualTo("PAUSED");
        assertThat(paused.path("healthReason").asString()).isEqualTo("new switches");
        assertThat(paused.path("pauseReason").asString()).isEqualTo("new switches");

        post("pools", poolBody("paused", 1, 3).replace("here", "there")).is(201);
        var decision =
                until(
                                "a decision",
                                "decisions?pool=paused",
                                found -> !found.path("items").isEmpty())
                        .path("items")
                        .path(0);
        assertThat(decision.path("pool").asString()).isEqualTo("paused");
        assertThat(decision.path("summary").asString())
                .isEqualTo("target 1 (pool size): 0 ready or warming, 1 not possible now");
        assertThat(decision.path("reasons").path(0).asString())
                .isEqualTo("0 on there (small): paused: new switches");
        assertThat(get("vms?pool=paused").body().path("items").isEmpty()).isTrue();

        post("clouds/there/pause", "{\"paused\": true, \"reason\": \"new switches\"}")
                .is(200); // says nothing new
        var goesOn = post("clouds/there/pause", "{\"paused\": false}").is(200).body();
        assertThat(goesOn.path("health").asString()).isEqualTo("HEALTHY");
        assertThat(goesOn.path("pauseReason").isNull()).isTrue();
        until("one READY", "vms?pool=paused&state=READY", vms -> vms.path("items").size() == 1);
        assertThat(events("cloud", "there"))
                .containsSubsequence("admin PAUSED: new switches", "admin RESUMED: ")
                .containsOnlyOnce("admin PAUSED: new switches");
    }

    @Test
    void aPauseHidesNoIllness() {
        post("clouds/there/pause", "{\"paused\": true}").is(200);
        assertThat(get("clouds/there").body().path("healthReason").asString())
                .isEqualTo("paused by an administrator");
    }

    @Test
    void decisionsComeNewestFirstAndPageByPage() {
        readyVms("decided", 1);
        patch("pools/decided", "*", "{\"poolSize\": 2}").is(200);
        until("two decisions", "decisions?pool=decided", found -> found.path("items").size() >= 2);
        var first = get("decisions?pool=decided&limit=1").is(200).body();
        var second =
                get("decisions?pool=decided&limit=1&cursor=" + first.path("nextCursor").asString())
                        .is(200)
                        .body();
        long newer = Long.parseLong(first.path("items").path(0).path("id").asString());
        long older = Long.parseLong(second.path("items").path(0).path("id").asString());
        assertThat(newer).isGreaterThan(older);
        assertThat(get("decisions?pool=unheard-of").is(200).body().path("items").isEmpty())
                .isTrue();
    }
}
