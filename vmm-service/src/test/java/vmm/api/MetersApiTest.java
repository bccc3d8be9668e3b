package vmm.api;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.MeterRegistry;

import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.stream.Collectors;

class MetersApiTest extends ApiTest {
    @Autowired MeterRegistry meters;

    @Test
    void theFleetAndItsClaimsAreMeasured() {
        double warm = claims("quick", "warm");
        double queued = claims("slow", "queued");
        double refused = claims("slow", "refused");
        double cancelled = claims("slow", "cancelled");
        String mine = granted(scientist(), "quick");
        String waiting =
                scientist()
                        .post("/api/v1/allocations", "{\"vmType\": \"slow\"}")
                        .is(202)
                        .json()
                        .get("id")
                        .asString();
        scientist().post("/api/v1/allocations", "{\"vmType\": \"slow\", \"wait\": false}").is(503);
        until(
                "the gauges show it",
                () ->
                        gauge("vmm.pool.vms", "quick", "state", "allocated") >= 1
                                && gauge("vmm.queue.length", "slow") >= 1);
        assertThat(gauge("vmm.pool.target", "quick")).isEqualTo(3);
        until(
                "launches are timed",
                () -> meters.find("vmm.launch.duration").tag("cloud", "swift").timer() != null);
        scientist().delete("/api/v1/allocations/" + waiting).is(200);
        scientist().delete("/api/v1/allocations/" + waiting).is(200);
        scientist().delete("/api/v1/allocations/" + mine).is(200);
        assertThat(claims("quick", "warm")).isEqualTo(warm + 1);
        assertThat(claims("slow", "queued")).isEqualTo(queued + 1);
        assertThat(claims("slow", "refused")).isEqualTo(refused + 1);
        assertThat(claims("slow", "cancelled")).isEqualTo(cancelled + 1);
        assertThat(meters.get("vmm.claim.duration").timer().count()).isGreaterThanOrEqualTo(3);
    }

    @Test
    void eachOfOurMetricsIsExplained() throws Exception {
        granted(scientist(), "quick");
        until(
                "launches are timed",
                () -> meters.find("vmm.launch.duration").tag("cloud", "swift").timer() != null);
        String page =
                HttpClient.newHttpClient()
                        .send(
                                HttpRequest.newBuilder(
                                                URI.create(
                                                        nobody().base() + "/actuator/prometheus"))
                                        .build(),
                                HttpResponse.BodyHandlers.ofString())
                        .body();
        var explained =
                page.lines()
                        .filter(line -> line.startsWith("# HELP vmm_"))
                        .map(line -> line.split(" ", 4))
                        .collect(
                                Collectors.toMap(
                                        line -> line[2], line -> line.length < 4 ? "" : line[3]));
        assertThat(explained.keySet())
                .contains(
                        "vmm_pool_vms",
                        "vmm_pool_target",
                        "vmm_queue_length",
                        "vmm_claims_total",
                        "vmm_claim_duration_seconds",
                        "vmm_launch_duration_seconds",
                        "vmm_reconcile_duration_seconds",
                        "vmm_cloud_health",
                        "vmm_cloud_listing_age_seconds",
                        "vmm_cloud_probes_failing",
                        "vmm_cloud_windows");
        assertThat(explained)
                .allSatisfy(
                        (name, help) ->
                                assertThat(help)
                                        .startsWith(
                                                name.contains("seconds")
                                                        ? "Seconds "
                                                        : name.contains("claims")
                                                                ? "Requests "
                                                                : "Number of "));
    }

    private double claims(String pool, String outcome) {
        var counter = meters.find("vmm.claims").tags("pool", pool, "outcome", outcome).counter();
        return counter == null ? 0 : counter.count();
    }

    private double gauge(String name, String pool, String... tags) {
        var gauge = meters.find(name).tag("pool", pool).tags(tags).gauge();
        return gauge == null ? -1 : gauge.value();
    }
}
