package vmm.api;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** The console of a VM over HTTP. */
class ConsoleApiTest extends ApiTest {

    @Test
    void anOperatorReadsTheConsoleOfAVmAsPlainText() {
        until("a VM is ready", () -> ready("quick") > 0);
        String vm = vm("pool.name = 'quick' AND state = 'READY'");
        var console = operator().get("/api/v1/vms/" + vm + "/console").is(200);
        assertThat(console.header("Content-Type")).isEqualTo("text/plain;charset=UTF-8");
        assertThat(console.text()).contains("vmm-guest:").doesNotContain("token", "guest.json");
        operator().with("Accept", "application/json").get("/api/v1/vms/" + vm + "/console").is(406);
        scientist().get("/api/v1/vms/" + vm + "/console").is(403, "forbidden");
    }

    @Test
    void thereIsNoneOfAVmThatIsNotOrHasNotBegunToRun() {
        operator()
                .get("/api/v1/vms/00000000-0000-4000-8000-000000000000/console")
                .is(404, "not-found");
        scientist().post("/api/v1/allocations", "{\"vmType\": \"slow\"}").is(202);
        until(
                "an instance that never boots",
                () -> !vms("pool.name = 'slow' AND instance_id IS NOT NULL").isEmpty());
        String vm = vm("pool.name = 'slow' AND instance_id IS NOT NULL");
        operator().get("/api/v1/vms/" + vm + "/console").is(404, "not-found");
    }

    private String vm(String where) {
        return vms(where).getFirst();
    }

    private java.util.List<String> vms(String where) {
        return jdbc.sql(
                        "SELECT vm.id::text FROM vm JOIN pool ON pool.id = vm.pool_id WHERE "
                                + where)
                .query(String.class)
                .list();
    }
}
