package vmm.pool.configuration;

import org.jspecify.annotations.Nullable;

import vmm.fleet.KindRules;
import vmm.fleet.PoolEntry;
import vmm.web.Problem;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Pattern;

/** What must hold between the values of a pool: the rules of the fleet file, told by field. */
final class PoolRules {
    private static final Duration LONGEST = Duration.ofDays(365);
    private static final Pattern URL = Pattern.compile("(https?|ssh|vnc|rdp)://.+", Pattern.DOTALL);
    private static final Pattern BLANK = Pattern.compile("\\{([^{}]*)}");
    private static final Set<String> BLANKS = Set.of("address", "secret", "user");

    private final PoolEntry pool;
    private final @Nullable PoolEntry before;
    private final List<Problem.Field> broken = new ArrayList<>();

    private PoolRules(PoolEntry pool, @Nullable PoolEntry before) {
        this.pool = pool;
        this.before = before;
    }

    /**
     * Throws 422 with all that is wrong.
     *
     * @param before as it was; what was wrong with it then does not keep the rest from being
     *     changed
     * @param clouds those that exist, with the rules of their kind; empty for a kind that nothing
     *     is known of
     */
    static void require(
            PoolEntry pool, @Nullable PoolEntry before, Map<String, Optional<KindRules>> clouds) {
        var rules = new PoolRules(pool, before);
        rules.sizes();
        rules.durations();
        rules.placements(clouds);
        rules.connect();
        if (!rules.broken.isEmpty()) throw Problem.unprocessable(rules.broken);
    }

    private void broken(String field, String message) {
        broken.add(new Problem.Field(field, message));
    }

    private void sizes() {
        if (pool.poolSize() > pool.maxSize())
            broken("poolSize", "must be at most maxSize (" + pool.maxSize() + ")");
    }

    private void durations() {
        duration("bootTimeout", pool.bootTimeout());
        duration("lease", pool.lease());
        duration("maxLifetime", pool.maxLifetime());
        duration("idleTimeout", pool.idleTimeout());
        duration("warning", pool.warning());
        if (pool.lease().compareTo(pool.maxLifetime()) > 0)
            broken("lease", "must be at most maxLifetime (" + pool.maxLifetime() + ")");
        boolean asBefore =
                before != null
                        && before.warning().equals(pool.warning())
                        && before.idleTimeout().equals(pool.idleTimeout());
        if (pool.warnsTooEarly() && !asBefore)
            broken("warning", "must be below idleTimeout (" + pool.idleTimeout() + ")");
    }

    private void duration(String field, Duration duration) {
        if (!duration.isPositive() || duration.compareTo(LONGEST) > 0)
            broken(field, "must be longer than nothing and at most P" + LONGEST.toDays() + "D");
        else if (duration.getNano() != 0) broken(field, "must be whole seconds");
    }

    private void placements(Map<String, Optional<KindRules>> clouds) {
        var shelves = new HashSet<List<String>>();
        for (int i = 0; i < pool.placements().size(); i++) {
            var place = pool.placements().get(i);
            String field = "placements[" + i + "].";
            if (!clouds.containsKey(place.cloud()))
                broken(field + "cloud", "there is no cloud '" + place.cloud() + "'");
            if (!shelves.add(List.of(place.cloud(), place.flavor())))
                broken(
                        field + "flavor",
                        "this pool has this flavor of that cloud already: join the two placements");
            if (before == null || !before.placements().contains(place))
                options(field, place, clouds.getOrDefault(place.cloud(), Optional.empty()));
        }
    }

    private void options(String field, PoolEntry.Placement place, Optional<KindRules> rules) {
        new TreeMap<>(place.options())
                .forEach(
                        (name, value) ->
                                rules.flatMap(known -> known.wrongOption(name, value))
                                        .ifPresent(
                                                wrong -> broken(field + "options." + name, wrong)));
    }

    private void connect() {
        var kinds = new HashSet<String>();
        for (int i = 0; i < pool.connect().size(); i++) {
            var way = pool.connect().get(i);
            String field = "connect[" + i + "].";
            if (!kinds.add(way.kind())) broken(field + "kind", "comes twice: give it another name");
            if (way.url().isPresent() == way.command().isPresent())
                broken(field + "kind", "needs either url or command");
            if (way.url().filter(url -> !URL.matcher(url).matches()).isPresent())
                broken(field + "url", "must begin with https:// (or http, ssh, vnc, rdp)");
            blanks(field + "url", way.url());
            blanks(field + "command", way.command());
        }
    }

    private void blanks(String field, Optional<String> text) {
        boolean unknown =
                text.stream()
                        .flatMap(t -> BLANK.matcher(t).results())
                        .anyMatch(blank -> !BLANKS.contains(blank.group(1)));
        if (unknown)
            broken(field, "between braces only {address}, {secret} and {user} are filled in");
    }
}
