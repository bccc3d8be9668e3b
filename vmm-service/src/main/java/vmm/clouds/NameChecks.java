package vmm.clouds;

import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.stereotype.Component;

import vmm.cloud.CloudFailure;
import vmm.cloud.CloudProvider;
import vmm.cloud.Misnomer;
import vmm.fleet.Nearest;

import java.time.Duration;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;

/** Asks clouds whether they know what placements name. Nothing of it is remembered. */
@Component
public final class NameChecks {
    /** How long whoever saves a pool waits for all clouds together. */
    static final Duration PATIENCE = Duration.ofSeconds(5);

    /** So many near matches help; more confuse. */
    private static final int NEAR = 3;

    private final CloudConnections connections;
    private final Duration patience;

    @Autowired
    public NameChecks(CloudConnections connections) {
        this(connections, PATIENCE);
    }

    NameChecks(CloudConnections connections, Duration patience) {
        this.connections = connections;
        this.patience = patience;
    }

    /**
     * What a placement names on a cloud.
     *
     * @param network null: the cloud's default
     */
    public record Asked(String cloud, String image, String flavor, @Nullable String network) {}

    /** What came of asking. */
    public sealed interface Finding {
        /** What stands for nothing there; empty if all is known. */
        record Answered(List<Misnomer> wrong) implements Finding {}

        /** It could not be found out. */
        record Unknown(String why) implements Finding {}

        /** For the row of the placement, null if all is known. */
        default @Nullable String note() {
            return switch (this) {
                case Answered(var wrong) -> wrong.isEmpty() ? null : words(wrong);
                case Unknown(String why) -> "not checked: " + why;
            };
        }
    }

    /** Asks about all of them at once; who has not answered in time is Unknown. */
    public Map<Asked, Finding> check(Collection<Asked> places) {
        var distinct = List.copyOf(new java.util.LinkedHashSet<>(places));
        var found = new LinkedHashMap<Asked, Finding>();
        List<Callable<Finding>> questions =
                distinct.stream().<Callable<Finding>>map(place -> () -> check(place)).toList();
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            var answers = threads.invokeAll(questions, patience.toMillis(), TimeUnit.MILLISECONDS);
            for (int i = 0; i < distinct.size(); i++) {
                found.put(distinct.get(i), outcome(distinct.get(i), answers.get(i)));
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            distinct.forEach(place -> found.putIfAbsent(place, silent(place.cloud())));
        }
        return found;
    }

    private Finding check(Asked place) {
        return connections
                .provider(place.cloud())
                .map(provider -> check(place, provider))
                .orElseGet(
                        () -> new Finding.Unknown("the fleet file does not name " + place.cloud()));
    }

    /** Asks the cloud itself, which may take as long as a call to it. */
    public static Finding check(Asked place, CloudProvider provider) {
        try {
            return new Finding.Answered(
                    provider.misnomers(place.image(), place.flavor(), place.network()));
        } catch (CloudFailure.Unreachable unreachable) {
            return silent(place.cloud());
        } catch (CloudFailure failure) {
            return new Finding.Unknown(
                    place.cloud()
                            + " refused to tell ("
                            + failure.kind()
                            + "): "
                            + failure.detail());
        }
    }

    private static Finding outcome(Asked place, Future<Finding> answer) {
        return switch (answer.state()) {
            case SUCCESS -> answer.resultNow();
            case RUNNING, FAILED, CANCELLED -> silent(place.cloud());
        };
    }

    private static Finding silent(String cloud) {
        return new Finding.Unknown(cloud + " did not answer");
    }

    /** Such as {@code there is no flavor 'm7i.xlage'; did you mean 'm7i.xlarge'?}. */
    public static String words(Misnomer wrong) {
        var near = near(wrong);
        String hint =
                near.stream().map(name -> "'" + name + "'").collect(Collectors.joining(" or "));
        return "there is no "
                + wrong.what()
                + " '"
                + wrong.name()
                + "'"
                + (near.isEmpty() ? "" : "; did you mean " + hint + "?");
    }

    /** Of all of them. */
    public static String words(List<Misnomer> wrong) {
        return wrong.stream().map(NameChecks::words).collect(Collectors.joining(" "));
    }

    /** What somebody who wrote that may have meant, likeliest first. */
    public static List<String> near(Misnomer wrong) {
        return Nearest.some(wrong.name(), wrong.known(), NEAR);
    }
}
