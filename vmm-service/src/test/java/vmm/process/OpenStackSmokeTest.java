package vmm.process;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.nio.file.Path;
import java.time.Duration;

/**
 * The real service on two real OpenStacks: fill, claim, one of them hangs in a fill, drain. Needs
 * {@code make openstack-up}.
 */
@Tag("openstack")
class OpenStackSmokeTest {
    @TempDir Path directory;

    @Test
    void fillsGrantsOutlivesAHungCloudAndLeavesNothing() throws Exception {
        try (var run = new OpenStackRun(directory, "smoke", 12, Duration.ofSeconds(5))) {
            var foreign = run.a.createForeign("foreign");
            try {
                run.resize(6);
                run.awaitSettled(Duration.ofMinutes(2));
                assertThat(run.sample()).hasSize(6);
                var claimed = run.claim("first");
                assertThat(claimed.text("state")).isEqualTo("ACTIVE");
                assertThat(claimed.body().path("vm").path("address").asString())
                        .startsWith("10.64.");

                hangInAFill(run);
                run.drain(Duration.ofMinutes(2));
                assertThat(run.a.find(foreign.id()).status()).isEqualTo("ACTIVE");
            } finally {
                run.a.delete(foreign.id());
            }
        }
    }

    private static void hangInAFill(OpenStackRun run) throws Exception {
        run.awaitSettled(Duration.ofMinutes(2));
        var before = run.serving();
        run.resize(10);
        run.awaitFill(run.a);
        run.a.ctl("pause", "nova-api");
        try (var heartbeat = run.heartbeat()) {
            ServiceProcess.await(
                    "the cloud known to be sick",
                    Duration.ofMinutes(1),
                    () ->
                            run.truth()
                                                    .count(
                                                            "SELECT count(*) FROM cloud WHERE name"
                                                                + " = 'a' AND health <> 'HEALTHY'")
                                            > 0
                                    ? true
                                    : null);
            assertThat(run.claim("while it hangs").text("state")).isEqualTo("ACTIVE");
            run.a.ctl("resume", "nova-api");
            run.awaitSettled(Duration.ofMinutes(3));
            System.out.println("openstack smoke: slowest answer " + heartbeat.slowest());
        }
        run.assertKept(before);
    }
}
