package vmm.simulation;

import java.util.HashMap;
import java.util.Map;
import java.util.Set;

/**
 * The points of its work at which a replica can die: before and after each commit and each call of
 * a cloud. Named by the method of the service that is there; a point that was rarely passed is the
 * likelier to strike.
 */
final class Points {
    private static final StackWalker STACK = StackWalker.getInstance();
    private static final Set<String> NOT_OURS = Set.of("vmm.simulation", "vmm.cloud.simulated");

    private final Dice dice;
    private final Tally tally;
    private final Map<String, Integer> passed = new HashMap<>();
    private final Map<String, String> sites = new HashMap<>();
    private double danger;

    Points(Dice dice, Tally tally) {
        this.dice = dice;
        this.tally = tally;
    }

    /**
     * @param danger chance to die at a point that was often passed; 0 for never
     */
    void setDanger(double danger) {
        this.danger = danger;
    }

    /** Which method of the service runs this statement. */
    String site(String sql) {
        return sites.computeIfAbsent(sql, text -> site());
    }

    /** Which method of the service is here. */
    static String site() {
        return STACK.walk(
                frames ->
                        frames.filter(Points::ofTheService)
                                .findFirst()
                                .map(
                                        frame ->
                                                simple(frame.getClassName())
                                                        + "."
                                                        + method(frame.getMethodName()))
                                .orElse("nobody"));
    }

    /** Dies here, perhaps. */
    void pass(String point) {
        if (danger > 0 && strikes(Tally.Kind.CRASH, point, danger)) throw new Crash(point);
    }

    /** Whether something strikes at a point. */
    boolean strikes(Tally.Kind kind, String point, double ratio) {
        int before = passed.merge(kind + point, 1, Integer::sum);
        double likely = before <= 3 ? 15 * ratio : before <= 12 ? 3 * ratio : ratio;
        boolean strikes = dice.chance(likely);
        if (strikes) tally.count(kind, point);
        else tally.expect(kind, point);
        return strikes;
    }

    private static boolean ofTheService(StackWalker.StackFrame frame) {
        String name = frame.getClassName();
        return name.startsWith("vmm.") && NOT_OURS.stream().noneMatch(name::startsWith);
    }

    private static String simple(String className) {
        return className.substring(className.lastIndexOf('.') + 1);
    }

    private static String method(String name) {
        if (!name.startsWith("lambda$")) return name;
        return name.substring(7, name.lastIndexOf('$'));
    }
}
