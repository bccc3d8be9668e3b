package vmm.api;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

import tools.jackson.databind.JsonNode;

import java.util.ArrayList;

class CatalogueApiTest extends ApiTest {
    private static final String PATH = "/api/v1/vm-types";

    @Test
    void aTypeOfOthersGroupsDoesNotAppear() {
        assertThat(names(muon().get(PATH).json()))
                .containsExactly("closed", "muon", "quick", "slow");
        assertThat(names(scientist().get(PATH).json()))
                .containsExactly("closed", "laser", "muon", "quick", "slow");
        assertThat(names(operator().get(PATH).json()))
                .containsExactly("closed", "laser", "muon", "quick", "slow");
    }

    @Test
    void pagesFollowEachOther() {
        var names = new ArrayList<String>();
        String cursor = "";
        do {
            var page = scientist().get(PATH + "?limit=2" + cursor).is(200).json();
            names.addAll(names(page));
            cursor =
                    page.get("nextCursor").isNull()
                            ? ""
                            : "&cursor=" + page.get("nextCursor").asString();
        } while (!cursor.isEmpty());
        assertThat(names).containsExactly("closed", "laser", "muon", "quick", "slow");
    }

    @Test
    void availabilityIsWhatSomebodyWhoAsksNowMayExpect() {
        until("quick is ready", () -> ready("quick") > 0);
        var quick = availability("quick");
        assertThat(quick.get("state").asString()).isEqualTo("READY_NOW");
        assertThat(quick.get("ready").asInt()).isPositive();
        assertThat(quick.get("reason").isNull()).isTrue();

        var slow = availability("slow");
        assertThat(slow.get("state").asString()).isEqualTo("WAIT");
        assertThat(slow.get("waitSeconds").isNull())
                .isTrue(); // nothing was ever ready on that cloud

        var closed = availability("closed");
        assertThat(closed.get("state").asString()).isEqualTo("CLOSED");
        assertThat(closed.get("reason").get("code").asString()).isEqualTo("CLOSED");

        until("a launch is measured", () -> !availability("laser").get("waitSeconds").isNull());
        var laser = availability("laser"); // never launched, but others on its cloud were
        assertThat(laser.get("state").asString()).isEqualTo("WAIT");
        assertThat(laser.get("reason").get("code").asString()).isEqualTo("STARTING");
        assertThat(laser.get("waitSeconds").get("p50").asDouble()).isPositive();
        assertThat(laser.get("waitSeconds").get("p90").asDouble())
                .isGreaterThanOrEqualTo(laser.get("waitSeconds").get("p50").asDouble());
    }

    @Test
    void aPoolThatIsAllInUseSaysWhenALeaseEnds() {
        var first =
                scientist()
                        .post("/api/v1/allocations", "{\"vmType\": \"laser\"}")
                        .json()
                        .get("id")
                        .asString();
        String path = "/api/v1/allocations/" + first;
        until(
                "the only laser machine is granted",
                () -> scientist().get(path).json().get("state").asString().equals("ACTIVE"));
        var laser = availability("laser");
        assertThat(laser.get("state").asString()).isEqualTo("AT_CAPACITY");
        assertThat(laser.get("until")).isEqualTo(scientist().get(path).json().get("expiresAt"));
        assertThat(laser.get("reason").get("code").asString()).isEqualTo("ALL_IN_USE");
        assertThat(laser.get("reason").get("machines").asInt()).isEqualTo(1);
        assertThat(laser.get("reason").get("until")).isEqualTo(laser.get("until"));
        scientist().delete(path).is(200);
    }

    private JsonNode availability(String name) {
        for (var type : scientist().get(PATH).is(200).json().get("items")) {
            if (type.get("name").asString().equals(name)) return type.get("availability");
        }
        throw new AssertionError(name);
    }

    private static java.util.List<String> names(JsonNode page) {
        var names = new ArrayList<String>();
        page.get("items").forEach(type -> names.add(type.get("name").asString()));
        return names;
    }
}
