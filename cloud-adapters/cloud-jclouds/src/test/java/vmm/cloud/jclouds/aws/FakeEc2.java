package vmm.cloud.jclouds.aws;

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
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * EC2 as far as the adapter asks it, with the answers that its documentation gives. What time it
 * is, is told to it.
 *
 * <p>It checks signatures; shows what was launched late if it is told to; keeps what was terminated
 * for an hour; answers a client token again as it did the first time; and takes no parameter that
 * it does not know.
 */
public final class FakeEc2 implements AutoCloseable {

    public static final String REGION = "eu-west-2";
    public static final String ACCESS_KEY = "AKIAVMMVMMVMMVMMVMM1";
    public static final String SECRET_KEY = "s3cr3t/key+of/vmm0123456789abcdefghijklm";
    public static final String IMAGE = "ami-0123456789abcdef0";
    public static final String IMAGE_NAME = "daaas workstation (2026.1)";
    public static final String FLAVOR = "m7i.large";
    public static final String SUBNET = "subnet-0a0a0a0a0a0a0a0a0";
    public static final String OTHER_SUBNET = "subnet-0b0b0b0b0b0b0b0b0";
    public static final String GROUP = "sg-0123456789abcdef0";
    public static final String KEY_PAIR = "ops";

    private static final Duration SHUT_DOWN = Duration.ofSeconds(2);
    private static final Duration TOMBSTONE = Duration.ofHours(1);
    private static final Duration SKEW = Duration.ofMinutes(5);
    private static final String SPACE = "http://ec2.amazonaws.com/doc/2016-11-15/";
    private static final DateTimeFormatter TIME =
            DateTimeFormatter.ofPattern("yyyyMMdd'T'HHmmss'Z'").withZone(ZoneOffset.UTC);

    /** What a request may hold beside its own parameters. */
    private static final Pattern COMMON = Pattern.compile("Action|Version|DryRun");

    private static final String PAGED =
            "Filter\\.\\d+\\.Name|Filter\\.\\d+\\.Value\\.\\d+|MaxResults|NextToken";

    private static final Map<String, Pattern> PARAMETERS =
            Map.ofEntries(
                    Map.entry("DescribeInstances", of("InstanceId\\.\\d+|" + PAGED)),
                    Map.entry("TerminateInstances", of("InstanceId\\.\\d+")),
                    Map.entry("StartInstances", of("InstanceId\\.\\d+")),
                    Map.entry("GetConsoleOutput", of("InstanceId|Latest")),
                    Map.entry("DescribeInstanceTypes", of("InstanceType\\.\\d+|" + PAGED)),
                    Map.entry("DescribeImages", of("ImageId\\.\\d+|Owner\\.\\d+|" + PAGED)),
                    Map.entry("DescribeSubnets", of("SubnetId\\.\\d+|" + PAGED)),
                    Map.entry("DescribeVolumes", of("VolumeId\\.\\d+|" + PAGED)),
                    Map.entry(
                            "DescribeNetworkInterfaces", of("NetworkInterfaceId\\.\\d+|" + PAGED)),
                    Map.entry("DeleteVolume", of("VolumeId")),
                    Map.entry("DeleteNetworkInterface", of("NetworkInterfaceId")),
                    Map.entry(
                            "RunInstances",
                            of(
                                    "ImageId|InstanceType|MinCount|MaxCount|ClientToken|UserData"
                                            + "|KeyName|SubnetId|SecurityGroupId\\.\\d+"
                                            + "|NetworkInterface\\.1\\.(DeviceIndex|SubnetId"
                                            + "|AssociatePublicIpAddress|DeleteOnTermination"
                                            + "|SecurityGroupId\\.\\d+)"
                                            + "|IamInstanceProfile\\.(Arn|Name)"
                                            + "|MetadataOptions\\.(HttpTokens|HttpEndpoint"
                                            + "|HttpPutResponseHopLimit)"
                                            + "|InstanceMarketOptions\\.(MarketType|SpotOptions"
                                            + "\\.(SpotInstanceType|InstanceInterruptionBehavior"
                                            + "|MaxPrice))"
                                            + "|TagSpecification\\.\\d+\\.(ResourceType"
                                            + "|Tag\\.\\d+\\.(Key|Value))")));

    private static final List<String> TAGGED =
            List.of("instance", "volume", "network-interface", "spot-instances-request");

    private record Secret(String secretKey, String sessionToken, Instant until) {}

    /** What a client token stands for; null if nothing was made. */
    private record Promise(Map<String, String> parameters, Machine machine) {}

    /** One instance. */
    private static final class Machine {
        String id = "";
        Map<String, String> asked = Map.of();
        Map<String, String> tags = new LinkedHashMap<>();
        Instant created = Instant.EPOCH;
        Instant shownFrom = Instant.EPOCH;
        Duration boot = Duration.ZERO;
        Instant deletedAt = Instant.MAX;
        Instant goneAt = Instant.MAX;
        boolean stopped;
        String reason = "";
        int number;
    }

    /** A volume or a network interface of an instance. */
    private record Part(String id, Machine machine, Map<String, String> tags) {}

    /** An error of EC2. */
    private static final class Refused extends RuntimeException {
        private static final long serialVersionUID = 1L;
        private final int status;
        private final String code;

        Refused(int status, String code, String message) {
            super(message, null, false, false);
            this.status = status;
            this.code = code;
        }
    }

    public final InstantSource clock;
    private final Map<String, Machine> machines = new LinkedHashMap<>();
    private final Map<String, Part> volumes = new LinkedHashMap<>();
    private final Map<String, Part> interfaces = new LinkedHashMap<>();
    private final Map<String, Promise> promises = new HashMap<>();
    private final Map<String, Secret> secrets = new HashMap<>();
    private final Map<String, String> images = new LinkedHashMap<>();
    private final Map<String, String> subnets = new LinkedHashMap<>();
    private final Map<String, UnaryOperator<String>> shown = new HashMap<>();
    private final Set<String> actions = new TreeSet<>();
    private final Set<String> kept = new HashSet<>();
    private final Set<String> full = new HashSet<>();
    private Function<Request, Reply> before = request -> null;
    private boolean losesReplies;
    private boolean failsPages;
    private boolean takesNoKeys;
    private boolean keepsParts;
    private boolean ignoresDryRuns;
    private boolean forgetsTerminated = true;
    private int quota = 5_000;
    private int pageSize = 1_000;
    private double spotPrice = 0.04;
    private Duration boot = Duration.ofSeconds(3);
    private Duration lag = Duration.ZERO;
    private final RawServer http;

    public FakeEc2(InstantSource clock) {
        this(clock, (request, ec2) -> ec2.apply(request));
    }

    /**
     * @param gate called by many threads at once, and free to take its time
     */
    public FakeEc2(InstantSource clock, Gate gate) {
        this.clock = clock;
        addKeys(ACCESS_KEY, SECRET_KEY, null, Instant.MAX);
        images.put(IMAGE, IMAGE_NAME);
        subnets.put(SUBNET, "vmm-a");
        subnets.put(OTHER_SUBNET, "vmm-b");
        this.http = new RawServer(request -> gate.through(request, this::serve));
    }

    // What happens to it

    public String url() {
        return http.url() + "/";
    }

    public List<Request> requests() {
        return http.requests();
    }

    /** The parameters of each request of an action, in the order of their coming. */
    public List<Map<String, String>> requests(String action) {
        return http.requests().stream()
                .map(request -> parameters(request.body()))
                .filter(parameters -> action.equals(parameters.get("Action")))
                .toList();
    }

    /** Every action that was asked for with keys that it knows. */
    public synchronized Set<String> actions() {
        return Set.copyOf(actions);
    }

    /** What is answered instead, where it is not null. */
    public synchronized void intercept(Function<Request, Reply> instead) {
        before = instead;
    }

    /** An error as EC2 writes it. */
    public static Answer error(int status, String code, String message) {
        return error(status, Map.of(), code, message);
    }

    public static Answer error(
            int status, Map<String, String> headers, String code, String message) {
        return new Answer(
                status,
                headers,
                """
                <?xml version="1.0" encoding="UTF-8"?>
                <Response><Errors><Error><Code>%s</Code><Message>%s</Message></Error></Errors><RequestID>%s</RequestID></Response>\
                """
                        .formatted(code, escaped(message), UUID.randomUUID()));
    }

    /**
     * Accepts requests that are signed with this.
     *
     * @param sessionToken null: keys of a user
     */
    public synchronized void addKeys(
            String accessKeyId, String secretKey, String sessionToken, Instant until) {
        secrets.put(accessKeyId, new Secret(secretKey, sessionToken, until));
    }

    public synchronized void revokeKeys(String accessKeyId) {
        secrets.remove(accessKeyId);
    }

    public synchronized void setQuota(int instances) {
        quota = instances;
    }

    public synchronized void setPageSize(int items) {
        pageSize = items;
    }

    /** From launch to running, for instances that are made from now on. */
    public synchronized void setBoot(Duration time) {
        boot = time;
    }

    /** What is launched from now on is shown so much later. */
    public synchronized void setLag(Duration time) {
        lag = time;
    }

    public synchronized void setSpotPrice(double price) {
        spotPrice = price;
    }

    /** Subnets whose zone has no room. */
    public synchronized void setFull(String... subnetIds) {
        full.clear();
        full.addAll(List.of(subnetIds));
    }

    /** Nowhere is any room. */
    public synchronized void fill() {
        full.add("");
        full.addAll(subnets.keySet());
    }

    /** A token of an instance that is gone answers with it, as EC2 did until 2025. */
    public synchronized void replayTerminated() {
        forgetsTerminated = false;
    }

    /** Launches take effect, and their answers are lost. */
    public synchronized void loseReplies() {
        losesReplies = true;
    }

    /** Listings begin well and then fail. */
    public synchronized void failPages() {
        failsPages = true;
    }

    /** What is asked for as a dry run is done, as by clouds that do not know them. */
    public synchronized void ignoreDryRuns() {
        ignoresDryRuns = true;
    }

    /** No keys are accepted any more. */
    public synchronized void lockOut() {
        takesNoKeys = true;
    }

    /** Volumes and interfaces stay when their instance goes. */
    public synchronized void keepParts() {
        keepsParts = true;
    }

    public synchronized void calm() {
        before = request -> null;
        losesReplies = false;
        failsPages = false;
        takesNoKeys = false;
        keepsParts = false;
        ignoresDryRuns = false;
        quota = 5_000;
        full.clear();
    }

    public synchronized void addImage(String id, String name) {
        images.put(id, name);
    }

    public synchronized void removeImage(String id) {
        images.remove(id);
    }

    public synchronized void stop(String id) {
        machines.get(id).stopped = true;
    }

    /** Somebody terminates it, and it is gone at once. */
    public synchronized void vanish(String id) {
        var machine = machines.get(id);
        machine.deletedAt = clock.instant();
        machine.goneAt = clock.instant();
        machine.reason = "Client.UserInitiatedShutdown";
    }

    /** EC2 takes a spot instance back. */
    public synchronized void interrupt(String id) {
        var machine = machines.get(id);
        machine.deletedAt = clock.instant();
        machine.goneAt = clock.instant().plus(SHUT_DOWN);
        machine.reason = "Server.SpotInstanceTermination";
    }

    /** Somebody removes the tags of an instance but for these. */
    public synchronized void keepTags(String id, String... keys) {
        machines.get(id).tags.keySet().retainAll(List.of(keys));
    }

    /** Changes how one instance is shown: the XML inside its item. */
    public synchronized void show(String id, UnaryOperator<String> how) {
        shown.put(id, how);
    }

    public synchronized String userDataOf(String id) {
        return new String(
                Base64.getDecoder().decode(machines.get(id).asked.getOrDefault("UserData", "")),
                StandardCharsets.UTF_8);
    }

    /** What an instance was launched with. */
    public synchronized Map<String, String> askedFor(String id) {
        return machines.get(id).asked;
    }

    /** Everything that was ever launched. */
    public synchronized List<Life> lives() {
        return machines.values().stream()
                .map(
                        machine ->
                                new Life(
                                        machine.id,
                                        tagsAsked(machine.asked, "instance")
                                                .getOrDefault(Tags.VM_ID, ""),
                                        machine.created,
                                        machine.deletedAt,
                                        machine.goneAt))
                .toList();
    }

    /** The ids of volumes and interfaces that are there. */
    public synchronized Set<String> parts() {
        settle();
        var all = new TreeSet<>(volumes.keySet());
        all.addAll(interfaces.keySet());
        return all;
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
            try {
                return answer(request);
            } catch (Refused refused) {
                return error(refused.status, refused.code, refused.getMessage());
            }
        }
    }

    private Reply answer(Request request) {
        if (!request.method().equals("POST") || !request.path().equals("/")) {
            return new Answer(404, "<html><body>no such page</body></html>");
        }
        authenticate(request);
        var asked = parameters(request.body());
        var action = asked.getOrDefault("Action", "");
        check(action, asked);
        actions.add(action);
        settle();
        return switch (action) {
            case "RunInstances" -> run(asked);
            case "DescribeInstances" -> describeInstances(asked);
            case "TerminateInstances" -> terminate(asked);
            case "StartInstances" -> start(asked);
            case "GetConsoleOutput" -> console(asked);
            case "DescribeInstanceTypes" -> describeTypes(asked);
            case "DescribeImages" -> describeImages(asked);
            case "DescribeSubnets" -> describeSubnets(asked);
            case "DescribeVolumes" -> describeParts(asked, "Volume", volumes);
            case "DescribeNetworkInterfaces" ->
                    describeParts(asked, "NetworkInterface", interfaces);
            case "DeleteVolume" -> delete(asked, "Volume", volumes);
            default -> delete(asked, "NetworkInterface", interfaces);
        };
    }

    private void authenticate(Request request) {
        var failure =
                new Refused(
                        401,
                        "AuthFailure",
                        "AWS was not able to validate the provided access credentials");
        if (takesNoKeys) throw failure;
        var signature = Signature.of(request).orElseThrow(() -> failure);
        var secret = secrets.get(signature.accessKeyId());
        if (secret == null) throw failure;
        var token = request.headers().get("x-amz-security-token");
        if (!Optional.ofNullable(secret.sessionToken()).equals(Optional.ofNullable(token))) {
            throw failure;
        }
        var now = clock.instant();
        var sent = Instant.from(TIME.parse(signature.time()));
        if (Duration.between(sent, now).abs().compareTo(SKEW) > 0
                || !now.isBefore(secret.until())) {
            throw new Refused(400, "RequestExpired", "Request has expired.");
        }
        boolean right =
                signature.region().equals(REGION)
                        && signature.service().equals("ec2")
                        && signature.isMadeWith(secret.secretKey(), request);
        if (!right) {
            throw new Refused(
                    403,
                    "SignatureDoesNotMatch",
                    "The request signature we calculated does not match the signature you"
                            + " provided. Check your AWS Secret Access Key and signing method.");
        }
    }

    private static void check(String action, Map<String, String> asked) {
        var known = PARAMETERS.get(action);
        if (known == null || !"2016-11-15".equals(asked.get("Version"))) {
            throw new Refused(
                    400,
                    "InvalidAction",
                    "The action " + action + " is not valid for this web service.");
        }
        for (var name : asked.keySet()) {
            if (known.matcher(name).matches() || COMMON.matcher(name).matches()) continue;
            throw new Refused(400, "UnknownParameter", "The parameter " + name + " is not known");
        }
    }

    private void dryRun(Map<String, String> asked) {
        if (ignoresDryRuns || !"true".equals(asked.get("DryRun"))) return;
        throw new Refused(
                412, "DryRunOperation", "Request would have succeeded, but DryRun flag is set.");
    }

    // Launching

    private Reply run(Map<String, String> asked) {
        validate(asked);
        dryRun(asked);
        var token = asked.getOrDefault("ClientToken", UUID.randomUUID().toString());
        var promise = promises.get(token);
        if (promise != null && !promise.parameters().equals(asked)) {
            throw new Refused(
                    400,
                    "IdempotentParameterMismatch",
                    "Arguments on this idempotent request are inconsistent with arguments used in"
                            + " previous request(s).");
        }
        if (promise != null && promise.machine() != null) return again(promise.machine());
        promises.put(token, new Promise(asked, null));
        checkRoom(asked);
        var machine = made(asked);
        promises.put(token, new Promise(asked, machine));
        return losesReplies ? new Drop() : launched(machine);
    }

    private Reply again(Machine machine) {
        if (forgetsTerminated && !machine.goneAt.isAfter(clock.instant())) {
            throw new Refused(
                    400,
                    "IdempotentInstanceTerminated",
                    "The client token you have provided is associated with a terminated instance."
                            + " Please use a different client token.");
        }
        return losesReplies ? new Drop() : launched(machine);
    }

    private void validate(Map<String, String> asked) {
        for (var name : List.of("ImageId", "InstanceType", "MinCount", "MaxCount")) {
            if (!asked.containsKey(name)) {
                throw new Refused(
                        400, "MissingParameter", "The request must contain the parameter " + name);
            }
        }
        var image = asked.get("ImageId");
        if (!image.matches("ami-[0-9a-f]+|resolve:ssm:.+")) {
            throw new Refused(400, "InvalidAMIID.Malformed", "Invalid id: \"" + image + "\"");
        }
        if (image.startsWith("ami-") && !images.containsKey(image)) {
            throw new Refused(
                    400, "InvalidAMIID.NotFound", "The image id '[" + image + "]' does not exist");
        }
        var type = asked.get("InstanceType");
        if (TYPES.keySet().stream().noneMatch(type::equals)) {
            throw new Refused(
                    400, "InvalidParameterValue", "Invalid value '" + type + "' for InstanceType.");
        }
        validateNetwork(asked);
        if (asked.containsKey("KeyName") && !KEY_PAIR.equals(asked.get("KeyName"))) {
            throw new Refused(
                    400,
                    "InvalidKeyPair.NotFound",
                    "The key pair '" + asked.get("KeyName") + "' does not exist");
        }
        var userData = asked.getOrDefault("UserData", "");
        if (Base64.getDecoder().decode(userData).length > 16_384) {
            throw new Refused(400, "InvalidParameterValue", "User data is limited to 16384 bytes");
        }
        for (int i = 1; asked.containsKey("TagSpecification." + i + ".ResourceType"); i++) {
            if (!TAGGED.contains(asked.get("TagSpecification." + i + ".ResourceType"))) {
                throw new Refused(400, "InvalidParameterValue", "no such resource type");
            }
        }
    }

    private void validateNetwork(Map<String, String> asked) {
        boolean described = asked.containsKey("NetworkInterface.1.DeviceIndex");
        boolean plain = asked.containsKey("SubnetId") || asked.containsKey("SecurityGroupId.1");
        if (described && plain) {
            throw new Refused(
                    400,
                    "InvalidParameterCombination",
                    "Network interfaces and an instance-level subnet ID may not be specified on"
                            + " the same request");
        }
        var subnet = subnetOf(asked);
        if (!subnet.isEmpty() && !subnets.containsKey(subnet)) {
            throw new Refused(
                    400,
                    "InvalidSubnetID.NotFound",
                    "The subnet ID '" + subnet + "' does not exist");
        }
        asked.forEach(
                (name, value) -> {
                    if (name.contains("SecurityGroupId.") && !value.equals(GROUP)) {
                        throw new Refused(
                                400,
                                "InvalidGroup.NotFound",
                                "The security group '" + value + "' does not exist");
                    }
                });
    }

    private void checkRoom(Map<String, String> asked) {
        if (living().size() >= quota) {
            throw new Refused(
                    400,
                    "VcpuLimitExceeded",
                    "You have requested more vCPU capacity than your current vCPU limit of "
                            + 2 * quota
                            + " allows for the instance bucket that the specified instance type"
                            + " belongs to.");
        }
        var maxPrice = asked.get("InstanceMarketOptions.SpotOptions.MaxPrice");
        if (maxPrice != null && Double.parseDouble(maxPrice) < spotPrice) {
            throw new Refused(
                    400,
                    "SpotMaxPriceTooLow",
                    "Your Spot request price of "
                            + maxPrice
                            + " is lower than the minimum required Spot request fulfillment price"
                            + " of "
                            + spotPrice
                            + ".");
        }
        if (full.contains(subnetOf(asked))) {
            throw new Refused(
                    500,
                    "InsufficientInstanceCapacity",
                    "We currently do not have sufficient "
                            + asked.get("InstanceType")
                            + " capacity in the Availability Zone you requested.");
        }
    }

    private Machine made(Map<String, String> asked) {
        var machine = new Machine();
        machine.number = machines.size() + 1;
        machine.id = "i-0%016x".formatted(machine.number);
        machine.asked = Map.copyOf(asked);
        machine.tags.putAll(tagsAsked(asked, "instance"));
        machine.created = clock.instant();
        machine.shownFrom = clock.instant().plus(lag);
        machine.boot = boot;
        machines.put(machine.id, machine);
        var volume = "vol-0%016x".formatted(machine.number);
        volumes.put(volume, new Part(volume, machine, tagsAsked(asked, "volume")));
        var eni = "eni-0%016x".formatted(machine.number);
        interfaces.put(eni, new Part(eni, machine, tagsAsked(asked, "network-interface")));
        return machine;
    }

    private Reply launched(Machine machine) {
        return document(
                "RunInstances",
                "<reservationId>r-0%016x</reservationId><ownerId>123456789012</ownerId><groupSet/>"
                                .formatted(machine.number)
                        + "<instancesSet><item>"
                        + itself(machine)
                        + "</item></instancesSet>");
    }

    private static String subnetOf(Map<String, String> asked) {
        return asked.getOrDefault(
                "SubnetId", asked.getOrDefault("NetworkInterface.1.SubnetId", ""));
    }

    private static Map<String, String> tagsAsked(Map<String, String> asked, String kind) {
        var tags = new LinkedHashMap<String, String>();
        for (int i = 1; asked.containsKey("TagSpecification." + i + ".ResourceType"); i++) {
            var prefix = "TagSpecification." + i + ".";
            if (!asked.get(prefix + "ResourceType").equals(kind)) continue;
            for (int j = 1; asked.containsKey(prefix + "Tag." + j + ".Key"); j++) {
                tags.put(
                        asked.get(prefix + "Tag." + j + ".Key"),
                        asked.get(prefix + "Tag." + j + ".Value"));
            }
        }
        return tags;
    }

    // Instances

    private Reply describeInstances(Map<String, String> asked) {
        var ids = list(asked, "InstanceId");
        if (!ids.isEmpty() && asked.containsKey("MaxResults")) {
            throw new Refused(
                    400,
                    "InvalidParameterCombination",
                    "The parameter instancesSet cannot be used with the parameter maxResults");
        }
        var found = ids.isEmpty() ? visible() : ids.stream().map(this::shownNow).toList();
        var wanted = matching(asked, this::fieldOf);
        dryRun(asked);
        var items =
                found.stream()
                        .filter(machine -> wanted.test(machine))
                        .map(this::reservation)
                        .toList();
        return page("DescribeInstances", "reservationSet", asked, 5, 1_000, items);
    }

    private Reply terminate(Map<String, String> asked) {
        var machines = list(asked, "InstanceId").stream().map(this::existing).toList();
        dryRun(asked);
        var now = clock.instant();
        var changes = new StringBuilder();
        for (var machine : machines) {
            var was = stateOf(machine);
            if (machine.deletedAt.isAfter(now)) {
                machine.deletedAt = now;
                machine.goneAt = now.plus(SHUT_DOWN);
                machine.reason = "Client.UserInitiatedShutdown";
            }
            changes.append(change(machine, was));
        }
        return document("TerminateInstances", "<instancesSet>" + changes + "</instancesSet>");
    }

    private Reply start(Map<String, String> asked) {
        var machines = list(asked, "InstanceId").stream().map(this::shownNow).toList();
        dryRun(asked);
        var changes = new StringBuilder();
        for (var machine : machines) {
            var was = stateOf(machine);
            if (!was.equals("stopped") && !was.equals("running") && !was.equals("pending")) {
                throw new Refused(
                        400,
                        "IncorrectInstanceState",
                        "The instance '"
                                + machine.id
                                + "' is not in a state from which it can be started.");
            }
            if (machine.stopped) machine.boot = bootingAgain(machine);
            machine.stopped = false;
            changes.append(change(machine, was));
        }
        return document("StartInstances", "<instancesSet>" + changes + "</instancesSet>");
    }

    private Duration bootingAgain(Machine machine) {
        return Duration.between(machine.created, clock.instant()).plus(boot);
    }

    private Reply console(Map<String, String> asked) {
        var machine = shownNow(asked.getOrDefault("InstanceId", ""));
        dryRun(asked);
        var output =
                stateOf(machine).equals("pending")
                        ? ""
                        : Base64.getMimeEncoder()
                                .encodeToString(
                                        "cloud-init: done\r\nvmm login: "
                                                .getBytes(StandardCharsets.UTF_8));
        return document(
                "GetConsoleOutput",
                "<instanceId>%s</instanceId><timestamp>%s</timestamp>%s"
                        .formatted(
                                machine.id,
                                time(clock.instant()),
                                output.isEmpty() ? "" : "<output>" + output + "</output>"));
    }

    /** Shown or not. */
    private Machine existing(String id) {
        if (!id.matches("i-[0-9a-f]{8,17}")) {
            throw new Refused(400, "InvalidInstanceID.Malformed", "Invalid id: \"" + id + "\"");
        }
        var machine = machines.get(id);
        if (machine == null || !machine.goneAt.isAfter(clock.instant().minus(TOMBSTONE))) {
            throw new Refused(
                    400,
                    "InvalidInstanceID.NotFound",
                    "The instance ID '" + id + "' does not exist");
        }
        return machine;
    }

    private Machine shownNow(String id) {
        var machine = existing(id);
        if (machine.shownFrom.isAfter(clock.instant())) {
            throw new Refused(
                    400,
                    "InvalidInstanceID.NotFound",
                    "The instance ID '" + id + "' does not exist");
        }
        return machine;
    }

    private List<Machine> visible() {
        var now = clock.instant();
        return machines.values().stream()
                .filter(machine -> !machine.shownFrom.isAfter(now))
                .filter(machine -> machine.goneAt.isAfter(now.minus(TOMBSTONE)))
                .toList();
    }

    private List<Machine> living() {
        return machines.values().stream()
                .filter(machine -> machine.goneAt.isAfter(clock.instant()))
                .toList();
    }

    private String fieldOf(Machine machine, String filter) {
        return switch (filter) {
            case "instance-state-name" -> stateOf(machine);
            case "client-token" -> machine.asked.getOrDefault("ClientToken", "");
            default -> tagOf(machine.tags, filter);
        };
    }

    private static String tagOf(Map<String, String> tags, String filter) {
        if (filter.startsWith("tag:")) return tags.get(filter.substring("tag:".length()));
        throw new Refused(400, "InvalidParameterValue", "The filter '" + filter + "' is invalid");
    }

    private String stateOf(Machine machine) {
        var now = clock.instant();
        if (!machine.goneAt.isAfter(now)) return "terminated";
        if (!machine.deletedAt.isAfter(now)) return "shutting-down";
        if (machine.stopped) return "stopped";
        return machine.created.plus(machine.boot).isAfter(now) ? "pending" : "running";
    }

    private static String state(String name) {
        int code =
                switch (name) {
                    case "pending" -> 0;
                    case "running" -> 16;
                    case "shutting-down" -> 32;
                    case "terminated" -> 48;
                    default -> 80;
                };
        return "<code>" + code + "</code><name>" + name + "</name>";
    }

    private String change(Machine machine, String was) {
        return "<item><instanceId>%s</instanceId><currentState>%s</currentState><previousState>%s</previousState></item>"
                .formatted(machine.id, state(stateOf(machine)), state(was));
    }

    private String reservation(Machine machine) {
        return "<item><reservationId>r-0%016x</reservationId><ownerId>123456789012</ownerId><groupSet/><instancesSet><item>%s</item></instancesSet></item>"
                .formatted(
                        machine.number,
                        shown.getOrDefault(machine.id, same -> same).apply(itself(machine)));
    }

    private String itself(Machine machine) {
        var state = stateOf(machine);
        boolean there = !state.equals("terminated");
        int[] cpu = TYPES.get(machine.asked.get("InstanceType"));
        var address = "10.64.%d.%d".formatted(machine.number / 250, machine.number % 250 + 1);
        boolean isPublic =
                "true".equals(machine.asked.get("NetworkInterface.1.AssociatePublicIpAddress"));
        var publicAddress = isPublic ? "203.0.113." + machine.number % 250 : "";
        var association =
                isPublic
                        ? "<association><publicIp>%s</publicIp><publicDnsName/><ipOwnerId>amazon</ipOwnerId></association>"
                                .formatted(publicAddress)
                        : "";
        var network =
                there
                        ? """
                        <privateIpAddress>%s</privateIpAddress>%s<subnetId>%s</subnetId><vpcId>vpc-0123456789abcdef0</vpcId>\
                        <networkInterfaceSet><item><networkInterfaceId>eni-0%016x</networkInterfaceId><subnetId>%s</subnetId>\
                        <vpcId>vpc-0123456789abcdef0</vpcId><status>in-use</status><privateIpAddress>%s</privateIpAddress>\
                        <attachment><attachmentId>eni-attach-0%016x</attachmentId><deviceIndex>0</deviceIndex><status>attached</status>\
                        <attachTime>%s</attachTime><deleteOnTermination>true</deleteOnTermination><networkCardIndex>0</networkCardIndex></attachment>\
                        %s<ipv6AddressesSet/></item></networkInterfaceSet>\
                        """
                                .formatted(
                                        address,
                                        isPublic
                                                ? "<ipAddress>" + publicAddress + "</ipAddress>"
                                                : "",
                                        subnetOf(machine.asked),
                                        machine.number,
                                        subnetOf(machine.asked),
                                        address,
                                        machine.number,
                                        time(machine.created),
                                        association)
                        : "";
        return """
        <instanceId>%s</instanceId><imageId>%s</imageId><instanceState>%s</instanceState><privateDnsName/><dnsName/>\
        <reason>%s</reason><amiLaunchIndex>0</amiLaunchIndex><productCodes/><instanceType>%s</instanceType><launchTime>%s</launchTime>\
        <placement><availabilityZone>eu-west-2a</availabilityZone><groupName/><tenancy>default</tenancy></placement>\
        <monitoring><state>disabled</state></monitoring>%s<sourceDestCheck>true</sourceDestCheck><groupSet/>\
        <architecture>x86_64</architecture><rootDeviceType>ebs</rootDeviceType><rootDeviceName>/dev/xvda</rootDeviceName>\
        <blockDeviceMapping/><virtualizationType>hvm</virtualizationType><clientToken>%s</clientToken>%s%s<hypervisor>xen</hypervisor>\
        <ebsOptimized>false</ebsOptimized><cpuOptions><coreCount>%d</coreCount><threadsPerCore>%d</threadsPerCore></cpuOptions>\
        """
                .formatted(
                        machine.id,
                        machine.asked.get("ImageId"),
                        state(state),
                        machine.reason,
                        machine.asked.get("InstanceType"),
                        time(machine.created),
                        network,
                        machine.asked.getOrDefault("ClientToken", ""),
                        tagSet(machine.tags),
                        machine.asked.containsKey("InstanceMarketOptions.MarketType")
                                ? "<instanceLifecycle>spot</instanceLifecycle>"
                                : "",
                        cpu[0] / 2,
                        2);
    }

    private static String tagSet(Map<String, String> tags) {
        if (tags.isEmpty()) return "";
        return tags.entrySet().stream()
                .map(
                        tag ->
                                "<item><key>%s</key><value>%s</value></item>"
                                        .formatted(escaped(tag.getKey()), escaped(tag.getValue())))
                .collect(Collectors.joining("", "<tagSet>", "</tagSet>"));
    }

    // What can be launched

    /** Processors, MiB, GPUs. */
    private static final Map<String, int[]> TYPES =
            new TreeMap<>(
                    Map.of(
                            FLAVOR,
                            new int[] {2, 8_192, 0},
                            "t3.micro",
                            new int[] {2, 1_024, 0},
                            "p5.48xlarge",
                            new int[] {192, 2_097_152, 8}));

    private Reply describeTypes(Map<String, String> asked) {
        var types = list(asked, "InstanceType");
        for (var type : types) {
            if (TYPES.containsKey(type)) continue;
            throw new Refused(
                    400,
                    "InvalidInstanceType",
                    "The following supplied instance types do not exist: [" + type + "]");
        }
        dryRun(asked);
        var items =
                TYPES.entrySet().stream()
                        .filter(type -> types.isEmpty() || types.contains(type.getKey()))
                        .map(type -> "<item>" + type(type.getKey(), type.getValue()) + "</item>")
                        .toList();
        return page("DescribeInstanceTypes", "instanceTypeSet", asked, 5, 100, items);
    }

    private static String type(String name, int[] has) {
        var gpus =
                has[2] == 0
                        ? ""
                        : "<gpuInfo><gpus><item><name>H100</name><manufacturer>NVIDIA</manufacturer><count>%d</count><memoryInfo><sizeInMiB>81920</sizeInMiB></memoryInfo></item></gpus><totalGpuMemoryInMiB>655360</totalGpuMemoryInMiB></gpuInfo>"
                                .formatted(has[2]);
        return """
        <instanceType>%s</instanceType><currentGeneration>true</currentGeneration><bareMetal>false</bareMetal><hypervisor>nitro</hypervisor>\
        <vCpuInfo><defaultVCpus>%d</defaultVCpus><defaultCores>%d</defaultCores><defaultThreadsPerCore>2</defaultThreadsPerCore></vCpuInfo>\
        <memoryInfo><sizeInMiB>%d</sizeInMiB></memoryInfo>%s\
        """
                .formatted(name, has[0], has[0] / 2, has[1], gpus);
    }

    private Reply describeImages(Map<String, String> asked) {
        var ids = list(asked, "ImageId");
        for (var id : ids) {
            if (!id.matches("ami-[0-9a-f]+")) {
                throw new Refused(400, "InvalidAMIID.Malformed", "Invalid id: \"" + id + "\"");
            }
            if (images.containsKey(id)) continue;
            throw new Refused(
                    400, "InvalidAMIID.NotFound", "The image id '[" + id + "]' does not exist");
        }
        Predicate<String> wanted =
                matching(
                        asked,
                        (id, filter) ->
                                switch (filter) {
                                    case "name" -> images.get(id);
                                    case "state" -> "available";
                                    default -> tagOf(Map.of(), filter);
                                });
        dryRun(asked);
        var items =
                images.keySet().stream()
                        .filter(id -> ids.isEmpty() || ids.contains(id))
                        .filter(wanted)
                        .map(
                                id ->
                                        """
                                        <item><imageId>%s</imageId><imageLocation>123456789012/%s</imageLocation><imageState>available</imageState>\
                                        <imageOwnerId>123456789012</imageOwnerId><isPublic>false</isPublic><architecture>x86_64</architecture>\
                                        <imageType>machine</imageType><name>%s</name><rootDeviceType>ebs</rootDeviceType></item>\
                                        """
                                                .formatted(id, images.get(id), images.get(id)))
                        .toList();
        return page("DescribeImages", "imagesSet", asked, 1, 1_000, items);
    }

    private Reply describeSubnets(Map<String, String> asked) {
        var ids = list(asked, "SubnetId");
        for (var id : ids) {
            if (subnets.containsKey(id)) continue;
            throw new Refused(
                    400, "InvalidSubnetID.NotFound", "The subnet ID '" + id + "' does not exist");
        }
        dryRun(asked);
        var items =
                subnets.entrySet().stream()
                        .filter(subnet -> ids.isEmpty() || ids.contains(subnet.getKey()))
                        .map(
                                subnet ->
                                        "<item><subnetId>%s</subnetId><state>available</state><vpcId>vpc-0123456789abcdef0</vpcId>%s</item>"
                                                .formatted(
                                                        subnet.getKey(),
                                                        tagSet(Map.of("Name", subnet.getValue()))))
                        .toList();
        return page("DescribeSubnets", "subnetSet", asked, 5, 1_000, items);
    }

    // What instances leave behind

    /** Takes the volumes and interfaces of those away that are gone. */
    private void settle() {
        var now = clock.instant();
        for (var machine : machines.values()) {
            if (machine.goneAt.isAfter(now)) continue;
            for (var parts : List.of(volumes, interfaces)) {
                for (var part : List.copyOf(parts.values())) {
                    if (part.machine() != machine) continue;
                    if (keepsParts) kept.add(part.id());
                    if (!kept.contains(part.id())) parts.remove(part.id());
                }
            }
        }
    }

    private String statusOf(Part part) {
        return part.machine().goneAt.isAfter(clock.instant()) ? "in-use" : "available";
    }

    private Reply describeParts(Map<String, String> asked, String kind, Map<String, Part> parts) {
        var ids = list(asked, kind + "Id");
        for (var id : ids) checkPart(kind, parts, id);
        Predicate<Part> wanted =
                matching(
                        asked,
                        (part, filter) ->
                                filter.equals("status")
                                        ? statusOf(part)
                                        : tagOf(part.tags(), filter));
        dryRun(asked);
        var name = kind.equals("Volume") ? "volume" : "networkInterface";
        var items =
                parts.values().stream()
                        .filter(part -> ids.isEmpty() || ids.contains(part.id()))
                        .filter(wanted)
                        .map(
                                part ->
                                        "<item><%sId>%s</%sId><status>%s</status>%s</item>"
                                                .formatted(
                                                        name,
                                                        part.id(),
                                                        name,
                                                        statusOf(part),
                                                        tagSet(part.tags())))
                        .toList();
        return page("Describe" + kind + "s", name + "Set", asked, 5, 1_000, items);
    }

    private Reply delete(Map<String, String> asked, String kind, Map<String, Part> parts) {
        var id = asked.getOrDefault(kind + "Id", "");
        checkPart(kind, parts, id);
        if (statusOf(parts.get(id)).equals("in-use")) {
            throw new Refused(
                    400,
                    kind.equals("Volume") ? "VolumeInUse" : "InvalidParameterValue",
                    kind + " " + id + " is currently in use");
        }
        dryRun(asked);
        parts.remove(id);
        return document("Delete" + kind, "<return>true</return>");
    }

    private static void checkPart(String kind, Map<String, Part> parts, String id) {
        if (parts.containsKey(id)) return;
        throw new Refused(
                400,
                kind.equals("Volume")
                        ? "InvalidVolume.NotFound"
                        : "InvalidNetworkInterfaceID.NotFound",
                "The " + kind + " '" + id + "' does not exist.");
    }

    // Words of all answers

    /** How a thing's field is read by the name of a filter; null where it has none. */
    private interface Field<T> {
        String of(T thing, String filter);
    }

    private static <T> Predicate<T> matching(Map<String, String> asked, Field<T> field) {
        Predicate<T> wanted = thing -> true;
        for (int i = 1; asked.containsKey("Filter." + i + ".Name"); i++) {
            var name = asked.get("Filter." + i + ".Name");
            var patterns =
                    list(asked, "Filter." + i + ".Value").stream().map(FakeEc2::pattern).toList();
            wanted =
                    wanted.and(
                            thing -> {
                                var value = field.of(thing, name);
                                return value != null
                                        && patterns.stream()
                                                .anyMatch(p -> p.matcher(value).matches());
                            });
        }
        return wanted;
    }

    /** EC2's filters know * and ?, and a backslash before those that mean themselves. */
    private static Pattern pattern(String text) {
        var regex = new StringBuilder();
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == '\\' && i + 1 < text.length()) {
                regex.append(Pattern.quote(String.valueOf(text.charAt(++i))));
            } else if (c == '*') {
                regex.append(".*");
            } else if (c == '?') {
                regex.append('.');
            } else {
                regex.append(Pattern.quote(String.valueOf(c)));
            }
        }
        return Pattern.compile(regex.toString());
    }

    private Reply page(
            String action,
            String set,
            Map<String, String> asked,
            int least,
            int most,
            List<String> items) {
        var wanted = asked.get("MaxResults");
        if (wanted != null) {
            int number = Integer.parseInt(wanted);
            if (number < least || number > most) {
                throw new Refused(
                        400,
                        "InvalidParameterValue",
                        "Value ( " + wanted + " ) for parameter maxResults is invalid.");
            }
        }
        var token = asked.getOrDefault("NextToken", "");
        if (failsPages && !token.isEmpty()) {
            throw new Refused(503, "Unavailable", "The service is unavailable.");
        }
        int from = token.isEmpty() ? 0 : Integer.parseInt(decoded(token));
        int limit = wanted == null ? items.size() : Integer.parseInt(wanted);
        int to = Math.min(items.size(), from + Math.min(limit, pageSize));
        boolean more = to < items.size() || failsPages && to > 0;
        return document(
                action,
                "<"
                        + set
                        + ">"
                        + String.join("", items.subList(from, to))
                        + "</"
                        + set
                        + ">"
                        + (more ? "<nextToken>" + encoded(to) + "</nextToken>" : ""));
    }

    private static String encoded(int offset) {
        return Base64.getEncoder()
                .encodeToString(("offset=" + offset).getBytes(StandardCharsets.UTF_8));
    }

    private static String decoded(String token) {
        return new String(Base64.getDecoder().decode(token), StandardCharsets.UTF_8)
                .replace("offset=", "");
    }

    private static Reply document(String action, String content) {
        return new Answer(
                200,
                "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<%sResponse xmlns=\"%s\"><requestId>%s</requestId>%s</%sResponse>"
                        .formatted(action, SPACE, UUID.randomUUID(), content, action));
    }

    private static List<String> list(Map<String, String> asked, String name) {
        var values = new ArrayList<String>();
        for (int i = 1; asked.containsKey(name + "." + i); i++) {
            values.add(asked.get(name + "." + i));
        }
        return values;
    }

    /** The parameters of a form, by their names. */
    static Map<String, String> parameters(String form) {
        var parameters = new TreeMap<String, String>();
        for (var pair : form.split("&")) {
            var parts = pair.split("=", 2);
            if (parts.length < 2) continue;
            parameters.put(
                    URLDecoder.decode(parts[0], StandardCharsets.UTF_8),
                    URLDecoder.decode(parts[1], StandardCharsets.UTF_8));
        }
        return parameters;
    }

    /** As EC2 writes it. */
    private static String time(Instant instant) {
        return instant.truncatedTo(ChronoUnit.SECONDS).toString().replace("Z", ".000Z");
    }

    private static String escaped(String text) {
        return text.replace("&", "&amp;").replace("<", "&lt;").replace("\"", "&quot;");
    }

    private static Pattern of(String regex) {
        return Pattern.compile(regex);
    }
}
