package vmm.cloud.jclouds.azure;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;

import vmm.cloud.Tags;
import vmm.cloud.jclouds.Life;
import vmm.cloud.jclouds.RawServer;
import vmm.cloud.jclouds.RawServer.Answer;
import vmm.cloud.jclouds.RawServer.Drop;
import vmm.cloud.jclouds.RawServer.Gate;
import vmm.cloud.jclouds.RawServer.Reply;
import vmm.cloud.jclouds.RawServer.Request;

import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Azure Resource Manager with one resource group, Entra's token endpoints, a machine's metadata
 * service and a store of consoles, as far as the adapter asks them and in the shapes of the public
 * API. What time it is, is told to it.
 */
public final class FakeArm implements AutoCloseable {

    public static final String SUBSCRIPTION = "6f9c0d2e-6f1b-4f38-9a52-0c3e5f1d7a11";
    public static final String GROUP = "vmm-Test";
    public static final String LOCATION = "uksouth";
    public static final String TENANT = "1d0f3c0a-2a54-4d41-8f0e-6a7b8c9d0e1f";
    public static final String CLIENT = "c9a1e6b4-11aa-4bb2-9cc3-5dd4ee5ff600";
    public static final String SECRET = "cl1ent-s3cret~of.vmm";

    /** The token of another issuer that Entra trusts. */
    public static final String ASSERTION = "eyJhbGciOiJSUzI1NiJ9.assertion-of-the-workload";

    public static final String IMAGE = "vmm/tiny";
    public static final String SUBNET = "vmm-net/vms";
    public static final String SIZE = "Standard_D2s_v5";

    /** The permission in the address of a console. */
    public static final String SIGNATURE = "sig-0f-th3-c0nsole";

    private static final Duration TOKEN = Duration.ofMinutes(60);
    private static final Duration DELETE = Duration.ofSeconds(2);
    private static final String PREFIX = "/subscriptions/" + SUBSCRIPTION;
    private static final Pattern MACHINE_NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9_.-]{0,63}");

    /** One virtual machine, as Azure keeps it. */
    private static final class Machine {
        String name = "";
        JsonObject asked = new JsonObject();
        Instant created = Instant.EPOCH;
        Duration boot = Duration.ZERO;
        Instant deletedAt = Instant.MAX;
        Instant goneAt = Instant.MAX;
        String power = "running";
        String failure = "";
        String why = "";
        String address = "";
    }

    private final InstantSource clock;
    private final Map<String, Machine> machines = new LinkedHashMap<>();
    private final List<Machine> buried = new ArrayList<>();
    private final Map<String, JsonObject> interfaces = new LinkedHashMap<>();
    private final Map<String, JsonObject> disks = new LinkedHashMap<>();
    private final Map<String, JsonObject> publicIps = new LinkedHashMap<>();
    private final Map<String, String> operations = new HashMap<>();
    private final Map<String, Instant> tokens = new HashMap<>();
    private final Set<String> keptOf = new HashSet<>();
    private Function<Request, Reply> before = request -> null;
    private UnaryOperator<JsonObject> shown = machine -> machine;
    private boolean losesReplies;
    private boolean takesNoToken;
    private boolean failsPages;
    private boolean keepsParts;
    private String refusesCreates = "";
    private String failsCreates = "";
    private int quota = 5_000;
    private int pageSize = 400;
    private int addresses;
    private String pause = "10";
    private Duration boot = Duration.ofSeconds(3);
    private Duration listLag = Duration.ZERO;
    private final RawServer http;

    public FakeArm(InstantSource clock) {
        this(clock, (request, azure) -> azure.apply(request));
    }

    /**
     * @param gate called by many threads at once, and free to take its time
     */
    public FakeArm(InstantSource clock, Gate gate) {
        this.clock = clock;
        this.http = new RawServer(request -> gate.through(request, this::serve));
    }

    /** Serves until it is stopped, and says where. */
    public static void main(String[] arguments) throws InterruptedException {
        try (var azure = new FakeArm(InstantSource.system())) {
            System.out.println(azure.url());
            Thread.currentThread().join();
        }
    }

    // What happens to it

    /** Endpoint, authority and metadata service in one. */
    public String url() {
        return http.url();
    }

    public InstantSource clock() {
        return clock;
    }

    public List<Request> requests() {
        return http.requests();
    }

    /** Those to one path below the resource group's providers, or any other whole path. */
    public List<Request> requests(String method, String path) {
        return http.requests().stream()
                .filter(request -> request.method().equals(method))
                .filter(request -> request.path().equals(path) || inGroup(request).equals(path))
                .toList();
    }

    /** What is answered instead, where it is not null. */
    public synchronized void intercept(Function<Request, Reply> instead) {
        before = instead;
    }

    /** Changes how each machine is shown. */
    public synchronized void show(UnaryOperator<JsonObject> how) {
        shown = how;
    }

    /** Changes how one machine is shown. */
    public void show(String name, Consumer<JsonObject> how) {
        show(
                machine -> {
                    if (!text(machine, "name").equals(name)) return machine;
                    var odd = machine.deepCopy();
                    how.accept(odd);
                    return odd;
                });
    }

    public synchronized void setQuota(int machines) {
        quota = machines;
    }

    public synchronized void setPageSize(int items) {
        pageSize = items;
    }

    /** From create to running, for machines that are made from now on. */
    public synchronized void setBoot(Duration time) {
        boot = time;
    }

    /** Listings show what was so long ago. */
    public synchronized void setListLag(Duration lag) {
        listLag = lag;
    }

    /** What clients that poll are asked to wait, in seconds. */
    public synchronized void setPause(String seconds) {
        pause = seconds;
    }

    /** Creates take effect, and their answers are lost. */
    public synchronized void loseReplies() {
        losesReplies = true;
    }

    /** Listings begin well and then fail. */
    public synchronized void failPages() {
        failsPages = true;
    }

    /** Creates are refused at once with this code, such as {@code SkuNotAvailable}. */
    public synchronized void refuseCreates(String code) {
        refusesCreates = code;
    }

    /** Creates are accepted and fail afterwards with this code. */
    public synchronized void failCreates(String code) {
        failsCreates = code;
    }

    /** A token for somebody who did not ask for one. */
    public synchronized String letIn() {
        return text(object(tokenDocument(true)), "access_token");
    }

    public synchronized void revokeTokens() {
        tokens.clear();
    }

    /** Entra knows nobody any more. */
    public synchronized void lockOut() {
        tokens.clear();
        takesNoToken = true;
    }

    /** What machines are made of stays when they go. */
    public synchronized void keepParts() {
        keepsParts = true;
    }

    public synchronized void calm() {
        before = request -> null;
        shown = machine -> machine;
        losesReplies = false;
        takesNoToken = false;
        failsPages = false;
        keepsParts = false;
        refusesCreates = "";
        failsCreates = "";
        quota = 5_000;
    }

    public synchronized void fail(String name, String code, String message) {
        var machine = machines.get(name);
        machine.failure = code;
        machine.why = message;
    }

    public synchronized void setPower(String name, String power) {
        machines.get(name).power = power;
    }

    public synchronized void vanish(String name) {
        machines.get(name).goneAt = clock.instant();
    }

    /** Takes a spot machine away, with what belongs to it. */
    public synchronized void evict(String name) {
        var machine = machines.get(name);
        if (!text(properties(machine.asked), "priority").equals("Spot")) {
            throw new IllegalArgumentException("only spot machines are evicted");
        }
        machine.goneAt = clock.instant();
    }

    public synchronized String userDataOf(String name) {
        var system = properties(machines.get(name).asked).getAsJsonObject("osProfile");
        return new String(
                Base64.getDecoder().decode(text(system, "customData")), StandardCharsets.UTF_8);
    }

    public synchronized JsonObject askedFor(String name) {
        return machines.get(name).asked;
    }

    public synchronized int count() {
        bury();
        return machines.size();
    }

    /** Every machine that was ever made. */
    public synchronized List<Life> lives() {
        return Stream.concat(buried.stream(), machines.values().stream())
                .map(
                        machine ->
                                new Life(
                                        machine.name,
                                        text(part(machine.asked, "tags"), Tags.VM_ID),
                                        machine.created,
                                        machine.deletedAt,
                                        machine.goneAt))
                .toList();
    }

    /** Names of the parts that are there: interfaces, disks and public addresses. */
    public synchronized Set<String> parts() {
        bury();
        var parts = new HashSet<String>();
        for (var kind : List.of(interfaces, disks, publicIps)) {
            kind.values().forEach(part -> parts.add(text(part, "name")));
        }
        return parts;
    }

    /** Puts a part there that no machine has. */
    public synchronized void addPart(String type, String name, JsonObject changes) {
        var part =
                switch (type) {
                    case "networkInterfaces" -> networkInterface(name, null, "10.1.0.250");
                    case "disks" -> disk(name, null);
                    default -> publicIp(name, null, "203.0.113.250");
                };
        changes.entrySet().forEach(entry -> part.add(entry.getKey(), entry.getValue()));
        partsOf(type).put(name.toLowerCase(Locale.ROOT), part);
    }

    public static String groupId() {
        return PREFIX + "/resourceGroups/" + GROUP;
    }

    public static String subnetId() {
        return groupId() + "/providers/Microsoft.Network/virtualNetworks/vmm-net/subnets/vms";
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
            if (path.equals("/" + TENANT + "/oauth2/token")) return token(request, "resource");
            if (path.equals("/" + TENANT + "/oauth2/v2.0/token")) return token(request, "scope");
            if (path.equals("/metadata/identity/oauth2/token")) return metadata(request);
            if (path.startsWith("/consoles/")) return console(request);
            if (!path.toLowerCase(Locale.ROOT).startsWith(PREFIX.toLowerCase(Locale.ROOT))) {
                return new Answer(404, "<html>no such page</html>");
            }
            var bearer = request.headers().getOrDefault("authorization", "");
            var until = tokens.get(bearer.replaceFirst("^Bearer ", ""));
            if (until == null) {
                return error(401, "InvalidAuthenticationToken", "The access token is invalid.");
            }
            if (!clock.instant().isBefore(until)) {
                return error(
                        401,
                        "ExpiredAuthenticationToken",
                        "The access token expiry UTC time is earlier than current UTC time.");
            }
            if (request.parameter("api-version").isEmpty()) {
                return error(
                        400,
                        "MissingApiVersionParameter",
                        "The api-version query parameter (?api-version=) is required for all"
                                + " requests.");
            }
            bury();
            return arm(request);
        }
    }

    private Reply token(Request request, String audience) {
        var form = form(request.body());
        if (!form.getOrDefault("grant_type", "").equals("client_credentials")
                || form.getOrDefault(audience, "").isEmpty()) {
            return oauthError(
                    400,
                    "invalid_request",
                    "AADSTS900144: The request body must contain the following parameter: '"
                            + audience
                            + "'.");
        }
        boolean known =
                form.getOrDefault("client_id", "").equals(CLIENT)
                        && (SECRET.equals(form.get("client_secret"))
                                || ASSERTION.equals(form.get("client_assertion"))
                                        && form.getOrDefault("client_assertion_type", "")
                                                .equals(
                                                        "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"));
        if (takesNoToken || !known) {
            return oauthError(
                    401,
                    "invalid_client",
                    "AADSTS7000215: Invalid client secret provided. Ensure the secret being sent in"
                        + " the request is the client secret value, not the client secret ID. Trace"
                        + " ID: 0c2d");
        }
        return new Answer(200, tokenDocument(!audience.equals("scope")));
    }

    private Reply metadata(Request request) {
        if (!request.headers().getOrDefault("metadata", "").equals("true")) {
            return oauthError(400, "bad_request_102", "Required metadata header not specified");
        }
        if (request.parameter("resource").isEmpty()
                || !request.parameter("api-version").equals("2018-02-01")) {
            return oauthError(400, "invalid_request", "Required audience parameter not specified");
        }
        if (takesNoToken || !Set.of("", CLIENT).contains(request.parameter("client_id"))) {
            return oauthError(400, "invalid_request", "Identity not found");
        }
        return new Answer(200, tokenDocument(true));
    }

    /** The first version writes numbers as texts. */
    private String tokenDocument(boolean first) {
        var token = "eyJ0eXAiOiJKV1Qi." + UUID.randomUUID();
        var end = clock.instant().plus(TOKEN);
        tokens.put(token, end);
        var life = String.valueOf(TOKEN.toSeconds());
        return first
                ? """
                {"token_type": "Bearer", "expires_in": "%s", "ext_expires_in": "%s", "expires_on": "%d",
                 "not_before": "%d", "resource": "https://management.azure.com/", "access_token": "%s"}
                """
                        .formatted(
                                life,
                                life,
                                end.getEpochSecond(),
                                clock.instant().getEpochSecond(),
                                token)
                : """
                {"token_type": "Bearer", "expires_in": %s, "ext_expires_in": %s, "access_token": "%s"}
                """
                        .formatted(life, life, token);
    }

    private Reply console(Request request) {
        if (request.headers().containsKey("authorization")) {
            return new Answer(400, "<Error><Code>InvalidAuthenticationInfo</Code></Error>");
        }
        if (!request.parameter("sig").equals(SIGNATURE)) {
            return new Answer(403, "<Error><Code>AuthenticationFailed</Code></Error>");
        }
        var log = new StringBuilder();
        for (int line = 1; line <= 300; line++)
            log.append("boot line ").append(line).append("\r\n");
        return new Answer(200, log + "vmm login: ");
    }

    private Reply arm(Request request) {
        var path = inGroup(request);
        var words = path.split("/");
        var is = request.method() + " " + path;
        if (path.startsWith("virtualMachines/")) return machine(request, words);
        var location = "locations/" + LOCATION;
        return switch (is) {
            case "GET " -> new Answer(200, resourceGroup().toString());
            case "GET virtualMachines" -> machines(request);
            case "GET networkInterfaces", "GET disks", "GET publicIPAddresses" ->
                    page(request, List.copyOf(partsOf(words[0]).values()));
            case "GET virtualNetworks" -> page(request, List.of(network()));
            case "GET images" -> page(request, List.of(named("images", "golden")));
            case "GET galleries" -> page(request, List.of(named("galleries", "vmm")));
            case "GET skus" -> page(request, SKUS);
            case "GET galleries/vmm/images" ->
                    page(request, List.of(named("galleries/vmm/images", "tiny")));
            case "GET galleries/vmm/images/tiny/versions" ->
                    page(request, List.of(named("galleries/vmm/images/tiny/versions", "1.0.0")));
            default -> {
                if (is.equals("GET " + location + "/usages")) yield page(request, usages());
                if (path.startsWith(location)) yield locationThing(request, path);
                if (path.startsWith("deployments/") && words.length == 3) yield validate(request);
                if (words.length == 2 && isPart(words[0])) yield part(request, words);
                yield thing(request, path);
            }
        };
    }

    // Machines

    private Reply machine(Request request, String[] words) {
        if (words.length == 2 && request.method().equals("PUT")) return create(request, words[1]);
        var machine = machines.get(words[1].toLowerCase(Locale.ROOT));
        if (machine == null) return absent("Microsoft.Compute/virtualMachines/" + words[1]);
        if (words.length == 3) return act(machine, request, words[2]);
        if (request.method().equals("DELETE")) {
            var now = clock.instant();
            if (machine.deletedAt.isAfter(now)) machine.deletedAt = now;
            if (machine.goneAt.isAfter(now.plus(DELETE))) machine.goneAt = now.plus(DELETE);
            return accepted(machine, "");
        }
        boolean view = request.parameter("$expand").equals("instanceView");
        return new Answer(200, shown.apply(show(machine, clock.instant(), view)).toString());
    }

    private Reply create(Request request, String name) {
        var known = machines.get(name.toLowerCase(Locale.ROOT));
        if (known != null && losesReplies) return new Drop();
        if (known != null && "*".equals(request.headers().get("if-none-match"))) {
            return error(
                    412,
                    "PreconditionFailed",
                    "The resource " + name + " already exists; If-None-Match: * was given.");
        }
        var asked = object(request.body());
        var refused = refusal(name, asked);
        if (refused != null) return refused;
        if (known != null) {
            return error(
                    409,
                    "PropertyChangeNotAllowed",
                    "Changing property 'linuxConfiguration' is not allowed.");
        }
        var machine = new Machine();
        machine.name = name;
        machine.asked = asked;
        machine.created = clock.instant();
        machine.boot = boot;
        machine.address = "10.1.%d.%d".formatted(addresses / 250, 4 + addresses % 250);
        addresses++;
        machine.failure = failsCreates;
        machine.why =
                failsCreates.isEmpty()
                        ? ""
                        : "Allocation failed. We do not have sufficient"
                                + " capacity for the requested VM size in this region.";
        machines.put(name.toLowerCase(Locale.ROOT), machine);
        addParts(machine);
        if (losesReplies) return new Drop();
        var body = shown.apply(show(machine, clock.instant(), false)).toString();
        var answer = accepted(machine, body);
        return new Answer(201, answer.headers(), body);
    }

    /** Null if the machine may be made. */
    private Reply refusal(String name, JsonObject asked) {
        var properties = properties(asked);
        var size = text(part(properties, "hardwareProfile"), "vmSize");
        if (!MACHINE_NAME.matcher(name).matches()) {
            return invalid("vmName", "Linux VM name may only contain 1-64 characters.");
        }
        if (!text(asked, "location").equals(LOCATION)) {
            return error(
                    400,
                    "LocationNotAvailableForResourceType",
                    "The provided location '%s' is not available for resource type."
                            .formatted(text(asked, "location")));
        }
        if (!refusesCreates.isEmpty()) return refusedWith(refusesCreates, size);
        if (SKUS.stream().noneMatch(sku -> text(sku, "name").equals(size))) {
            return invalid(
                    "vmSize",
                    ("The value %s provided for the VM size is not valid. The valid sizes in the"
                                    + " current region are: Standard_D2s_v5.")
                            .formatted(size));
        }
        if (machines.size() >= quota) {
            return error(
                    409,
                    "OperationNotAllowed",
                    ("Operation could not be completed as it results in exceeding approved Total"
                         + " Regional Cores quota. Additional details - Deployment Model: Resource"
                         + " Manager, Location: %s, Current Limit: %d")
                            .formatted(LOCATION, quota));
        }
        var image = part(part(properties, "storageProfile"), "imageReference");
        if (!isImage(image)) {
            return error(
                    404,
                    "NotFound",
                    "The image %s cannot be found in '%s' region.".formatted(image, LOCATION));
        }
        return refusalOfRest(properties);
    }

    private Reply refusalOfRest(JsonObject properties) {
        var system = part(properties, "osProfile");
        var linux = part(system, "linuxConfiguration");
        if (text(system, "adminUsername").isEmpty() || !linux.has("ssh")) {
            return invalid(
                    "adminPassword",
                    "Authentication using either SSH or by user name and"
                            + " password must be enabled in Linux profile.");
        }
        if (Base64.getDecoder().decode(text(system, "customData")).length > 65_535) {
            return invalid(
                    "customData",
                    "Custom data in OSProfile must be in Base64 encoding and"
                            + " with a maximum length of 87380 characters.");
        }
        var network = part(properties, "networkProfile");
        var configurations = network.getAsJsonArray("networkInterfaceConfigurations");
        if (text(network, "networkApiVersion").isEmpty() || configurations == null) {
            return invalid("networkProfile", "Required parameter 'networkProfile' is missing.");
        }
        for (var configuration : configurations) {
            for (var address :
                    properties(configuration.getAsJsonObject())
                            .getAsJsonArray("ipConfigurations")) {
                var subnet = text(part(properties(address.getAsJsonObject()), "subnet"), "id");
                if (!subnet.equalsIgnoreCase(subnetId())) {
                    return error(
                            400,
                            "InvalidResourceReference",
                            "Resource %s referenced by resource was not found.".formatted(subnet));
                }
            }
        }
        return null;
    }

    private static Reply refusedWith(String code, String size) {
        return error(
                409,
                code,
                ("The requested VM size for resource 'Following SKUs have failed for Capacity"
                                + " Restrictions: %s' is currently not available in location '%s'.")
                        .formatted(size, LOCATION));
    }

    private static boolean isImage(JsonObject reference) {
        if (reference.has("publisher")) {
            return text(reference, "publisher").equals("Debian")
                    && Set.of("latest", "0.1").contains(text(reference, "version"));
        }
        return isImageId(text(reference, "id")) || reference.has("communityGalleryImageId");
    }

    private static boolean isImageId(String id) {
        var prefix = groupId() + "/providers/Microsoft.Compute/";
        var tiny = prefix + "galleries/vmm/images/tiny";
        return Stream.of(prefix + "images/golden", tiny, tiny + "/versions/1.0.0")
                .anyMatch(id::equalsIgnoreCase);
    }

    private Reply act(Machine machine, Request request, String action) {
        switch (request.method() + " " + action) {
            case "POST start" -> {
                machine.power = "running";
                return accepted(machine, "");
            }
            case "POST retrieveBootDiagnosticsData" -> {
                if (!properties(machine.asked).has("diagnosticsProfile")) {
                    return error(
                            409,
                            "OperationNotAllowed",
                            "Boot diagnostics is not enabled on the VM.");
                }
                var base = url() + "/consoles/" + machine.name;
                var permission = "?sv=2018-03-28&sr=b&sig=" + SIGNATURE + "&se=2026-03-01T10%3A00Z";
                return new Answer(
                        200,
                        """
                        {"consoleScreenshotBlobUri": "%s.bmp%s", "serialConsoleLogBlobUri": "%s.log%s"}
                        """
                                .formatted(base, permission, base, permission));
            }
            case "GET instanceView" -> {
                return new Answer(200, view(machine, clock.instant()).toString());
            }
            default -> {
                return error(404, "NotFound", "There is no such action.");
            }
        }
    }

    /** Something that goes on by itself, with the addresses that clients poll. */
    private Answer accepted(Machine machine, String body) {
        var operation = UUID.randomUUID().toString();
        operations.put(operation, machine.name.toLowerCase(Locale.ROOT));
        var address =
                url()
                        + PREFIX
                        + "/providers/Microsoft.Compute/locations/"
                        + LOCATION
                        + "/operations/"
                        + operation
                        + "?api-version=2025-04-01";
        return new Answer(
                202,
                Map.of(
                        "Azure-AsyncOperation",
                        address,
                        "Location",
                        address + "&monitor=true",
                        "Retry-After",
                        pause),
                body);
    }

    private Reply operation(Request request, String id) {
        var name = operations.get(id);
        if (name == null) return error(404, "NotFound", "There is no such operation.");
        var machine = machines.get(name);
        var now = clock.instant();
        boolean goes =
                machine != null
                        && (machine.deletedAt != Instant.MAX
                                || machine.created.plus(machine.boot).isAfter(now));
        boolean failed = machine != null && !goes && !machine.failure.isEmpty();
        var headers = Map.of("Retry-After", pause);
        if (request.parameter("monitor").equals("true")) {
            return goes ? new Answer(202, headers, "") : new Answer(204, "");
        }
        var document = new JsonObject();
        document.addProperty("startTime", now.toString());
        document.addProperty("status", goes ? "InProgress" : failed ? "Failed" : "Succeeded");
        document.addProperty("name", id);
        if (failed) document.add("error", fault(machine.failure, machine.why));
        return new Answer(200, headers, document.toString());
    }

    /** Of the group, or of the whole subscription, where cases differ as in the real one. */
    private Reply machines(Request request) {
        var asOf = clock.instant().minus(listLag);
        boolean statusOnly = request.parameter("statusOnly").equals("true");
        boolean whole = !request.path().toLowerCase(Locale.ROOT).contains("/resourcegroups/");
        var newestFirst =
                Stream.concat(machines.values().stream(), buried.stream())
                        .filter(machine -> !machine.created.isAfter(asOf))
                        .filter(machine -> machine.goneAt.isAfter(asOf))
                        .sorted(
                                Comparator.comparing((Machine machine) -> machine.created)
                                        .thenComparing(machine -> machine.name)
                                        .reversed())
                        .toList();
        return pageOf(
                request,
                newestFirst,
                machine ->
                        statusOnly && whole
                                ? status(machine, asOf)
                                : shown.apply(show(machine, asOf, false)));
    }

    private JsonObject status(Machine machine, Instant asOf) {
        var document = new JsonObject();
        document.addProperty("name", machine.name);
        document.addProperty("id", machineId(machine.name).toUpperCase(Locale.ROOT));
        document.addProperty("type", "Microsoft.Compute/virtualMachines");
        document.addProperty("location", LOCATION);
        var properties = new JsonObject();
        properties.add("instanceView", view(machine, asOf));
        document.add("properties", properties);
        return document;
    }

    private JsonObject show(Machine machine, Instant asOf, boolean withView) {
        var document = new JsonObject();
        document.addProperty("name", machine.name);
        document.addProperty("id", machineId(machine.name));
        document.addProperty("type", "Microsoft.Compute/virtualMachines");
        document.addProperty("location", LOCATION);
        if (machine.asked.has("tags")) document.add("tags", machine.asked.get("tags").deepCopy());
        if (machine.asked.has("zones")) document.add("zones", machine.asked.get("zones"));
        var properties = properties(machine.asked).deepCopy();
        if (properties.has("osProfile")) part(properties, "osProfile").remove("customData");
        var network = new JsonObject();
        network.add("networkInterfaces", interfacesOf(machine));
        properties.add("networkProfile", network);
        properties.addProperty("vmId", UUID.nameUUIDFromBytes(bytes(machine.name)).toString());
        properties.addProperty("provisioningState", provisioning(machine, asOf));
        properties.addProperty(
                "timeCreated", machine.created.toString().replace("Z", ".1234567+00:00"));
        if (withView) properties.add("instanceView", view(machine, asOf));
        document.add("properties", properties);
        return document;
    }

    private JsonArray interfacesOf(Machine machine) {
        var references = new JsonArray();
        for (var one : interfaces.values()) {
            var owner = text(part(properties(one), "virtualMachine"), "id");
            if (!owner.equals(machineId(machine.name))) continue;
            references.add(
                    object(
                            """
                            {"id": "%s", "properties": {"primary": true, "deleteOption": "Delete"}}
                            """
                                    .formatted(text(one, "id"))));
        }
        return references;
    }

    private static String provisioning(Machine machine, Instant asOf) {
        if (!machine.deletedAt.isAfter(asOf)) return "Deleting";
        if (machine.created.plus(machine.boot).isAfter(asOf)) return "Creating";
        return machine.failure.isEmpty() ? "Succeeded" : "Failed";
    }

    private JsonObject view(Machine machine, Instant asOf) {
        var state = provisioning(machine, asOf);
        var statuses = new JsonArray();
        var code = "ProvisioningState/" + state.toLowerCase(Locale.ROOT);
        boolean failed = state.equals("Failed");
        var first = new JsonObject();
        first.addProperty("code", failed ? code + "/" + machine.failure : code);
        first.addProperty("level", failed ? "Error" : "Info");
        first.addProperty("displayStatus", "Provisioning " + state.toLowerCase(Locale.ROOT));
        if (failed) first.addProperty("message", machine.why);
        first.addProperty("time", machine.created.toString());
        statuses.add(first);
        if (state.equals("Succeeded") || state.equals("Deleting")) {
            statuses.add(
                    object(
                            "{\"code\": \"PowerState/%s\", \"level\": \"Info\", \"displayStatus\": \"VM %s\"}"
                                    .formatted(machine.power, machine.power)));
        }
        var view = new JsonObject();
        view.addProperty("computerName", machine.name);
        view.addProperty("hyperVGeneration", "V2");
        view.add("statuses", statuses);
        return view;
    }

    private void bury() {
        var now = clock.instant();
        for (var machine : List.copyOf(machines.values())) {
            if (machine.goneAt.isAfter(now)) continue;
            machines.remove(machine.name.toLowerCase(Locale.ROOT));
            buried.add(machine);
            loosenParts(machine);
        }
    }

    // What machines are made of

    private void addParts(Machine machine) {
        var configurations =
                part(properties(machine.asked), "networkProfile")
                        .getAsJsonArray("networkInterfaceConfigurations");
        for (var element : configurations) {
            var configuration = element.getAsJsonObject();
            var name = text(configuration, "name");
            var one = networkInterface(name, machine, machine.address);
            if (configuration.has("tags")) one.add("tags", configuration.get("tags"));
            put(interfaces, one);
            for (var address : properties(configuration).getAsJsonArray("ipConfigurations")) {
                addPublicIp(machine, one, properties(address.getAsJsonObject()));
            }
        }
        var disk = part(part(properties(machine.asked), "storageProfile"), "osDisk");
        put(disks, disk(text(disk, "name"), machine));
    }

    private void addPublicIp(Machine machine, JsonObject one, JsonObject configuration) {
        if (!configuration.has("publicIPAddressConfiguration")) return;
        var asked = part(configuration, "publicIPAddressConfiguration");
        var address = "203.0.113." + (1 + addresses % 250);
        var ip = publicIp(text(asked, "name"), machine, address);
        if (asked.has("tags")) ip.add("tags", asked.get("tags"));
        put(publicIps, ip);
        var reference = new JsonObject();
        reference.addProperty("id", text(ip, "id"));
        properties(properties(one).getAsJsonArray("ipConfigurations").get(0).getAsJsonObject())
                .add("publicIPAddress", reference);
    }

    private void loosenParts(Machine machine) {
        if (keepsParts) keptOf.add(machine.name);
        var id = machineId(machine.name);
        for (var kind : List.of(interfaces, disks, publicIps)) {
            for (var part : List.copyOf(kind.values())) {
                if (!ownerOf(part).equals(id)) continue;
                if (keptOf.contains(machine.name)) {
                    loosen(part);
                } else {
                    kind.remove(text(part, "name").toLowerCase(Locale.ROOT));
                }
            }
        }
    }

    private static void loosen(JsonObject part) {
        part.remove("managedBy");
        properties(part).remove("virtualMachine");
        properties(part).remove("ipConfiguration");
        if (properties(part).has("diskState")) {
            properties(part).addProperty("diskState", "Unattached");
        }
    }

    private static String ownerOf(JsonObject part) {
        if (part.has("managedBy")) return text(part, "managedBy");
        if (properties(part).has("virtualMachine")) {
            return text(part(properties(part), "virtualMachine"), "id");
        }
        var id = text(part(properties(part), "ipConfiguration"), "id");
        var name = id.replaceFirst("^.*/networkInterfaces/", "").replaceFirst("-nic/.*$", "");
        return machineId(name);
    }

    private JsonObject networkInterface(String name, Machine machine, String address) {
        var id = groupId() + "/providers/Microsoft.Network/networkInterfaces/" + name;
        var one =
                object(
                        """
                        {"name": "%s", "id": "%s", "etag": "W/\\"1\\"", "type": "Microsoft.Network/networkInterfaces", "location": "%s",
                         "properties": {"provisioningState": "Succeeded", "primary": true, "ipConfigurations": [
                           {"name": "%s", "id": "%s/ipConfigurations/%s", "properties": {"provisioningState": "Succeeded",
                            "privateIPAddress": "%s", "privateIPAllocationMethod": "Dynamic", "privateIPAddressVersion": "IPv4",
                            "primary": true, "subnet": {"id": "%s"}}}]}}
                        """
                                .formatted(
                                        name, id, LOCATION, name, id, name, address, subnetId()));
        if (machine != null) properties(one).add("virtualMachine", reference(machine));
        return one;
    }

    private JsonObject disk(String name, Machine machine) {
        var disk =
                object(
                        """
                        {"name": "%s", "id": "%s/providers/Microsoft.Compute/disks/%s", "type": "Microsoft.Compute/disks", "location": "%s",
                         "properties": {"osType": "Linux", "diskSizeGB": 30, "diskState": "%s", "provisioningState": "Succeeded"}}
                        """
                                .formatted(
                                        name,
                                        groupId(),
                                        name,
                                        LOCATION,
                                        machine == null ? "Unattached" : "Attached"));
        if (machine != null) disk.addProperty("managedBy", machineId(machine.name));
        return disk;
    }

    private JsonObject publicIp(String name, Machine machine, String address) {
        var ip =
                object(
                        """
                        {"name": "%s", "id": "%s/providers/Microsoft.Network/publicIPAddresses/%s", "location": "%s",
                         "type": "Microsoft.Network/publicIPAddresses", "sku": {"name": "Standard"},
                         "properties": {"provisioningState": "Succeeded", "ipAddress": "%s", "publicIPAllocationMethod": "Static"}}
                        """
                                .formatted(name, groupId(), name, LOCATION, address));
        if (machine != null) {
            var configuration = new JsonObject();
            configuration.addProperty(
                    "id",
                    groupId()
                            + "/providers/Microsoft.Network/networkInterfaces/%s-nic/ipConfigurations/%s-nic"
                                    .formatted(machine.name, machine.name));
            properties(ip).add("ipConfiguration", configuration);
        }
        return ip;
    }

    private Reply part(Request request, String[] words) {
        var kind = partsOf(words[0]);
        var key = words[1].toLowerCase(Locale.ROOT);
        var part = kind.get(key);
        if (part == null) {
            return absent(
                    (words[0].equals("disks") ? "Microsoft.Compute/" : "Microsoft.Network/")
                            + words[0]
                            + "/"
                            + words[1]);
        }
        if (request.method().equals("GET")) return new Answer(200, part.toString());
        boolean held =
                part.has("managedBy")
                        || properties(part).has("virtualMachine")
                        || properties(part).has("ipConfiguration");
        if (held) {
            return error(409, "OperationNotAllowed", words[1] + " is attached to a VM.");
        }
        kind.remove(key);
        return new Answer(204, "");
    }

    private static boolean isPart(String type) {
        return Set.of("networkInterfaces", "disks", "publicIPAddresses").contains(type);
    }

    private Map<String, JsonObject> partsOf(String type) {
        return switch (type) {
            case "networkInterfaces" -> interfaces;
            case "disks" -> disks;
            default -> publicIps;
        };
    }

    private static void put(Map<String, JsonObject> parts, JsonObject part) {
        parts.put(text(part, "name").toLowerCase(Locale.ROOT), part);
    }

    private static JsonObject reference(Machine machine) {
        var reference = new JsonObject();
        reference.addProperty("id", machineId(machine.name));
        return reference;
    }

    // What else there is

    private static final List<JsonObject> SKUS =
            List.of(
                    sku(SIZE, "2", "8", "0", "[]"),
                    sku("Standard_NC4as_T4_v3", "4", "28", "1", "[]"),
                    sku("Standard_B1ls", "1", "0.5", "0", "[]"),
                    sku(
                            "Standard_M128s",
                            "128",
                            "2048",
                            "0",
                            """
                            [{"type": "Location", "values": ["uksouth"], "restrictionInfo": {"locations": ["uksouth"]},
                              "reasonCode": "NotAvailableForSubscription"}]
                            """),
                    sku(
                            "Standard_E4s_v5",
                            "4",
                            "32",
                            "0",
                            """
                            [{"type": "Zone", "values": ["uksouth"], "restrictionInfo": {"locations": ["uksouth"], "zones": ["3"]},
                              "reasonCode": "NotAvailableForSubscription"}]
                            """),
                    object(
                            """
                            {"resourceType": "disks", "name": "Premium_LRS", "tier": "Premium", "size": "P4", "locations": ["uksouth"],
                             "restrictions": []}
                            """));

    private static JsonObject sku(
            String name, String cpus, String memory, String gpus, String restrictions) {
        return object(
                """
                {"resourceType": "virtualMachines", "name": "%s", "tier": "Standard", "size": "%s", "family": "standardFamily",
                 "locations": ["uksouth"], "locationInfo": [{"location": "uksouth", "zones": ["1", "2", "3"], "zoneDetails": []}],
                 "capabilities": [{"name": "MaxResourceVolumeMB", "value": "0"}, {"name": "vCPUs", "value": "%s"},
                   {"name": "MemoryGB", "value": "%s"}%s], "restrictions": %s}
                """
                        .formatted(
                                name,
                                name.substring("Standard_".length()),
                                cpus,
                                memory,
                                gpus.equals("0")
                                        ? ""
                                        : ", {\"name\": \"GPUs\", \"value\": \"" + gpus + "\"}",
                                restrictions));
    }

    private List<JsonObject> usages() {
        return List.of(
                usage("availabilitySets", 0, 2500),
                usage("cores", 2 * machines.size(), 2 * quota),
                usage("virtualMachines", machines.size(), quota),
                usage("standardDSv5Family", 0, 100));
    }

    private static JsonObject usage(String name, int used, int limit) {
        return object(
                """
                {"unit": "Count", "currentValue": %d, "limit": %d, "name": {"value": "%s", "localizedValue": "%s"}}
                """
                        .formatted(used, limit, name, name));
    }

    private static JsonObject resourceGroup() {
        return object(
                """
                {"id": "%s", "name": "%s", "type": "Microsoft.Resources/resourceGroups", "location": "%s",
                 "properties": {"provisioningState": "Succeeded"}}
                """
                        .formatted(groupId(), GROUP, LOCATION));
    }

    private static JsonObject network() {
        return object(
                """
                {"name": "vmm-net", "id": "%s/providers/Microsoft.Network/virtualNetworks/vmm-net", "location": "%s",
                 "type": "Microsoft.Network/virtualNetworks", "properties": {"provisioningState": "Succeeded",
                  "addressSpace": {"addressPrefixes": ["10.1.0.0/16"]}, "subnets": [{"name": "vms", "id": "%s",
                  "properties": {"addressPrefix": "10.1.0.0/16", "provisioningState": "Succeeded"}}]}}
                """
                        .formatted(groupId(), LOCATION, subnetId()));
    }

    private static JsonObject named(String type, String name) {
        return object(
                """
                {"name": "%s", "id": "%s/providers/Microsoft.Compute/%s/%s", "type": "Microsoft.Compute/images", "location": "%s",
                 "properties": {"provisioningState": "Succeeded"}}
                """
                        .formatted(name, groupId(), type, name, LOCATION));
    }

    private Reply thing(Request request, String path) {
        if (request.method().equals("GET")) {
            if (path.equals("virtualNetworks/vmm-net/subnets/vms")) {
                return new Answer(
                        200, properties(network()).getAsJsonArray("subnets").get(0).toString());
            }
            if (isImageId(groupId() + "/providers/Microsoft.Compute/" + path)) {
                int slash = path.lastIndexOf('/');
                return new Answer(
                        200, named(path.substring(0, slash), path.substring(slash + 1)).toString());
            }
        }
        return absent(path);
    }

    private Reply locationThing(Request request, String path) {
        var rest = path.substring(("locations/" + LOCATION + "/").length());
        if (rest.startsWith("operations/")) {
            return operation(request, rest.substring("operations/".length()));
        }
        var debian = "publishers/Debian/artifacttypes/vmimage/offers/debian-12/skus/12/versions";
        if (rest.equals(debian)) {
            return new Answer(200, "[{\"location\": \"uksouth\", \"name\": \"0.1\"}]");
        }
        if (rest.equals(debian + "/0.1")) {
            return new Answer(200, "{\"location\": \"uksouth\", \"name\": \"0.1\"}");
        }
        if (rest.equals("communityGalleries/ours-1/images/tiny")) {
            return new Answer(200, "{\"name\": \"tiny\", \"location\": \"uksouth\"}");
        }
        return error(404, "PlatformImageNotFound", "The platform image was not found.");
    }

    private Reply validate(Request request) {
        var template = part(properties(object(request.body())), "template");
        var machine = template.getAsJsonArray("resources").get(0).getAsJsonObject();
        var refused = refusal(text(machine, "name"), machine);
        if (refused instanceof Answer(int status, var headers, String body)) {
            var inner = object(body).getAsJsonObject("error");
            var outer = fault("InvalidTemplateDeployment", "The template deployment is not valid.");
            var details = new JsonArray();
            details.add(inner);
            outer.add("details", details);
            var document = new JsonObject();
            document.add("error", outer);
            return new Answer(400, headers, document.toString());
        }
        return new Answer(
                200, "{\"id\": \"x\", \"properties\": {\"provisioningState\": \"Succeeded\"}}");
    }

    // How it answers

    private Reply page(Request request, List<JsonObject> all) {
        return pageOf(request, all, Function.identity());
    }

    private <T> Reply pageOf(Request request, List<T> all, Function<T, JsonObject> how) {
        var token = request.parameter("$skiptoken");
        if (failsPages && !token.isEmpty()) return error(503, "ServerTimeout", "Try again.");
        int from = token.isEmpty() ? 0 : Integer.parseInt(token);
        int to = Math.min(all.size(), from + pageSize);
        var items = new JsonArray();
        all.subList(Math.min(from, to), to).forEach(item -> items.add(how.apply(item)));
        var document = new JsonObject();
        document.add("value", items);
        if (to < all.size() || failsPages) {
            var query = request.uri().getRawQuery().replaceFirst("&\\$skiptoken=[^&]*", "");
            document.addProperty(
                    "nextLink", url() + request.path() + "?" + query + "&$skiptoken=" + to);
        }
        return new Answer(200, document.toString());
    }

    private static Answer absent(String what) {
        return error(
                404,
                "ResourceNotFound",
                "The Resource '%s' under resource group '%s' was not found."
                        .formatted(what, GROUP));
    }

    private static Answer invalid(String target, String message) {
        var fault = fault("InvalidParameter", message);
        fault.addProperty("target", target);
        var document = new JsonObject();
        document.add("error", fault);
        return new Answer(400, document.toString());
    }

    /** What Azure answers to a request that it does not carry out. */
    public static Answer error(int status, String code, String message) {
        var document = new JsonObject();
        document.add("error", fault(code, message));
        return new Answer(status, document.toString());
    }

    private static JsonObject fault(String code, String message) {
        var fault = new JsonObject();
        fault.addProperty("code", code);
        fault.addProperty("message", message);
        return fault;
    }

    private static Answer oauthError(int status, String code, String description) {
        var document = new JsonObject();
        document.addProperty("error", code);
        document.addProperty("error_description", description);
        return new Answer(status, document.toString());
    }

    /** What is behind the provider, without the group; empty for the group itself. */
    private static String inGroup(Request request) {
        var path = request.path();
        int provider = path.indexOf("/providers/");
        if (provider < 0) return "";
        var rest = path.substring(provider + "/providers/".length());
        return rest.substring(rest.indexOf('/') + 1);
    }

    private static String machineId(String name) {
        return groupId() + "/providers/Microsoft.Compute/virtualMachines/" + name;
    }

    static Map<String, String> form(String body) {
        var form = new TreeMap<String, String>();
        for (var pair : body.split("&")) {
            var parts = pair.split("=", 2);
            if (parts.length == 2) {
                form.put(
                        URLDecoder.decode(parts[0], StandardCharsets.UTF_8),
                        URLDecoder.decode(parts[1], StandardCharsets.UTF_8));
            }
        }
        return form;
    }

    private static JsonObject properties(JsonObject item) {
        return part(item, "properties");
    }

    private static JsonObject part(JsonObject item, String name) {
        return item.get(name) instanceof JsonObject object ? object : new JsonObject();
    }

    private static String text(JsonObject object, String name) {
        JsonElement element = object.get(name);
        return element == null || element instanceof JsonNull ? "" : element.getAsString();
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static JsonObject object(String json) {
        return JsonParser.parseString(json).getAsJsonObject();
    }
}
