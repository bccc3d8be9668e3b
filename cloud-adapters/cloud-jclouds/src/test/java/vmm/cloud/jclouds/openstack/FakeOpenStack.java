package vmm.cloud.jclouds.openstack;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;

import vmm.cloud.Tags;
import vmm.cloud.jclouds.Life;
import vmm.cloud.jclouds.RawServer;
import vmm.cloud.jclouds.RawServer.Answer;
import vmm.cloud.jclouds.RawServer.Gate;
import vmm.cloud.jclouds.RawServer.Reply;
import vmm.cloud.jclouds.RawServer.Request;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;

/**
 * Keystone, nova, glance and neutron as far as the adapter asks them, with the answers that the
 * real ones (Zed) give. What time it is, is told to it.
 */
final class FakeOpenStack implements AutoCloseable {

    static final String PASSWORD = "p4ssw0rd-of-vmm";
    static final String APPLICATION_SECRET = "s3cret-of-the-application";
    static final String IMAGE = "66ac4dd8-4b74-49ba-aecc-f2cfc9f2bb25";
    static final String NETWORK = "52630818-f331-4159-98e4-f0c57a269291";
    private static final String PROJECT = "9c0953aca9794fc2b3b354627effa781";
    private static final Duration DELETE = Duration.ofSeconds(2);
    private static final Duration TOKEN = Duration.ofHours(1);

    /** One server, as nova keeps it. */
    private static final class Server {
        String id = "";
        JsonObject asked = new JsonObject();
        Instant created = Instant.EPOCH;
        Duration boot = Duration.ZERO;
        Instant deletedAt = Instant.MAX;
        Instant goneAt = Instant.MAX;
        boolean stopped;
        String fault = "";
        String userData = "";
        String port = "";
    }

    final InstantSource clock;
    private final Map<String, Server> servers = new LinkedHashMap<>();
    private final Map<String, JsonObject> ports = new LinkedHashMap<>();
    private final Map<String, String> images = new LinkedHashMap<>(Map.of(IMAGE, "tiny"));
    private final Map<String, String> networks = new LinkedHashMap<>(Map.of(NETWORK, "vmm-net"));
    private final Set<String> tokens = new HashSet<>();
    private Function<Request, Reply> before = request -> null;
    private UnaryOperator<JsonObject> shown = server -> server;
    private boolean losesReplies;
    private boolean takesNoToken;
    private boolean failsPages;
    private boolean keepsPorts;
    private final Set<String> kept = new HashSet<>();
    private int quota = 5_000;
    private int pageSize = 500;
    private boolean isOld;
    private Duration boot = Duration.ofSeconds(3);
    private Duration listLag = Duration.ZERO;
    private final RawServer http;

    FakeOpenStack(InstantSource clock) {
        this(clock, (request, openStack) -> openStack.apply(request));
    }

    /**
     * @param gate called by many threads at once, and free to take its time
     */
    FakeOpenStack(InstantSource clock, Gate gate) {
        this.clock = clock;
        this.http = new RawServer(request -> gate.through(request, this::serve));
    }

    // What happens to it

    String keystone() {
        return http.url() + "/identity";
    }

    List<Request> requests(String method, String path) {
        return http.requests(method, path);
    }

    List<Request> requests() {
        return http.requests();
    }

    /** What is answered instead, where it is not null. */
    synchronized void intercept(Function<Request, Reply> instead) {
        before = instead;
    }

    /** Changes how each server is shown. */
    synchronized void show(UnaryOperator<JsonObject> how) {
        shown = how;
    }

    /** Changes how one server is shown. */
    void show(String id, Consumer<JsonObject> how) {
        show(
                server -> {
                    var odd = server.deepCopy();
                    if (text(odd, "id").equals(id)) how.accept(odd);
                    return odd;
                });
    }

    synchronized void setQuota(int instances) {
        quota = instances;
    }

    synchronized void setPageSize(int items) {
        pageSize = items;
    }

    /** From create to ACTIVE, for servers that are made from now on. */
    synchronized void setBoot(Duration time) {
        boot = time;
    }

    /** Listings show what was so long ago. */
    synchronized void setListLag(Duration lag) {
        listLag = lag;
    }

    /** Creates take effect, and their answers are lost. */
    synchronized void loseReplies() {
        losesReplies = true;
    }

    /** Listings begin well and then fail. */
    synchronized void failPages() {
        failsPages = true;
    }

    synchronized void revokeTokens() {
        tokens.clear();
    }

    /** A nova without microversions. */
    synchronized void becomeOld() {
        isOld = true;
    }

    /** Keystone knows nobody any more. */
    synchronized void lockOut() {
        tokens.clear();
        takesNoToken = true;
    }

    synchronized void keepPorts() {
        keepsPorts = true;
    }

    synchronized void calm() {
        before = request -> null;
        shown = server -> server;
        losesReplies = false;
        takesNoToken = false;
        failsPages = false;
        keepsPorts = false;
        quota = 5_000;
    }

    synchronized void addImage(String id, String name) {
        images.put(id, name);
    }

    synchronized void removeImage(String id) {
        images.remove(id);
    }

    synchronized void fail(String id, String message) {
        servers.get(id).fault = message;
    }

    synchronized void stop(String id) {
        servers.get(id).stopped = true;
    }

    synchronized void vanish(String id) {
        servers.get(id).goneAt = clock.instant();
    }

    synchronized String userDataOf(String id) {
        return new String(
                Base64.getDecoder().decode(servers.get(id).userData),
                java.nio.charset.StandardCharsets.UTF_8);
    }

    synchronized JsonObject askedFor(String id) {
        return servers.get(id).asked;
    }

    synchronized int count() {
        return living().size();
    }

    /** Every server that was ever made. */
    synchronized List<Life> lives() {
        return servers.values().stream()
                .map(
                        server ->
                                new Life(
                                        server.id,
                                        server.asked.has("metadata")
                                                ? text(
                                                        server.asked.getAsJsonObject("metadata"),
                                                        Tags.VM_ID)
                                                : "",
                                        server.created,
                                        server.deletedAt,
                                        server.goneAt))
                .toList();
    }

    synchronized String addPort(String owner, String device) {
        var id = UUID.randomUUID().toString();
        var port = new JsonObject();
        port.addProperty("id", id);
        port.addProperty("device_id", device);
        port.addProperty("device_owner", owner);
        ports.put(id, port);
        return id;
    }

    synchronized boolean hasPort(String id) {
        return ports.containsKey(id);
    }

    @Override
    public void close() {
        http.close();
    }

    // What it answers

    private Reply serve(Request request) {
        synchronized (this) {
            var instead = before.apply(request);
            if (instead != null) return instead;
            var path = request.path();
            if (path.equals("/identity/v3/auth/tokens")) return authenticate(request);
            if (!tokens.contains(request.headers().getOrDefault("x-auth-token", ""))) {
                return new Answer(401, UNAUTHORIZED);
            }
            if (path.startsWith("/compute/v2.1/")) return nova(request, rest(path, 3));
            if (path.startsWith("/image/v2/")) return glance(request, rest(path, 3));
            if (path.startsWith("/network/v2.0/")) return neutron(request, rest(path, 3));
            return new Answer(404, "<html>no such page</html>");
        }
    }

    private static final String UNAUTHORIZED =
            "{\"error\": {\"code\": 401, \"title\": \"Unauthorized\", \"message\": \"The request"
                    + " you have made requires authentication.\"}}";

    private Reply authenticate(Request request) {
        var identity = object(request.body()).getAsJsonObject("auth").getAsJsonObject("identity");
        if (takesNoToken || !isKnown(identity, request)) return new Answer(401, UNAUTHORIZED);
        var token = "token-" + UUID.randomUUID();
        tokens.add(token);
        var now = clock.instant();
        var body =
                """
                {"token": {"methods": ["password"], "user": {"domain": {"id": "default", "name": "Default"},
                 "id": "050caac524a445459e3b5e9cda44da58", "name": "vmm", "password_expires_at": null},
                 "audit_ids": ["PjkmPxbtTnqxKcPiKH4V5Q"], "expires_at": "%s", "issued_at": "%s",
                 "project": {"domain": {"id": "default", "name": "Default"}, "id": "%s", "name": "vmm"},
                 "is_domain": false, "roles": [{"id": "d809c3c358104801a1aafbda57d9b5a0", "name": "member"}],
                 "catalog": [%s, %s, %s, %s]}}
                """
                        .formatted(
                                micros(now.plus(TOKEN)),
                                micros(now),
                                PROJECT,
                                service("identity", "keystone", "/identity/v3"),
                                service("compute", "nova", "/compute/v2.1"),
                                service("image", "glance", "/image"),
                                service("network", "neutron", "/network"));
        return new Answer(201, Map.of("X-Subject-Token", token), body);
    }

    private static boolean isKnown(JsonObject identity, Request request) {
        if (identity.has("application_credential")) {
            return identity.getAsJsonObject("application_credential")
                    .equals(
                            object(
                                    "{\"id\": \"app-1\", \"secret\": \""
                                            + APPLICATION_SECRET
                                            + "\"}"));
        }
        var scope = object(request.body()).getAsJsonObject("auth").get("scope");
        return identity.getAsJsonObject("password")
                        .getAsJsonObject("user")
                        .equals(
                                object(
                                        "{\"name\": \"vmm\", \"domain\": {\"name\": \"Default\"},"
                                                + " \"password\": \""
                                                + PASSWORD
                                                + "\"}"))
                && scope.equals(
                        object(
                                "{\"project\": {\"name\": \"vmm\", \"domain\": {\"name\":"
                                        + " \"Default\"}}}"));
    }

    private String service(String type, String name, String path) {
        var endpoints =
                Stream.of("admin", "internal", "public")
                        .map(
                                kind ->
                                        "{\"id\": \"%s-%s\", \"interface\": \"%s\", \"region_id\": \"RegionOne\", \"url\": \"%s\", \"region\": \"RegionOne\"}"
                                                .formatted(type, kind, kind, http.url() + path))
                        .toList();
        return "{\"endpoints\": [%s], \"id\": \"id-of-%s\", \"type\": \"%s\", \"name\": \"%s\"}"
                .formatted(String.join(", ", endpoints), type, type, name);
    }

    private Reply nova(Request request, String path) {
        var words = path.split("/");
        var is = request.method() + " " + path;
        if (is.equals("POST servers")) return create(request);
        if (is.equals("GET servers")) return servers(request, false);
        if (is.equals("GET servers/detail")) return servers(request, true);
        if (is.equals("GET flavors/detail")) return flavors(request, true);
        if (is.equals("GET flavors")) return flavors(request, false);
        if (is.equals("GET limits")) return limits();
        if (words[0].equals("servers") && words.length >= 2) {
            var server = servers.get(words[1]);
            if (server == null || !server.goneAt.isAfter(clock.instant())) {
                return fault("itemNotFound", 404, "Instance " + words[1] + " could not be found.");
            }
            if (words.length == 3) return act(server, request);
            if (request.method().equals("DELETE")) {
                var now = clock.instant();
                if (server.deletedAt.isAfter(now)) server.deletedAt = now;
                if (server.goneAt.isAfter(now.plus(DELETE))) server.goneAt = now.plus(DELETE);
                return new Answer(204, "");
            }
            var document = new JsonObject();
            var shownServer = shown.apply(show(server, clock.instant()));
            if (!server.fault.isEmpty()) {
                shownServer.add(
                        "fault",
                        object(
                                "{\"code\": 500, \"created\": \"2026-03-01T08:00:01Z\","
                                        + " \"message\": \""
                                        + server.fault
                                        + "\"}"));
            }
            document.add("server", shownServer);
            return new Answer(200, document.toString());
        }
        return fault("itemNotFound", 404, "The resource could not be found.");
    }

    private Reply create(Request request) {
        var asked = object(request.body()).getAsJsonObject("server");
        if (living().size() >= quota) {
            return fault(
                    "forbidden",
                    403,
                    "Quota exceeded for instances: Requested 1, but already used %d of %d instances"
                            .formatted(living().size(), quota));
        }
        if (!images.containsKey(text(asked, "imageRef"))) {
            return fault("badRequest", 400, "Can not find requested image");
        }
        if (FLAVORS.asList().stream()
                .noneMatch(
                        flavor ->
                                text(flavor.getAsJsonObject(), "id")
                                        .equals(text(asked, "flavorRef")))) {
            return fault(
                    "badRequest",
                    400,
                    "Flavor " + text(asked, "flavorRef") + " could not be found.");
        }
        var userData = text(asked, "user_data");
        if (userData.length() > 65_535) {
            return fault(
                    "badRequest",
                    400,
                    "Invalid input for field/attribute user_data. Value: %s. '%s' is too long"
                            .formatted(userData, userData));
        }
        if (asked.has("key_name") && !text(asked, "key_name").equals("vmm")) {
            // quotes more than the real one, which does so for other fields
            return fault("badRequest", 400, "Invalid key_name provided. Value: " + userData);
        }
        if (asked.has("networks")) {
            var network = asked.getAsJsonArray("networks").get(0).getAsJsonObject();
            if (!networks.containsKey(text(network, "uuid"))) {
                return fault(
                        "badRequest",
                        400,
                        "Network " + text(network, "uuid") + " could not be found.");
            }
        }
        var server = new Server();
        server.id = UUID.randomUUID().toString();
        server.asked = asked;
        server.userData = userData;
        server.created = clock.instant();
        server.boot = boot;
        server.port = addPort("compute:zone-1", server.id);
        servers.put(server.id, server);
        if (losesReplies) return new RawServer.Drop();
        return new Answer(
                202,
                """
                {"server": {"id": "%s", "links": [{"rel": "self", "href": "%s"}], "OS-DCF:diskConfig": "MANUAL",
                 "security_groups": [{"name": "default"}], "adminPass": "uij7vf6WGmdF"}}
                """
                        .formatted(server.id, http.url() + "/compute/v2.1/servers/" + server.id));
    }

    private Reply act(Server server, Request request) {
        var action = object(request.body()).keySet().iterator().next();
        if (action.equals("os-start")) {
            if (!server.stopped) {
                return fault(
                        "conflictingRequest",
                        409,
                        "Cannot 'start' instance " + server.id + " while it is in vm_state active");
            }
            server.stopped = false;
            return new Answer(202, "");
        }
        if (action.equals("os-getConsoleOutput")) {
            if (server.created.plus(server.boot).isAfter(clock.instant())) {
                return fault("conflictingRequest", 409, "Instance " + server.id + " is not ready");
            }
            return new Answer(200, "{\"output\": \"cloud-init: done\\nvmm login: \"}");
        }
        return fault("badRequest", 400, "There is no such action: " + action);
    }

    private Reply servers(Request request, boolean detail) {
        var asOf = clock.instant().minus(listLag);
        living(); // takes the ports of those away that are gone
        var newestFirst =
                servers.values().stream()
                        .filter(server -> !server.created.isAfter(asOf))
                        .filter(server -> server.goneAt.isAfter(asOf))
                        .sorted(
                                Comparator.comparing((Server server) -> server.created)
                                        .thenComparing(server -> server.id)
                                        .reversed())
                        .map(server -> detail ? shown.apply(show(server, asOf)) : brief(server))
                        .toList();
        return page(request, "servers", newestFirst);
    }

    private JsonObject brief(Server server) {
        var brief = new JsonObject();
        brief.addProperty("id", server.id);
        brief.addProperty("name", text(server.asked, "name"));
        brief.add("links", new JsonArray());
        return brief;
    }

    private JsonObject show(Server server, Instant asOf) {
        boolean booted = !server.created.plus(server.boot).isAfter(asOf);
        boolean deleting = !server.deletedAt.isAfter(asOf);
        var created = server.created.truncatedTo(ChronoUnit.SECONDS);
        var status =
                !server.fault.isEmpty()
                        ? "ERROR"
                        : server.stopped ? "SHUTOFF" : booted ? "ACTIVE" : "BUILD";
        var document =
                object(
                        """
                        {"id": "%s", "name": "%s", "status": "%s", "tenant_id": "%s", "user_id": "050caac524a445459e3b5e9cda44da58",
                         "hostId": "", "image": {"id": "%s", "links": []}, "flavor": {"id": "%s", "links": []},
                         "created": "%s", "updated": "%s", "addresses": {}, "accessIPv4": "", "accessIPv6": "",
                         "links": [{"rel": "self", "href": "%s"}], "OS-DCF:diskConfig": "MANUAL", "progress": 0,
                         "OS-EXT-AZ:availability_zone": "", "config_drive": "", "key_name": null,
                         "OS-SRV-USG:launched_at": null, "OS-SRV-USG:terminated_at": null,
                         "OS-EXT-STS:vm_state": "%s", "OS-EXT-STS:power_state": 0,
                         "os-extended-volumes:volumes_attached": [], "security_groups": [{"name": "default"}]}
                        """
                                .formatted(
                                        server.id,
                                        text(server.asked, "name"),
                                        status,
                                        PROJECT,
                                        text(server.asked, "imageRef"),
                                        text(server.asked, "flavorRef"),
                                        created,
                                        created,
                                        http.url() + "/compute/v2.1/servers/" + server.id,
                                        status.equals("ACTIVE") ? "active" : "building"));
        document.add(
                "OS-EXT-STS:task_state",
                deleting
                        ? JsonParser.parseString("\"deleting\"")
                        : status.equals("BUILD")
                                ? JsonParser.parseString("\"spawning\"")
                                : JsonNull.INSTANCE);
        document.add("metadata", server.asked.get("metadata"));
        if (booted) {
            document.add(
                    "addresses",
                    object(
                            "{\"vmm-net\": [{\"version\": 4, \"addr\": \"10.64.0.5\","
                                    + " \"OS-EXT-IPS:type\": \"fixed\","
                                    + " \"OS-EXT-IPS-MAC:mac_addr\": \"fa:16:3e:00:00:01\"}]}"));
        }
        return document;
    }

    private static final JsonArray FLAVORS =
            JsonParser.parseString(
                            """
                            [{"id": "1", "name": "m1.tiny", "ram": 512, "disk": 1, "swap": "", "vcpus": 1, "extra_specs": {}},
                             {"id": "5", "name": "g1.h100x1", "ram": 131072, "disk": 200, "swap": "", "vcpus": 12,
                              "extra_specs": {"resources:CUSTOM_GPU": "1", "trait:CUSTOM_HAS_GPU": "required"}},
                             {"id": "6", "name": "g1.h100x8", "ram": 1048576, "disk": 1600, "swap": "", "vcpus": 96,
                              "extra_specs": {"pci_passthrough:alias": "h100:8"}}]
                            """)
                    .getAsJsonArray();

    private Reply flavors(Request request, boolean detail) {
        var version = request.headers().get("openstack-api-version");
        if (version != null && isOld) {
            return fault("computeFault", 406, "Version 2.61 is not supported by the API.");
        }
        var flavors = new ArrayList<JsonObject>();
        for (var element : FLAVORS) {
            var flavor = element.deepCopy().getAsJsonObject();
            flavor.add("links", new JsonArray());
            if (version == null) flavor.remove("extra_specs");
            if (!detail) flavor.keySet().retainAll(Set.of("id", "name", "links"));
            flavors.add(flavor);
        }
        return page(request, "flavors", flavors);
    }

    private Reply limits() {
        return new Answer(
                200,
                """
                {"limits": {"rate": [], "absolute": {"maxTotalInstances": %d, "maxTotalCores": -1, "maxTotalRAMSize": -1,
                 "maxServerMeta": 128, "totalRAMUsed": %d, "totalCoresUsed": %d, "totalInstancesUsed": %d}}}
                """
                        .formatted(quota, 512 * living().size(), living().size(), living().size()));
    }

    private Reply glance(Request request, String path) {
        if (path.startsWith("images/")) {
            var id = path.substring("images/".length());
            return images.containsKey(id)
                    ? new Answer(200, image(id).toString())
                    : new Answer(
                            404,
                            "<html>\n <body>\n  No image found with ID "
                                    + id
                                    + "\n </body>\n</html>");
        }
        var name = request.parameter("name");
        var found =
                images.keySet().stream()
                        .filter(id -> name.isEmpty() || images.get(id).equals(name))
                        .map(this::image)
                        .toList();
        return page(request, "images", found);
    }

    private JsonObject image(String id) {
        return object(
                "{\"id\": \"%s\", \"name\": \"%s\", \"status\": \"active\", \"visibility\": \"public\"}"
                        .formatted(id, images.get(id)));
    }

    private Reply neutron(Request request, String path) {
        if (path.equals("networks")) {
            Predicate<String> asked =
                    id ->
                            Set.of("", id).contains(request.parameter("id"))
                                    && Set.of("", networks.get(id))
                                            .contains(request.parameter("name"));
            var found =
                    networks.keySet().stream()
                            .filter(asked)
                            .map(
                                    id ->
                                            object(
                                                    "{\"id\": \"%s\", \"name\": \"%s\", \"status\": \"ACTIVE\"}"
                                                            .formatted(id, networks.get(id))))
                            .toList();
            return page(request, "networks", found);
        }
        living();
        if (path.equals("ports")) return page(request, "ports", List.copyOf(ports.values()));
        var id = path.substring("ports/".length());
        if (!ports.containsKey(id)) {
            return new Answer(
                    404,
                    "{\"NeutronError\": {\"type\": \"PortNotFound\", \"message\": \"Port %s could not be found.\", \"detail\": \"\"}}"
                            .formatted(id));
        }
        if (request.method().equals("DELETE")) {
            ports.remove(id);
            return new Answer(204, "");
        }
        var document = new JsonObject();
        document.add("port", ports.get(id));
        return new Answer(200, document.toString());
    }

    /**
     * Pages as all of them do: a marker, a limit that may be lowered, and a hint that it goes on.
     */
    private Reply page(Request request, String key, List<JsonObject> all) {
        var marker = request.parameter("marker");
        if (failsPages && !marker.isEmpty()) return new Answer(503, "");
        int from = 0;
        if (!marker.isEmpty()) {
            while (from < all.size() && !text(all.get(from), "id").equals(marker)) from++;
            if (from == all.size()) {
                return fault("badRequest", 400, "marker [" + marker + "] not found");
            }
            from++;
        }
        var asked = request.parameter("limit");
        int limit = asked.isEmpty() ? pageSize : Math.min(Integer.parseInt(asked), pageSize);
        int to = Math.min(all.size(), from + limit);
        var items = new JsonArray();
        all.subList(from, to).forEach(items::add);
        var document = new JsonObject();
        document.add(key, items);
        if (to < all.size() || (failsPages && to > 0)) {
            var next =
                    request.path() + "?limit=" + limit + "&marker=" + text(all.get(to - 1), "id");
            if (key.equals("images")) {
                document.addProperty("next", next);
            } else {
                document.add(
                        key + "_links",
                        JsonParser.parseString(
                                "[{\"rel\": \"next\", \"href\": \"http://behind.a.proxy.example"
                                        + next
                                        + "\"}]"));
            }
        }
        return new Answer(200, document.toString());
    }

    private List<Server> living() {
        var now = clock.instant();
        for (var server : servers.values()) {
            if (server.goneAt.isAfter(now)) continue;
            if (keepsPorts) kept.add(server.port);
            if (!kept.contains(server.port)) ports.remove(server.port);
        }
        return servers.values().stream().filter(server -> server.goneAt.isAfter(now)).toList();
    }

    private static Answer fault(String word, int code, String message) {
        var fault = new JsonObject();
        fault.addProperty("code", code);
        fault.addProperty("message", message);
        var document = new JsonObject();
        document.add(word, fault);
        return new Answer(code, document.toString());
    }

    private static String micros(Instant instant) {
        return instant.truncatedTo(ChronoUnit.SECONDS).toString().replace("Z", ".000000Z");
    }

    private static String rest(String path, int slashes) {
        return path.split("/", slashes + 1)[slashes];
    }

    private static String text(JsonObject object, String name) {
        JsonElement element = object.get(name);
        return element == null || element.isJsonNull() ? "" : element.getAsString();
    }

    private static JsonObject object(String json) {
        return JsonParser.parseString(json).getAsJsonObject();
    }
}
