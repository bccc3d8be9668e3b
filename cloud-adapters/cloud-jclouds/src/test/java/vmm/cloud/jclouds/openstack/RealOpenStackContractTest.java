package vmm.cloud.jclouds.openstack;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

import vmm.cloud.CloudConfig;
import vmm.cloud.CloudFailure;
import vmm.cloud.CloudHarness;
import vmm.cloud.CloudProvider;
import vmm.cloud.CloudProviderContract;
import vmm.cloud.CreateAnswer;
import vmm.cloud.LaunchSpec;
import vmm.cloud.Leftover;
import vmm.cloud.Tags;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * The OpenStack adapter satisfies the contract against a real control plane: {@code
 * -Dgroups=openstack -DexcludedGroups=process}.
 *
 * <p>{@code vmm.openstack.ctl} names the testbed's script that makes trouble; without it what needs
 * trouble is skipped. Everything is made under the name of an installation of its own.
 */
@Tag("openstack")
class RealOpenStackContractTest extends CloudProviderContract {

    private static final String ENDPOINT =
            System.getProperty("vmm.openstack.endpoint", "http://127.0.0.1:15000/v3");
    private static final String PASSWORD =
            System.getProperty("vmm.openstack.password", "vmm-secret");
    private static final String CTL = System.getProperty("vmm.openstack.ctl", "");
    private static final String CLOUD = System.getProperty("vmm.openstack.cloud", "a");

    @Override
    protected CloudHarness open() {
        return new Harness();
    }

    @Test
    void portWhoseServerIsGoneIsALeftoverUntilItIsRemoved() throws CloudFailure {
        var admin = new Admin();
        var gone = UUID.randomUUID().toString();
        var port = admin.addPort("compute:zone-1", gone);
        try (var cloud = Harness.open("contract-leftovers", Harness.CALL_TIMEOUT)) {
            var leftover = new Leftover("port", port, gone);
            assertThat(cloud.leftovers()).contains(leftover);

            cloud.remove(leftover);
            cloud.remove(leftover);
            assertThat(cloud.leftovers()).doesNotContain(leftover);
        }
    }

    @Test
    void anApplicationCredentialIsEnough() throws CloudFailure {
        var credential = new Admin("vmm").addApplicationCredential();
        var config = Harness.config("contract-credential", credential, Harness.CALL_TIMEOUT);
        try (var cloud = new OpenStackCloud(config, InstantSource.system())) {
            assertThat(cloud.list()).isEmpty();
            assertThat(cloud.quota().usedInstances()).isPresent();
        }
    }

    private static final class Harness implements CloudHarness {

        private static final Duration CALL_TIMEOUT = Duration.ofSeconds(20);

        /** Where the cloud is made to hang; enough for a launch on a busy machine. */
        private static final Duration SHORT = Duration.ofSeconds(8);

        private final String installation =
                "contract-" + HexFormat.of().toHexDigits(ThreadLocalRandom.current().nextInt());
        private final OpenStackCloud cloud =
                open(installation, CTL.isEmpty() ? CALL_TIMEOUT : SHORT);
        private final Set<String> others = new java.util.HashSet<>();
        private Runnable mend = () -> {};

        private static OpenStackCloud open(String installation, Duration callTimeout) {
            var credentials =
                    Map.of(
                            "username",
                            "vmm",
                            "password",
                            PASSWORD,
                            "project",
                            "vmm",
                            "userDomain",
                            "Default",
                            "projectDomain",
                            "Default");
            return new OpenStackCloud(
                    config(installation, credentials, callTimeout), InstantSource.system());
        }

        static CloudConfig config(
                String installation, Map<String, String> credentials, Duration callTimeout) {
            return new CloudConfig(
                    installation,
                    "real",
                    "openstack",
                    Optional.of(ENDPOINT),
                    Optional.of("RegionOne"),
                    credentials,
                    Map.of(),
                    callTimeout);
        }

        @Override
        public CloudProvider provider() {
            return cloud;
        }

        @Override
        public CloudProvider reopen() {
            return open(installation, CALL_TIMEOUT);
        }

        @Override
        public CloudProvider openFor(String other) {
            others.add(other);
            return open(other, CALL_TIMEOUT);
        }

        @Override
        public String installation() {
            return installation;
        }

        @Override
        public String image() {
            return "tiny";
        }

        @Override
        public String flavor() {
            return "m1.tiny";
        }

        @Override
        public String network() {
            return "vmm-net";
        }

        @Override
        public void passTime() {
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(500));
        }

        @Override
        public int many() {
            return 12;
        }

        @Override
        public Set<String> secrets() {
            return Set.of(PASSWORD);
        }

        @Override
        public Optional<Runnable> trouble(Trouble trouble) {
            if (CTL.isEmpty()) return Optional.empty();
            return switch (trouble) {
                // the create waits for the API to wake up, and is executed then
                case LOST_REPLY ->
                        Optional.of(
                                () -> {
                                    learnNames();
                                    paused("nova-api");
                                });
                case OUTAGE ->
                        Optional.of(() -> paused("nova-api", "glance", "neutron", "keystone"));
                case QUOTA_EXCEEDED -> Optional.of(this::quotaUsedUp);
                case FAILED_PAGE, NO_CAPACITY, THROTTLED, UNAUTHORIZED, LEFTOVER, SHOWN_LATE ->
                        Optional.empty();
            };
        }

        @Override
        public void calm() {
            mend.run();
            mend = () -> {};
        }

        @Override
        public Optional<Consumer<String>> vanish() {
            return Optional.of(id -> new Admin().send("DELETE", "/servers/" + id, null, ""));
        }

        @Override
        public Optional<Consumer<String>> untag() {
            return Optional.of(
                    id -> {
                        for (var tag : List.of(Tags.STORE, Tags.VM_ID)) {
                            new Admin()
                                    .send(
                                            "DELETE",
                                            "/servers/" + id + "/metadata/" + tag,
                                            null,
                                            "");
                        }
                    });
        }

        @Override
        public Optional<Consumer<String>> garble() {
            return Optional.empty();
        }

        @Override
        public Optional<Consumer<String>> shutOff() {
            return Optional.of(
                    id ->
                            new Admin()
                                    .send(
                                            "POST",
                                            "/servers/" + id + "/action",
                                            "{\"os-stop\": null}",
                                            ""));
        }

        @Override
        public Optional<Function<String, String>> userDataSeenByGuest() {
            return Optional.of(
                    id -> {
                        var server =
                                new Admin()
                                        .send("GET", "/servers/" + id, null, "compute 2.3")
                                        .getAsJsonObject("server");
                        return new String(
                                Base64.getDecoder()
                                        .decode(
                                                server.get("OS-EXT-SRV-ATTR:user_data")
                                                        .getAsString()),
                                StandardCharsets.UTF_8);
                    });
        }

        @Override
        public void close() {
            calm();
            cloud.close();
            sweep(installation);
            others.forEach(this::sweep);
        }

        /** Whatever was made, and what a create that was answered late still makes. */
        private void sweep(String name) {
            try (var sweeper = open(name, CALL_TIMEOUT)) {
                for (int empty = 0; empty < (CTL.isEmpty() ? 1 : 4); passTime()) {
                    var left = sweeper.list();
                    for (var instance : left) sweeper.delete(instance.id());
                    empty = left.isEmpty() ? empty + 1 : 0;
                }
            } catch (CloudFailure e) {
                throw new AssertionError(e);
            }
        }

        /** So that the next create asks nothing before its POST. */
        private void learnNames() {
            var tags = new Tags(installation, null, "vm-0");
            var name = "vmm-" + installation + "-vm-0";
            var spec = new LaunchSpec(name, tags, image(), flavor(), network(), "");
            assertThat(cloud.create(spec)).isInstanceOf(CreateAnswer.Accepted.class);
        }

        private void paused(String... services) {
            var words = String.join(" ", services);
            ctl("pause " + words);
            mend = () -> ctl("resume " + words);
        }

        private void quotaUsedUp() {
            try {
                int before = cloud.quota().maxInstances().orElse(-1);
                ctl("quota instances 0");
                mend = () -> ctl("quota instances " + before);
            } catch (CloudFailure e) {
                throw new AssertionError(e);
            }
        }

        private static void ctl(String words) {
            try {
                var command = (CTL + " " + CLOUD + " " + words).split(" ");
                var process = new ProcessBuilder(command).inheritIO().start();
                assertThat(process.waitFor()).as(words).isZero();
            } catch (IOException e) {
                throw new AssertionError(e);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new AssertionError(e);
            }
        }
    }

    /** The cloud as its operator sees it, or one of its users. */
    private static final class Admin {

        private final HttpClient http = HttpClient.newHttpClient();
        private final String token;
        private final String nova;
        private final String neutron;
        private final String user;

        Admin() {
            this("admin");
        }

        Admin(String name) {
            var login =
                    """
                    {"auth": {"identity": {"methods": ["password"], "password": {"user":
                      {"name": "%s", "domain": {"name": "Default"}, "password": "%s"}}},
                     "scope": {"project": {"name": "vmm", "domain": {"name": "Default"}}}}}
                    """
                            .formatted(name, PASSWORD);
            var answer =
                    exchange(
                            HttpRequest.newBuilder(URI.create(ENDPOINT + "/auth/tokens"))
                                    .header("Content-Type", "application/json")
                                    .POST(BodyPublishers.ofString(login)));
            token = answer.headers().firstValue("X-Subject-Token").orElseThrow();
            var document = JsonParser.parseString(answer.body()).getAsJsonObject();
            user =
                    document.getAsJsonObject("token")
                            .getAsJsonObject("user")
                            .get("id")
                            .getAsString();
            nova = baseOf(document, "compute");
            neutron = baseOf(document, "network") + "/v2.0";
        }

        private static String baseOf(JsonObject document, String type) {
            for (var entry : document.getAsJsonObject("token").getAsJsonArray("catalog")) {
                var service = entry.getAsJsonObject();
                if (!service.get("type").getAsString().equals(type)) continue;
                var endpoint = service.getAsJsonArray("endpoints").get(0).getAsJsonObject();
                return endpoint.get("url").getAsString();
            }
            throw new AssertionError("there is no service of type " + type);
        }

        /** For the project of this login, as its user's settings take it. */
        Map<String, String> addApplicationCredential() {
            var body =
                    """
                    {"application_credential": {"name": "vmm-%d"}}
                    """
                            .formatted(System.nanoTime());
            var path = "/users/" + user + "/application_credentials";
            var made =
                    send(ENDPOINT, "POST", path, body, "")
                            .getAsJsonObject("application_credential");
            return Map.of(
                    "applicationCredentialId", made.get("id").getAsString(),
                    "applicationCredentialSecret", made.get("secret").getAsString());
        }

        String addPort(String owner, String device) {
            var networks = send(neutron, "GET", "/networks?name=vmm-net", null, "");
            var network = networks.getAsJsonArray("networks").get(0).getAsJsonObject();
            var body =
                    """
                    {"port": {"network_id": "%s", "device_owner": "%s", "device_id": "%s"}}
                    """
                            .formatted(network.get("id").getAsString(), owner, device);
            return send(neutron, "POST", "/ports", body, "")
                    .getAsJsonObject("port")
                    .get("id")
                    .getAsString();
        }

        JsonObject send(String method, String path, @Nullable String body, String version) {
            return send(nova, method, path, body, version);
        }

        private JsonObject send(
                String base, String method, String path, @Nullable String body, String version) {
            var request =
                    HttpRequest.newBuilder(URI.create(base + path))
                            .header("X-Auth-Token", token)
                            .header("Content-Type", "application/json")
                            .method(
                                    method,
                                    body == null
                                            ? BodyPublishers.noBody()
                                            : BodyPublishers.ofString(body));
            if (!version.isEmpty()) request.header("OpenStack-API-Version", version);
            var answer = exchange(request);
            assertThat(answer.statusCode()).as(answer.body()).isBetween(200, 299);
            return answer.body().isEmpty()
                    ? new JsonObject()
                    : JsonParser.parseString(answer.body()).getAsJsonObject();
        }

        private HttpResponse<String> exchange(HttpRequest.Builder request) {
            try {
                return http.send(request.build(), BodyHandlers.ofString());
            } catch (IOException e) {
                throw new AssertionError(e);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new AssertionError(e);
            }
        }
    }
}
