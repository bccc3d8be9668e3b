package vmm.lifecycle;

import org.jspecify.annotations.Nullable;

import vmm.vm.VmReason;
import vmm.vm.VmState;

/** What one VM needs next. */
public sealed interface Step {
    /** Nothing, now. */
    record Wait() implements Step {}

    /** Send the create, having recorded that first. */
    record Create() implements Step {}

    /** Ask the cloud to delete this instance. */
    record Delete(String instanceId) implements Step {}

    /** Ask the cloud for this very instance, then decide again. */
    record Look(String instanceId) implements Step {}

    /** Ask the cloud to start an instance that is shut off. */
    record Start(String instanceId) implements Step {}

    /** Record that a direct look did not find it, the first of two. */
    record NoteAbsent() implements Step {}

    /** Try a TCP connection; if it is answered, the VM becomes READY. */
    record Probe(String address, int port) implements Step {}

    /** Change the state. */
    record Become(VmState next, @Nullable VmReason reason, String detail) implements Step {}
}
