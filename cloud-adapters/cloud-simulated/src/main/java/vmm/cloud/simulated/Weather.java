package vmm.cloud.simulated;

import java.time.Duration;
import java.util.Map;
import java.util.OptionalInt;

/**
 * What a simulated cloud does to its callers and its instances: ratios between 0 (never) and 1
 * (always), durations and limits. Every component can be set by its name ({@link #with}), in the
 * fleet file as in code.
 *
 * @param lostReply create, delete or start takes effect and the answer is lost
 * @param failBefore a 5xx without effect
 * @param hang no answer within the call's deadline; half of the changes so asked for take effect
 * @param noCapacity a create finds no room
 * @param capacity instances that the cloud can hold, whoever owns them
 * @param quota instances that the account may have
 * @param throttled too many requests
 * @param retryAfter what a throttled caller is told
 * @param unauthorized credentials not accepted
 * @param rejected a create is called wrong
 * @param outage nobody answers at all
 * @param createTime how long a create takes to answer
 * @param deleteTime how long an instance is DELETING
 * @param bootTime from create to the guest's report, on average; half of it the instance is
 *     BUILDING
 * @param bootJitter the share of the boot time by which it varies either way
 * @param slowBoot instances that take {@code slowBootFactor} times as long
 * @param slowBootFactor 1 or more
 * @param neverBoots instances that stay BUILDING
 * @param neverReports instances whose guest never reports
 * @param errorInstances instances that go to ERROR
 * @param listLag changes more recent than this are not listed yet
 * @param partialList a page of a listing fails
 * @param staleList a listing shows the world of {@code staleBy} ago
 * @param staleBy at most {@link #LONGEST_LAG}, as {@code listLag}
 * @param emptyList a listing is answered well, with nothing in it
 * @param lateBirth a create hangs and its instance appears {@code lateBy} after it was asked for
 * @param lateBy how late
 * @param leftover deleted instances that leave something behind
 */
public record Weather(
        double lostReply,
        double failBefore,
        double hang,
        double noCapacity,
        OptionalInt capacity,
        OptionalInt quota,
        double throttled,
        Duration retryAfter,
        double unauthorized,
        double rejected,
        boolean outage,
        Duration createTime,
        Duration deleteTime,
        Duration bootTime,
        double bootJitter,
        double slowBoot,
        double slowBootFactor,
        double neverBoots,
        double neverReports,
        double errorInstances,
        Duration listLag,
        double partialList,
        double staleList,
        Duration staleBy,
        double emptyList,
        double lateBirth,
        Duration lateBy,
        double leftover) {

    /** How far a listing can look back: rows of deleted instances are kept a little longer. */
    public static final Duration LONGEST_LAG = Duration.ofMinutes(10);

    /** Nothing goes wrong; instances take about eight seconds to be ready and two to go. */
    public static final Weather CALM =
            new Weather(
                    0,
                    0,
                    0,
                    0,
                    OptionalInt.empty(),
                    OptionalInt.empty(),
                    0,
                    Duration.ofSeconds(5),
                    0,
                    0,
                    false,
                    Duration.ZERO,
                    Duration.ofSeconds(2),
                    Duration.ofSeconds(8),
                    0.2,
                    0,
                    10,
                    0,
                    0,
                    0,
                    Duration.ZERO,
                    0,
                    0,
                    Duration.ofSeconds(30),
                    0,
                    0,
                    Duration.ofSeconds(30),
                    0);

    public Weather {
        ratio("lostReply", lostReply);
        ratio("failBefore", failBefore);
        ratio("hang", hang);
        ratio("noCapacity", noCapacity);
        limit("capacity", capacity);
        limit("quota", quota);
        ratio("throttled", throttled);
        duration("retryAfter", retryAfter);
        ratio("unauthorized", unauthorized);
        ratio("rejected", rejected);
        duration("createTime", createTime);
        duration("deleteTime", deleteTime);
        duration("bootTime", bootTime);
        ratio("bootJitter", bootJitter);
        ratio("slowBoot", slowBoot);
        demand(
                "slowBootFactor",
                slowBootFactor >= 1 && slowBootFactor <= 1_000,
                slowBootFactor,
                "a factor from 1 to 1000");
        ratio("neverBoots", neverBoots);
        ratio("neverReports", neverReports);
        ratio("errorInstances", errorInstances);
        lag("listLag", listLag);
        ratio("partialList", partialList);
        ratio("staleList", staleList);
        lag("staleBy", staleBy);
        ratio("emptyList", emptyList);
        ratio("lateBirth", lateBirth);
        duration("lateBy", lateBy);
        ratio("leftover", leftover);
    }

    /**
     * This weather with one component changed: {@code CALM.with("lostReply", 0.1).with("bootTime",
     * "PT3S")}.
     *
     * @param value of the component's type, or as text; {@code ""} for no limit
     * @throws IllegalArgumentException if there is no such component or the value does not fit
     */
    public Weather with(String component, Object value) {
        return WeatherReport.read(this, Map.of(component, WeatherReport.text(value)));
    }

    private static void ratio(String name, double value) {
        demand(name, value >= 0 && value <= 1, value, "a ratio between 0 and 1, such as 0.05");
    }

    private static void limit(String name, OptionalInt value) {
        demand(name, value.orElse(0) >= 0, value, "a number of instances, such as 100");
    }

    private static void duration(String name, Duration value) {
        demand(
                name,
                !value.isNegative() && value.compareTo(Duration.ofDays(1)) <= 0,
                value,
                "an ISO 8601 duration of at most a day, such as PT8S");
    }

    private static void lag(String name, Duration value) {
        demand(
                name,
                !value.isNegative() && value.compareTo(LONGEST_LAG) <= 0,
                value,
                "an ISO 8601 duration up to " + LONGEST_LAG + ", such as PT5S");
    }

    private static void demand(String name, boolean fits, Object value, String remedy) {
        if (!fits)
            throw new IllegalArgumentException(
                    "option " + name + " is " + value + "; write " + remedy);
    }
}
