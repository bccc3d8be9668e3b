package vmm.start;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;

import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.datasource.AbstractDataSource;

import vmm.cloud.CloudFailure;
import vmm.cloud.CloudProvider;
import vmm.cloud.CloudProviderFactory.Surroundings;
import vmm.cloud.LaunchSpec;
import vmm.cloud.Tags;
import vmm.clouds.NameChecks;
import vmm.database.ClockConfiguration;
import vmm.database.StartRefused;
import vmm.fleet.CloudEntry;
import vmm.fleet.Fleet;
import vmm.fleet.FleetFile;
import vmm.fleet.FleetRefused;
import vmm.fleet.Nearest;
import vmm.fleet.PoolEntry;
import vmm.vm.Ids;
import vmm.vm.Options;

import java.io.PrintStream;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Stream;

/**
 * A look at the clouds of a fleet file before they are used: what each answers to everything that
 * the service will ask, and whether it would launch what pools place there. Nothing is launched and
 * no database is needed. Each call has the deadline of its cloud; what is found is printed as it
 * is, without secrets.
 */
public final class CloudCheck {
    /** The first argument of the program that asks for it. */
    public static final String COMMAND = "cloud-check";

    /** All is well. */
    static final int WELL = 0;

    /** A cloud does not do what it must. */
    static final int FAILED = 1;

    /** The file or the arguments are wrong; told in a line for each thing that is. */
    static final int WRONG = 2;

    private static final String SIMULATED = "simulated";
    private static final String USER_DATA = "#cloud-config\n";

    private final Function<String, Optional<String>> environment;
    private final PrintStream out;
    private final List<String> todo = new ArrayList<>();

    /**
     * @param environment values for <code>${NAME}</code> in the file
     * @param out flushed with each line
     */
    public CloudCheck(Function<String, Optional<String>> environment, PrintStream out) {
        this.environment = environment;
        this.out = out;
    }

    /**
     * Checks the clouds of a fleet file.
     *
     * @param arguments path of the file, and the name of a cloud to check only that one
     * @return the exit code: 0 if all is well, 1 if a cloud fails, 2 for a wrong file
     */
    public int run(List<String> arguments) {
        if (arguments.isEmpty() || arguments.size() > 2) {
            return wrong("say which fleet file: " + COMMAND + " <fleet.yaml> [<cloud>]");
        }
        var adapters = Adapters.load();
        try {
            var file = Path.of(arguments.getFirst());
            var fleet = FleetFile.read(file, environment, adapters.kinds().byName());
            if (arguments.size() == 1) return check(fleet, fleet.clouds(), adapters);
            String name = arguments.get(1);
            var one = fleet.clouds().stream().filter(c -> c.name().equals(name)).toList();
            if (!one.isEmpty()) return check(fleet, one, adapters);
            var known = fleet.clouds().stream().map(CloudEntry::name).toList();
            return wrong("there is no cloud '" + name + "' in it" + Nearest.hint(name, known));
        } catch (FleetRefused refused) {
            return wrong(String.join(System.lineSeparator(), refused.problems()));
        } catch (StartRefused refused) {
            return wrong(String.valueOf(refused.getMessage()));
        }
    }

    private int wrong(String why) {
        out.println("The fleet file cannot be used: " + why);
        return WRONG;
    }

    private int check(Fleet fleet, List<CloudEntry> clouds, Adapters adapters) {
        var real = clouds.stream().filter(cloud -> !cloud.kind().equals(SIMULATED)).toList();
        var only =
                new Fleet(
                        fleet.installation(),
                        real,
                        fleet.pools(),
                        fleet.vmTypes(),
                        fleet.schedules());
        var around = new Surroundings(ClockConfiguration.clock(), new NoDatabase());
        try (var open =
                new OpenClouds(only, adapters.byKind(), around, new SimpleMeterRegistry())) {
            for (var cloud : clouds) {
                out.println(heading(cloud));
                open.provider(cloud.name())
                        .ifPresentOrElse(
                                provider -> new OneCloud(fleet, cloud, provider).check(),
                                () -> out.println("  simulated: there is nothing to check"));
            }
        }
        if (todo.isEmpty()) {
            out.println(real.isEmpty() ? "No cloud of it is real." : "All is well.");
            return WELL;
        }
        out.println("To do: " + String.join("; ", todo));
        return FAILED;
    }

    private static String heading(CloudEntry cloud) {
        return Stream.of(
                        Optional.of(cloud.name()),
                        Optional.of(cloud.kind()),
                        cloud.region(),
                        cloud.endpoint())
                .flatMap(Optional::stream)
                .reduce((some, more) -> some + "  " + more)
                .orElse("");
    }

    /** What a cloud is asked. */
    private interface Question {
        String answer() throws CloudFailure;
    }

    /** One cloud, step by step. One that does not answer is not asked any more. */
    private final class OneCloud {
        private final Fleet fleet;
        private final CloudEntry cloud;
        private final CloudProvider provider;
        private final Ids ids = new Ids(ClockConfiguration.clock(), new SecureRandom());
        private boolean silent;

        OneCloud(Fleet fleet, CloudEntry cloud, CloudProvider provider) {
            this.fleet = fleet;
            this.cloud = cloud;
            this.provider = provider;
        }

        void check() {
            boolean in =
                    step(
                            "sign-in",
                            () -> {
                                provider.ping();
                                return "ok";
                            });
            if (!in) {
                out.println("  the rest was not tried");
                return;
            }
            step(
                    "instances",
                    () -> provider.list().size() + " of installation " + fleet.installation());
            step("quota", () -> QuotaWords.of(provider.quota()));
            step("flavors", () -> some(provider.offerings()));
            step("images", () -> some(provider.images()));
            step("networks", () -> some(provider.networks()));
            line("  ", "console", "not tested: it takes an instance");
            for (var pool : fleet.pools()) {
                for (var place : pool.placements()) {
                    if (place.cloud().equals(cloud.name())) placement(pool.name(), place);
                }
            }
        }

        private void placement(String pool, PoolEntry.Placement place) {
            out.println("  pool " + pool + ": " + words(place));
            String whose = "pool " + pool + " on " + cloud.name();
            boolean known =
                    step(
                            "  ",
                            "names",
                            whose,
                            () -> {
                                var wrong =
                                        provider.misnomers(
                                                place.image(),
                                                place.flavor(),
                                                place.network().orElse(null));
                                if (!wrong.isEmpty()) {
                                    throw new CloudFailure.Rejected(NameChecks.words(wrong));
                                }
                                return "ok";
                            });
            if (!known) return;
            step(
                    "  ",
                    "rehearsal",
                    whose,
                    () -> {
                        provider.rehearse(spec(place));
                        return "ok";
                    });
        }

        private LaunchSpec spec(PoolEntry.Placement place) {
            String id = ids.next().toString();
            return new LaunchSpec(
                    "vmm-" + fleet.installation() + "-" + id,
                    new Tags(fleet.installation(), COMMAND, id),
                    place.image(),
                    place.flavor(),
                    place.network().orElse(null),
                    place.options(),
                    USER_DATA);
        }

        private boolean step(String what, Question question) {
            return step("", what, cloud.name() + " " + what, question);
        }

        private boolean step(String indent, String what, String whose, Question question) {
            if (silent) {
                line("  " + indent, what, "not tried");
                return false;
            }
            try {
                line("  " + indent, what, question.answer());
                return true;
            } catch (CloudFailure failure) {
                line("  " + indent, what, "FAILED " + failure.kind() + ": " + failure.detail());
                todo.add(whose + ": " + remedy(failure));
                silent = failure instanceof CloudFailure.Unreachable;
                return false;
            }
        }

        private void line(String indent, String what, @Nullable String said) {
            out.println(indent + String.format("%-10s", what) + " " + said);
        }
    }

    private static String some(List<?> listed) {
        return listed.isEmpty() ? "none" : String.valueOf(listed.size());
    }

    private static String words(PoolEntry.Placement place) {
        return place.image()
                + " on "
                + place.flavor()
                + place.network().map(network -> " in " + network).orElse("")
                + (place.options().isEmpty() ? "" : " with " + Options.words(place.options()));
    }

    private static String remedy(CloudFailure failure) {
        return switch (failure) {
            case CloudFailure.Unreachable u ->
                    "it does not answer: look at its endpoint, its region and the way there";
            case CloudFailure.Unauthorized u ->
                    "correct its credentials, or give them the right to do this";
            case CloudFailure.Throttled t -> "it throttles us: try again later, or set rateLimit";
            case CloudFailure.HeldBack h -> "our own rateLimit holds calls back: raise it";
            case CloudFailure.NoCapacity n -> "it has no room for this flavor now";
            case CloudFailure.QuotaExceeded q -> "raise the quota, or set maxVms below it";
            case CloudFailure.Rejected r -> r.detail();
        };
    }

    /** For adapters that want a database; those of real clouds do not. */
    private static final class NoDatabase extends AbstractDataSource {
        @Override
        public Connection getConnection() throws SQLException {
            throw new SQLException("there is no database here");
        }

        @Override
        public Connection getConnection(String username, String password) throws SQLException {
            return getConnection();
        }
    }
}
