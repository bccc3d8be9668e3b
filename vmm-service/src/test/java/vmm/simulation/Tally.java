package vmm.simulation;

import vmm.cloud.simulated.Fault;
import vmm.vm.VmState;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** How often everything occurred. */
final class Tally {
    /** What is counted. */
    enum Kind {
        TRANSITION("transitions"),
        FAULT("faults of the clouds"),
        MISCHIEF("other mischief"),
        DECISION("decisions about clouds"),
        CRASH("crash points"),
        PAUSE("pause points");

        private final String title;

        Kind(String title) {
            this.title = title;
        }
    }

    private final Map<Kind, Map<String, Long>> counts = new TreeMap<>();

    Tally() {
        for (var kind : Kind.values()) counts.put(kind, new TreeMap<>());
        for (var from : VmState.values())
            for (var to : VmState.values())
                if (from.canBecome(to)) expect(Kind.TRANSITION, from + " to " + to);
        for (var fault : Fault.values()) expect(Kind.FAULT, fault.name());
        for (var mischief : Mischief.values()) expect(Kind.MISCHIEF, mischief.name());
        CloudJudgements.expect(this);
    }

    /** Something that can occur: if it never does, that shows. */
    void expect(Kind kind, String what) {
        add(kind, what, 0);
    }

    void count(Kind kind, String what) {
        add(kind, what, 1);
    }

    void count(Mischief mischief) {
        count(Kind.MISCHIEF, mischief.name());
    }

    synchronized void add(Kind kind, String what, long times) {
        counts.get(kind).merge(what, times, Long::sum);
    }

    synchronized void addAll(Tally other) {
        other.counts.forEach((kind, all) -> all.forEach((what, times) -> add(kind, what, times)));
    }

    /** What could have occurred and did not. */
    synchronized List<String> missing() {
        return counts.entrySet().stream()
                .flatMap(
                        kind ->
                                kind.getValue().entrySet().stream()
                                        .filter(e -> e.getValue() == 0)
                                        .map(e -> kind.getKey().title + ": " + e.getKey()))
                .toList();
    }

    @Override
    public synchronized String toString() {
        return counts.entrySet().stream()
                .map(
                        kind ->
                                kind.getKey().title
                                        + "\n"
                                        + kind.getValue().entrySet().stream()
                                                .map(
                                                        e ->
                                                                "  %9d  %s"
                                                                        .formatted(
                                                                                e.getValue(),
                                                                                e.getKey()))
                                                .collect(Collectors.joining("\n")))
                .collect(Collectors.joining("\n"));
    }
}
