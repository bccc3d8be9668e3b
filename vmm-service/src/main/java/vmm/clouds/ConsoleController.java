package vmm.clouds;

import org.springframework.http.MediaType;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RestController;

import vmm.cloud.CloudFailure;
import vmm.guest.GuestTokens;
import vmm.vm.Vm;
import vmm.vm.VmState;
import vmm.vm.Vms;
import vmm.web.Problem;

import java.time.Duration;
import java.util.List;
import java.util.UUID;

/** The consoles of VMs over HTTP: asked of their clouds at once, and kept nowhere. */
@RestController
@RequestMapping("/api/v1/vms")
class ConsoleController {
    private static final Duration AGAIN = Duration.ofSeconds(10);

    private final Vms vms;
    private final CloudConnections connections;
    private final GuestTokens tokens;

    ConsoleController(Vms vms, CloudConnections connections, GuestTokens tokens) {
        this.vms = vms;
        this.connections = connections;
        this.tokens = tokens;
    }

    @GetMapping(path = "/{id}/console", produces = MediaType.TEXT_PLAIN_VALUE + ";charset=UTF-8")
    String getVmConsole(@PathVariable UUID id) {
        Vm vm = vms.find(id).orElseThrow(() -> Problem.notFound("VM"));
        String instance = vm.instanceId();
        if (instance == null || vm.state() == VmState.DELETED) throw Problem.notFound("console");
        var cloud = connections.provider(vm.cloud()).orElseThrow(() -> Problem.notFound("console"));
        try {
            return cloud.console(instance)
                    .map(text -> ConsoleText.shown(text, secrets(id)))
                    .orElseThrow(() -> Problem.notFound("console"));
        } catch (CloudFailure failure) {
            throw Problem.unavailable(
                    "The cloud " + vm.cloud() + " does not show it now: " + failure.detail(),
                    AGAIN);
        }
    }

    /** A guest that is not well may have written them. */
    private List<String> secrets(UUID id) {
        return List.of(tokens.token(id), tokens.secret(id));
    }
}
