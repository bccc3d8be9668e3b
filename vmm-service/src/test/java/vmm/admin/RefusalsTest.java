package vmm.admin;

import static org.assertj.core.api.Assertions.assertThat;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

import java.util.List;
import java.util.stream.Stream;

/** Wrong requests, each with its exact answer, and nothing is changed by any. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class RefusalsTest extends Service {
    private static final String INVALID = "validation-failed";
    private static final String NOBODY = "00000000-0000-7000-8000-000000000000";

    /** What a person sends, and what must come back; of the problem's fields the first. */
    record Case(
            String method,
            String path,
            @Nullable String ifMatch,
            @Nullable String body,
            int status,
            String slug,
            @Nullable String field) {

        static Case get(String path, int status, String slug, @Nullable String field) {
            return new Case("GET", path, null, null, status, slug, field);
        }

        static Case post(
                String path, String body, int status, String slug, @Nullable String field) {
            return new Case("POST", path, null, body, status, slug, field);
        }

        /** Of the pool {@code target}, with its ETag. */
        static Case pool(String body, int status, @Nullable String field) {
            return new Case("PATCH", "pools/target", "\"0\"", body, status, INVALID, field);
        }

        static Case newPool(String extra, int status, @Nullable String field) {
            return post(
                    "pools",
                    "{\"name\": \"new\", \"poolSize\": 0, \"maxSize\": 1, \"placements\":"
                            + " [{\"cloud\": \"here\", \"image\": \"a\", \"flavor\": \"b\"}]"
                            + extra
                            + "}",
                    status,
                    INVALID,
                    field);
        }

        static Case placement(String placement, int status, String field) {
            return pool("{\"placements\": [" + placement + "]}", status, field);
        }

        static Case connect(String connect, int status, String field) {
            return pool("{\"connect\": [" + connect + "]}", status, field);
        }

        /** Of the schedule {@code planned}, with its ETag. */
        static Case schedule(String body, int status, String field) {
            return new Case("PATCH", "schedules/planned", "\"0\"", body, status, INVALID, field);
        }

        @Override
        public String toString() {
            String shown =
                    body == null ? "" : body.length() > 90 ? body.substring(0, 90) + "…" : body;
            return method + " " + path + " " + shown + " → " + status + " " + slug;
        }
    }

    static Stream<Case> wrong() {
        return Stream.of(pools(), poolValues(), placements(), vmsAndClouds(), schedules(), lists())
                .flatMap(List::stream);
    }

    static List<Case> pools() {
        return List.of(
                Case.get("pools/unheard-of", 404, "not-found", null),
                Case.get("pools/Not%20a%20name", 404, "not-found", null),
                new Case("PATCH", "pools/unheard-of", "*", "{}", 404, "not-found", null),
                new Case("DELETE", "pools/unheard-of", "*", null, 404, "not-found", null),
                new Case(
                        "PATCH",
                        "pools/target",
                        null,
                        "{\"poolSize\": 1}",
                        428,
                        "precondition-required",
                        null),
                new Case(
                        "PATCH",
                        "pools/target",
                        "\"7\"",
                        "{\"poolSize\": 1}",
                        412,
                        "precondition-failed",
                        null),
                new Case(
                        "PATCH",
                        "pools/target",
                        "W/\"0\"",
                        "{\"poolSize\": 1}",
                        412,
                        "precondition-failed",
                        null),
                new Case(
                        "PATCH",
                        "pools/target",
                        "0",
                        "{\"poolSize\": 1}",
                        412,
                        "precondition-failed",
                        null),
                new Case("DELETE", "pools/target", null, null, 428, "precondition-required", null),
                new Case("DELETE", "pools/target", "\"7\"", null, 412, "precondition-failed", null),
                new Case(
                        "DELETE",
                        "pools/target",
                        "\"0\"",
                        null,
                        409,
                        "conflict",
                        null), // it has a schedule
                new Case(
                        "DELETE",
                        "pools/muon",
                        "*",
                        null,
                        409,
                        "conflict",
                        null), // it has VMs and a type
                new Case("PUT", "pools/target", "*", "{}", 405, "method-not-allowed", null),
                Case.post("pools", poolBody("target", 0, 1), 409, "conflict", null),
                Case.post("pools", "{", 400, "malformed-request", null),
                Case.post("pools", "[]", 400, "malformed-request", null),
                Case.post("pools", "{}", 422, INVALID, "maxSize"),
                Case.post("pools", poolBody("New", 0, 1), 422, INVALID, "name"),
                Case.post("pools", poolBody("-new", 0, 1), 422, INVALID, "name"),
                Case.post("pools", poolBody("n".repeat(64), 0, 1), 422, INVALID, "name"),
                Case.post("pools", poolBody("new\\u0000", 0, 1), 400, INVALID, "name"),
                Case.post("pools", poolBody("new", 2, 1), 422, INVALID, "poolSize"),
                Case.post(
                        "pools",
                        poolBody("new", 0, 1).replace("here", "nowhere"),
                        422,
                        INVALID,
                        "placements[0].cloud"),
                Case.newPool(", \"colour\": \"red\"", 400, "colour"),
                Case.newPool(", \"version\": 3", 400, "version"),
                Case.newPool(", \"lease\": \"P15D\"", 422, "lease"),
                Case.newPool(", \"readyWhen\": \"portOpen:0\"", 422, "readyWhen"));
    }

    static List<Case> poolValues() {
        return List.of(
                Case.pool("{\"poolSize\": 4}", 422, "poolSize"),
                Case.pool("{\"poolSize\": 1, \"maxSize\": 0}", 422, "poolSize"),
                Case.pool("{\"poolSize\": -1}", 422, "poolSize"),
                Case.pool("{\"maxSize\": 100001}", 422, "maxSize"),
                Case.pool("{\"maxSize\": 99999999999}", 400, "maxSize"),
                Case.pool("{\"poolSize\": \"1\"}", 400, "poolSize"),
                Case.pool("{\"poolSize\": 1.0}", 400, "poolSize"),
                Case.pool("{\"poolSize\": true}", 400, "poolSize"),
                Case.pool("{\"poolSize\": null}", 400, "poolSize"),
                Case.pool("{\"lease\": null}", 400, "lease"),
                Case.pool("{\"readyWhen\": null}", 400, "readyWhen"),
                Case.pool("{\"placements\": null}", 400, "placements"),
                Case.pool("{\"connect\": null}", 400, "connect"),
                Case.pool("{\"name\": \"other\"}", 400, "name"),
                Case.pool("{\"target\": 5}", 400, "target"),
                Case.pool("{\"poolSize\": 1, \"poolsize\": 1}", 400, "poolsize"),
                Case.pool("{\"readyWhen\": \"whenever\"}", 422, "readyWhen"),
                Case.pool("{\"readyWhen\": \"portOpen:65536\"}", 422, "readyWhen"),
                Case.pool("{\"readyWhen\": 22}", 400, "readyWhen"),
                Case.pool("{\"lease\": \"PT0S\"}", 422, "lease"),
                Case.pool("{\"lease\": \"-PT1H\"}", 422, "lease"),
                Case.pool("{\"lease\": \"P15D\"}", 422, "lease"),
                Case.pool("{\"maxLifetime\": \"PT1H\"}", 422, "lease"),
                Case.pool("{\"bootTimeout\": \"PT0.5S\"}", 422, "bootTimeout"),
                Case.pool("{\"bootTimeout\": \"P400D\"}", 422, "bootTimeout"),
                Case.pool("{\"idleTimeout\": \"PT99999999999999999999H\"}", 400, "idleTimeout"),
                Case.pool("{\"idleTimeout\": \"PT999999999999H\"}", 422, "idleTimeout"),
                Case.pool("{\"idleTimeout\": \"12h\"}", 400, "idleTimeout"),
                Case.pool("{\"warning\": 3600}", 400, "warning"));
    }

    static List<Case> placements() {
        String good = "\"cloud\": \"here\", \"image\": \"a\", \"flavor\": \"b\"";
        return List.of(
                Case.pool("{\"placements\": []}", 422, "placements"),
                Case.pool("{\"placements\": {}}", 400, "placements"),
                Case.placement("null", 422, "placements[0]"),
                Case.placement("{}", 422, "placements[0].cloud"),
                Case.placement(
                        "{\"cloud\": \"here\", \"image\": \"a\"}", 422, "placements[0].flavor"),
                Case.placement(
                        "{\"cloud\": \"nowhere\", \"image\": \"a\", \"flavor\": \"b\"}",
                        422,
                        "placements[0].cloud"),
                Case.placement(
                        "{\"cloud\": \"here\", \"image\": \"\", \"flavor\": \"b\"}",
                        422,
                        "placements[0].image"),
                Case.placement(
                        "{\"cloud\": \"here\", \"image\": \""
                                + "a".repeat(201)
                                + "\", \"flavor\": \"b\"}",
                        422,
                        "placements[0].image"),
                Case.placement("{" + good + ", \"weight\": -1}", 422, "placements[0].weight"),
                Case.placement("{" + good + ", \"maxVms\": -1}", 422, "placements[0].maxVms"),
                Case.placement("{" + good + ", \"weight\": \"1\"}", 400, "placements[0].weight"),
                Case.placement("{" + good + ", \"counts\": {}}", 400, "placements[0].counts"),
                Case.placement("{" + good + "}, {" + good + "}", 422, "placements[1].flavor"),
                Case.pool(
                        "{\"placements\": [" + ("{" + good + "},").repeat(50) + "{" + good + "}]}",
                        422,
                        "placements"),
                Case.connect("{\"kind\": \"ssh\"}", 422, "connect[0].kind"),
                Case.connect(
                        "{\"kind\": \"ssh\", \"url\": \"https://a\", \"command\": \"b\"}",
                        422,
                        "connect[0].kind"),
                Case.connect("{\"kind\": \"S S H\", \"command\": \"b\"}", 422, "connect[0].kind"),
                Case.connect("{\"url\": \"https://a\"}", 422, "connect[0].kind"),
                Case.connect(
                        "{\"kind\": \"web\", \"url\": \"javascript:alert(1)\"}",
                        422,
                        "connect[0].url"),
                Case.connect(
                        "{\"kind\": \"web\", \"url\": \"https://{password}\"}",
                        422,
                        "connect[0].url"),
                Case.connect(
                        "{\"kind\": \"ssh\", \"command\": \"ssh {host}\"}",
                        422,
                        "connect[0].command"),
                Case.connect(
                        "{\"kind\": \"ssh\", \"command\": \"a\"}, {\"kind\": \"ssh\", \"command\":"
                                + " \"b\"}",
                        422,
                        "connect[1].kind"));
    }

    static List<Case> vmsAndClouds() {
        return List.of(
                Case.get("vms/" + NOBODY, 404, "not-found", null),
                Case.get("vms/not-a-uuid", 404, "not-found", null),
                new Case("DELETE", "vms/" + NOBODY, null, null, 404, "not-found", null),
                Case.post(
                        "vms/" + NOBODY + "/hold",
                        "{\"held\": true, \"reason\": \"x\"}",
                        404,
                        "not-found",
                        null),
                Case.post("vms/{vm}/hold", "{\"held\": true}", 422, INVALID, "reason"),
                Case.post(
                        "vms/{vm}/hold",
                        "{\"held\": true, \"reason\": \"\"}",
                        422,
                        INVALID,
                        "reason"),
                Case.post(
                        "vms/{vm}/hold",
                        "{\"held\": true, \"reason\": \" \"}",
                        422,
                        INVALID,
                        "reason"),
                Case.post(
                        "vms/{vm}/hold",
                        "{\"held\": true, \"reason\": \"" + "r".repeat(501) + "\"}",
                        422,
                        INVALID,
                        "reason"),
                Case.post(
                        "vms/{vm}/hold",
                        "{\"held\": true, \"reason\": \"\\u0000\"}",
                        400,
                        INVALID,
                        "reason"),
                Case.post(
                        "vms/{vm}/hold",
                        "{\"held\": \"true\", \"reason\": \"x\"}",
                        400,
                        INVALID,
                        "held"),
                Case.post("vms/{vm}/hold", "{\"reason\": \"x\"}", 422, INVALID, "held"),
                Case.post(
                        "vms/{vm}/hold",
                        "{\"held\": true, \"reason\": \"x\", \"until\": 1}",
                        400,
                        INVALID,
                        "until"),
                Case.post("vms/{vm}/hold", "", 400, "malformed-request", null),
                Case.post(
                        "vms/{vm}/hold",
                        "{\"held\": true, \"reason\": \"x\", \"until\": \"2020-01-01T00:00:00Z\"}",
                        422,
                        INVALID,
                        "until"),
                Case.post(
                        "vms/{vm}/hold",
                        "{\"held\": false, \"until\": \"2999-01-01T00:00:00Z\"}",
                        422,
                        INVALID,
                        "until"),
                Case.post(
                        "vms/{vm}/hold",
                        "{\"held\": true, \"reason\": \"x\", \"until\": \"tomorrow\"}",
                        400,
                        INVALID,
                        "until"),
                Case.get("clouds/unheard-of", 404, "not-found", null),
                Case.post("clouds/unheard-of/pause", "{\"paused\": true}", 404, "not-found", null),
                Case.post("clouds/here/pause", "{}", 422, INVALID, "paused"),
                Case.post("clouds/here/pause", "{\"paused\": 1}", 400, INVALID, "paused"),
                Case.post(
                        "clouds/here/pause",
                        "{\"paused\": true, \"reason\": \"\"}",
                        422,
                        INVALID,
                        "reason"),
                Case.post(
                        "clouds/here/pause",
                        "{\"paused\": true, \"why\": \"x\"}",
                        400,
                        INVALID,
                        "why"),
                Case.post("reconcilers/unheard-of/run", "", 404, "not-found", null),
                Case.post("reconcilers/lifecycle-nowhere/run", "", 404, "not-found", null),
                Case.post(
                        "reconcilers/unheard-of/pause",
                        "{\"paused\": true}",
                        404,
                        "not-found",
                        null),
                Case.post("reconcilers/refill/pause", "{}", 422, INVALID, "paused"),
                Case.post(
                        "reconcilers/refill/pause",
                        "{\"paused\": \"yes\"}",
                        400,
                        INVALID,
                        "paused"),
                Case.post(
                        "reconcilers/refill/pause",
                        "{\"paused\": true, \"reason\": \"x\"}",
                        400,
                        INVALID,
                        "reason"));
    }

    static List<Case> schedules() {
        String good =
                "\"name\": \"new\", \"pool\": \"quiet\", \"cron\": \"0 0 7 * * *\", \"zone\":"
                        + " \"Europe/London\", \"duration\": \"PT3H\", \"target\": 1";
        return List.of(
                Case.get("schedules/unheard-of", 404, "not-found", null),
                new Case("PATCH", "schedules/unheard-of", "*", "{}", 404, "not-found", null),
                new Case("DELETE", "schedules/unheard-of", "*", null, 404, "not-found", null),
                new Case(
                        "PATCH",
                        "schedules/planned",
                        null,
                        "{\"target\": 1}",
                        428,
                        "precondition-required",
                        null),
                new Case(
                        "DELETE",
                        "schedules/planned",
                        null,
                        null,
                        428,
                        "precondition-required",
                        null),
                new Case(
                        "DELETE",
                        "schedules/planned",
                        "\"9\"",
                        null,
                        412,
                        "precondition-failed",
                        null),
                Case.post(
                        "schedules",
                        "{" + good.replace("new", "planned") + "}",
                        409,
                        "conflict",
                        null),
                Case.post(
                        "schedules",
                        "{" + good.replace("new", "preview") + "}",
                        422,
                        INVALID,
                        "name"),
                Case.post(
                        "schedules", "{" + good.replace("new", "New") + "}", 422, INVALID, "name"),
                Case.post(
                        "schedules",
                        "{" + good.replace("quiet", "nowhere") + "}",
                        422,
                        INVALID,
                        "pool"),
                Case.post(
                        "schedules", "{" + good + ", \"enabled\": true}", 400, INVALID, "enabled"),
                Case.post("schedules", "{\"name\": \"new\"}", 422, INVALID, "cron"),
                Case.schedule("{\"cron\": \"0 7 * * *\"}", 422, "cron"),
                Case.schedule("{\"cron\": \"0 0 25 * * *\"}", 422, "cron"),
                Case.schedule("{\"cron\": \"\"}", 422, "cron"),
                Case.schedule("{\"cron\": \"" + "0".repeat(201) + "\"}", 422, "cron"),
                Case.schedule("{\"cron\": null}", 400, "cron"),
                Case.schedule("{\"zone\": \"Mars/Olympus\"}", 422, "zone"),
                Case.schedule("{\"zone\": \"+01:00\"}", 422, "zone"),
                Case.schedule("{\"zone\": 1}", 400, "zone"),
                Case.schedule("{\"duration\": \"PT0S\"}", 422, "duration"),
                Case.schedule("{\"duration\": \"-PT1H\"}", 422, "duration"),
                Case.schedule("{\"duration\": \"PT1.5S\"}", 422, "duration"),
                Case.schedule("{\"duration\": \"P93D\"}", 422, "duration"),
                Case.schedule("{\"target\": -1}", 422, "target"),
                Case.schedule("{\"target\": 100001}", 422, "target"),
                Case.schedule("{\"target\": 1.5}", 400, "target"),
                Case.schedule("{\"pool\": \"nowhere\"}", 422, "pool"),
                Case.schedule("{\"name\": \"other\"}", 400, "name"),
                Case.get("schedules/preview?pool=nowhere", 404, "not-found", null),
                Case.get("schedules/preview?pool=Not+a+name", 400, INVALID, "pool"),
                Case.get("schedules/preview?from=yesterday", 400, INVALID, "from"),
                Case.get("schedules/preview?from=5", 400, INVALID, "from"),
                Case.get("schedules/preview?from=%2B99999-01-01T00:00:00Z", 400, INVALID, "from"),
                Case.get(
                        "schedules/preview?from=2030-01-02T00:00:00Z&to=2030-01-02T00:00:00Z",
                        400,
                        INVALID,
                        "to"),
                Case.get(
                        "schedules/preview?from=2030-01-01T00:00:00Z&to=2030-03-05T00:00:01Z",
                        400,
                        INVALID,
                        "to"));
    }

    static List<Case> lists() {
        return List.of(
                Case.get("pools?limit=0", 400, INVALID, "limit"),
                Case.get("pools?limit=501", 400, INVALID, "limit"),
                Case.get("pools?cursor=%21", 400, INVALID, "cursor"),
                Case.get("clouds?limit=x", 400, INVALID, "limit"),
                Case.get(
                        "schedules?cursor=YQ",
                        400,
                        INVALID,
                        "cursor"), // one value where two are sorted by
                Case.get("schedules?pool=Not+a+name", 400, INVALID, "pool"),
                Case.get("decisions?cursor=YQ", 400, INVALID, "cursor"), // no number
                Case.get("decisions?pool=Not+a+name", 400, INVALID, "pool"),
                Case.get("vms?state=SLEEPING", 400, INVALID, "state"),
                Case.get("vms?state=", 400, INVALID, "state"),
                Case.get("vms?state=READY,", 400, INVALID, "state"),
                Case.get("vms?state=ready", 400, INVALID, "state"),
                Case.get("vms?held=maybe", 400, INVALID, "held"),
                Case.get("vms?pool=Not+a+name", 400, INVALID, "pool"),
                Case.get("vms?cloud=-", 400, INVALID, "cloud"),
                Case.get("vms?user=", 400, INVALID, "user"),
                Case.get("vms?user=" + "u".repeat(201), 400, INVALID, "user"),
                Case.get("vms?user=%00", 400, "malformed-request", null),
                Case.get("vms?cursor=YQ", 400, INVALID, "cursor"));
    }

    private String vm = "";

    @BeforeAll
    void prepare() {
        vm = readyVms("refused", 1).getFirst();
        post("pools", poolBody("target", 0, 3)).is(201);
        post(
                        "schedules",
                        """
                        {"name": "planned", "pool": "target", "cron": "0 0 7 * * *", "zone": "Europe/London",
                         "duration": "PT3H", "target": 0}
                        """)
                .is(201);
        until("muon at rest", "pools/muon", pool -> pool.path("counts").path("ready").asInt() == 1);
    }

    @AfterAll
    void tidy() {
        delete("schedules/planned", "*").is(204);
        delete("pools/target", "*").is(204);
    }

    @ParameterizedTest
    @MethodSource("wrong")
    void isRefusedAndChangesNothing(Case wrong) {
        String before = everything();
        var answer =
                send(
                                "admin",
                                wrong.method(),
                                wrong.path().replace("{vm}", vm),
                                wrong.body(),
                                wrong.ifMatch())
                        .is(wrong.status(), wrong.slug());
        assertThat(answer.whole().headers().firstValue("Content-Type"))
                .contains("application/problem+json");
        assertThat(answer.body().path("detail").asString()).isNotBlank();
        if (wrong.field() != null) {
            assertThat(texts(answer.body().path("errors"), "field")).contains(wrong.field());
        }
        assertThat(everything()).isEqualTo(before);
    }

    /** All that people decide, and what they did. */
    private String everything() {
        return jdbc.sql(
                        """
                        SELECT concat_ws(E'\\n',
                            (SELECT string_agg(concat_ws(' ', name, version, pool_size, max_size, ready_when, boot_timeout_s,
                                lease_s, max_lifetime_s, idle_timeout_s, warning_s, deleted), E'\\n' ORDER BY name) FROM pool),
                            (SELECT string_agg(placement::text, E'\\n' ORDER BY pool_id, position) FROM placement),
                            (SELECT string_agg(pool_connect::text, E'\\n' ORDER BY pool_id, position) FROM pool_connect),
                            (SELECT string_agg(schedule::text, E'\\n' ORDER BY name) FROM schedule),
                            (SELECT string_agg(concat_ws(' ', name, paused, pause_reason), E'\\n' ORDER BY name) FROM cloud),
                            (SELECT string_agg(concat_ws(' ', name, paused), E'\\n' ORDER BY name) FROM reconciler),
                            (SELECT string_agg(concat_ws(' ', id, held, held_reason, reason), E'\\n' ORDER BY id) FROM vm
                             WHERE pool_id = (SELECT id FROM pool WHERE name = 'refused')),
                            (SELECT count(*) FROM event WHERE actor IN ('admin', 'operator', 'scientist')))
                        """)
                .query(String.class)
                .single();
    }
}
