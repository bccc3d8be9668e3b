package vmm.fleet;

import org.yaml.snakeyaml.nodes.Node;

import vmm.sizing.Schedule;

import java.net.URI;
import java.net.URISyntaxException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * The meaning of a fleet file's tree. Returns something in any case; only without problems is it of
 * use.
 */
final class FleetReader {

    private static final Set<String> FLEET =
            Set.of("installation", "clouds", "pools", "vmTypes", "schedules");
    private static final Set<String> CLOUD =
            Set.of(
                    "name",
                    "kind",
                    "endpoint",
                    "region",
                    "credentials",
                    "options",
                    "maxVms",
                    "callTimeout",
                    "rateLimit",
                    "probes",
                    "prices");
    private static final Set<String> VM_TYPE =
            Set.of(
                    "name",
                    "title",
                    "description",
                    "pool",
                    "vcpus",
                    "ramGb",
                    "gpus",
                    "groups",
                    "tags",
                    "logo");
    private static final Set<String> SCHEDULE =
            Set.of("name", "pool", "cron", "zone", "duration", "target");

    static final int MOST = 100_000;
    static final int LONGEST_ID = 200;
    static final int LONGEST_URL = 500;

    /** A create may wait for its turn twice that long: it must be out before it is given up. */
    private static final Duration LONGEST_CALL = Duration.ofSeconds(30);

    private final Map<String, KindRules> kinds;
    private final Problems problems;
    private final Variables variables;

    FleetReader(Map<String, KindRules> kinds, Problems problems, Variables variables) {
        this.kinds = kinds;
        this.problems = problems;
        this.variables = variables;
    }

    Fleet read(Node root) {
        var top =
                Fields.of(root, "the fleet file", FLEET, problems, variables)
                        .map(fields -> fields.require("installation", "clouds"));
        if (top.isEmpty()) return new Fleet("", List.of(), List.of(), List.of(), List.of());
        var file = top.get();
        var clouds = file.entries("clouds", "cloud", CLOUD);
        var pools = file.entries("pools", "pool", PoolReader.POOL);
        var vmTypes = file.entries("vmTypes", "VM type", VM_TYPE);
        var schedules = file.entries("schedules", "schedule", SCHEDULE);
        file.atLeastOne("clouds");
        names(clouds, "cloud");
        var rules = rules(clouds);
        var poolNames = names(pools, "pool");
        names(vmTypes, "VM type");
        names(schedules, "schedule");
        return new Fleet(
                file.name("installation").orElse(""),
                clouds.stream().map(this::cloud).toList(),
                pools.stream().map(pool -> PoolReader.read(pool, rules)).toList(),
                vmTypes.stream().map(type -> vmType(type, poolNames)).toList(),
                schedules.stream().flatMap(s -> schedule(s, poolNames).stream()).toList());
    }

    /**
     * The names that others may refer to, right or wrong in themselves; each must be there and
     * once.
     */
    private static Set<String> names(List<Fields> entries, String noun) {
        var lines = new HashMap<String, Integer>();
        for (var entry : entries) {
            entry.require("name")
                    .name("name")
                    .or(() -> entry.asWritten("name"))
                    .ifPresent(
                            name -> {
                                var before = lines.putIfAbsent(name, entry.line());
                                if (before != null)
                                    entry.problem(
                                            "name",
                                            noun
                                                    + " "
                                                    + entry.written("name")
                                                    + " is already at line "
                                                    + before
                                                    + ": give this one another name");
                            });
        }
        return lines.keySet();
    }

    /**
     * By the names of clouds, the rules of their kind; empty for a kind that nothing is known of.
     */
    private Map<String, Optional<KindRules>> rules(List<Fields> clouds) {
        var rules = new HashMap<String, Optional<KindRules>>();
        for (var cloud : clouds) {
            var kind = cloud.name("kind").flatMap(name -> Optional.ofNullable(kinds.get(name)));
            cloud.name("name")
                    .or(() -> cloud.asWritten("name"))
                    .ifPresent(name -> rules.putIfAbsent(name, kind));
        }
        return rules;
    }

    private CloudEntry cloud(Fields cloud) {
        cloud.require("kind");
        var kind = cloud.name("kind").orElse("");
        var rules = kinds.get(kind);
        if (rules == null && !kind.isEmpty())
            cloud.problem(
                    "kind",
                    "no adapter for kind "
                            + cloud.written("kind")
                            + " in this build; available: "
                            + (kinds.isEmpty()
                                    ? "none"
                                    : String.join(", ", new TreeSet<>(kinds.keySet()))));
        var endpoint = cloud.text("endpoint", LONGEST_URL);
        if (endpoint.isPresent() && !isWeb(endpoint.get()))
            cloud.problem(
                    "endpoint",
                    "endpoint is no address: write http:// or https://, a host and a path, and no"
                            + " user or password");
        return new CloudEntry(
                cloud.name("name").orElse(""),
                kind,
                endpoint,
                cloud.text("region", LONGEST_ID),
                cloud.pairs(
                        "credentials", "credentials", rules == null ? null : rules.credentials()),
                cloud.pairs("options", "options", rules == null ? null : rules.options()),
                cloud.whole("maxVms", 0, MOST),
                cloud.duration("callTimeout", LONGEST_CALL).orElse(CloudEntry.CALL_TIMEOUT),
                cloud.positive("rateLimit", 1_000),
                ProbeReader.read(cloud),
                PriceReader.read(cloud));
    }

    private static VmTypeEntry vmType(Fields type, Set<String> pools) {
        type.require("title", "pool", "vcpus", "ramGb");
        var logo = type.text("logo", LONGEST_URL);
        if (logo.isPresent() && !isWeb(logo.get()) && !logo.get().matches("/[^/].*"))
            type.problem(
                    "logo",
                    "logo must be an address that begins with https:// or a path that begins with"
                            + " /");
        return new VmTypeEntry(
                type.name("name").orElse(""),
                type.text("title", 200).orElse(""),
                type.prose("description", 2_000).orElse(""),
                reference(type, "pool", pools).orElse(""),
                type.whole("vcpus", 1, MOST).orElse(1),
                type.positive("ramGb", MOST).orElse(1.0),
                type.whole("gpus", 0, MOST).orElse(0),
                type.texts("groups", LONGEST_ID),
                type.texts("tags", 63),
                logo);
    }

    private static Optional<Schedule> schedule(Fields schedule, Set<String> pools) {
        schedule.require("pool", "cron", "zone", "duration", "target");
        var name = schedule.name("name");
        var pool = reference(schedule, "pool", pools);
        var cron =
                schedule.text("cron", 1_000)
                        .filter(
                                text ->
                                        accepts(
                                                schedule,
                                                "cron",
                                                () -> Schedule.requireCron(text)));
        var zone =
                schedule.text("zone", 1_000)
                        .filter(
                                text ->
                                        accepts(
                                                schedule,
                                                "zone",
                                                () -> Schedule.requireZone(text)));
        var duration = schedule.duration("duration", Schedule.LONGEST);
        var target = schedule.whole("target", 0, Schedule.LARGEST_TARGET);
        if (name.isEmpty()
                || pool.isEmpty()
                || cron.isEmpty()
                || zone.isEmpty()
                || duration.isEmpty()
                || target.isEmpty()) return Optional.empty();
        var read = new ArrayList<Schedule>();
        accepts(
                schedule,
                "duration",
                () ->
                        read.add(
                                Schedule.of(
                                        name.get(),
                                        pool.get(),
                                        cron.get(),
                                        zone.get(),
                                        duration.get(),
                                        target.get())));
        return read.stream().findFirst();
    }

    private static boolean accepts(Fields fields, String field, Runnable check) {
        try {
            check.run();
            return true;
        } catch (IllegalArgumentException e) {
            fields.problem(
                    field,
                    fields.isLiteral(field) ? String.valueOf(e.getMessage()) : field + " is wrong");
            return false;
        }
    }

    /** The name of another entry of the same file. */
    static Optional<String> reference(Fields from, String field, Set<String> known) {
        var name = from.name(field);
        boolean toldBefore = known.isEmpty() && field.equals("cloud");
        if (name.isPresent() && !known.contains(name.get()) && !toldBefore)
            from.problem(
                    field,
                    "there is no "
                            + field
                            + " "
                            + from.written(field)
                            + " in this file"
                            + Nearest.hint(name.get(), known));
        return name;
    }

    static boolean isWeb(String url) {
        try {
            var uri = new URI(url);
            var host = uri.getRawAuthority();
            return host != null
                    && !host.contains("@")
                    && ("http".equals(uri.getScheme()) || "https".equals(uri.getScheme()));
        } catch (URISyntaxException e) {
            return false;
        }
    }
}
