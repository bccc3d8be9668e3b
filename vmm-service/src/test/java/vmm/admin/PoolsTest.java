package vmm.admin;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.Executors;

class PoolsTest extends Service {

    @Test
    void aPoolShowsItsConfigurationAndWhatTheLoopsMakeOfIt() {
        var pool =
                until(
                        "one READY",
                        "pools/muon",
                        body -> body.path("counts").path("ready").asInt() == 1);
        assertThat(pool.path("target").asInt()).isEqualTo(1);
        assertThat(pool.path("targetReason").asString()).isEqualTo("pool size");
        assertThat(pool.path("queued").asInt()).isZero();
        assertThat(pool.path("vmTypes")).isEqualTo(json("['muon']"));
        assertThat(pool.path("readyWhen").asString()).isEqualTo("instanceActive");
        assertThat(pool.path("maxLifetime").asString()).isEqualTo("PT336H");
        assertThat(pool.path("connect"))
                .isEqualTo(json("[{'kind': 'ssh', 'command': 'ssh {user}@{address}'}]"));
        assertThat(pool.path("launchP50Seconds").asDouble()).isPositive();
        assertThat(pool.path("launchP95Seconds").asDouble()).isPositive();
        var places = pool.path("placements");
        assertThat(texts(places, "cloud")).containsExactly("here", "there");
        assertThat(places.path(0).path("network").asString()).isEqualTo("private");
        assertThat(places.path(1).path("network").isNull()).isTrue();
        assertThat(places.path(1).path("maxVms").asInt()).isEqualTo(3);
        assertThat(
                        places.path(0).path("counts").path("ready").asInt()
                                + places.path(1).path("counts").path("ready").asInt())
                .isEqualTo(1);
    }

    @Test
    void poolsComeByNameAndPageByPage() {
        for (String name : List.of("page-b", "page-a", "page-c"))
            post("pools", poolBody(name, 0, 1)).is(201);
        var names = new ArrayList<String>();
        String cursor = "";
        do {
            var page = get("pools?limit=2" + cursor).is(200).body();
            assertThat(page.path("items").size()).isLessThanOrEqualTo(2);
            names.addAll(texts(page.path("items"), "name"));
            cursor =
                    page.path("nextCursor").isNull()
                            ? ""
                            : "&cursor=" + page.path("nextCursor").asString();
        } while (!cursor.isEmpty());
        assertThat(names)
                .isSorted()
                .contains("muon", "page-a", "page-b", "page-c", "quiet")
                .doesNotHaveDuplicates();
    }

    @Test
    void aPoolIsMadeFilledChangedEmptiedDeletedAndMadeAgain() {
        var made = post("pools", poolBody("life", 1, 3)).is(201);
        assertThat(made.whole().headers().firstValue("Location")).contains("/api/v1/pools/life");
        assertThat(made.etag()).isEqualTo("\"0\"");
        assertThat(made.body().path("lease").asString()).isEqualTo("PT12H");
        assertThat(made.body().path("placements").path(0).path("weight").asInt()).isEqualTo(100);
        until("one READY", "pools/life", pool -> pool.path("counts").path("ready").asInt() == 1);

        delete("pools/life", "\"0\"").is(409, "conflict");
        var emptied =
                patch("pools/life", "\"0\"", "{\"poolSize\": 0, \"lease\": \"PT1H\"}").is(200);
        assertThat(emptied.etag()).isEqualTo("\"1\"");
        assertThat(emptied.body().path("lease").asString()).isEqualTo("PT1H");
        for (String vm : texts(get("vms?pool=life").body().path("items"), "id"))
            delete("vms/" + vm, "*").is(202);
        until("no VM", "vms?pool=life", vms -> vms.path("items").isEmpty());

        delete("pools/life", "\"1\"").is(204);
        get("pools/life").is(404, "not-found");
        patch("pools/life", "*", "{}").is(404, "not-found");
        delete("pools/life", "*").is(404, "not-found");
        assertThat(texts(get("pools?limit=500").body().path("items"), "name"))
                .doesNotContain("life");

        var again = post("pools", poolBody("life", 0, 2)).is(201);
        assertThat(again.body().path("lease").asString()).isEqualTo("PT12H");
        assertThat(again.body().path("version").asInt()).isGreaterThan(1);
        assertThat(events("pool", "life"))
                .filteredOn(event -> !event.contains("FORCED"))
                .containsExactly(
                        "admin CREATED: poolSize 1, maxSize 3",
                        "admin CHANGED: poolSize 1 → 0, lease PT12H → PT1H",
                        "admin DELETED: ",
                        "admin CREATED: poolSize 0, maxSize 2");
    }

    @Test
    void listsAreReplacedWholeAndTheRestStays() {
        post("pools", poolBody("lists", 0, 5)).is(201);
        var changed =
                patch(
                                "pools/lists",
                                "\"0\"",
                                """
                                {"placements": [{"cloud": "there", "image": "a", "flavor": "x", "network": "n", "weight": 0, "maxVms": 0},
                                                {"cloud": "here", "image": "a", "flavor": "y"}],
                                 "connect": [{"kind": "jupyter", "url": "https://{address}/?token={secret}"}]}
                                """)
                        .is(200);
        assertThat(changed.etag()).isEqualTo("\"1\"");
        assertThat(texts(changed.body().path("placements"), "cloud"))
                .containsExactly("there", "here");
        assertThat(changed.body().path("maxSize").asInt()).isEqualTo(5);
        var shorter =
                patch(
                                "pools/lists",
                                "\"1\"",
                                """
                                {"placements": [{"cloud": "here", "image": "a", "flavor": "y", "network": null}], "connect": []}
                                """)
                        .is(200);
        assertThat(shorter.etag()).isEqualTo("\"2\"");
        assertThat(get("pools/lists").body().path("placements"))
                .isEqualTo(
                        json(
                                """
                                [{'cloud': 'here', 'image': 'a', 'flavor': 'y', 'network': null, 'options': {}, 'note': null, 'weight': 100, 'maxVms': null,
                                  'counts': {'requested': 0, 'provisioning': 0, 'bootstrapping': 0, 'ready': 0, 'allocated': 0, 'deleting': 0}}]
                                """));
        assertThat(get("pools/lists").body().path("connect").isEmpty()).isTrue();
    }

    @ParameterizedTest
    @ValueSource(strings = {"{}", "{\"poolSize\": 0, \"lease\": \"PT12H\"}"})
    void aPatchThatChangesNothingLeavesNoTrace(String patch) {
        String name = "same-" + patch.length();
        post("pools", poolBody(name, 0, 5)).is(201);
        assertThat(patch("pools/" + name, "\"0\"", patch).is(200).etag()).isEqualTo("\"0\"");
        assertThat(events("pool", name)).hasSize(1);
    }

    @Test
    void ofTwoChangesAtOnceExactlyOneWins() throws Exception {
        post("pools", poolBody("contended", 0, 100)).is(201);
        var start = new CyclicBarrier(8);
        try (var threads = Executors.newFixedThreadPool(8)) {
            for (int round = 0; round < 5; round++) {
                String etag = get("pools/contended").etag();
                var tries = new ArrayList<Callable<Integer>>();
                for (int i = 0; i < 8; i++) {
                    int size = round * 10 + i + 10;
                    tries.add(
                            () -> {
                                start.await();
                                return patch("pools/contended", etag, "{\"maxSize\": " + size + "}")
                                        .status();
                            });
                }
                var statuses = new ArrayList<Integer>();
                for (var answer : threads.invokeAll(tries)) statuses.add(answer.get());
                assertThat(statuses).containsOnly(200, 412).containsOnlyOnce(200);
            }
        }
        assertThat(get("pools/contended").etag()).isEqualTo("\"5\"");
    }

    @Test
    void countsAndPlansLeaveTheETagAlone() {
        String etag = post("pools", poolBody("steady", 2, 5)).is(201).etag();
        until(
                "two READY",
                "pools/steady",
                pool ->
                        pool.path("counts").path("ready").asInt() == 2
                                && pool.path("target").asInt() == 2);
        assertThat(get("pools/steady").etag()).isEqualTo(etag);
        patch("pools/steady", etag, "{\"warning\": \"PT5M\"}").is(200);
    }

    @Test
    void aWarningIsShorterThanTheIdleTimeoutOrTheDefault() {
        post("pools", poolBody("warned", 0, 5)).is(201);
        var refused =
                patch("pools/warned", "*", "{\"idleTimeout\": \"PT2H\", \"warning\": \"PT2H\"}")
                        .is(422, "validation-failed");
        assertThat(refused.body().path("detail").asString())
                .isEqualTo("warning: must be below idleTimeout (PT2H)");
        patch("pools/warned", "*", "{\"idleTimeout\": \"PT2H\", \"warning\": \"PT90M\"}").is(200);
        patch("pools/warned", "*", "{\"idleTimeout\": \"PT30M\"}").is(422, "validation-failed");
        patch("pools/warned", "*", "{\"idleTimeout\": \"PT30M\", \"warning\": \"PT1H\"}").is(200);
        jdbc.sql("UPDATE pool SET warning_s = 7200 WHERE name = 'warned'").update(); // of old
        patch("pools/warned", "*", "{\"maxSize\": 6}").is(200);
        patch("pools/warned", "*", "{\"idleTimeout\": \"PT1H\"}").is(422, "validation-failed");
    }

    @Test
    void aChangeDoesNotUndoWhatRefillWroteMeanwhile() {
        post("pools", poolBody("planned", 1, 5)).is(201);
        until("planned", "pools/planned", pool -> pool.path("target").asInt() == 1);
        patch("pools/planned", "*", "{\"idleTimeout\": \"PT2H\"}").is(200);
        assertThat(get("pools/planned").body().path("target").asInt()).isEqualTo(1);
    }

    @Test
    void aChangeOfSizeIsActedUponAtOnce() {
        post("pools", poolBody("grows", 0, 5)).is(201);
        long began = System.nanoTime();
        patch("pools/grows", "*", "{\"poolSize\": 3}").is(200);
        until("three rows", "vms?pool=grows", vms -> vms.path("items").size() == 3);
        // Ticks of refill come every 5 s: the wake was sooner.
        assertThat(System.nanoTime() - began).isLessThan(4_000_000_000L);
    }
}
