package vmm.admin;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

import tools.jackson.databind.JsonNode;

import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;

class VmsTest extends Service {

    @Test
    void aVmTellsItsTimelineWithReasons() {
        String id = readyVms("told", 1).getFirst();
        var vm = get("vms/" + id).is(200).body();
        assertThat(vm.path("name").asString()).isEqualTo("vmm-test-" + id);
        assertThat(vm.path("state").asString()).isEqualTo("READY");
        assertThat(vm.path("instanceStatus").asString()).isEqualTo("RUNNING");
        assertThat(vm.path("instanceId").asString()).isNotEmpty();
        assertThat(vm.path("allocationId").isNull()).isTrue();
        var timeline = vm.path("timeline");
        assertThat(timeline.path(0).path("from").isNull()).isTrue();
        assertThat(timeline.path(0).path("actor").asString()).isEqualTo("refill");
        assertThat(texts(timeline, "to"))
                .containsExactly("REQUESTED", "PROVISIONING", "BOOTSTRAPPING", "READY");
        assertThat(timeline.path(0).path("detail").asString()).contains("pool size");
    }

    @Test
    void theFleetComesNewestFirstAndPageByPage() {
        readyVms("paged", 5);
        var seen = new ArrayList<String>();
        var times = new ArrayList<String>();
        String cursor = "";
        do {
            var page = get("vms?pool=paged&limit=2" + cursor).is(200).body();
            seen.addAll(texts(page.path("items"), "id"));
            times.addAll(texts(page.path("items"), "createdAt"));
            cursor =
                    page.path("nextCursor").isNull()
                            ? ""
                            : "&cursor=" + page.path("nextCursor").asString();
        } while (!cursor.isEmpty());
        assertThat(seen).hasSize(5).doesNotHaveDuplicates();
        assertThat(times).isSortedAccordingTo((a, b) -> b.compareTo(a));
    }

    @Test
    void theFleetIsFilteredByStatePoolCloudPersonAndHold() {
        var ids = readyVms("filtered", 2);
        claim("filtered", "marie");
        String hers =
                until("hers", "vms?pool=filtered&user=marie", vms -> vms.path("items").size() == 1)
                        .path("items")
                        .path(0)
                        .path("id")
                        .asString();
        assertThat(ids).contains(hers);
        assertThat(found("pool=filtered&state=ALLOCATED")).containsExactly(hers);
        assertThat(found("pool=filtered&state=READY,ALLOCATED&state=DELETING"))
                .contains(hers)
                .hasSizeGreaterThan(1);
        assertThat(found("pool=filtered&cloud=there")).isEmpty();
        assertThat(found("pool=filtered&cloud=here")).contains(hers);
        assertThat(found("pool=filtered&held=true")).isEmpty();
        assertThat(found("pool=filtered&held=false")).contains(hers);
        assertThat(found("pool=filtered&state=DELETED")).isEmpty();
        assertThat(found("user=nobody")).isEmpty();
    }

    private List<String> found(String query) {
        return texts(get("vms?" + query).is(200).body().path("items"), "id");
    }

    @Test
    void aHeldVmIsNeitherGrantedNorDeletedUntilItIsLetGo() {
        String id = readyVms("kept", 1).getFirst();
        var held =
                send(
                                "operator",
                                "POST",
                                "vms/" + id + "/hold",
                                "{\"held\": true, \"reason\": \"looks odd\"}",
                                null)
                        .is(200)
                        .body();
        assertThat(held.path("held").asBoolean()).isTrue();
        assertThat(held.path("holdReason").asString()).isEqualTo("looks odd");
        // Another one takes its place in the reserve, and the claim gets that one.
        until(
                "a second",
                "vms?pool=kept&state=READY&held=false",
                vms -> vms.path("items").size() == 1);
        claim("kept", "marie");
        assertThat(found("pool=kept&user=marie")).hasSize(1).doesNotContain(id);
        delete("vms/" + id, "*")
                .is(409, "conflict")
                .body()
                .path("detail")
                .asString()
                .contains("held=true");
        assertThat(get("vms/" + id).body().path("state").asString()).isEqualTo("READY");

        post("vms/" + id + "/hold", "{\"held\": true, \"reason\": \"looks odd\"}")
                .is(200); // says nothing new
        var free = post("vms/" + id + "/hold", "{\"held\": false}").is(200).body();
        assertThat(free.path("held").asBoolean()).isFalse();
        assertThat(free.path("holdReason").isNull()).isTrue();
        assertThat(events("vm_id", id))
                .containsExactly("operator HELD: looks odd", "admin LET_GO: was held: looks odd");
        var note =
                entries(id).stream()
                        .filter(entry -> entry.path("reason").asString("").equals("HELD"))
                        .findFirst()
                        .orElseThrow();
        assertThat(note.path("from").asString()).isEqualTo("READY");
        assertThat(note.path("to").asString()).isEqualTo("READY");
        assertThat(note.path("actor").asString()).isEqualTo("operator");
    }

    @Test
    void aVmThatIsHeldForATimeIsLetGoWhenItIsOver() {
        String id = readyVms("fortime", 1).getFirst();
        var until = clock.instant().plusSeconds(3600).truncatedTo(ChronoUnit.MILLIS);
        String hold = "{\"held\": true, \"reason\": \"odd\", \"until\": \"%s\"}";
        var held = post("vms/" + id + "/hold", hold.formatted(until)).is(200).body();
        assertThat(held.path("heldUntil").asString()).isEqualTo(until.toString());
        post("vms/" + id + "/hold", hold.formatted(until)).is(200); // says nothing new
        var soon = clock.instant().plusSeconds(1).truncatedTo(ChronoUnit.MILLIS);
        post("vms/" + id + "/hold", hold.formatted(soon)).is(200);
        var free = until("let go", "vms/" + id, vm -> !vm.path("held").asBoolean());
        assertThat(free.path("heldUntil").isNull()).isTrue();
        assertThat(entries(id))
                .extracting(
                        entry ->
                                entry.path("actor").asString()
                                        + " "
                                        + entry.path("detail").asString(""))
                .contains(
                        "admin odd (until " + until + ")",
                        "admin odd (until " + soon + ")",
                        "reclaim its time is over; was held: odd");
    }

    @Test
    void aReadyVmThatIsForcedGoesAndIsReplaced() {
        String id = readyVms("forced", 1).getFirst();
        var going = send("operator", "DELETE", "vms/" + id, null, null).is(202).body();
        assertThat(going.path("state").asString()).isEqualTo("DELETING");
        assertThat(going.path("reason").asString()).isEqualTo("FORCED");
        until("gone", "vms/" + id, vm -> vm.path("state").asString().equals("DELETED"));
        delete("vms/" + id, "*").is(409, "conflict");
        post("vms/" + id + "/hold", "{\"held\": true, \"reason\": \"late\"}").is(409, "conflict");
        post("vms/" + id + "/hold", "{\"held\": false}").is(409, "conflict");
        assertThat(events("vm_id", id)).containsExactly("operator FORCED: deleted by operator");
        until("another", "vms?pool=forced&state=READY", vms -> vms.path("items").size() == 1);
    }

    @Test
    void whoHadTheVmThatIsForcedSeesTheClaimEnded() {
        String id = readyVms("taken", 1).getFirst();
        var claim = claim("taken", "marie");
        var allocated = get("vms/" + id).body();
        assertThat(allocated.path("state").asString()).isEqualTo("ALLOCATED");
        assertThat(allocated.path("allocationId").asString()).isEqualTo(claim.toString());
        assertThat(allocated.path("user").asString()).isEqualTo("marie");

        delete("vms/" + id, "*").is(202);

        assertThat(
                        jdbc.sql("SELECT state || ' ' || end_reason FROM allocation WHERE id = ?")
                                .param(claim)
                                .query(String.class)
                                .single())
                .isEqualTo("ENDED FORCED");
        var last =
                entries(id).stream()
                        .filter(entry -> entry.path("to").asString().equals("DELETING"))
                        .findFirst()
                        .orElseThrow();
        assertThat(last.path("from").asString()).isEqualTo("ALLOCATED");
        assertThat(last.path("reason").asString()).isEqualTo("FORCED");
        assertThat(last.path("actor").asString()).isEqualTo("admin");
    }

    @Test
    void aHeldVmKeepsItsClaimWhenSomebodyWantsItDeleted() {
        String id = readyVms("heldclaim", 1).getFirst();
        var claim = claim("heldclaim", "marie");
        post("vms/" + id + "/hold", "{\"held\": true, \"reason\": \"broken screen\"}").is(200);
        delete("vms/" + id, "*").is(409, "conflict");
        assertThat(
                        jdbc.sql("SELECT state FROM allocation WHERE id = ?")
                                .param(claim)
                                .query(String.class)
                                .single())
                .isEqualTo("ACTIVE");
        assertThat(get("vms/" + id).body().path("state").asString()).isEqualTo("ALLOCATED");
    }

    @Test
    void anAdministratorDeletesAHeldVmInOneStep() {
        String id = readyVms("heldgoes", 1).getFirst();
        post("vms/" + id + "/hold", "{\"held\": true, \"reason\": \"looks odd\"}").is(200);
        assertThat(
                        send("operator", "DELETE", "vms/" + id, null, null)
                                .is(409, "conflict")
                                .body()
                                .path("detail")
                                .asString())
                .contains("?held=true");
        send("operator", "DELETE", "vms/" + id + "?held=true", null, null).is(403, "forbidden");
        var going = delete("vms/" + id + "?held=true", null).is(202).body();
        assertThat(going.path("state").asString()).isEqualTo("DELETING");
        assertThat(going.path("held").asBoolean()).isFalse();
        until("gone", "vms/" + id, vm -> vm.path("state").asString().equals("DELETED"));
        assertThat(events("vm_id", id))
                .containsExactly(
                        "admin HELD: looks odd",
                        "admin FORCED: deleted by admin, though it was held",
                        "admin LET_GO: was held: looks odd");
    }

    @Test
    void whoHadTheHeldVmThatIsDeletedSeesTheClaimEnded() {
        String id = readyVms("heldtaken", 1).getFirst();
        var claim = claim("heldtaken", "marie");
        post("vms/" + id + "/hold", "{\"held\": true, \"reason\": \"looks odd\"}").is(200);
        delete("vms/" + id + "?held=true", null).is(202);
        assertThat(
                        jdbc.sql("SELECT state || ' ' || end_reason FROM allocation WHERE id = ?")
                                .param(claim)
                                .query(String.class)
                                .single())
                .isEqualTo("ENDED FORCED");
        until("gone", "vms/" + id, vm -> vm.path("state").asString().equals("DELETED"));
    }

    @Test
    void aHoldThatCameTooLateForADeleteIsEndedByAnother() {
        String id = readyVms("heldlate", 1).getFirst();
        post("reconcilers/lifecycle-here/pause", "{\"paused\": true}").is(200);
        try {
            delete("vms/" + id, null).is(202);
            post("vms/" + id + "/hold", "{\"held\": true, \"reason\": \"wait\"}").is(200);
            assertThat(
                            delete("vms/" + id + "?held=true", null)
                                    .is(202)
                                    .body()
                                    .path("held")
                                    .asBoolean())
                    .isFalse();
        } finally {
            post("reconcilers/lifecycle-here/pause", "{\"paused\": false}").is(200);
        }
        until("gone", "vms/" + id, vm -> vm.path("state").asString().equals("DELETED"));
    }

    @Test
    void manyWhoForceTheSameVmAtOnceLeaveOneTrace() throws Exception {
        String id = readyVms("rushed", 1).getFirst();
        claim("rushed", "marie");
        try (var threads = Executors.newFixedThreadPool(8)) {
            var tries = new ArrayList<Callable<Integer>>();
            for (int i = 0; i < 8; i++) tries.add(() -> delete("vms/" + id, "*").status());
            for (var answer : threads.invokeAll(tries)) assertThat(answer.get()).isIn(202, 409);
        }
        assertThat(events("vm_id", id)).containsExactly("admin FORCED: deleted by admin");
    }

    private List<JsonNode> entries(String id) {
        var entries = new ArrayList<JsonNode>();
        get("vms/" + id).body().path("timeline").forEach(entries::add);
        return entries;
    }
}
