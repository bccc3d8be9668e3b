package vmm.api;

import static org.assertj.core.api.Assertions.assertThat;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;

import vmm.vm.Ids;

class UsageApiTest extends ApiTest {
    private static final String WEEK = "/api/v1/usage?from=2001-03-01&to=2001-03-03";

    @Autowired Ids ids;

    /** A week long ago, in a type that there is no more. */
    @BeforeEach
    void history() {
        asked(
                "2001-03-01T08:00:00Z",
                "2001-03-01T08:00:00Z",
                "2001-03-01T10:30:00Z",
                "RELEASED"); // at once, 2.5 h
        asked(
                "2001-03-01T09:00:00Z",
                "2001-03-01T09:01:40Z",
                "2001-03-03T00:00:00Z",
                "EXPIRED"); // waited 100 s, two nights
        asked("2001-03-01T09:00:00Z", null, "2001-03-01T09:00:00Z", "REFUSED");
        asked("2001-03-01T23:59:00Z", null, "2001-03-02T00:01:00Z", "CANCELLED");
        asked("2001-03-03T23:59:59.999999Z", null, null, null); // waits still
        asked(
                "2001-03-04T00:00:00Z",
                "2001-03-04T00:00:00Z",
                "2001-03-04T01:00:00Z",
                "RELEASED"); // the day after
        asked(
                "2001-02-27T12:00:00Z",
                "2001-02-27T12:00:00Z",
                "2001-03-01T06:00:00Z",
                "ABANDONED"); // from before, 6 h
    }

    @AfterEach
    void forget() {
        jdbc.sql("DELETE FROM allocation WHERE vm_type = 'history'").update();
    }

    @Test
    void requestsAndTheirFateAreCountedByDayAndType() {
        var report = admin().get(WEEK).is(200).json();
        assertThat(report.get("from").asString()).isEqualTo("2001-03-01");
        assertThat(report.get("items")).hasSize(3);
        assertThat(report.get("items").get(0).toString())
                .isEqualTo(
                        """
                        {"day":"2001-03-01","vmType":"history","requests":4,"grantedAtOnce":1,"grantedAfterWait":1,"refused":1,\
                        "givenUp":1,"waiting":0,"waitP50Seconds":50.0,"waitP90Seconds":90.0,"machineHours":23.472,\
                        "endReasons":{"ABANDONED":1,"REFUSED":1,"RELEASED":1}}\
                        """);
        assertThat(report.get("items").get(1).toString())
                .isEqualTo(
                        """
                        {"day":"2001-03-02","vmType":"history","requests":0,"grantedAtOnce":0,"grantedAfterWait":0,"refused":0,\
                        "givenUp":0,"waiting":0,"waitP50Seconds":null,"waitP90Seconds":null,"machineHours":24.0,\
                        "endReasons":{"CANCELLED":1}}\
                        """);
        assertThat(report.get("items").get(2).toString())
                .isEqualTo(
                        """
                        {"day":"2001-03-03","vmType":"history","requests":1,"grantedAtOnce":0,"grantedAfterWait":0,"refused":0,\
                        "givenUp":0,"waiting":1,"waitP50Seconds":null,"waitP90Seconds":null,"machineHours":0.0,\
                        "endReasons":{"EXPIRED":1}}\
                        """);
    }

    @Test
    void aSpreadsheetGetsTheSameAsCsv() {
        String expected =
                """
                day,vmType,requests,grantedAtOnce,grantedAfterWait,refused,givenUp,waiting,waitP50Seconds,waitP90Seconds,machineHours,endReasons
                2001-03-01,history,4,1,1,1,1,0,50.0,90.0,23.472,ABANDONED=1;REFUSED=1;RELEASED=1
                2001-03-02,history,0,0,0,0,0,0,,,24.0,CANCELLED=1
                2001-03-03,history,1,0,0,0,0,1,,,0.0,EXPIRED=1
                """
                        .replace("\n", "\r\n");
        assertThat(admin().get(WEEK + "&format=csv").is(200).text()).isEqualTo(expected);
        assertThat(admin().with("Accept", "text/csv").get(WEEK).text()).isEqualTo(expected);
        assertThat(admin().with("Accept", "application/json;q=0.5, text/csv").get(WEEK).text())
                .isEqualTo(expected);
        assertThat(admin().with("Accept", "application/json").get(WEEK + "&format=csv").text())
                .isEqualTo(expected);
        assertThat(admin().with("Accept", "text/csv").get(WEEK + "&format=json").text())
                .startsWith("{");
        assertThat(admin().with("Accept", "text/html, */*").get(WEEK).text()).startsWith("{");
        admin().with("Accept", "text/html").get(WEEK).is(406, "not-acceptable");
    }

    @Test
    void oneTypeAndTheLastSevenDays() {
        assertThat(admin().get(WEEK + "&vmType=quick").json().get("items")).isEmpty();
        assertThat(admin().get(WEEK + "&vmType=history").json().get("items")).hasSize(3);
        String id = granted(scientist(), "quick");
        var week = admin().get("/api/v1/usage?vmType=quick").is(200).json();
        assertThat(week.get("items").findValuesAsString("vmType")).containsOnly("quick");
        assertThat(
                        week.get("items")
                                .get(week.get("items").size() - 1)
                                .get("machineHours")
                                .asDouble())
                .isNotNegative();
        scientist().delete("/api/v1/allocations/" + id);
    }

    private void asked(
            String requested,
            @Nullable String granted,
            @Nullable String ended,
            @Nullable String reason) {
        jdbc.sql(
                        """
                        INSERT INTO allocation (id, vm_type, pool_id, user_name, state, requested_at, effective_at, lease_s,
                                                max_lifetime_s, granted_at, expires_at, ended_at, end_reason)
                        VALUES (:id, 'history', (SELECT id FROM pool WHERE name = 'closed'), 'somebody', :state,
                                CAST(:requested AS timestamptz), CAST(:requested AS timestamptz), 3600, 7200,
                                CAST(:granted AS timestamptz), CAST(:granted AS timestamptz) + interval '1 hour',
                                CAST(:ended AS timestamptz), :reason)
                        """)
                .param("id", ids.next(), java.sql.Types.OTHER)
                .param("state", ended == null ? "QUEUED" : "ENDED")
                .param("requested", requested)
                .param("granted", granted, java.sql.Types.VARCHAR)
                .param("ended", ended, java.sql.Types.VARCHAR)
                .param("reason", reason, java.sql.Types.VARCHAR)
                .update();
    }
}
