package vmm.fleet;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.regex.Pattern;

/** The meaning of a pool in a fleet file's tree. */
final class PoolReader {

    static final Set<String> POOL =
            Set.of(
                    "name",
                    "poolSize",
                    "maxSize",
                    "readyWhen",
                    "bootTimeout",
                    "lease",
                    "maxLifetime",
                    "idleTimeout",
                    "warning",
                    "placements",
                    "connect");
    private static final Set<String> PLACEMENT =
            Set.of("cloud", "image", "flavor", "network", "options", "weight", "maxVms");
    private static final Set<String> CONNECT = Set.of("kind", "url", "command");

    private static final int MOST_WEIGHT = 1_000_000;
    private static final Pattern CONNECT_KIND = Pattern.compile("[a-z][a-z0-9-]{0,30}");
    private static final Pattern CONNECT_URL = Pattern.compile("(https?|ssh|vnc|rdp)://.+");
    private static final Pattern BLANK = Pattern.compile("\\{([^{}]*)}");
    private static final Set<String> BLANKS = Set.of("address", "secret", "user");

    private PoolReader() {}

    /**
     * @param clouds by name, the rules of their kind; empty for a kind that nothing is known of
     */
    static PoolEntry read(Fields pool, Map<String, Optional<KindRules>> clouds) {
        pool.require("poolSize", "maxSize", "placements");
        var poolSize = pool.whole("poolSize", 0, FleetReader.MOST);
        var maxSize = pool.whole("maxSize", 0, FleetReader.MOST);
        if (poolSize.isPresent() && maxSize.isPresent() && poolSize.get() > maxSize.get())
            pool.problem(
                    "poolSize",
                    "poolSize "
                            + poolSize.get()
                            + " is above maxSize "
                            + maxSize.get()
                            + ": raise maxSize or lower poolSize");
        var lease = pool.duration("lease").orElse(PoolEntry.LEASE);
        var maxLifetime = pool.duration("maxLifetime").orElse(PoolEntry.MAX_LIFETIME);
        if (lease.compareTo(maxLifetime) > 0)
            pool.problem(
                    pool.has("lease") ? "lease" : "maxLifetime",
                    "lease "
                            + lease
                            + " is longer than maxLifetime "
                            + maxLifetime
                            + ": give a shorter lease or a longer maxLifetime");
        pool.atLeastOne("placements");
        var entry = entry(pool, clouds, poolSize.orElse(0), maxSize.orElse(0), lease, maxLifetime);
        if (entry.warnsTooEarly())
            pool.problem(
                    "warning",
                    "warning "
                            + entry.warning()
                            + " is not below idleTimeout "
                            + entry.idleTimeout()
                            + ": give a shorter warning or a longer idleTimeout");
        return entry;
    }

    private static PoolEntry entry(
            Fields pool,
            Map<String, Optional<KindRules>> clouds,
            int poolSize,
            int maxSize,
            Duration lease,
            Duration maxLifetime) {
        return new PoolEntry(
                pool.name("name").orElse(""),
                poolSize,
                maxSize,
                readyWhen(pool),
                pool.duration("bootTimeout").orElse(PoolEntry.BOOT_TIMEOUT),
                lease,
                maxLifetime,
                pool.duration("idleTimeout").orElse(PoolEntry.IDLE_TIMEOUT),
                pool.duration("warning").orElse(PoolEntry.WARNING),
                placements(pool, clouds),
                connects(pool));
    }

    private static ReadyWhen readyWhen(Fields pool) {
        var text = pool.text("readyWhen", FleetReader.LONGEST_ID);
        var readyWhen = text.flatMap(ReadyWhen::parse);
        if (text.isPresent() && readyWhen.isEmpty())
            pool.problem(
                    "readyWhen",
                    "readyWhen "
                            + pool.written("readyWhen")
                            + " is unknown: write guestReport, instanceActive, or portOpen: and a"
                            + " port, such as portOpen:22");
        return readyWhen.orElse(new ReadyWhen.GuestReport());
    }

    private static List<PoolEntry.Placement> placements(
            Fields pool, Map<String, Optional<KindRules>> clouds) {
        var placements = new ArrayList<PoolEntry.Placement>();
        var shelves = new HashSet<List<String>>();
        for (var placement : pool.entries("placements", "placement", PLACEMENT)) {
            placement.require("cloud", "image", "flavor");
            var cloud = FleetReader.reference(placement, "cloud", clouds.keySet());
            var flavor = placement.text("flavor", FleetReader.LONGEST_ID);
            if (cloud.isPresent()
                    && flavor.isPresent()
                    && !shelves.add(List.of(cloud.get(), flavor.get())))
                placement.problem(
                        "flavor",
                        "this pool has flavor "
                                + placement.written("flavor")
                                + " of that cloud already:"
                                + " join the two placements");
            placements.add(
                    new PoolEntry.Placement(
                            cloud.orElse(""),
                            placement.text("image", FleetReader.LONGEST_ID).orElse(""),
                            flavor.orElse(""),
                            placement.text("network", FleetReader.LONGEST_ID),
                            options(
                                    placement,
                                    cloud.flatMap(
                                            name -> clouds.getOrDefault(name, Optional.empty()))),
                            placement
                                    .whole("weight", 0, MOST_WEIGHT)
                                    .orElse(PoolEntry.Placement.WEIGHT),
                            placement.whole("maxVms", 0, FleetReader.MOST)));
        }
        return placements;
    }

    private static Map<String, String> options(Fields placement, Optional<KindRules> rules) {
        var options = placement.pairs("options", "options", null);
        rules.ifPresent(
                known ->
                        options.forEach(
                                (name, value) ->
                                        known.wrongOption(name, value)
                                                .ifPresent(
                                                        wrong ->
                                                                placement.problem(
                                                                        "options", wrong))));
        return options;
    }

    private static List<PoolEntry.Connect> connects(Fields pool) {
        var connects = new ArrayList<PoolEntry.Connect>();
        var kinds = new HashSet<String>();
        for (var connect : pool.entries("connect", "connect", CONNECT)) {
            connect.require("kind");
            var kind = connect.text("kind", FleetReader.LONGEST_ID);
            if (kind.isPresent() && !CONNECT_KIND.matcher(kind.get()).matches())
                connect.problem(
                        "kind",
                        "kind "
                                + connect.written("kind")
                                + " must be a short name, such as jupyter");
            if (kind.isPresent() && !kinds.add(kind.get()))
                connect.problem(
                        "kind",
                        "this pool has kind "
                                + connect.written("kind")
                                + " already: give it another name");
            var url = connect.text("url", FleetReader.LONGEST_URL);
            var command = connect.text("command", FleetReader.LONGEST_URL);
            if (connect.has("url") == connect.has("command"))
                connect.problem("kind", "connect needs either 'url' or 'command'");
            if (url.isPresent() && !CONNECT_URL.matcher(url.get()).matches())
                connect.problem("url", "url must begin with https:// (or http, ssh, vnc, rdp)");
            url.ifPresent(text -> checkBlanks(text, what -> connect.problem("url", what)));
            command.ifPresent(text -> checkBlanks(text, what -> connect.problem("command", what)));
            connects.add(new PoolEntry.Connect(kind.orElse(""), url, command));
        }
        return connects;
    }

    /** Says nothing of what is between the braces: variables are filled in already. */
    private static void checkBlanks(String text, Consumer<String> problem) {
        if (BLANK.matcher(text).results().anyMatch(blank -> !BLANKS.contains(blank.group(1))))
            problem.accept("between braces only {address}, {secret} and {user} are filled in");
    }
}
