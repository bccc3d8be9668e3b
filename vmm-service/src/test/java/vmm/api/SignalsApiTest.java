package vmm.api;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

import java.time.Instant;

/** Probes, quota and holds for a time are answered as the description says. */
class SignalsApiTest extends ApiTest {

    @Test
    void cloudsShowTheirProbesAndTheirQuota() {
        until("the quota of swift", () -> !swift().get("quota").isNull());
        until("a look at its probe", () -> !swift().at("/probes/0/ok").isNull());
        assertThat(swift().at("/probes/0/name").asString()).isEqualTo("nobody");
        assertThat(swift().at("/quota/vcpus/max").isNull()).isTrue();
        assertThat(admin().get("/api/v1/clouds").is(200).json().get("items").size()).isEqualTo(2);
    }

    @Test
    void aVmIsHeldForATimeOrForGood() {
        until("a VM is ready", () -> ready("quick") > 0);
        String vm =
                jdbc.sql(
                                "SELECT vm.id::text FROM vm JOIN pool ON pool.id = vm.pool_id"
                                        + " WHERE pool.name = 'quick' AND state = 'READY' LIMIT 1")
                        .query(String.class)
                        .single();
        String path = "/api/v1/vms/" + vm + "/hold";
        String time = "2999-01-01T00:00:00Z";
        var held =
                operator()
                        .post(
                                path,
                                "{\"held\": true, \"reason\": \"odd\", \"until\": \""
                                        + time
                                        + "\"}")
                        .is(200)
                        .json();
        assertThat(Instant.parse(held.get("heldUntil").asString())).isEqualTo(time);
        var forGood = operator().post(path, "{\"held\": true, \"reason\": \"odd\"}").is(200).json();
        assertThat(forGood.get("held").asBoolean()).isTrue();
        assertThat(forGood.get("heldUntil").isNull()).isTrue();
        operator().post(path, "{\"held\": false}").is(200);
    }

    private tools.jackson.databind.JsonNode swift() {
        return admin().get("/api/v1/clouds/swift").is(200).json();
    }
}
