package vmm.api;

import static org.assertj.core.api.Assertions.assertThat;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.beans.factory.annotation.Autowired;

import vmm.guest.GuestTokens;

import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.List;
import java.util.UUID;

class GuestApiTest extends ApiTest {
    private static final String KEY =
            "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIDEbVhTz8ROaYmLRMia3EFm30EH0ZRxLrBE6k3N9uK0N";
    private static final String FINGERPRINT =
            "SHA256:JpEnbon5qb9iyAyDl+G3anqaYxw/THPFPqCCRIjrYbY (ED25519)";
    private static final String OTHER_KEY =
            "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGgYTeIy9aHi8ARkHu0SkblrAHC0q3N6AP9dLO3gDl00";
    private static final String READY = "/api/v1/guest/ready";
    private static final String ACTIVITY = "/api/v1/guest/activity";
    private static final String IDLE =
            "{\"at\": \"2026-11-20T10:00:00Z\", \"sessions\": [], \"kernelsBusy\": 0,"
                    + " \"cpuPercent\": 1}";

    @Autowired GuestTokens tokens;

    private String request = "";
    private UUID vm = new UUID(0, 0);

    /** A VM that has no guest but us. */
    @BeforeEach
    void launch() {
        request =
                scientist()
                        .post("/api/v1/allocations", "{\"vmType\": \"slow\"}")
                        .is(202)
                        .json()
                        .get("id")
                        .asString();
        until("a VM is launched for it", () -> !warming().isEmpty());
        vm = warming().getFirst();
    }

    @AfterEach
    void giveUp() {
        scientist().delete("/api/v1/allocations/" + request);
    }

    @Test
    void aGuestReportsReadyInAnyLiveStateAndAsOftenAsItLikes() {
        for (int i = 0; i < 2; i++) {
            var answer =
                    guest(vm)
                            .post(
                                    READY,
                                    "{\"imageName\": \"slow\", \"imageVersion\": \"7\","
                                            + " \"addresses\": [\"10.0.0.1\"], \"hostKeys\": [\""
                                            + KEY
                                            + "\", \"ssh-ed25519 AAAA\"]}")
                            .is(204);
            assertThat(answer.text()).isEmpty();
        }
        var shown = operator().get("/api/v1/vms/" + vm).is(200).json().get("guest");
        assertThat(shown.get("image").asString()).isEqualTo("slow 7");
        assertThat(shown.get("readyAt").isNull()).isFalse();
        assertThat(shown.get("hostKeys").toString()).isEqualTo("[\"" + FINGERPRINT + "\"]");
    }

    @Test
    void aVersionThatEndsTheNameOfTheImageIsSaidOnce() {
        guest(vm)
                .post(READY, "{\"imageName\": \"muon-2026-f00\", \"imageVersion\": \"f00\"}")
                .is(204);
        assertThat(operator().get("/api/v1/vms/" + vm).json().get("guest").get("image").asString())
                .isEqualTo("muon-2026-f00");
    }

    @Test
    void hostKeysStayThoseThatAreReportedFirst() {
        guest(vm).post(READY, "{\"hostKeys\": [\"" + KEY + "\"]}").is(204);
        guest(vm).post(READY, "{\"hostKeys\": [\"" + OTHER_KEY + "\"]}").is(204);
        assertThat(
                        operator()
                                .get("/api/v1/vms/" + vm)
                                .json()
                                .get("guest")
                                .get("hostKeys")
                                .toString())
                .isEqualTo("[\"" + FINGERPRINT + "\"]");
    }

    @Test
    void aVmWhoseGuestSaidNothingHasNoGuest() {
        jdbc.sql("UPDATE vm SET guest_ready_at = NULL, reported_at = NULL WHERE id = :id")
                .param("id", vm)
                .update();
        assertThat(operator().get("/api/v1/vms/" + vm).json().get("guest").isNull()).isTrue();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
                    []                                                          | 0 | 1    |
                    []                                                          | 0 | 4.9  |
                    []                                                          | 0 | 5    | 0
                    []                                                          | 1 | 0    | 0
                    [{"kind": "ssh", "idleSeconds": 90}]                        | 0 | 0    | 90
                    [{"kind": "ssh", "idleSeconds": 90}, {"kind": "desktop", "user": "x", "idleSeconds": 30.5}] | 0 | 0 | 30.5
                    [{"kind": "ssh", "idleSeconds": 7200}]                      | 2 | 0    | 0
                    """)
    void lastUseIsTheLatestThatAnythingTells(
            String sessions, int kernels, double cpu, @Nullable Double secondsAgo) {
        jdbc.sql("UPDATE vm SET last_active_at = NULL WHERE id = :id").param("id", vm).update();
        Instant before = now();
        guest(vm)
                .post(
                        ACTIVITY,
                        """
                        {"at": "1999-01-01T00:00:00Z", "sessions": %s, "kernelsBusy": %d, "cpuPercent": %s}
                        """
                                .formatted(sessions, kernels, cpu))
                .is(204);
        var used = column("last_active_at");
        if (secondsAgo == null) {
            assertThat(used).isNull();
        } else {
            var ago = Duration.ofMillis((long) (secondsAgo * 1000));
            assertThat(((OffsetDateTime) java.util.Objects.requireNonNull(used)).toInstant())
                    .isBetween(before.minus(ago).minusMillis(1), now().minus(ago).plusMillis(1));
        }
        assertThat(column("reported_at")).isNotNull();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "Bearer",
                "Bearer x",
                "Bearer 1-1-1-1-1.x",
                "Basic Z3Vlc3Q6Z3Vlc3Q=",
                "Token x",
                "Bearer ."
            })
    void withoutItsTokenNobodyReports(String authorization) {
        for (var path : List.of(READY, ACTIVITY)) {
            var stranger =
                    authorization.isEmpty()
                            ? nobody()
                            : nobody().with("Authorization", authorization);
            stranger.post(path, "{}").is(401, "unauthorized");
            stranger.post(path, "not even JSON").is(401, "unauthorized");
        }
    }

    @Test
    void aTokenStandsForItsOwnVmAndSaysHowToComeIn() {
        String others = tokens.token(new UUID(7, 7));
        String forged = vm + others.substring(others.indexOf('.'));
        var refused =
                nobody().with("Authorization", "Bearer " + forged)
                        .post(READY, "{}")
                        .is(401, "unauthorized");
        assertThat(refused.header("WWW-Authenticate")).isEqualTo("Bearer");
        nobody().with("Authorization", "Bearer " + tokens.token(vm) + "x")
                .post(READY, "{}")
                .is(401);
        nobody().with("Authorization", "bearer " + tokens.token(vm)).post(ACTIVITY, IDLE).is(204);
    }

    @Test
    void aVmThatGoesOrNeverWasNeedsNoReports() {
        guest(new UUID(7, 7)).post(READY, "{}").is(410, "gone");
        guest(new UUID(7, 7)).post(ACTIVITY, IDLE).is(410, "gone");
        jdbc.sql(
                        "UPDATE vm SET state = 'DELETING', reason = 'SURPLUS', version = version +"
                                + " 1 WHERE id = :id")
                .param("id", vm)
                .update();
        guest(vm).post(READY, "{}").is(410, "gone");
        guest(vm).post(ACTIVITY, IDLE).is(410, "gone");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
                    ready    | {"imageName": 7}                                        | 400
                    ready    | {"colour": "red"}                                       | 400
                    ready    | [                                                       | 400
                    ready    | {"addresses": "10.0.0.1"}                               | 400
                    ready    | {"addresses": [null]}                                   | 422
                    ready    | {"imageName": "\\u0000"}                                | 400
                    activity | {}                                                      | 422
                    activity | {"at": "yesterday"}                                     | 400
                    activity | {"at": "2026-11-20T10:00:00Z", "cpuPercent": -1}        | 422
                    activity | {"at": "2026-11-20T10:00:00Z", "kernelsBusy": 1.5}      | 400
                    activity | {"at": "2026-11-20T10:00:00Z", "sessions": [{}]}        | 422
                    activity | {"at": "2026-11-20T10:00:00Z", "sessions": [{"kind": "x", "idleSeconds": -1}]} | 422
                    activity | {"at": "2026-11-20T10:00:00Z", "sessions": [{"kind": "x", "idleSeconds": "1"}]} | 400
                    """)
    void whatIsNoReportIsRefusedAndChangesNothing(String what, String json, int status) {
        String before = row();
        guest(vm).post("/api/v1/guest/" + what, json).is(status);
        assertThat(row()).isEqualTo(before);
    }

    @Test
    void anAllocationShowsWhatItsGuestReports() {
        String id = granted(muon(), "quick");
        until(
                "its guest has reported",
                () ->
                        muon().get("/api/v1/allocations/" + id)
                                .json()
                                .get("activity")
                                .get("state")
                                .asString()
                                .equals("ACTIVE"));
        muon().delete("/api/v1/allocations/" + id);
    }

    private Caller guest(UUID id) {
        return nobody().with("Authorization", "Bearer " + tokens.token(id));
    }

    private List<UUID> warming() {
        return jdbc.sql(
                        """
                        SELECT vm.id FROM vm JOIN pool ON pool.id = vm.pool_id
                        WHERE pool.name = 'slow' AND state = 'PROVISIONING' ORDER BY vm.id DESC
                        """)
                .query(UUID.class)
                .list();
    }

    private @Nullable Object column(String name) {
        return jdbc.sql("SELECT " + name + " FROM vm WHERE id = :id")
                .param("id", vm)
                .query(
                        (row, n) ->
                                java.util.Optional.ofNullable(
                                        name.endsWith("_at")
                                                ? row.getObject(1, OffsetDateTime.class)
                                                : row.getObject(1)))
                .single()
                .orElse(null);
    }

    private String row() {
        return jdbc.sql(
                        "SELECT (guest_ready_at, guest_image, reported_at, last_active_at)::text"
                                + " FROM vm WHERE id = :id")
                .param("id", vm)
                .query(String.class)
                .single();
    }

    private Instant now() {
        return jdbc.sql("SELECT clock_timestamp()")
                .query(OffsetDateTime.class)
                .single()
                .toInstant();
    }
}
