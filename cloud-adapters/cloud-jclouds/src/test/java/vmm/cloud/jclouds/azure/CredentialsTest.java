package vmm.cloud.jclouds.azure;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import vmm.cloud.CloudFailure;
import vmm.cloud.CreateAnswer;
import vmm.cloud.ManualClock;
import vmm.cloud.jclouds.RawServer.Answer;
import vmm.cloud.jclouds.RawServer.Drop;
import vmm.cloud.jclouds.RawServer.Request;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Executors;

/** Where tokens come from, how long they serve, and what it means when none is given. */
class CredentialsTest {

    private static final String V1 = "/" + FakeArm.TENANT + "/oauth2/token";
    private static final String V2 = "/" + FakeArm.TENANT + "/oauth2/v2.0/token";
    private static final String IMDS = "/metadata/identity/oauth2/token";

    @TempDir Path files;

    private final ManualClock clock = Clouds.clock();
    private final FakeArm azure = new FakeArm(clock);

    @AfterEach
    void close() {
        azure.close();
    }

    @Test
    void applicationWithASecretAsksTheFirstVersionForAResource() throws CloudFailure {
        try (var cloud = open("client-secret", Map.of())) {
            cloud.ping();
        }
        var request = only(V1);
        assertThat(request.method()).isEqualTo("POST");
        assertThat(request.headers().get("content-type"))
                .startsWith("application/x-www-form-urlencoded");
        assertThat(FakeArm.form(request.body()))
                .containsExactlyInAnyOrderEntriesOf(
                        Map.of(
                                "grant_type",
                                "client_credentials",
                                "client_id",
                                FakeArm.CLIENT,
                                "client_secret",
                                FakeArm.SECRET,
                                "resource",
                                azure.url() + "/"));
    }

    @Test
    void applicationWithASecretAsksTheSecondVersionForAScopeIfWished() throws CloudFailure {
        var options = Map.of("tokenVersion", "v2", "audience", "https://management.azure.com/");
        try (var cloud = open("client-secret", options)) {
            cloud.ping();
        }
        assertThat(FakeArm.form(only(V2).body()))
                .containsExactlyInAnyOrderEntriesOf(
                        Map.of(
                                "grant_type",
                                "client_credentials",
                                "client_id",
                                FakeArm.CLIENT,
                                "client_secret",
                                FakeArm.SECRET,
                                "scope",
                                "https://management.azure.com/.default"));
    }

    @Test
    void clientSecretGoesToTheSecondVersionWhereThereIsNoFirst() throws CloudFailure {
        azure.intercept(request -> request.path().equals(V1) ? new Answer(404, "not found") : null);
        try (var cloud = open("client-secret", Map.of())) {
            cloud.ping();
        }
        assertThat(FakeArm.form(azure.requests("POST", V2).getFirst().body()))
                .containsEntry("client_secret", FakeArm.SECRET);
    }

    @Test
    void workloadShowsTheTokenOfItsFileEachTime() throws Exception {
        try (var cloud = open("workload-identity", Map.of())) {
            Files.writeString(tokenFile(), FakeArm.ASSERTION + "\n");
            cloud.ping();
            assertThat(FakeArm.form(only(V2).body()))
                    .containsExactlyInAnyOrderEntriesOf(
                            Map.of(
                                    "grant_type",
                                    "client_credentials",
                                    "client_id",
                                    FakeArm.CLIENT,
                                    "client_assertion",
                                    FakeArm.ASSERTION,
                                    "client_assertion_type",
                                    "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
                                    "scope",
                                    azure.url() + "/.default"));

            Files.writeString(tokenFile(), "an-0ther-assertion");
            azure.revokeTokens();
            assertThatThrownBy(cloud::ping)
                    .isInstanceOf(CloudFailure.Unauthorized.class)
                    .hasMessageNotContaining("an-0ther-assertion");
        }
    }

    @Test
    void workloadWithoutItsFileIsUnauthorizedAndAsksNobody() {
        try (var cloud = open("workload-identity", Map.of())) {
            assertThatThrownBy(cloud::ping)
                    .isInstanceOf(CloudFailure.Unauthorized.class)
                    .hasMessageContaining("tokenFile");
            assertThat(cloud.create(Clouds.spec("vm-1")))
                    .isInstanceOfSatisfying(
                            CreateAnswer.Refused.class,
                            refused ->
                                    assertThat(refused.why())
                                            .isInstanceOf(CloudFailure.Unauthorized.class));
        }
        assertThat(azure.requests()).isEmpty();
    }

    @Test
    void machineOfAzureAsksItsMetadataService() throws CloudFailure {
        for (var client : List.of("", FakeArm.CLIENT)) {
            try (var cloud = managed(client)) {
                cloud.ping();
            }
            var request = last(IMDS);
            assertThat(request.method()).isEqualTo("GET");
            assertThat(request.headers()).containsEntry("metadata", "true");
            assertThat(request.parameter("api-version")).isEqualTo("2018-02-01");
            assertThat(request.parameter("resource")).isEqualTo(azure.url() + "/");
            assertThat(request.parameter("client_id")).isEqualTo(client);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"client-secret", "workload-identity", "managed-identity"})
    void oneTokenServesAllUntilShortlyBeforeItExpires(String source) throws Exception {
        Files.writeString(tokenFile(), FakeArm.ASSERTION);
        try (var cloud = open(source, Map.of())) {
            try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
                for (int i = 0; i < 20; i++) {
                    threads.submit(
                            () -> {
                                cloud.ping();
                                return true;
                            });
                }
            }
            assertThat(tokenRequests()).hasSize(1);
            clock.advance(Duration.ofMinutes(54));
            cloud.ping();
            assertThat(tokenRequests()).hasSize(1);
            clock.advance(Duration.ofMinutes(2));
            cloud.ping();
            assertThat(tokenRequests()).hasSize(2);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"client-secret", "workload-identity", "managed-identity"})
    void tokenThatIsNotAcceptedAnyMoreIsForgottenAndTheRequestSentOnceMore(String source)
            throws Exception {
        Files.writeString(tokenFile(), FakeArm.ASSERTION);
        try (var cloud = open(source, Map.of())) {
            cloud.ping();
            azure.revokeTokens();
            cloud.ping();
        }
        assertThat(tokenRequests()).hasSize(2);
        assertThat(azure.requests()).hasSize(5);
    }

    @ParameterizedTest
    @ValueSource(strings = {"0", "-5", "\"0\"", "\"-5\""})
    void tokenWhoseEndIsNotToldServesSomeMinutes(String life) throws Exception {
        Files.writeString(tokenFile(), FakeArm.ASSERTION);
        var token =
                "{\"token_type\": \"Bearer\", \"expires_in\": %s, \"access_token\": \"%s\"}"
                        .formatted(life, azure.letIn());
        azure.intercept(request -> isToken(request) ? new Answer(200, token) : null);
        for (var source : List.of("client-secret", "workload-identity", "managed-identity")) {
            int before = tokenRequests().size();
            try (var cloud = open(source, Map.of())) {
                cloud.ping();
                clock.advance(Duration.ofMinutes(4));
                cloud.ping();
                assertThat(tokenRequests()).as(source).hasSize(before + 1);
                clock.advance(Duration.ofMinutes(1));
                cloud.ping();
                assertThat(tokenRequests()).as(source).hasSize(before + 2);
            }
        }
    }

    @ParameterizedTest
    @CsvSource({
        "400, invalid_request, AADSTS90002: Tenant not found, unauthorized",
        "401, invalid_client, AADSTS7000215: Invalid client secret provided, unauthorized",
        "401, invalid_client, AADSTS700024: Client assertion is not within its valid time range,"
                + " unauthorized",
        "400, unauthorized_client, AADSTS700016: Application not found, unauthorized",
        "403, '', '', unauthorized",
        "404, not_found, '', unreachable",
        "408, '', '', unreachable",
        "410, '', being updated, unreachable",
        "429, '', slow down, throttled",
        "500, server_error, '', unreachable",
        "503, temporarily_unavailable, '', unreachable",
        "302, '', '', unreachable"
    })
    void tokenThatIsNotGivenIsTypedForEachSource(int status, String code, String words, String kind)
            throws IOException {
        Files.writeString(tokenFile(), FakeArm.ASSERTION);
        azure.intercept(
                request ->
                        isToken(request)
                                ? new Answer(
                                        status,
                                        Map.of("Retry-After", "7"),
                                        "{\"error\": \"%s\", \"error_description\": \"%s %s %s\"}"
                                                .formatted(
                                                        code,
                                                        words,
                                                        FakeArm.SECRET,
                                                        FakeArm.ASSERTION))
                                : null);
        for (var source : List.of("client-secret", "workload-identity", "managed-identity")) {
            try (var cloud = open(source, Map.of())) {
                assertThatThrownBy(cloud::list)
                        .as(source)
                        .isInstanceOfSatisfying(
                                CloudFailure.class,
                                why -> {
                                    assertThat(why.kind()).isEqualTo(kind);
                                    assertThat(why.detail()).contains(words);
                                    if (why instanceof CloudFailure.Throttled throttled) {
                                        assertThat(throttled.retryAfter())
                                                .contains(Duration.ofSeconds(7));
                                    }
                                    if (source.equals("client-secret")) {
                                        assertThat(why.detail()).doesNotContain(FakeArm.SECRET);
                                    }
                                    if (source.equals("workload-identity")) {
                                        assertThat(why.detail()).doesNotContain(FakeArm.ASSERTION);
                                    }
                                });
            }
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "[]",
                "{}",
                "<html>",
                "{\"access_token\": \"\", \"token_type\": \"Bearer\", \"expires_in\": 3600}",
                "{\"access_token\": null, \"token_type\": \"Bearer\", \"expires_in\": 3600}",
                "{\"access_token\": \"s3cr3t-t0ken"
            })
    void tokenThatCannotBeReadIsAFailureWithoutItsText(String body) throws IOException {
        Files.writeString(tokenFile(), FakeArm.ASSERTION);
        azure.intercept(request -> isToken(request) ? new Answer(200, body) : null);
        for (var source : List.of("client-secret", "workload-identity", "managed-identity")) {
            try (var cloud = open(source, Map.of())) {
                assertThatThrownBy(cloud::list)
                        .as(source)
                        .isInstanceOf(CloudFailure.Unreachable.class)
                        .hasMessageNotContaining("s3cr3t-t0ken");
            }
        }
    }

    @Test
    void sourceThatDoesNotAnswerIsUnreachableAndACreateIsRefusedForNothingWasSent()
            throws IOException {
        Files.writeString(tokenFile(), FakeArm.ASSERTION);
        azure.intercept(request -> new Drop());
        for (var source : List.of("client-secret", "workload-identity", "managed-identity")) {
            try (var cloud = open(source, Map.of())) {
                assertThat(cloud.create(Clouds.spec("vm-1")))
                        .as(source)
                        .isInstanceOfSatisfying(
                                CreateAnswer.Refused.class,
                                refused ->
                                        assertThat(refused.why())
                                                .isInstanceOf(CloudFailure.Unreachable.class));
            }
        }
        azure.calm();
        assertThat(azure.lives()).isEmpty();
    }

    private AzureCloud open(String source, Map<String, String> options) {
        var credentials =
                switch (source) {
                    case "workload-identity" ->
                            Map.of(
                                    "source",
                                    source,
                                    "tenantId",
                                    FakeArm.TENANT,
                                    "clientId",
                                    FakeArm.CLIENT,
                                    "tokenFile",
                                    tokenFile().toString());
                    case "managed-identity" -> Map.of("source", source);
                    default -> Clouds.APPLICATION;
                };
        return new AzureCloud(Clouds.config(azure.url(), "isis", credentials, options), clock);
    }

    private AzureCloud managed(String client) {
        var credentials = Map.of("source", "managed-identity", "clientId", client);
        return new AzureCloud(Clouds.config(azure.url(), "isis", credentials, Map.of()), clock);
    }

    private Path tokenFile() {
        return files.resolve("token");
    }

    private List<Request> tokenRequests() {
        return azure.requests().stream().filter(CredentialsTest::isToken).toList();
    }

    private static boolean isToken(Request request) {
        return List.of(V1, V2, IMDS).contains(request.path());
    }

    private Request only(String path) {
        assertThat(tokenRequests()).extracting(Request::path).containsExactly(path);
        return tokenRequests().getFirst();
    }

    private Request last(String path) {
        return Optional.of(tokenRequests().getLast())
                .filter(request -> request.path().equals(path))
                .orElseThrow();
    }
}
