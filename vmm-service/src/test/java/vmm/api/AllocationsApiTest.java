package vmm.api;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;

import tools.jackson.databind.JsonNode;

import vmm.guest.GuestTokens;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;

class AllocationsApiTest extends ApiTest {
    private static final String PATH = "/api/v1/allocations";

    @Autowired GuestTokens tokens;

    @Test
    void whatIsReadyIsGrantedAtOnceAndShownToItsOwnerWithItsSecret() {
        until("a VM is ready", () -> ready("quick") > 0);
        var answer =
                muon().post(
                                PATH,
                                "{\"vmType\": \"quick\", \"name\": \"Ä second\", \"lifetime\":"
                                        + " \"PT3H\"}")
                        .is(201);
        var mine = answer.json();
        assertThat(answer.header("Location")).isEqualTo(PATH + "/" + mine.get("id").asString());
        assertThat(mine.get("state").asString()).isEqualTo("ACTIVE");
        assertThat(mine.get("name").asString()).isEqualTo("Ä second");
        assertThat(mine.get("lifetime").asString()).isEqualTo("PT3H");
        assertThat(time(mine, "expiresAt"))
                .isEqualTo(time(mine, "grantedAt").plus(Duration.ofHours(3)));
        assertThat(time(mine, "maxExpiresAt"))
                .isEqualTo(time(mine, "grantedAt").plus(Duration.ofHours(10)));
        var vm = mine.get("vm");
        String secret = tokens.secret(UUID.fromString(vm.get("id").asString()));
        String address = vm.get("address").asString();
        assertThat(vm.get("connect").get(0).get("url").asString())
                .isEqualTo("https://" + address + ":8888/?token=" + secret + "&user=muon");
        assertThat(vm.get("connect").get(1).get("command").asString())
                .isEqualTo("ssh muon@" + address);

        String id = mine.get("id").asString();
        var seen = operator().get(PATH + "/" + id).is(200);
        assertThat(seen.text()).doesNotContain(secret).contains("token={secret}&user=muon");
        assertThat(operator().get(PATH + "?user=muon&limit=500").text()).doesNotContain(secret);
        scientist().get(PATH + "/" + id).is(404, "not-found");
        scientist().delete(PATH + "/" + id).is(404, "not-found");
        scientist().post(PATH + "/" + id + "/extension", "{\"by\": \"PT1H\"}").is(404, "not-found");
        assertThat(scientist().get(PATH + "?user=muon").text()).doesNotContain(id);
        muon().delete(PATH + "/" + id).is(200);
    }

    @Test
    void givingBackMayBeRepeatedAndTheReasonStays() {
        String id = granted(scientist(), "quick");
        var first = scientist().delete(PATH + "/" + id).is(200).json();
        assertThat(first.get("state").asString()).isEqualTo("ENDED");
        assertThat(first.get("endReason").asString()).isEqualTo("RELEASED");
        assertThat(first.get("vm").isNull()).isTrue();
        assertThat(first.get("waiting").isNull()).isTrue();
        assertThat(operator().delete(PATH + "/" + id).is(200).json()).isEqualTo(first);
        scientist()
                .post(PATH + "/" + id + "/extension", "{\"by\": \"PT1H\"}")
                .is(409, "already-ended");
    }

    @Test
    void anOperatorEndsAnothersByForceAndTheirOwnAsAnybody() {
        String id = granted(scientist(), "quick");
        operator().post(PATH + "/" + id + "/extension", "{\"by\": \"PT1H\"}").is(403, "forbidden");
        assertThat(operator().delete(PATH + "/" + id).is(200).json().get("endReason").asString())
                .isEqualTo("FORCED");
        String own = granted(operator(), "quick");
        assertThat(operator().delete(PATH + "/" + own).is(200).json().get("endReason").asString())
                .isEqualTo("RELEASED");
    }

    @Test
    void aLeaseIsExtendedUpToTheMaximumLifetimeAndNotBeyond() {
        String id = granted(scientist(), "quick");
        String path = PATH + "/" + id + "/extension";
        var before = scientist().get(PATH + "/" + id).json();
        var after = scientist().post(path, "{\"by\": \"PT8H\"}").is(200).json();
        assertThat(time(after, "expiresAt")).isEqualTo(time(before, "maxExpiresAt"));
        assertThat(after.get("lifetime").asString()).isEqualTo("PT10H");
        for (String by : List.of("PT1S", "PT11H", "P999999999D")) {
            scientist().post(path, "{\"by\": \"%s\"}".formatted(by)).is(409, "lifetime-exceeded");
        }
        assertThat(scientist().get(PATH + "/" + id).json().get("expiresAt"))
                .isEqualTo(after.get("expiresAt"));
        scientist().delete(PATH + "/" + id).is(200);
    }

    @Test
    void anIdempotencyKeyAnswersWithTheSameAllocationAsItIsNow() {
        until("a VM is ready", () -> ready("quick") > 0);
        var keyed = scientist().with("Idempotency-Key", "the same, twice");
        var first = keyed.post(PATH, "{\"vmType\": \"quick\"}").is(201).json();
        var again = keyed.post(PATH, "{ \"wait\": true, \"vmType\": \"quick\" }").is(201).json();
        assertThat(again.get("id")).isEqualTo(first.get("id"));
        keyed.post(PATH, "{\"vmType\": \"quick\", \"name\": \"other\"}")
                .is(422, "idempotency-key-reused");
        var others =
                muon().with("Idempotency-Key", "the same, twice")
                        .post(PATH, "{\"vmType\": \"slow\"}")
                        .is(202);
        assertThat(others.json().get("id")).isNotEqualTo(first.get("id"));
        scientist().delete(PATH + "/" + first.get("id").asString());
        var ended = keyed.post(PATH, "{\"vmType\": \"quick\"}").is(201).json();
        assertThat(ended.get("state").asString()).isEqualTo("ENDED");
        muon().delete(PATH + "/" + others.json().get("id").asString()).is(200);
    }

    @Test
    void whoeverWaitsHasAPlaceThatMovesUp() {
        var ids = new ArrayList<String>();
        for (int i = 0; i < 3; i++) {
            var queued =
                    scientist()
                            .post(PATH, "{\"vmType\": \"slow\", \"lifetime\": \"PT1H\"}")
                            .is(202)
                            .json();
            assertThat(queued.get("state").asString()).isEqualTo("QUEUED");
            assertThat(queued.get("position").asInt()).isEqualTo(i + 1);
            assertThat(queued.get("waiting").get("code").asString()).isEqualTo("STARTING");
            assertThat(queued.get("vm").isNull()).isTrue();
            ids.add(queued.get("id").asString());
        }
        scientist()
                .post(PATH + "/" + ids.get(0) + "/extension", "{\"by\": \"PT1H\"}")
                .is(409, "conflict");
        assertThat(scientist().delete(PATH + "/" + ids.get(0)).json().get("endReason").asString())
                .isEqualTo("CANCELLED");
        assertThat(scientist().get(PATH + "/" + ids.get(2)).json().get("position").asInt())
                .isEqualTo(2);
        var list = operator().get(PATH + "?state=QUEUED&pool=slow").json().get("items");
        assertThat(list.findValuesAsString("id")).startsWith(ids.get(2), ids.get(1));
        assertThat(list.get(0).get("position").asInt()).isEqualTo(2);
        ids.forEach(id -> scientist().delete(PATH + "/" + id).is(200));
    }

    @Test
    void whoeverWillNotWaitIsToldWhenToAskAgainAndCountsAsDemand() {
        String before = requests();
        var refused =
                scientist()
                        .post(PATH, "{\"vmType\": \"slow\", \"wait\": false}")
                        .is(503, "pool-exhausted");
        assertThat(Integer.parseInt(refused.header("Retry-After"))).isPositive();
        scientist().post(PATH, "{\"vmType\": \"closed\"}").is(503, "pool-exhausted");
        assertThat(requests()).isNotEqualTo(before);
        var newest = scientist().get(PATH + "?limit=2").json().get("items");
        assertThat(newest.findValuesAsString("endReason")).containsExactly("REFUSED", "REFUSED");
    }

    @Test
    void listsAreReadPageByPageNewestFirst() {
        for (int i = 0; i < 5; i++) {
            muon().post(PATH, "{\"vmType\": \"slow\", \"wait\": false}").is(503);
        }
        var whole =
                muon().get(PATH + "?state=ENDED&vmType=slow")
                        .json()
                        .get("items")
                        .findValuesAsString("id");
        assertThat(whole).hasSizeGreaterThanOrEqualTo(5);
        var paged = new ArrayList<String>();
        String cursor = "";
        do {
            var page =
                    muon().get(
                                    PATH
                                            + "?state=ENDED,ACTIVE&state=ENDED&vmType=slow&limit=2"
                                            + cursor)
                            .is(200)
                            .json();
            paged.addAll(page.get("items").findValuesAsString("id"));
            var next = page.get("nextCursor");
            cursor = next.isNull() ? "" : "&cursor=" + next.asString();
        } while (!cursor.isEmpty());
        assertThat(paged).isEqualTo(whole);
        assertThat(muon().get(PATH + "?vmType=quick&cloud=stuck").json().get("items")).isEmpty();
    }

    private String requests() {
        return jdbc.sql("SELECT count(*)::text FROM allocation").query(String.class).single();
    }

    private static Instant time(JsonNode node, String field) {
        return Instant.parse(node.get(field).asString());
    }
}
