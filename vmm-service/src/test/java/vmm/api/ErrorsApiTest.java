package vmm.api;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** Every way to be wrong: a clear error, and nothing changed. */
class ErrorsApiTest extends ApiTest {
    private static final String ASK = "POST /api/v1/allocations";
    private static final String LIST = "GET /api/v1/allocations";
    private static final String NOWHERE =
            "/api/v1/allocations/00000000-0000-7000-8000-000000000000";

    record Row(
            String who,
            String request,
            Map<String, String> headers,
            String body,
            int status,
            String problem) {
        @Override
        public String toString() {
            return who
                    + " "
                    + request
                    + " "
                    + headers
                    + " "
                    + (body.length() > 80 ? body.substring(0, 80) + "…" : body);
        }
    }

    static Stream<Row> rows() {
        var rows = new ArrayList<Row>();
        asking(rows);
        listing(rows);
        keepingAndGivingBack(rows);
        others(rows);
        return rows.stream();
    }

    private static void asking(List<Row> rows) {
        for (String shape :
                List.of(
                        "",
                        "[]",
                        "7",
                        "{",
                        "{\"vmType\": \"quick\"",
                        "{\"vmType\": \"quick\"} {}",
                        "{\"vmType\": 'quick'}",
                        "{\"vmType\": \"quick\", \"vmType\": \"quick\"}",
                        "not JSON at all",
                        "null")) {
            rows.add(row("scientist", ASK, shape, 400, "malformed-request"));
        }
        for (String shape :
                List.of(
                        "{\"vmType\": 7}",
                        "{\"vmType\": [\"quick\"]}",
                        "{\"vmType\": {\"name\": \"quick\"}}",
                        "{\"vmType\": \"quick\", \"colour\": \"red\"}",
                        "{\"vmType\": \"quick\", \"priority\": 9}",
                        "{\"vmType\": \"quick\", \"user\": \"admin\"}",
                        "{\"vmType\": \"quick\", \"wait\": \"yes\"}",
                        "{\"vmType\": \"quick\", \"wait\": 1}",
                        "{\"vmType\": \"quick\", \"lifetime\": 3600}",
                        "{\"vmType\": \"quick\", \"lifetime\": \"3 hours\"}",
                        "{\"vmType\": \"quick\", \"lifetime\": \"\"}",
                        "{\"vmType\": \"quick\", \"lifetime\": \"PT99999999999999999999H\"}",
                        "{\"vmType\": \"quick\", \"name\": 7}",
                        "{\"vmType\": \"quick\", \"name\": \"a\\u0000b\"}",
                        "{\"vmType\": \"quick\", \"name\": \"\\ud800\"}")) {
            rows.add(row("scientist", ASK, shape, 400, "validation-failed"));
        }
        for (String rule :
                List.of(
                        "{}",
                        "{\"vmType\": null}",
                        "{\"vmType\": \"\"}",
                        "{\"vmType\": \"Quick\"}",
                        "{\"vmType\": \"'; DROP TABLE vm; --\"}",
                        "{\"vmType\": \"%s\"}".formatted("q".repeat(64)),
                        "{\"vmType\": \"quick\", \"name\": \"\"}",
                        "{\"vmType\": \"quick\", \"name\": \"%s\"}".formatted("x".repeat(101)),
                        "{\"vmType\": \"quick\", \"lifetime\": \"PT0S\"}",
                        "{\"vmType\": \"quick\", \"lifetime\": \"PT0.9S\"}",
                        "{\"vmType\": \"quick\", \"lifetime\": \"-PT1H\"}")) {
            rows.add(row("scientist", ASK, rule, 422, "validation-failed"));
        }
        String quick = "{\"vmType\": \"quick\"}";
        rows.add(row("scientist", ASK, "{\"vmType\": \"unheard-of\"}", 404, "not-found"));
        rows.add(row("muon", ASK, "{\"vmType\": \"laser\"}", 404, "not-found"));
        rows.add(
                row(
                        "scientist",
                        ASK,
                        "{\"vmType\": \"quick\", \"lifetime\": \"PT10H1S\"}",
                        409,
                        "lifetime-exceeded"));
        rows.add(
                row(
                        "scientist",
                        ASK,
                        "{\"vmType\": \"quick\", \"lifetime\": \"P999999999D\"}",
                        409,
                        "lifetime-exceeded"));
        rows.add(
                row(
                        "scientist",
                        ASK,
                        "{\"vmType\": \"quick\", \"name\": \"%s\"}".formatted("x".repeat(2 << 20)),
                        413,
                        "too-large"));
        rows.add(row("", ASK, quick, 401, "unauthorized"));
        rows.add(row("nobody", ASK, quick, 401, "unauthorized"));
        for (String key : List.of("x".repeat(201), "")) {
            rows.add(
                    new Row(
                            "scientist",
                            ASK,
                            json(Map.of("Idempotency-Key", key)),
                            quick,
                            400,
                            "validation-failed"));
        }
        rows.add(
                new Row(
                        "scientist",
                        ASK,
                        Map.of("Content-Type", "text/plain"),
                        quick,
                        415,
                        "unsupported-media-type"));
        rows.add(
                new Row(
                        "scientist",
                        ASK,
                        Map.of("Content-Type", "application/xml"),
                        "<vmType/>",
                        415,
                        "unsupported-media-type"));
        rows.add(
                new Row(
                        "scientist",
                        ASK,
                        json(Map.of("Accept", "text/html")),
                        quick,
                        406,
                        "not-acceptable"));
    }

    private static void listing(List<Row> rows) {
        for (String query :
                List.of(
                        "limit=0",
                        "limit=501",
                        "limit=-1",
                        "limit=ten",
                        "limit=99999999999",
                        "cursor=!",
                        "cursor=YQ",
                        "cursor=YQ==",
                        "state=BORED",
                        "state=QUEUED,",
                        "pool=No+Name",
                        "pool=",
                        "vmType=%27%3B--",
                        "cloud=" + "x".repeat(64),
                        "user=",
                        "user=" + "x".repeat(201))) {
            rows.add(
                    new Row(
                            "operator",
                            LIST + "?" + query,
                            Map.of(),
                            "",
                            400,
                            "validation-failed"));
        }
        rows.add(new Row("operator", LIST + "?user=%00", Map.of(), "", 400, "malformed-request"));
        rows.add(new Row("", LIST, Map.of(), "", 401, "unauthorized"));
        rows.add(new Row("muon", LIST, Map.of("Accept", "text/csv"), "", 406, "not-acceptable"));
        rows.add(
                new Row(
                        "muon",
                        "GET /api/v1/vm-types?limit=0",
                        Map.of(),
                        "",
                        400,
                        "validation-failed"));
        rows.add(
                new Row(
                        "muon",
                        "GET /api/v1/vm-types?cursor=YQ",
                        Map.of(),
                        "",
                        400,
                        "validation-failed"));
        rows.add(
                new Row(
                        "muon",
                        "GET /api/v1/vm-types",
                        Map.of("Accept", "text/html"),
                        "",
                        406,
                        "not-acceptable"));
        rows.add(new Row("", "GET /api/v1/vm-types", Map.of(), "", 401, "unauthorized"));
        rows.add(
                new Row(
                        "muon",
                        "DELETE /api/v1/vm-types",
                        Map.of(),
                        "",
                        405,
                        "method-not-allowed"));
        rows.add(
                new Row(
                        "muon",
                        "PUT /api/v1/allocations",
                        Map.of(),
                        "",
                        405,
                        "method-not-allowed"));
    }

    private static void keepingAndGivingBack(List<Row> rows) {
        for (String id :
                List.of(
                        "x",
                        "1-1-1-1-1",
                        "00000000-0000-7000-8000-000000000000",
                        "00000000-0000-7000-8000-00000000000g")) {
            rows.add(
                    new Row(
                            "muon",
                            "GET /api/v1/allocations/" + id,
                            Map.of(),
                            "",
                            404,
                            "not-found"));
            rows.add(
                    new Row(
                            "muon",
                            "DELETE /api/v1/allocations/" + id,
                            Map.of(),
                            "",
                            404,
                            "not-found"));
        }
        String extension = "POST " + NOWHERE + "/extension";
        rows.add(row("muon", extension, "{\"by\": \"PT1H\"}", 404, "not-found"));
        rows.add(row("muon", extension, "{}", 422, "validation-failed"));
        rows.add(row("muon", extension, "{\"by\": 3600}", 400, "validation-failed"));
        rows.add(
                row(
                        "muon",
                        extension,
                        "{\"by\": \"PT1H\", \"until\": \"now\"}",
                        400,
                        "validation-failed"));
        rows.add(row("muon", extension, "[", 400, "malformed-request"));
        rows.add(row("", extension, "{\"by\": \"PT1H\"}", 401, "unauthorized"));
        rows.add(new Row("", "GET " + NOWHERE, Map.of(), "", 401, "unauthorized"));
        rows.add(new Row("", "DELETE " + NOWHERE, Map.of(), "", 401, "unauthorized"));
    }

    private static void others(List<Row> rows) {
        for (String query :
                List.of(
                        "from=yesterday",
                        "from=2026-13-01",
                        "to=2026-02-30",
                        "from=2026-11-03&to=2026-11-02",
                        "from=2025-01-01&to=2026-01-02",
                        "from=0000-01-01&to=0000-01-02",
                        "from=%2B999999999-12-31",
                        "to=%2B999999999-12-31",
                        "format=xml",
                        "vmType=No+Name")) {
            rows.add(
                    new Row(
                            "admin",
                            "GET /api/v1/usage?" + query,
                            Map.of(),
                            "",
                            400,
                            "validation-failed"));
        }
        rows.add(new Row("scientist", "GET /api/v1/usage", Map.of(), "", 403, "forbidden"));
        rows.add(new Row("", "GET /api/v1/usage", Map.of(), "", 401, "unauthorized"));
        rows.add(
                new Row(
                        "admin",
                        "GET /api/v1/usage",
                        Map.of("Accept", "image/png"),
                        "",
                        406,
                        "not-acceptable"));
        rows.add(
                new Row(
                        "muon",
                        "GET /api/v1/events",
                        Map.of("Accept", "application/json"),
                        "",
                        406,
                        "not-acceptable"));
        rows.add(
                new Row(
                        "muon",
                        "GET /api/v1/events",
                        Map.of("Last-Event-ID", "7".repeat(41)),
                        "",
                        400,
                        "validation-failed"));
        rows.add(new Row("", "GET /api/v1/events", Map.of(), "", 401, "unauthorized"));
    }

    @ParameterizedTest
    @MethodSource("rows")
    void anErrorIsClearAndChangesNothing(Row row) {
        String before = everything();
        var caller = row.who().isEmpty() ? nobody() : nobody().as(row.who());
        for (var header : row.headers().entrySet())
            caller = caller.with(header.getKey(), header.getValue());
        String[] request = row.request().split(" ", 2);
        var answer =
                caller.send(request[0], request[1], row.body()).is(row.status(), row.problem());
        assertThat(answer.json().get("status").asInt()).isEqualTo(row.status());
        assertThat(answer.json().get("detail").asString()).isNotBlank();
        assertThat(answer.json().get("instance").asString())
                .isEqualTo(request[1].replaceAll("\\?.*", ""));
        if (row.status() == 422 || row.problem().equals("validation-failed")) {
            assertThat(answer.json().get("errors")).isNotEmpty();
        }
        assertThat(answer.text()).doesNotContain("Exception", "java.", "SQL", "allocation.");
        assertThat(everything()).isEqualTo(before);
    }

    /** A fingerprint of what requests can change. */
    private String everything() {
        return jdbc.sql(
                        """
                        SELECT (SELECT count(*) || md5(COALESCE(string_agg(a::text, '|' ORDER BY id), '')) FROM allocation a)
                            || (SELECT count(*) || md5(COALESCE(string_agg(k::text, '|' ORDER BY user_name, key), '')) FROM idempotency_key k)
                            || (SELECT md5(string_agg(t::text, '|' ORDER BY name)) FROM vm_type t)
                            || (SELECT md5(string_agg(name || version || pool_size || max_size, '|' ORDER BY name)) FROM pool)
                        """)
                .query(String.class)
                .single();
    }

    private static Row row(String who, String request, String body, int status, String problem) {
        return new Row(who, request, json(Map.of()), body, status, problem);
    }

    private static Map<String, String> json(Map<String, String> more) {
        var headers = new HashMap<>(more);
        headers.put("Content-Type", "application/json");
        return headers;
    }
}
