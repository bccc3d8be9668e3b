package vmm.process;

import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** One OpenStack of the testbed, asked and disturbed behind the service. */
final class OpenStack {
    static final String PASSWORD = "vmm-secret";

    private static final JsonMapper JSON = JsonMapper.shared();
    private static final HttpClient HTTP =
            HttpClient.newBuilder()
                    .version(HttpClient.Version.HTTP_1_1)
                    .connectTimeout(Duration.ofSeconds(5))
                    .build();
    private static final String LOGIN =
            """
            {"auth": {"identity": {"methods": ["password"], "password": {"user":
                {"name": "vmm", "domain": {"name": "Default"}, "password": "%s"}}},
             "scope": {"project": {"name": "vmm", "domain": {"name": "Default"}}}}}
            """;

    private final String name;
    private final String keystone;
    private final String nova;
    private final String neutron;
    private String token = "";
    private String image = "";
    private String network = "";

    OpenStack(String name) {
        this.name = name;
        String prefix = "http://127.0.0.1:" + (name.equals("a") ? 1 : 2);
        keystone = prefix + "5000/v3";
        nova = prefix + "8774/v2.1";
        neutron = prefix + "9696";
    }

    String name() {
        return name;
    }

    String keystone() {
        return keystone;
    }

    /** Servers of an installation that nova shows, by tag or by name. */
    List<Server> servers(String installation) throws IOException, InterruptedException {
        var servers = new ArrayList<Server>();
        var seen = new HashSet<String>();
        String marker = "";
        while (true) {
            var page = get(nova + "/servers/detail?limit=500" + marker).path("servers");
            if (page.isEmpty()) return servers;
            for (var entry : page) {
                var server = Server.of(entry);
                // One that is just being made may be on two pages: nova has it in two tables.
                if (server.isOf(installation) && seen.add(server.id())) servers.add(server);
                marker = "&marker=" + server.id();
            }
        }
    }

    /** How many servers its quota counts for the project, whoever made them. */
    int instancesUsed() throws IOException, InterruptedException {
        return get(nova + "/limits")
                .path("limits")
                .path("absolute")
                .path("totalInstancesUsed")
                .asInt();
    }

    /** A server that nobody but this test knows. */
    Server createForeign(String serverName) throws IOException, InterruptedException {
        return find(create(serverName));
    }

    /** Asks for a server as small as the pool's, by one call; its id. */
    String create(String serverName) throws IOException, InterruptedException {
        if (image.isEmpty()) prepareCreates();
        var body =
                """
                {"server": {"name": "%s", "imageRef": "%s", "flavorRef": "1", "networks": [{"uuid": "%s"}],
                    "metadata": {"owner": "somebody else"}}}
                """
                        .formatted(serverName, image, network);
        var made = send(request(nova + "/servers").POST(HttpRequest.BodyPublishers.ofString(body)));
        return made.path("server").path("id").asString();
    }

    /** Looks up what a create names, so that it is one call. */
    void prepareCreates() throws IOException, InterruptedException {
        image = get(nova + "/images").path("images").path(0).path("id").asString();
        network =
                get(neutron + "/v2.0/networks?name=vmm-net")
                        .path("networks")
                        .path(0)
                        .path("id")
                        .asString();
    }

    Server find(String id) throws IOException, InterruptedException {
        return Server.of(get(nova + "/servers/" + id).path("server"));
    }

    void delete(String id) throws IOException, InterruptedException {
        login();
        exchange(request(nova + "/servers/" + id).DELETE());
    }

    /** Faults: what the testbed's script {@code ctl} takes after the cloud. */
    void ctl(String... command) throws IOException, InterruptedException {
        var script =
                Path.of(
                        System.getProperty(
                                "vmm.openstack.ctl",
                                "../cloud-adapters/cloud-jclouds/testbed/ctl"));
        var line = new ArrayList<>(List.of(script.toAbsolutePath().toString(), name));
        line.addAll(Arrays.asList(command));
        var process = new ProcessBuilder(line).redirectErrorStream(true).start();
        String said =
                new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
        boolean ended = process.waitFor(2, TimeUnit.MINUTES);
        if (!ended || process.exitValue() != 0)
            throw new AssertionError(String.join(" ", line) + ": " + said);
    }

    private JsonNode get(String url) throws IOException, InterruptedException {
        login();
        return send(request(url).GET());
    }

    private void login() throws IOException, InterruptedException {
        if (!token.isEmpty()) return;
        var answer =
                HTTP.send(
                        request(keystone + "/auth/tokens")
                                .POST(
                                        HttpRequest.BodyPublishers.ofString(
                                                LOGIN.formatted(PASSWORD)))
                                .build(),
                        HttpResponse.BodyHandlers.ofString());
        token =
                answer.headers()
                        .firstValue("X-Subject-Token")
                        .orElseThrow(() -> new IOException("keystone: " + answer.body()));
    }

    private HttpRequest.Builder request(String url) {
        var request =
                HttpRequest.newBuilder(URI.create(url))
                        .timeout(Duration.ofSeconds(30))
                        .header("Content-Type", "application/json");
        return token.isEmpty() ? request : request.header("X-Auth-Token", token);
    }

    private JsonNode send(HttpRequest.Builder request) throws IOException, InterruptedException {
        var answer = exchange(request);
        if (answer.statusCode() >= 300)
            throw new IOException("nova: " + answer.statusCode() + " " + answer.body());
        return JSON.readTree(answer.body());
    }

    /** A token lives for some minutes: with a new one it is asked once more. */
    private HttpResponse<String> exchange(HttpRequest.Builder request)
            throws IOException, InterruptedException {
        var answer = HTTP.send(request.build(), HttpResponse.BodyHandlers.ofString());
        if (answer.statusCode() != 401) return answer;
        token = "";
        login();
        request.setHeader("X-Auth-Token", token);
        return HTTP.send(request.build(), HttpResponse.BodyHandlers.ofString());
    }

    /**
     * A server as nova shows it; the tags are empty when it has none. Its VM is told by its name:
     * nova drops the tags of a server that goes just before the server.
     */
    record Server(String id, String name, String status, String installation, String vm) {
        private static final int UUID_LENGTH = 36;

        static Server of(JsonNode server) {
            var metadata = server.path("metadata");
            return new Server(
                    server.path("id").asString(),
                    server.path("name").asString(""),
                    server.path("status").asString(),
                    metadata.path("vmm-installation").asString(""),
                    vmOf(server.path("name").asString("")));
        }

        private static String vmOf(String name) {
            return name.substring(Math.max(0, name.length() - UUID_LENGTH));
        }

        boolean isOf(String wanted) {
            return installation.equals(wanted) || name.startsWith("vmm-" + wanted + "-");
        }
    }
}
