package vmm.vm;

import static org.assertj.core.api.Assertions.assertThat;

import static java.util.stream.Collectors.joining;

import org.junit.jupiter.api.Test;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * {@code docs/lifecycle.md}, made from the transition table and the comments of {@link VmState} and
 * {@link VmReason}. With {@code -Dvmm.docs=write} it is written anew, else compared.
 */
class LifecycleDocumentTest {
    private static final Path DOCUMENT = Path.of("../docs/lifecycle.md");
    private static final Path SOURCES = Path.of("src/main/java/vmm/vm");
    private static final Pattern CONSTANT =
            Pattern.compile(
                    "/\\*\\*(?<comment>(?:(?!\\*/).)*)\\*/\\s*(?<name>[A-Z_]+)[,;\\s]",
                    Pattern.DOTALL);

    @Test
    void theDocumentIsWhatTheCodeSays() throws IOException {
        String generated = document();
        if ("write".equals(System.getProperty("vmm.docs"))) Files.writeString(DOCUMENT, generated);
        assertThat(Files.readString(DOCUMENT))
                .as("docs/lifecycle.md is generated: run this test with -Dvmm.docs=write")
                .isEqualTo(generated);
    }

    private static String document() throws IOException {
        return """
        # The life of a VM

        The states of a VM, what may follow what, and why a VM goes. This file is generated from `VmState` and
        `VmReason` by `LifecycleDocumentTest`, which fails when it is stale; do not edit it.

        A state says how far a VM is; a *reason* on its row says why it had to go. A VM is single-use: it never comes
        back from ALLOCATED to READY. Every change of state is a compare-and-set on the version of the row that was
        read, and writes an event in the same statement.

        ```mermaid
        stateDiagram-v2
            direction LR
            [*] --> REQUESTED
        %s    DELETED --> [*]
        ```

        ## States

        %s
        ## Transitions

        Who may take a step: `lifecycle` from what a cloud shows, `refill` from what a pool needs, `grant` and
        `reclaim` from what people ask and leave, and people through the API. An operator may send a VM that is not
        held from any state before DELETING to DELETING (`FORCED`). There are no other transitions.

        %s
        ## Reasons

        A reason is written with the step to DELETING and stays on the row and in its timeline.

        %s
        """
                .formatted(arrows(), states(), transitions(), reasons())
                .stripTrailing()
                .concat("\n");
    }

    private static String arrows() {
        return steps().map(step -> "    " + step.from() + " --> " + step.to() + "\n")
                .collect(joining());
    }

    private static String states() throws IOException {
        var sentences = sentences("VmState.java");
        var table =
                new StringBuilder(
                        "| state | what it means | for max size | for the cloud's cap |\n"
                                + "|---|---|---|---|\n");
        for (var state : VmState.values()) {
            table.append(
                    "| `%s` | %s | %s | %s |\n"
                            .formatted(
                                    state,
                                    sentences.get(state.name()),
                                    countsForMaxSize(state)
                                            ? "counts"
                                            : state == VmState.DELETING ? "only if held" : "no",
                                    state == VmState.DELETED ? "no" : "counts"));
        }
        return table.toString();
    }

    private static boolean countsForMaxSize(VmState state) {
        return switch (state) {
            case REQUESTED, PROVISIONING, BOOTSTRAPPING, READY, ALLOCATED -> true;
            case DELETING, DELETED -> false;
        };
    }

    private static String transitions() {
        return "| from | to | when |\n|---|---|---|\n"
                + steps().map(
                                step ->
                                        "| `%s` | `%s` | %s |\n"
                                                .formatted(step.from(), step.to(), when(step)))
                        .collect(joining());
    }

    private static String when(Transition step) {
        return switch (step.to()) {
            case REQUESTED -> throw new AssertionError("nothing goes back to REQUESTED");
            case PROVISIONING ->
                    "The cloud accepted the create, or shows the instance of a create whose answer"
                            + " was lost.";
            case BOOTSTRAPPING -> "The cloud shows it running, or its guest has reported.";
            case READY ->
                    "The pool's `readyWhen` is met: its guest reported ready, a port answers, or it"
                            + " runs.";
            case ALLOCATED ->
                    "It is granted to a request, in the statement that makes the allocation"
                            + " ACTIVE.";
            case DELETING -> whenGiven(step.from());
            case DELETED ->
                    "The cloud, asked for this instance, has none; or it vanished before; or"
                            + " nothing was ever made.";
        };
    }

    private static String whenGiven(VmState from) {
        return switch (from) {
            case REQUESTED ->
                    "It was refused, could not be sent, or was neither answered nor ever listed; or"
                            + " it is not wanted.";
            case PROVISIONING ->
                    "It failed, did not run in time, or vanished; or its cloud is sick.";
            case BOOTSTRAPPING ->
                    "It failed, was not ready in time, or vanished; or its cloud is sick.";
            case READY -> "It stopped, failed or vanished; or it is more than the target.";
            case ALLOCATED ->
                    "Its allocation ended, or it vanished. Nothing else takes it from its owner.";
            case DELETING, DELETED -> throw new AssertionError(from + " does not become DELETING");
        };
    }

    private static String reasons() throws IOException {
        var sentences = sentences("VmReason.java");
        var table =
                new StringBuilder(
                        "| reason | what it says | decided by | from |\n|---|---|---|---|\n");
        for (var reason : VmReason.values()) {
            table.append(
                    "| `%s` | %s | %s |\n"
                            .formatted(reason, sentences.get(reason.name()), origin(reason)));
        }
        return table.toString();
    }

    private static String origin(VmReason reason) {
        return switch (reason) {
            case RELEASED -> "its owner | ALLOCATED";
            case EXPIRED, ABANDONED, NEVER_CONNECTED -> "`reclaim` | ALLOCATED";
            case LAUNCH_FAILED -> "`lifecycle` | REQUESTED, PROVISIONING, BOOTSTRAPPING";
            case LAUNCH_TIMEOUT -> "`lifecycle` | PROVISIONING";
            case BOOTSTRAP_TIMEOUT -> "`lifecycle` | BOOTSTRAPPING";
            case UNHEALTHY ->
                    "`lifecycle`, or `refill` for a sick cloud | READY, or REQUESTED to"
                            + " BOOTSTRAPPING";
            case VANISHED -> "`lifecycle` | PROVISIONING, BOOTSTRAPPING, READY, ALLOCATED";
            case SURPLUS -> "`refill` | READY, or REQUESTED and not sent yet";
            case CLOUD_DRAINED -> "`refill`, while a maintenance window is on | REQUESTED to READY";
            case OUTDATED_IMAGE -> "nothing yet | –";
            case FORCED -> "an operator | REQUESTED to ALLOCATED";
        };
    }

    private static Stream<Transition> steps() {
        return Arrays.stream(VmState.values())
                .flatMap(
                        from ->
                                Arrays.stream(VmState.values())
                                        .filter(from::canBecome)
                                        .map(to -> new Transition(from, to)));
    }

    /** The comment of each constant in a source file of this package. */
    private static Map<String, String> sentences(String file) throws IOException {
        String source = Files.readString(SOURCES.resolve(file));
        var sentences = new LinkedHashMap<String, String>();
        var constant = CONSTANT.matcher(source.substring(source.indexOf('{')));
        while (constant.find()) {
            String comment =
                    constant.group("comment").replaceAll("\\s*\\n\\s*\\*\\s*", " ").strip();
            sentences.put(constant.group("name"), comment);
        }
        return sentences;
    }

    private record Transition(VmState from, VmState to) {}
}
