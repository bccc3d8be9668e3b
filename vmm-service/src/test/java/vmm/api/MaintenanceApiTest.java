package vmm.api;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;

import tools.jackson.databind.JsonNode;

import vmm.event.Instants;
import vmm.maintenance.MaintenanceNotices;
import vmm.vm.Ids;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;

/** On a cloud of its own, which nobody calls: the fleet file does not name it. */
class MaintenanceApiTest extends ApiTest {
    private static final String PATH = "/api/v1/clouds/attic/maintenance-windows";
    private static final String ALL = "/api/v1/maintenance-windows";

    @Autowired Ids ids;

    @Autowired InstantSource clock;

    @Autowired MaintenanceNotices notices;

    @BeforeEach
    void begin() {
        jdbc.sql(
                        "INSERT INTO cloud (name, kind, health_since) VALUES ('attic', 'simulated',"
                                + " now())")
                .update();
    }

    @AfterEach
    void end() {
        jdbc.sql("DELETE FROM maintenance_window WHERE cloud = 'attic'").update();
        jdbc.sql("DELETE FROM allocation WHERE vm_type = 'attic'").update();
        jdbc.sql("DELETE FROM vm WHERE cloud = 'attic'").update();
        jdbc.sql("DELETE FROM cloud WHERE name = 'attic'").update();
    }

    private static String body(String from, String to, String kind) {
        return """
        {"from": "%s", "to": "%s", "kind": "%s", "note": "new switches"}
        """
                .formatted(from, to, kind);
    }

    /** On a day of the year after next, from hour to hour. */
    private String later(int hour) {
        return clock.instant()
                .truncatedTo(ChronoUnit.DAYS)
                .plus(Duration.ofDays(700))
                .plus(Duration.ofHours(hour))
                .toString();
    }

    private Instant inMinutes(int minutes) {
        return clock.instant().truncatedTo(ChronoUnit.SECONDS).plus(Duration.ofMinutes(minutes));
    }

    private JsonNode created(Instant from, Instant to, String kind) {
        return admin().post(PATH, body(from.toString(), to.toString(), kind)).is(201).json();
    }

    private UUID session(String user, String state, Instant expires) {
        UUID vm = ids.next();
        jdbc.sql(
                        """
                        INSERT INTO vm (id, pool_id, cloud, image, flavor, state, state_since, created_at)
                        SELECT :id, id, 'attic', 'laser', 'small', :state, now(), now() FROM pool WHERE name = 'laser'
                        """)
                .param("id", vm)
                .param("state", state)
                .update();
        UUID id = ids.next();
        jdbc.sql(
                        """
                        INSERT INTO allocation (id, vm_type, pool_id, user_name, state, requested_at, effective_at, lease_s, max_lifetime_s,
                                                granted_at, expires_at, vm_id)
                        SELECT :id, 'attic', pool_id, :user, 'ACTIVE', now(), now(), 3600, 72000, now(), :expires, id
                        FROM vm WHERE id = :vm
                        """)
                .param("id", id)
                .param("user", user)
                .param("expires", Instants.sql(expires))
                .param("vm", vm)
                .update();
        return id;
    }

    @Test
    void aWindowIsEnteredReadMovedAndCancelled() {
        var made = admin().post(PATH, body(later(8), later(18), "UNAVAILABLE")).is(201);
        String path = made.header("Location");
        assertThat(path).isEqualTo(PATH + "/" + made.json().get("id").asString());
        assertThat(made.header("ETag")).isEqualTo("\"0\"");
        assertThat(made.json().get("state").asString()).isEqualTo("PLANNED");
        assertThat(made.json().get("createdBy").asString()).isEqualTo("admin");
        assertThat(made.json().get("preparationBegins").asString())
                .isEqualTo(Instant.parse(later(8)).minus(Duration.ofMinutes(5)).toString());
        var read = operator().get(path).is(200);
        assertThat(read.header("ETag")).isEqualTo("\"0\"");
        assertThat(read.json()).isEqualTo(made.json());

        var patch = admin().with("Content-Type", "application/json");
        String longer = "{\"to\": \"%s\", \"note\": \"\"}".formatted(later(20));
        patch.send("PATCH", path, longer).is(428, "precondition-required");
        patch.with("If-Match", "\"4\"").send("PATCH", path, longer).is(412, "precondition-failed");
        var moved = patch.with("If-Match", "\"0\"").send("PATCH", path, longer).is(200);
        assertThat(moved.header("ETag")).isEqualTo("\"1\"");
        assertThat(moved.json().get("to").asString()).isEqualTo(later(20));
        assertThat(moved.json().get("note").asString()).isEmpty();
        patch.with("If-Match", "\"1\"").send("PATCH", path, "{\"note\": null}").is(400);
        assertThat(patch.with("If-Match", "\"1\"").send("PATCH", path, "{}").is(200).header("ETag"))
                .isEqualTo("\"1\"");

        admin().delete(path).is(428, "precondition-required");
        admin().with("If-Match", "\"0\"").delete(path).is(412, "precondition-failed");
        admin().with("If-Match", "\"1\"").delete(path).is(204);
        var kept = operator().get(path).is(200).json();
        assertThat(kept.get("state").asString()).isEqualTo("CANCELLED");
        assertThat(kept.get("cancelledAt").isNull()).isFalse();
        admin().with("If-Match", "*").delete(path).is(409, "already-ended");
        patch.with("If-Match", "*").send("PATCH", path, longer).is(409, "already-ended");

        assertThat(
                        jdbc.sql(
                                        "SELECT actor || ' ' || reason FROM event WHERE cloud ="
                                                + " 'attic' AND reason LIKE 'MAINTENANCE%' ORDER BY"
                                                + " id DESC LIMIT 3")
                                .query(String.class)
                                .list())
                .containsExactly(
                        "admin MAINTENANCE_CANCELLED",
                        "admin MAINTENANCE_CHANGED",
                        "admin MAINTENANCE_PLANNED");
    }

    @Test
    void aWindowThatIsOnEndsNowAndKeepsItsStart() {
        var window = created(inMinutes(-10), inMinutes(60), "UNAVAILABLE");
        assertThat(window.get("state").asString()).isEqualTo("ACTIVE");
        String path = PATH + "/" + window.get("id").asString();
        var change = admin().with("Content-Type", "application/json").with("If-Match", "*");
        var refused =
                change.send(
                                "PATCH",
                                path,
                                "{\"from\": \"%s\", \"kind\": \"AT_RISK\"}".formatted(inMinutes(5)))
                        .is(422, "validation-failed");
        assertThat(refused.json().get("errors")).hasSize(2);
        admin().with("If-Match", "*").delete(path).is(204);
        var over = operator().get(path).is(200).json();
        assertThat(over.get("state").asString()).isEqualTo("OVER");
        assertThat(over.get("from")).isEqualTo(window.get("from"));
        assertThat(Instant.parse(over.get("to").asString())).isBeforeOrEqualTo(clock.instant());
    }

    @Test
    void whatIsWrongIsToldByField() {
        var wrong =
                admin().post(PATH, body(later(8), later(8), "NO_NEW")).is(422, "validation-failed");
        assertThat(wrong.json().get("errors").get(0).get("field").asString()).isEqualTo("to");
        admin().post(PATH, body(inMinutes(-9).toString(), inMinutes(-1).toString(), "NO_NEW"))
                .is(422, "validation-failed");
        admin().post(
                        PATH + "/preview",
                        "{\"from\": \"%s\", \"to\": \"%s\", \"kind\": \"NO_NEW\"}"
                                .formatted(later(8), later(2200)))
                .is(422, "validation-failed");
        admin().post(PATH, body(later(8), later(9), "BROKEN")).is(400, "validation-failed");
        admin().post(
                        PATH,
                        body(later(8), later(9), "NO_NEW").replace("new switches", "x".repeat(501)))
                .is(422, "validation-failed");
        String elsewhere = "/api/v1/clouds/nowhere/maintenance-windows";
        admin().post(elsewhere, body(later(8), later(9), "NO_NEW")).is(404, "not-found");
        admin().get(elsewhere).is(404, "not-found");
        admin().get(PATH + "/x").is(404, "not-found");
        var window = created(Instant.parse(later(8)), Instant.parse(later(9)), "NO_NEW");
        admin().get("/api/v1/clouds/swift/maintenance-windows/" + window.get("id").asString())
                .is(404, "not-found");
        admin().get(ALL + "?from=tomorrow").is(400, "validation-failed");
        admin().get(ALL + "?from=" + later(9) + "&to=" + later(8)).is(400, "validation-failed");
    }

    @Test
    void listsComeInPages() {
        for (int hour : List.of(1, 3, 2)) {
            created(Instant.parse(later(hour)), Instant.parse(later(hour + 1)), "AT_RISK");
        }
        assertThat(starts(PATH + "?limit=2")).containsExactly(later(3), later(2), later(1));
        String between = ALL + "?limit=1&from=" + later(2) + "&to=" + later(9);
        assertThat(starts(between)).containsExactly(later(2), later(3));
        assertThat(starts(ALL + "?limit=2")).containsSubsequence(later(1), later(2), later(3));
    }

    private List<String> starts(String path) {
        var starts = new ArrayList<String>();
        String cursor = "";
        do {
            var page = operator().get(path + cursor).is(200).json();
            page.get("items").forEach(window -> starts.add(window.get("from").asString()));
            cursor =
                    page.get("nextCursor").isNull()
                            ? ""
                            : "&cursor=" + page.get("nextCursor").asString();
        } while (!cursor.isEmpty());
        return starts;
    }

    @Test
    void operatorsReadAndScientistsSubscribe() {
        created(Instant.parse(later(8)), Instant.parse(later(9)), "NO_NEW");
        scientist().get(ALL).is(403, "forbidden");
        scientist().get(PATH).is(403, "forbidden");
        operator().post(PATH, body(later(8), later(9), "NO_NEW")).is(403, "forbidden");
        nobody().get(ALL + ".ics").is(401, "unauthorized");
        var feed = scientist().get(ALL + ".ics").is(200);
        assertThat(feed.header("Content-Type")).isEqualTo("text/calendar;charset=UTF-8");
        assertThat(feed.text())
                .startsWith("BEGIN:VCALENDAR\r\n")
                .contains("SUMMARY:attic takes nothing new: new switches\r\n")
                .endsWith("END:VCALENDAR\r\n");
    }

    @Test
    void thePreviewTellsWhatIsLostAndSavesNothing() {
        session("ada", "ALLOCATED", Instant.parse(later(9)));
        session("bob", "ALLOCATED", Instant.parse(later(30)));
        session("gone", "ALLOCATED", Instant.parse(later(7)));
        String wanted =
                "{\"from\": \"%s\", \"to\": \"%s\", \"kind\": \"UNAVAILABLE\"}"
                        .formatted(later(8), later(18));
        var preview = admin().post(PATH + "/preview", wanted).is(200).json();
        var laser = preview.get("pools").get(0);
        assertThat(preview.get("pools")).hasSize(1);
        assertThat(laser.get("pool").asString()).isEqualTo("laser");
        assertThat(laser.get("allocatedThere").asInt()).isEqualTo(3);
        assertThat(preview.get("enough").asBoolean()).isTrue();
        assertThat(preview.get("leadSeconds").asInt()).isEqualTo(300);
        assertThat(preview.get("sessions")).hasSize(2);
        assertThat(preview.get("sessions").get(0).get("user").asString()).isEqualTo("ada");
        assertThat(preview.get("sessions").get(0).get("endsWithin").asBoolean()).isTrue();
        assertThat(preview.get("sessions").get(1).get("endsWithin").asBoolean()).isFalse();
        assertThat(operator().get(PATH).is(200).json().get("items")).isEmpty();

        String swift = "/api/v1/clouds/swift/maintenance-windows/preview";
        until("a VM is ready", () -> ready("muon") == 2);
        var bad = admin().post(swift, wanted).is(200).json();
        assertThat(bad.get("enough").asBoolean()).isFalse();
        var muon =
                bad.get("pools")
                        .valueStream()
                        .filter(p -> p.get("pool").asString().equals("muon"))
                        .findFirst()
                        .orElseThrow();
        assertThat(muon.get("readyThere").asInt()).isEqualTo(2);
        assertThat(muon.get("missing").asInt()).isEqualTo(2);
    }

    @Test
    void aPreviewOfAnEditGoesByTheRulesOfAChange() {
        var window = created(inMinutes(-3), inMinutes(60), "UNAVAILABLE");
        String id = window.get("id").asString();
        String edit =
                "{\"from\": \"%s\", \"to\": \"%s\", \"kind\": \"UNAVAILABLE\", \"except\": \"%s\"}";
        String preview = PATH + "/preview";
        admin().post(preview, edit.formatted(inMinutes(5), inMinutes(60), id)).is(422);
        var longer = edit.formatted(window.get("from").asString(), inMinutes(90), id);
        admin().post(preview, longer).is(200);
        admin().post(preview, longer.replace(id, new UUID(0, 7).toString())).is(404);
    }

    @Test
    void ownersSeeWhatIsPlannedAndNobodyElseIsTold() {
        var id = session("scientist", "ALLOCATED", inMinutes(300));
        String allocation = "/api/v1/allocations/" + id;
        var window = created(inMinutes(3), inMinutes(60), "UNAVAILABLE");
        assertThat(window.get("state").asString()).isEqualTo("PREPARING");
        assertThat(notices.sendDue(clock.instant())).isZero();
        var notice = scientist().get(allocation).is(200).json().get("notice");
        assertThat(notice.get("text").asString()).startsWith("Maintenance of attic from ");
        assertThat(notice.get("from")).isEqualTo(window.get("from"));
        assertThat(notice.get("to")).isEqualTo(window.get("to"));
        assertThat(notice.get("kind").asString()).isEqualTo("UNAVAILABLE");
        assertThat(
                        scientist()
                                .get("/api/v1/allocations?limit=500")
                                .is(200)
                                .json()
                                .get("items")
                                .valueStream()
                                .filter(item -> !item.get("notice").isNull())
                                .map(item -> item.get("id").asString()))
                .containsExactly(id.toString());
        assertThat(
                        jdbc.sql(
                                        "SELECT type || ' ' || user_name FROM event WHERE"
                                                + " allocation_id = ? AND reason = 'MAINTENANCE'")
                                .param(id)
                                .query(String.class)
                                .list())
                .containsExactly("allocation scientist");

        String path = PATH + "/" + window.get("id").asString();
        var moved =
                admin().with("Content-Type", "application/json")
                        .with("If-Match", "*")
                        .send("PATCH", path, "{\"from\": \"%s\"}".formatted(inMinutes(30)))
                        .is(200)
                        .json();
        assertThat(scientist().get(allocation).json().get("notice").get("from"))
                .isEqualTo(moved.get("from"));
        admin().with("If-Match", "*").delete(path).is(204);
        assertThat(scientist().get(allocation).is(200).json().get("notice").isNull()).isTrue();
        assertThat(
                        jdbc.sql(
                                        "SELECT count(*) FROM event WHERE allocation_id = ? AND"
                                                + " reason = 'MAINTENANCE_CANCELLED'")
                                .param(id)
                                .query(Integer.class)
                                .single())
                .isEqualTo(1);
    }
}
