package vmm.api;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The weather of simulated clouds over HTTP. */
class WeatherApiTest extends ApiTest {
    private static final String STUCK = "/api/v1/simulated-clouds/stuck/weather";

    @AfterEach
    void calm() {
        admin().delete(STUCK).is(200);
    }

    @Test
    void whatIsNamedIsChangedAndTheRestStaysUntilItIsCalmAgain() {
        var before = operator().get(STUCK).is(200).json();
        assertThat(before.get("neverBoots").asDouble()).isEqualTo(1);
        assertThat(before.get("bootTime").asString()).isEqualTo("PT8S");
        assertThat(before.get("capacity").isNull()).isTrue();

        change("PATCH", "{\"hang\": 0.25, \"capacity\": 7, \"createTime\": \"PT1S\"}");
        var changed = change("PATCH", "{\"outage\": true, \"capacity\": null}");
        assertThat(changed.get("outage").asBoolean()).isTrue();
        assertThat(changed.get("hang").asDouble()).isEqualTo(0.25);
        assertThat(changed.get("capacity").isNull()).isTrue();
        assertThat(changed.get("createTime").asString()).isEqualTo("PT1S");
        assertThat(changed.get("neverBoots").asDouble()).isEqualTo(1);
        assertThat(operator().get(STUCK).is(200).json()).isEqualTo(changed);

        var set = change("PUT", "{\"hang\": 1}");
        assertThat(set.get("outage").asBoolean()).isFalse();
        assertThat(set.get("hang").asDouble()).isEqualTo(1);
        assertThat(set.get("neverBoots").asDouble()).isEqualTo(1);
        assertThat(admin().delete(STUCK).is(200).json()).isEqualTo(before);
        assertThat(
                        jdbc.sql(
                                        "SELECT detail FROM event WHERE cloud = 'stuck' AND reason"
                                            + " = 'WEATHER' AND actor = 'admin' ORDER BY id DESC"
                                            + " LIMIT 2")
                                .query(String.class)
                                .list())
                .containsExactly("calm", "hang 1");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{\"outage\": true, \"fog\": 1} | fog",
                "{\"outage\": true, \"hang\": 2} | hang",
                "{\"hang\": -0.1} | hang",
                "{\"hang\": \"0.5\"} | hang",
                "{\"hang\": null} | hang",
                "{\"outage\": 1} | outage",
                "{\"outage\": \"true\"} | outage",
                "{\"capacity\": -1} | capacity",
                "{\"capacity\": 1.5} | capacity",
                "{\"capacity\": 99999999999} | capacity",
                "{\"bootTime\": 8} | bootTime",
                "{\"bootTime\": \"8s\"} | bootTime",
                "{\"bootTime\": \"P2D\"} | bootTime",
                "{\"listLag\": \"PT11M\"} | listLag",
                "{\"slowBootFactor\": 0.5} | slowBootFactor",
                "{\"hang\": [1]} | hang"
            })
    void whatDoesNotFitIsNamedAndNothingIsChanged(String body, String field) {
        var before = operator().get(STUCK).is(200).json();
        for (String method : new String[] {"PATCH", "PUT"}) {
            var refused = send(method, body).is(422, "validation-failed").json();
            assertThat(refused.at("/errors/0/field").asString()).isEqualTo(field);
            assertThat(refused.at("/errors/0/message").asString()).isNotBlank();
        }
        assertThat(operator().get(STUCK).is(200).json()).isEqualTo(before);
    }

    @Test
    void onlyAdministratorsMakeWeatherAndOnlyOperatorsSeeIt() {
        scientist().get(STUCK).is(403, "forbidden");
        operator()
                .with("Content-Type", "application/json")
                .send("PATCH", STUCK, "{\"outage\": true}")
                .is(403, "forbidden");
        operator().delete(STUCK).is(403, "forbidden");
        operator().get("/api/v1/simulated-clouds/nowhere/weather").is(404, "not-found");
        send("PATCH", "[]").is(400);
        send("PATCH", "").is(400);
    }

    private tools.jackson.databind.JsonNode change(String method, String body) {
        return send(method, body).is(200).json();
    }

    private Caller.Answer send(String method, String body) {
        return admin().with("Content-Type", "application/json").send(method, STUCK, body);
    }
}
