package vmm.cloud.jclouds.aws;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import vmm.cloud.CloudFailure;
import vmm.cloud.CreateAnswer;
import vmm.cloud.ManualClock;
import vmm.cloud.jclouds.RawServer.Answer;
import vmm.cloud.jclouds.RawServer.Drop;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.Executors;

/** Keys of the instance that we run on, and of a role that trusts an identity from elsewhere. */
class CredentialSourcesTest {

    private static final String ROLES = "/latest/meta-data/iam/security-credentials/";

    private final ManualClock clock = Clouds.clock();
    private final FakeEc2 ec2 = new FakeEc2(clock);
    private final FakeKeySources keys = new FakeKeySources(ec2);

    @TempDir private Path directory;

    @AfterEach
    void close() {
        keys.close();
        ec2.close();
    }

    @Test
    void keysOfTheInstanceAreFoundWithATokenAndUsedUntilTheyEnd() throws CloudFailure {
        try (var cloud = onInstance()) {
            assertThat(keys.requests()).isEmpty();
            assertThat(cloud.list()).isEmpty();
            clock.advance(Duration.ofHours(5));
            cloud.list();
            assertThat(keys.requests())
                    .extracting(request -> request.method() + " " + request.path())
                    .containsExactly(
                            "PUT /latest/api/token",
                            "GET " + ROLES,
                            "GET " + ROLES + FakeKeySources.ROLE);

            clock.advance(Duration.ofMinutes(55));
            cloud.list();
            assertThat(keys.given()).isEqualTo(1);
            clock.advance(Duration.ofMinutes(2)); // three minutes before their end
            cloud.list();
            assertThat(keys.given()).isEqualTo(2);
        }
        assertThat(ec2.requests()).allMatch(r -> r.headers().containsKey("x-amz-security-token"));
    }

    @Test
    void keysOfARoleAreFoundWithTheTokenThatIsInTheFileThen() throws Exception {
        try (var cloud = onCluster()) {
            write(FakeKeySources.WEB_TOKEN + "\n");
            assertThat(cloud.list()).isEmpty();
            assertThat(FakeEc2.parameters(keys.requests().getFirst().body()))
                    .containsEntry("RoleSessionName", "vmm-test");
            cloud.list();
            assertThat(keys.given()).isEqualTo(1);

            write("an older token");
            clock.advance(Duration.ofHours(6));
            assertThatThrownBy(cloud::list)
                    .isInstanceOf(CloudFailure.Unauthorized.class)
                    .hasMessageContaining("InvalidIdentityToken")
                    .hasMessageContaining("Couldn't verify ***");
            write(FakeKeySources.WEB_TOKEN);
            assertThat(cloud.list()).isEmpty();
        }
    }

    @Test
    void keysThatAreNotAcceptedAnyMoreAreFoundAnewOnceAndTheRequestSentAgain() throws CloudFailure {
        try (var cloud = onInstance()) {
            cloud.list();
            ec2.revokeKeys(FakeKeySources.accessKey(1));
            clock.advance(Duration.ofMinutes(1));

            assertThat(cloud.create(Clouds.spec("vm-1"))).isInstanceOf(CreateAnswer.Accepted.class);
            assertThat(keys.given()).isEqualTo(2);
            ec2.lockOut();
            clock.advance(Duration.ofMinutes(1));
            int before = ec2.requests().size();
            assertThatThrownBy(cloud::list).isInstanceOf(CloudFailure.Unauthorized.class);
            assertThat(ec2.requests()).hasSize(before + 2);
            assertThat(keys.given()).isEqualTo(3);

            // those are new: EC2 may not know them yet, and the source has no others
            for (int i = 0; i < 5; i++) assertThat(kindOf(cloud)).isEqualTo("unauthorized");
            assertThat(ec2.requests()).hasSize(before + 7);
            assertThat(keys.given()).isEqualTo(3);
            clock.advance(Duration.ofSeconds(31));
            ec2.calm();
            assertThat(cloud.list()).hasSize(1);
        }
        assertThat(ec2.lives()).hasSize(1);
    }

    @Test
    void keysThatEndedUnnoticedAreFoundAnew() throws CloudFailure {
        keys.setLife(Duration.ofHours(6));
        try (var cloud = onInstance()) {
            cloud.list();
            clock.advance(Duration.ofMinutes(1));
            ec2.addKeys(
                    FakeKeySources.accessKey(1),
                    FakeKeySources.secrets(1).getFirst(),
                    FakeKeySources.secrets(1).getLast(),
                    clock.instant()); // EC2 says RequestExpired, as if the clock were wrong

            assertThat(cloud.list()).isEmpty();
            assertThat(keys.given()).isEqualTo(2);
        }
    }

    @Test
    void oldKeysServeUntilTheyEndWhileTheSourceFails() throws CloudFailure {
        try (var cloud = onInstance()) {
            cloud.list();
            int before = keys.requests().size();
            keys.intercept(request -> new Answer(503, ""));
            clock.advance(Duration.ofHours(6).minusMinutes(3));
            for (int i = 0; i < 5; i++) assertThat(cloud.list()).isEmpty();
            assertThat(keys.requests()).hasSize(before + 1);
            clock.advance(Duration.ofSeconds(31));
            for (int i = 0; i < 5; i++) assertThat(cloud.list()).isEmpty();
            assertThat(keys.requests()).hasSize(before + 2);

            clock.advance(Duration.ofMinutes(3));
            assertThat(kindOf(cloud)).isEqualTo("unreachable");
            keys.intercept(request -> null);
            assertThat(cloud.list()).isEmpty();
        }
    }

    @Test
    void keysThatEndSoonAreNotAskedForAnewEachTime() throws CloudFailure {
        keys.setLife(Duration.ofMinutes(2));
        try (var cloud = onInstance()) {
            for (int i = 0; i < 5; i++) cloud.list();
            assertThat(keys.given()).isEqualTo(1);
            clock.advance(Duration.ofSeconds(31));
            cloud.list();
            assertThat(keys.given()).isEqualTo(2);
        }
    }

    @Test
    void manyWhoWaitAskOnce() throws Exception {
        try (var cloud = onInstance()) {
            try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
                for (int i = 0; i < 30; i++) threads.submit(cloud::list);
            }
            assertThat(keys.given()).isEqualTo(1);
        }
        assertThat(ec2.requests()).hasSize(30);
    }

    @ParameterizedTest
    @CsvSource({
        "/latest/api/token, 403, '', unauthorized",
        "/latest/api/token, 500, '', unreachable",
        "/latest/meta-data/iam/security-credentials/, 404, '', unauthorized",
        "/latest/meta-data/iam/security-credentials/, 401, '', unauthorized",
        "/latest/meta-data/iam/security-credentials/, 200, '', unauthorized",
        "/latest/meta-data/iam/security-credentials/vmm-service, 503, '', unreachable",
        "/latest/meta-data/iam/security-credentials/vmm-service, 200, 'not JSON', unreachable",
        "/latest/meta-data/iam/security-credentials/vmm-service, 200, '{}', unreachable",
        "/latest/meta-data/iam/security-credentials/vmm-service, 200,"
                + " '{\"Code\": \"AssumeRoleUnauthorizedAccess\"}', unauthorized"
    })
    void instanceThatGivesNoKeysSaysWhy(String path, int status, String body, String expected)
            throws CloudFailure {
        keys.intercept(request -> request.path().equals(path) ? new Answer(status, body) : null);
        try (var cloud = onInstance()) {
            assertThat(kindOf(cloud)).isEqualTo(expected);
            assertThat(cloud.create(Clouds.spec("vm-1"))).isInstanceOf(CreateAnswer.Refused.class);
            keys.intercept(request -> null);
            assertThat(cloud.list()).isEmpty(); // a failure is kept for nobody
        }
    }

    @ParameterizedTest
    @CsvSource({
        "400, ExpiredTokenException, unauthorized",
        "403, AccessDenied, unauthorized",
        "400, InvalidIdentityToken, unauthorized",
        "403, IDPRejectedClaim, unauthorized",
        "400, ValidationError, unauthorized",
        "400, IDPCommunicationError, unreachable",
        "400, Throttling, throttled",
        "500, InternalFailure, unreachable"
    })
    void stsThatGivesNoKeysSaysWhy(int status, String code, String expected) throws Exception {
        write(FakeKeySources.WEB_TOKEN);
        keys.intercept(request -> FakeKeySources.fault(status, code, "words of STS"));
        try (var cloud = onCluster()) {
            assertThat(kindOf(cloud)).isEqualTo(expected);
            assertThatThrownBy(cloud::list).hasMessageContaining("words of STS");
        }
        assertThat(ec2.requests()).isEmpty();
    }

    @Test
    void sourceThatIsNotThereIsUnreachableAndATokenThatIsNotThereUnauthorized() throws Exception {
        keys.intercept(request -> new Drop());
        try (var cloud = onInstance()) {
            assertThat(kindOf(cloud)).isEqualTo("unreachable");
        }
        try (var cloud = onCluster()) {
            assertThat(kindOf(cloud)).isEqualTo("unauthorized");
            write(" \n");
            assertThat(kindOf(cloud)).isEqualTo("unauthorized");
            write(FakeKeySources.WEB_TOKEN);
            assertThat(kindOf(cloud)).isEqualTo("unreachable");
            keys.intercept(request -> new Answer(200, "<html/>"));
            assertThat(kindOf(cloud)).isEqualTo("unreachable");
        }
    }

    private static String kindOf(AwsCloud cloud) {
        return catchThrowableOfType(CloudFailure.class, cloud::list).kind();
    }

    private AwsCloud onInstance() {
        return open(Map.of("source", "instance-profile"), Map.of("imdsEndpoint", keys.url()));
    }

    private AwsCloud onCluster() {
        return open(
                Map.of(
                        "source",
                        "web-identity",
                        "roleArn",
                        FakeKeySources.ROLE_ARN,
                        "tokenFile",
                        directory.resolve("token").toString(),
                        "roleSessionName",
                        "vmm-test"),
                Map.of("stsEndpoint", keys.url()));
    }

    private AwsCloud open(Map<String, String> credentials, Map<String, String> options) {
        return new AwsCloud(Clouds.config(ec2.url(), "isis", credentials, options), clock);
    }

    private void write(String token) throws IOException {
        Files.writeString(directory.resolve("token"), token);
    }
}
